import type { Column } from '../core/schema.ts';
import type { Relation, Scalar } from '../engine/engine.ts';
import { givenColumns } from '../project/bind-tests.ts';
import type { ModelTest } from '../project/model-test.ts';
import type { BoundProject, ModelTable } from '../project/model.ts';
import type { RowBlock } from '../project/row-block.ts';

type GivenRows = Extract<Relation, { kind: 'rows' }>;

/** Rows of a test as a relation: columns that are not given are NULL, and each value has the type of its column. */
export function givenRows(name: string, columns: readonly Column[], blocks: readonly RowBlock[]): GivenRows {
  const rows = blocks.flatMap((block) => {
    const at = columns.map((column) => block.columns.findIndex((given) => given.name === column.name));
    return block.rows.map(({ cells }): Scalar[] => at.map((i) => (i < 0 ? null : (cells[i] ?? null))));
  });
  return { name, kind: 'rows', columns, rows };
}

/**
 * Rows of a test as entries of a change log, in the order in which they are written. What they do not say themselves: the first
 * row of a key inserts it, later ones update it, and all of them were committed `at` the test's moment.
 */
function asChanges(
  relation: GivenRows,
  { key, at }: { readonly key: readonly string[]; readonly at: string },
): GivenRows {
  const { columns } = relation;
  const place = (column: string): number => columns.findIndex((candidate) => candidate.name === column);
  const [type, number, committed] = [place('_change_type'), place('_change_number'), place('_committed_at')];
  const seen = new Set<string>();
  const rows = relation.rows.map((row, i) => {
    const names = JSON.stringify(key.map((column) => row[place(column)] ?? null));
    const isNew = !seen.has(names);
    seen.add(names);
    const filled = [...row];
    filled[type] ??= isNew ? 'insert' : 'update';
    filled[number] ??= i + 1;
    filled[committed] ??= at;
    return filled;
  });
  return { ...relation, rows };
}

/** Every table that the model's rows are made of, with the rows of a test that came until an arrival. */
export function givenInputs(
  { bound, model, test }: { readonly bound: BoundProject; readonly model: ModelTable; readonly test: ModelTest },
  { upTo, nowIso }: { readonly upTo: number; readonly nowIso: string },
): readonly Relation[] {
  return model.inputs.map((name): Relation => {
    const columns = givenColumns(bound, model, name) ?? [];
    const blocks = test.given.get(name)?.arrivals.slice(0, upTo) ?? [];
    return asGiven(givenRows(name, columns, blocks), { bound, model, nowIso });
  });
}

/** Rows of an input as the model reads them: a history reads the log of its changes. */
export function asGiven(
  rows: GivenRows,
  { bound, model, nowIso }: { readonly bound: BoundProject; readonly model: ModelTable; readonly nowIso: string },
): GivenRows {
  if (model.history === undefined) return rows;
  const key = bound.project.tables.get(rows.name)?.key ?? [];
  return asChanges(rows, { key: key.length > 0 ? key : model.key, at: nowIso });
}
