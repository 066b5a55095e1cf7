/** Where a cursor stands in YAML that may be half written. */
export interface YamlCursor {
  /** Keys above the one at the cursor; a list's items are '-'. */
  readonly path: readonly string[];
  /** The key whose value is at the cursor; undefined while a key is written. */
  readonly key: string | undefined;
  /** The word around the cursor, and where it begins in its line. */
  readonly word: string;
  readonly wordStart: number;
  /** What the line has between the colon and the cursor. */
  readonly value: string;
  /** Keys that stand beside the one that is written. */
  readonly siblings: ReadonlySet<string>;
}

const keyLine = /^(\s*(?:-\s+)*)(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s#'"[\]{},][^#:]*?))\s*:(?=\s|$)/;

interface Line {
  readonly indent: number;
  readonly key: string | undefined;
  readonly isItem: boolean;
  readonly text: string;
  /** Where the value begins. */
  readonly valueAt: number;
}

/** Reads the lines around a cursor by their indentation; it never fails, since it is meant for text that is being typed. */
export function yamlCursor(lines: readonly string[], line: number, character: number): YamlCursor | undefined {
  const here = lines[line] ?? '';
  const before = here.slice(0, character);
  if (/(^|\s)#/.test(before)) return undefined;
  const wordStart = character - (/[\p{L}\p{N}_.$]*$/u.exec(before)?.[0].length ?? 0);
  const wordEnd = character + (/^[\p{L}\p{N}_.$]*/u.exec(here.slice(character))?.[0].length ?? 0);
  const word = here.slice(wordStart, wordEnd);
  const own = readLine(here, character);
  const isValue = own.key !== undefined && character >= own.valueAt;
  const path = pathAbove(lines, line, own);
  if (path === undefined) return undefined;
  const value = isValue ? here.slice(own.valueAt, character).trimStart() : '';
  const key = isValue ? own.key : own.isItem && own.key === undefined ? '-' : undefined;
  return { path, key, word, wordStart, value, siblings: siblingsOf(lines, line, own) };
}

function readLine(text: string, character = text.length): Line {
  const match = keyLine.exec(text);
  const lead = /^\s*(?:-\s+)*(?:-$)?/.exec(text)?.[0] ?? '';
  const key = match?.[2] ?? match?.[3] ?? match?.[4];
  const blank = text.trim() === '';
  return {
    indent: blank ? Math.min(character, text.length) : lead.length,
    key: key?.trim(),
    isItem: lead.includes('-'),
    text,
    valueAt: match?.[0].length ?? 0,
  };
}

/** The keys that a line stands below; undefined inside of a block of text. */
function pathAbove(lines: readonly string[], line: number, own: Line): readonly string[] | undefined {
  const path: string[] = own.isItem ? ['-'] : [];
  let indent = own.isItem ? (/^\s*/.exec(own.text)?.[0].length ?? 0) : own.indent;
  // A list may stand as far to the left as the key that it belongs to.
  let mayBeLevel = own.isItem;
  for (let at = line - 1; at >= 0 && (indent > 0 || mayBeLevel); at -= 1) {
    const above = readLine(lines[at] ?? '');
    if (above.text.trim() === '' || /^\s*#/.test(above.text)) continue;
    const dash = /^\s*/.exec(above.text)?.[0].length ?? 0;
    const isAbove = above.indent < indent || (mayBeLevel && above.indent === indent && !above.isItem);
    if (!isAbove) continue;
    if (above.key === undefined) {
      indent = Math.min(indent, above.indent);
      continue;
    }
    if (/[|>][+-]?\d?\s*(#.*)?$/.test(above.text.slice(above.valueAt))) return undefined;
    path.unshift(above.key);
    if (above.isItem) path.unshift('-');
    mayBeLevel = above.isItem;
    indent = above.isItem ? dash : above.indent;
  }
  return path;
}

function siblingsOf(lines: readonly string[], line: number, own: Line): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const step of [-1, 1]) {
    for (let at = line + step; at >= 0 && at < lines.length; at += step) {
      const other = readLine(lines[at] ?? '');
      if (other.text.trim() === '' || other.indent > own.indent) continue;
      if (other.indent < own.indent) break;
      if (other.key !== undefined) keys.add(other.key);
    }
  }
  return keys;
}
