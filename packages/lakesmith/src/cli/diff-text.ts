import { count } from '../core/quantity.ts';
import type { ComparedRelease, TableDiff } from '../run/diff-releases.ts';
import type { ColumnDiff, RowDiff } from '../run/diff-table.ts';
import { renderType } from '../core/render-type.ts';
import { grouped, pad, widest } from './render.ts';

/** Differences as a person reads them. */
export function diffText(diffs: readonly TableDiff[]): string {
  const told = diffs.filter(({ state }) => state !== 'equal');
  const equal = diffs.length - told.length;
  if (told.length === 0) return `no differences · ${count(equal, 'table')} equal`;
  const width = widest(told.map(({ table }) => table));
  const lines = told.flatMap((diff) => [
    ` ${pad(diff.table, width)}   ${summary(diff)}`,
    ...details(diff).map((line) => `     ${line}`),
  ]);
  const tables = told.flatMap(({ reaches }) => reaches).filter((table) => !told.some((diff) => diff.table === table));
  const reached = [...new Set([...tables, ...told.flatMap(({ publishes }) => publishes)])];
  return [
    ...lines,
    ...(reached.length === 0 ? [] : [`reaches: ${reached.join(' · ')}`]),
    `${count(told.length, 'table')} differ${told.length === 1 ? 's' : ''}, ${equal} equal`,
  ].join('\n');
}

/** The same for a pull request. */
export function diffMarkdown(before: ComparedRelease, after: ComparedRelease, diffs: readonly TableDiff[]): string {
  const told = diffs.filter(({ state }) => state !== 'equal');
  const title = `### ${before.name} → ${after.name}`;
  if (told.length === 0) return `${title}\n\nNo differences: ${count(diffs.length, 'table')} equal.`;
  const rows = told.map((diff) => {
    const columns = (diff.rows?.columns ?? []).map(({ column, rows: changed }) => `${column} (${changed})`).join(', ');
    return `| \`${diff.table}\` | ${cell(summary(diff))} | ${cell(columns)} | ${[...diff.reaches, ...diff.publishes].map((name) => `\`${name}\``).join(', ')} |`;
  });
  const examples = told.flatMap((diff) => {
    const lines = details(diff);
    return lines.length === 0
      ? []
      : ['', `<details><summary>${diff.table}</summary>`, '', '```', ...lines, '```', '', '</details>'];
  });
  return [
    title,
    '',
    '| table | rows | columns | reaches |',
    '|---|---|---|---|',
    ...rows,
    ...examples,
    '',
    `${count(diffs.length - told.length, 'table')} equal`,
  ].join('\n');
}

/** Text in a cell of a Markdown table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\r?\n/g, ' ');
}

function summary({ state, rowsBefore, rowsAfter, rows }: TableDiff): string {
  const size = grouped(count((state === 'removed' ? rowsBefore : rowsAfter) ?? 0, 'row'));
  if (rows === undefined) return `${size}   ${state === 'added' ? 'new table' : 'table is gone'}`;
  const parts = [
    `${rows.added} added`,
    `${rows.removed} removed`,
    ...(rows.key.length === 0 ? [] : [`${rows.changed} changed`]),
  ];
  return `${size}   ${parts.map(grouped).join('   ')}${rows.columns.length === 0 ? '' : `   ${rows.columns.map(({ column }) => column).join(', ')}`}`;
}

function details({ schema, rows }: TableDiff): readonly string[] {
  return [
    ...(schema?.added ?? []).map(({ name, type }) => `+ column ${name} ${renderType(type)}`),
    ...(schema?.removed ?? []).map(({ name, type }) => `- column ${name} ${renderType(type)}`),
    ...(schema?.retyped ?? []).map(
      ({ name, before, after }) => `~ column ${name} ${renderType(before)} → ${renderType(after)}`,
    ),
    ...(rows === undefined ? [] : rowDiffText(rows)),
  ];
}

/** Some of the rows that differ: those of one side, and the values of columns. */
export function rowDiffText({ addedRows, removedRows, columns }: RowDiff): readonly string[] {
  return [
    ...addedRows.map((row) => `+ ${row}`),
    ...removedRows.map((row) => `- ${row}`),
    ...columns.flatMap(columnDetails),
  ];
}

function columnDetails({ column, rows, examples }: ColumnDiff): readonly string[] {
  return [
    `${column}: ${grouped(count(rows, 'row'))}`,
    ...examples.map(({ key, before, after }) => `  ${key}  ${before ?? 'null'} → ${after ?? 'null'}`),
  ];
}
