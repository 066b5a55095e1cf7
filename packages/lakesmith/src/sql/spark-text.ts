import { quoteName } from '../core/sql-text.ts';

/** Words of conditions, which no bare name can be. */
const syntax: ReadonlySet<string> = new Set(
  'and or not is null in like between case when then else end cast as true false distinct from'.split(' '),
);

/**
 * Text in Spark's SQL as the engine's parser wants it, or why it might mean something else there. `names`: of columns, in lower
 * case, which may be words that the engine keeps for itself.
 */
export function engineText(
  spark: string,
  names: ReadonlySet<string>,
): { readonly text: string } | { readonly problem: string } {
  let text = '';
  let depth = 0;
  const tokens =
    /`((?:[^`]|``)*)`|'(?:[^'\\]|'')*'|"|'|;|--|\/\*|==|<=>|([\p{L}_][\p{L}\p{N}_]*)(?=\s*([('])?)|[()]|[^\p{L}_`'"<=/;()-]+|[\s\S]/gu;
  for (const [token, quoted, word, next] of spark.matchAll(tokens)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    if (depth < 0) break;
    const isColumn = word !== undefined && next === undefined && names.has(word.toLowerCase());
    if (quoted !== undefined) text += quoteName(quoted.replaceAll('``', '`'));
    else if (isColumn && !syntax.has(word.toLowerCase()) && !/\bas\s+$/i.test(text)) text += quoteName(word);
    else if (token === '"') return { problem: "a text in double quotes: quote texts with ' and names with `" };
    else if (token === "'") return { problem: 'a text with a backslash, or without an end' };
    else if (token === '--' || token === '/*' || token === ';') return { problem: `${token} in it` };
    else if (token === '==') text += '=';
    else if (token === '<=>') text += ' IS NOT DISTINCT FROM ';
    else text += token;
  }
  return depth === 0 ? { text } : { problem: 'brackets that do not fit together' };
}
