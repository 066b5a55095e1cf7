import { parseJson } from '../json.ts';

/** The JSON objects that a text consists of, one after the other; undefined when it consists of anything else. */
export function wholeObjects(text: string): unknown[] | undefined {
  const objects: unknown[] = [];
  for (let start = skipSpace(text, 0); start < text.length;) {
    const end = objectEnd(text, start);
    if (end === undefined) return undefined;
    try {
      objects.push(parseJson(text.slice(start, end)));
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
    start = skipSpace(text, end);
  }
  return objects;
}

/** Where the object that starts here ends; undefined when none starts, or it never ends. */
function objectEnd(text: string, start: number): number | undefined {
  if (text[start] !== '{') return undefined;
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') {
      at = stringEnd(text, at);
    } else if (char === '{') {
      depth += 1;
    } else if (char === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}

/** The place of the quote that ends the string; the end of the text when none does. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return at;
}
