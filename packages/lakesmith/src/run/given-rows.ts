import type { Column } from '../core/schema.ts';
import type { Relation, Scalar } from '../engine/engine.ts';
import type { RowBlock } from '../project/row-block.ts';

/** Rows of a test as a relation: columns that are not given are NULL, and each value has the type of its column. */
export function givenRows(name: string, columns: readonly Column[], blocks: readonly RowBlock[]): Relation {
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
export function givenChanges(
  name: string,
  columns: readonly Column[],
  blocks: readonly RowBlock[],
  { key, at }: { readonly key: readonly string[]; readonly at: string },
): Relation {
  const relation = givenRows(name, columns, blocks);
  if (relation.kind !== 'rows') return relation;
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
