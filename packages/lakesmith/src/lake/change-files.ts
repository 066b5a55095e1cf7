import type { NewFile, Snapshot, StructField } from '@lakesmith/delta';
import { fieldIds, partitionKeys, storedColumns } from '@lakesmith/delta';
import type { DeltaTable } from './delta-table.ts';
import { columnsOf } from './relation.ts';
import type { RowsQuery } from './table-rows.ts';
import { timezone } from './time-zone.ts';

/** Where the protocol wants files of changed rows. */
const folder = '_change_data';

/** True when the table tells which rows changed. */
export function keepsFeed({ metadata }: Snapshot): boolean {
  return metadata.configuration['delta.enableChangeDataFeed']?.toLowerCase() === 'true';
}

/** Writes rows of the change feed: the table's columns, then what kind of change each is. */
export async function writeChanges(
  table: DeltaTable,
  snapshot: Snapshot,
  rows: RowsQuery,
  signal?: AbortSignal,
): Promise<readonly NewFile[]> {
  const partitionColumns = snapshot.metadata.partitionColumns.map((name) => partitionKeys(snapshot).get(name) ?? name);
  const stored = storedColumns(snapshot);
  const kind: StructField = { name: '_change_type', type: 'string', nullable: false, metadata: {} };
  const staged = await table.engine.stage(
    {
      sql: rows.sql,
      relations: rows.relations,
      timezone,
      folder: table.locate(folder),
      fileName: `cdc-00000-${crypto.randomUUID()}-c000.zstd.parquet`,
      columns: [...columnsOf(snapshot), kind],
      ...(stored.fields === snapshot.schema.fields ? {} : { stored: [...stored.fields, kind] }),
      fieldIds: fieldIds({ type: 'struct', fields: stored.fields }),
      // delta-rs does not find files of changes in folders with escapes in their names.
      ...(partitionColumns.length > 0 ? { partitionColumns, flat: true } : {}),
    },
    signal === undefined ? {} : { signal },
  );
  const modifiedMs = table.io.now();
  return staged.map((file) => ({
    path: `${folder}/${file.name}`,
    sizeBytes: file.sizeBytes,
    modifiedMs,
    partitionValues: file.partitionValues,
  }));
}
