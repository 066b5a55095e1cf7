import { LineageReader, alone } from './lineage-reader.ts';
import type { ColumnsOf } from './lineage-reader.ts';
import type { ColumnUse, Flow } from './lineage-scope.ts';
import { joined, nothing } from './lineage-scope.ts';
import { queryOf } from './tree.ts';

export type { ColumnsOf } from './lineage-reader.ts';
export type { ColumnUse } from './lineage-scope.ts';

/** Where the columns of a query come from. */
export interface Lineage {
  /** For each column of the query, in order, what its values come from, and whether they are those very values. */
  readonly columns: readonly { readonly name: string; readonly from: readonly ColumnUse[]; readonly same: boolean }[];
  /** What decides which rows there are: conditions, groups, joins. */
  readonly rows: readonly ColumnUse[];
}

/**
 * Reads off the syntax tree of one SELECT from which columns of its tables each of its own comes. `names` are the columns that
 * the engine gives it. What is not understood comes from everything that it could: never from less than it does.
 */
export function columnLineage(tree: unknown, columnsOf: ColumnsOf, names: readonly string[]): Lineage {
  const { columns, rows } = new LineageReader(columnsOf).query(queryOf(tree), alone);
  const whole = joined([...columns.map(({ flow }) => flow), ...rows]);
  const isPlain = columns.length === names.length;
  return {
    columns: names.map((name, i) => {
      const flow = isPlain ? (columns[i]?.flow ?? nothing) : whole;
      return { name, from: usesOf(flow), same: isPlain && flow.same };
    }),
    rows: usesOf(joined(rows)),
  };
}

/** The same of a SELECT whose columns' names stand in it beyond doubt, so that the engine need not be asked; else undefined. */
export function writtenLineage(tree: unknown, columnsOf: ColumnsOf): Lineage | undefined {
  const reader = new LineageReader(columnsOf);
  const { columns, rows } = reader.query(queryOf(tree), alone);
  if (!reader.isSure) return undefined;
  return {
    columns: columns.map(({ name, flow }) => ({ name, from: usesOf(flow), same: flow.same })),
    rows: usesOf(joined(rows)),
  };
}

function usesOf(flow: Flow): readonly ColumnUse[] {
  return [...flow.uses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use);
}
