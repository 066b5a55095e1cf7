import { LakeError } from '../core/errors.ts';
import type { Scalar } from '../engine/engine.ts';
import type { ModelTable } from '../project/model.ts';
import { rowBlockLines } from '../project/row-block-text.ts';
import type { TracedRow } from './trace.ts';

/** Rows of one table, as a test writes them. */
interface Sample {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, Scalar>>[];
}

/**
 * The text of a test that shows how a real row is made: the rows that it came from are given, and the row is expected. Columns that
 * the SELECT does not speak of, and those that are null in all rows, are left out.
 */
export function recordedTest(model: ModelTable, traced: TracedRow, moment: { readonly nowIso: string }): string {
  const { more, inputs, untold } = traced;
  if (more > 0 || inputs.length === 0 || untold.length > 0) {
    const of = untold.length > 0 ? ` of ${untold.join(', ')}` : '';
    const why =
      more > 0 ? 'it is made of more rows than a test would show' : `it is not known which rows${of} it is made of`;
    throw new LakeError('LS3006', `No test can be written of this row of ${model.name}: ${why}.`);
  }
  const given = new Map<string, Record<string, Scalar>[]>();
  for (const input of traced.inputs) given.set(input.table, [...(given.get(input.table) ?? []), { ...input.row }]);
  const words = new Set(model.sql.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_]*/gu));
  const spokenOf = (name: string): boolean => model.sql.includes('*') || words.has(name.toLowerCase());
  const lines = [`test: ${model.name}`];
  if (model.facts.usesClock || model.facts.usesNow) lines.push(`now: ${moment.nowIso}`);
  lines.push('given:');
  for (const [name, rows] of given)
    lines.push(`  ${name}: |`, ...table(sampleOf(rows, spokenOf)).map((line) => `    ${line}`));
  lines.push('expect: |', ...table(sampleOf([traced.row], () => true)).map((line) => `  ${line}`));
  return `${lines.join('\n')}\n`;
}

function sampleOf(rows: readonly Readonly<Record<string, Scalar>>[], wanted: (name: string) => boolean): Sample {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const told = names.filter((name) => wanted(name) && rows.some((row) => (row[name] ?? null) !== null));
  return { columns: told.length > 0 ? told : names.slice(0, 1), rows };
}

function table({ columns, rows }: Sample): readonly string[] {
  return rowBlockLines(
    columns,
    rows.map((row) => columns.map((name) => row[name] ?? null)),
  );
}
