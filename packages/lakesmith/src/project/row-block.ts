import type { Diagnostic, Place } from '../core/errors.ts';
import type { YamlScalar } from './yaml.ts';

/** Rows written as CSV in a test: a line of column names, then a line for each row. */
export interface RowBlock {
  readonly place: Place;
  readonly columns: readonly { readonly name: string; readonly place: Place }[];
  readonly rows: readonly BlockRow[];
}

interface BlockRow {
  readonly place: Place;
  /** As written, without the blanks around; null for an empty cell. */
  readonly cells: readonly (string | null)[];
}

interface Cell {
  readonly text: string | null;
  /** Where it begins in the line, from 0. */
  readonly at: number;
}

/**
 * Reads rows. An empty cell is NULL; single or double quotes keep blanks, commas and the empty text, and a quote inside is
 * doubled.
 */
export function readRowBlock(value: YamlScalar): { block: RowBlock | undefined; diagnostics: readonly Diagnostic[] } {
  const lines = String(value.value ?? '')
    .split(/\r\n|\n/)
    .map((text, i) => ({ text, place: placeOfLine(value, i, text) }))
    .filter(({ text }) => text.trim() !== '');
  const [header, ...below] = lines;
  if (header === undefined)
    return wrong(
      value.place,
      'There are no rows here',
      'write a line of column names, and below it a line for each row',
    );
  const columns = cellsOf(header.text).map(({ text, at }) => ({
    name: text ?? '',
    place: { ...header.place, column: header.place.column + at, length: Math.max(1, text?.length ?? 0) },
  }));
  const twice = columns.find(({ name }, i) => columns.findIndex((other) => same(other.name, name)) < i);
  const nameless = columns.find(({ name }) => name === '');
  if (nameless !== undefined) return wrong(nameless.place, 'A column has no name', 'write one, or remove the comma');
  if (twice !== undefined) return wrong(twice.place, `Column ${twice.name} stands here twice`, 'remove one of them');
  const rows: BlockRow[] = [];
  for (const { text, place } of below) {
    const cells = cellsOf(text).map((cell) => cell.text);
    if (cells.length !== columns.length) {
      const hint = `there are ${columns.length} columns; quote a value that holds a comma`;
      return wrong(place, `This row has ${cells.length} ${cells.length === 1 ? 'value' : 'values'}`, hint);
    }
    rows.push({ place, cells });
  }
  return { block: { place: value.place, columns, rows }, diagnostics: [] };
}

function wrong(place: Place, message: string, hint: string): ReturnType<typeof readRowBlock> {
  return { block: undefined, diagnostics: [{ code: 'LS1004', message, place, hint }] };
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function placeOfLine({ place, block }: YamlScalar, line: number, text: string): Place {
  if (block === undefined) return place;
  const length = Math.max(1, text.trim().length);
  return { file: place.file, line: place.line + 1 + line, column: block.indent + 1, length };
}

function cellsOf(line: string): readonly Cell[] {
  const cells: Cell[] = [];
  for (let at = 0; at <= line.length;) {
    const blanks = /^\s*/.exec(line.slice(at))?.[0].length ?? 0;
    const begin = at + blanks;
    const rest = line.slice(begin);
    const quoted = /^(?:'((?:[^']|'')*)'|"((?:[^"]|"")*)")\s*(?=,|$)/.exec(rest);
    const bare = /^[^,]*/.exec(rest)?.[0] ?? '';
    if (quoted === null) cells.push({ text: bare.trim() === '' ? null : bare.trim(), at: begin });
    else cells.push({ text: quoted[1]?.replaceAll("''", "'") ?? quoted[2]?.replaceAll('""', '"') ?? '', at: begin });
    at = begin + (quoted?.[0] ?? bare).length + 1;
  }
  return cells;
}
