/** A place in a text as editors count: lines and UTF-16 code units, both from 0. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

/** What was typed: `text` in place of a range, or of everything. */
export interface Change {
  readonly range?: Range;
  readonly text: string;
}

/** The offset of a position. One beyond the end of its line means that end; beyond the last line, the end of the text. */
export function offsetAt(text: string, { line, character }: Position): number {
  let start = 0;
  for (let passed = 0; passed < line; passed += 1) {
    const next = text.indexOf('\n', start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  const end = text.indexOf('\n', start);
  const last = end < 0 ? text.length : text[end - 1] === '\r' && end > start ? end - 1 : end;
  return Math.min(start + Math.max(0, character), last);
}

/** The position of an offset. */
export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, Math.max(0, offset));
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length - 1, character: before.length - start };
}

export function rangeOf(text: string, start: number, end: number): Range {
  return { start: positionAt(text, start), end: positionAt(text, end) };
}

/** The text after changes, which are made one after the other. */
export function applyChanges(text: string, changes: readonly Change[]): string {
  return changes.reduce((now, { range, text: put }) => {
    if (range === undefined) return put;
    const start = offsetAt(now, range.start);
    return now.slice(0, start) + put + now.slice(Math.max(start, offsetAt(now, range.end)));
  }, text);
}
