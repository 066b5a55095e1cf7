import type { Snapshot } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';
import type { Lake } from './lake.ts';

/** The columns of a snapshot as the program speaks of them. */
export function columnsOf(snapshot: Snapshot): readonly Column[] {
  return snapshot.schema.fields.map(({ name, type }) => ({ name, type }));
}

/** A name in SQL bound to exactly the rows of one snapshot, committed or staged. */
export function bindSnapshot(
  lake: Lake,
  name: string,
  table: { readonly path: string; readonly snapshot: Snapshot },
  options: { readonly rowPositions?: boolean } = {},
): Relation {
  const { path, snapshot } = table;
  return {
    name,
    kind: 'parquet',
    columns: columnsOf(snapshot),
    partitionColumns: snapshot.metadata.partitionColumns,
    files: [...snapshot.files].map(([key, file]) => ({
      location: lake.locate(`${path}/${key}`),
      partitionValues: file.partitionValues,
    })),
    ...(options.rowPositions === true ? { rowPositions: true } : {}),
  };
}

/** How many rows a snapshot has, from the statistics of its files; undefined when a file has none. */
export function countRows(snapshot: Snapshot): number | undefined {
  let rows = 0;
  for (const file of snapshot.files.values()) {
    const stats = file.stats === undefined ? undefined : (JSON.parse(file.stats) as { numRecords?: number });
    if (stats?.numRecords === undefined) return undefined;
    rows += stats.numRecords - (file.deletionVector?.cardinality ?? 0);
  }
  return rows;
}

export function sizeOf(snapshot: Snapshot): { readonly bytes: number; readonly files: number } {
  let bytes = 0;
  for (const file of snapshot.files.values()) bytes += file.size;
  return { bytes, files: snapshot.files.size };
}
