import { sqlTokens } from './sql-tokens.ts';

/** The parts between commas that stand in no brackets, no quotes and no comments. */
export function splitList(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (const token of sqlTokens(text).tokens) {
    if (token.text !== ',' || token.depth > 0) continue;
    parts.push(text.slice(start, token.start));
    start = token.end;
  }
  return [...parts, text.slice(start)];
}

/** The words that stand in no brackets and no quotes, in lower case. */
export function topLevelWords(text: string): readonly { readonly word: string; readonly start: number }[] {
  const words: { word: string; start: number }[] = [];
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(
    /"(?:[^"]|"")*"|'(?:[^']|'')*'|`(?:[^`]|``)*`|[()[\]]|[A-Za-z_]\w*/g,
  )) {
    if (token === '(' || token === '[') depth += 1;
    else if (token === ')' || token === ']') depth -= 1;
    else if (depth === 0 && /^\w/.test(token)) words.push({ word: token.toLowerCase(), start: index });
  }
  return words;
}
