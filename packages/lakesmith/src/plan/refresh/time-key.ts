import type { Column, DataType } from '../../core/schema.ts';
import type { ModelTable, ProjectTable } from '../../project/model.ts';
import type { ProvenKey, RefreshProof } from '../../sql/refresh/proof.ts';
import { isOwnColumn } from '../../project/own-columns.ts';

const times: ReadonlySet<DataType> = new Set<DataType>(['date', 'timestamp', 'timestamp_ntz']);

/** Columns of days and times; those that are bookkeeping are not. */
export function timeColumns(columns: readonly Column[]): readonly Column[] {
  return columns.filter(({ name, type }) => times.has(type) && !isOwnColumn(name));
}

/**
 * The column that says when a row of a table belongs: one by which the table lies in files or that is part of its key, else the only one that is
 * proven to be followed, else the only one there is. Else those among which somebody has to choose.
 */
export function timeColumn(
  table: Pick<ProjectTable, 'storage'> & Partial<Pick<ModelTable, 'key'>>,
  columns: readonly Column[],
  proof: RefreshProof | undefined,
): { readonly column: Column } | { readonly among: readonly string[] } {
  const found = timeColumns(columns);
  const { partitionBy, clusterBy } = table.storage;
  const followed = (proof?.keys ?? []).flatMap(({ column }) => columns[column]?.name ?? []);
  for (const names of [partitionBy, clusterBy, table.key ?? [], followed, found.map(({ name }) => name)]) {
    const some = found.filter(({ name }) => names.includes(name));
    const [column, ...others] = some;
    if (column !== undefined && others.length === 0) return { column };
    if (others.length > 0) return { among: some.map(({ name }) => name) };
  }
  return { among: [] };
}

/** The proven key that a column is; undefined where rows of the inputs are not followed by it. */
export function keyOfColumn(proof: RefreshProof, columns: readonly Column[], name: string): ProvenKey | undefined {
  return proof.keys.find(({ column }) => columns[column]?.name === name);
}
