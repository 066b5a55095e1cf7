import type { Scalar } from '../engine/engine.ts';

/** Rows as a person reads them: columns aligned, numbers to the right. */
export function renderTable(
  columns: readonly string[],
  rows: readonly (readonly Scalar[])[],
  /** A second line of headings. */
  types: readonly string[] = [],
): string {
  const cells = rows.map((row) => row.map(renderCell));
  const widths = columns.map((name, i) => widest([name, types[i] ?? '', ...cells.map((row) => row[i] ?? '')]));
  const right = columns.map((_, i) => rows.length > 0 && rows.every((row) => isNumeric(row[i] ?? null)));
  const line = (row: readonly string[]): string =>
    ` ${row.map((cell, i) => pad(cell, widths[i] ?? 0, right[i] === true)).join('  ')}`.trimEnd();
  return [line(columns), ...(types.length === 0 ? [] : [line(types)]), ...cells.map(line)].join('\n');
}

/** Columns that the widest of some texts takes. */
export function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, width(text)), 0);
}

export function renderCell(value: Scalar): string {
  if (value === null) return '';
  return typeof value === 'string' ? value.replaceAll(/[\u0000-\u001f\u007f]/g, ' ') : String(value);
}

function isNumeric(value: Scalar): boolean {
  return (
    value === null ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    (typeof value === 'string' && /^-?[\d,]+(\.\d+)?$/.test(value))
  );
}

export function pad(text: string, size: number, right = false): string {
  const fill = ' '.repeat(Math.max(0, size - width(text)));
  return right ? fill + text : text + fill;
}

/** Columns that a text takes on a terminal: wide characters take two, combining marks none. */
function width(text: string): number {
  let size = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    size += /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}/u.test(
      segment,
    )
      ? 2
      : 1;
  }
  return size;
}

/** '48 kB', '1.2 GB': decimal units, as everywhere in the terminal. */
export function renderBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`;
}

/** A moment for people, to the second: '2026-03-10 22:00:00Z'. */
export function moment(at: number | string): string {
  return isoTime(at)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

/** A moment for programs. A time that no calendar has, as a damaged table may name, is told in milliseconds. */
export function isoTime(at: number | string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? `${at} ms` : date.toISOString();
}

/** '12,345.67': every run of digits before the point in threes. */
export function grouped(text: string): string {
  return text.replace(/^-?\d+/, (digits) => digits.replaceAll(/\B(?=(\d{3})+$)/g, ','));
}

export function seconds(ms: number): string {
  return ms < 100 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`;
}
