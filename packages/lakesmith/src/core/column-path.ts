import { LakeError } from './errors.ts';
import { splitList } from './sql-list.ts';

/**
 * The column that a text begins with, by its names from the outside in (`address.zip`; names with other characters in double
 * quotes or backquotes), and the text behind it. Undefined when the text begins with no name.
 */
export function parseColumnPath(text: string): { readonly path: readonly string[]; readonly rest: string } | undefined {
  const name = /\s*(?:"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([\p{L}_][\p{L}\p{N}_$]*))/uy;
  const path: string[] = [];
  for (let at = 0; ; at += 1) {
    name.lastIndex = at;
    const [whole, quoted, backquoted, bare] = name.exec(text) ?? [];
    if (whole === undefined) return undefined;
    path.push(quoted?.replaceAll('""', '"') ?? backquoted?.replaceAll('``', '`') ?? bare ?? '');
    at += whole.length;
    if (text[at] !== '.') return { path, rest: text.slice(at) };
  }
}

/** Columns by their names alone, in which a dot is a letter like others; quoted ones may have commas too: `id, "a, b"`. */
export function parseNameList(text: string): readonly string[] {
  return splitList(text).map((part) => {
    const name = part.trim();
    const found = /^["`]/.test(name) ? parseColumnPath(name) : undefined;
    return found?.rest === '' ? found.path.join('.') : name;
  });
}

/** Columns by their paths: `id, address.zip`. */
export function parseColumnList(text: string): readonly (readonly string[])[] {
  return splitList(text).map((part) => {
    const found = parseColumnPath(part.trim());
    if (found === undefined || found.rest !== '')
      throw new LakeError(
        'LS4001',
        `"${part.trim()}" names no column: a name with other characters than letters, digits and _ stands in double quotes, as in '"with space"'.`,
      );
    return found.path;
  });
}
