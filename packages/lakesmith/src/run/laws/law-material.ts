import type { Column } from '../../core/schema.ts';
import type { StoryInput, TextRow } from '../../plan/laws/story.ts';
import { isKeyed } from '../../plan/laws/story.ts';
import { givenColumns } from '../../project/bind-tests.ts';
import type { ModelTest } from '../../project/model-test.ts';
import type { BoundProject, ModelTable } from '../../project/model.ts';
import { givenRows } from '../given-rows.ts';
import { keysOfInput } from '../prove-models.ts';
import type { LawMaterial } from './law-world.ts';

/** The rows that a test gives, as rows that the inputs could have; or why they could not. */
export function lawMaterial(
  test: ModelTest,
  { bound, model }: { readonly bound: BoundProject; readonly model: ModelTable },
): LawMaterial | string {
  const inputs: StoryInput[] = [];
  for (const name of model.inputs) {
    const columns = givenColumns(bound, model, name) ?? [];
    const given = givenRows(name, columns, test.given.get(name)?.arrivals ?? []).rows.map((row) =>
      row.map((cell) => (cell === null ? null : String(cell))),
    );
    // The log of changes has a row of the same key for each of them.
    const names = model.history === undefined ? (keysOfInput(name, bound)[0] ?? []) : [];
    const key = names.map((column) => columns.findIndex((one) => one.name === column));
    const rows = withKeys(given, { columns, key });
    if (!isKeyed({ key }, rows)) return `two rows of ${name} in ${test.file} have one key`;
    inputs.push({ name, columns, rows, key, grows: onlyGrows(name, bound) });
  }
  return inputs.some(({ rows }) => rows.length > 0) ? { test, inputs } : `${test.file} gives no rows`;
}

function onlyGrows(name: string, { project }: BoundProject): boolean {
  const table = project.tables.get(name);
  return table?.kind === 'source' && table.from.kind === 'files' && table.from.eachFile === 'adds';
}

/** A test may leave out columns of a key, which in a table have values all the same. */
function withKeys(
  rows: readonly TextRow[],
  { columns, key }: { readonly columns: readonly Column[]; readonly key: readonly number[] },
): readonly TextRow[] {
  const left = key.filter((i) => rows.every((row) => (row[i] ?? null) === null));
  return rows.map((row, n) => row.map((text, i) => (left.includes(i) ? numberedValue(columns[i]?.type, n) : text)));
}

function numberedValue(type: Column['type'] | undefined, n: number): string | null {
  if (type === 'date' || type === 'timestamp' || type === 'timestamp_ntz')
    return new Date(Date.UTC(2000, 0, 1 + n)).toISOString().slice(0, 10);
  return type === 'boolean' || typeof type === 'object' ? null : String(n + 1);
}
