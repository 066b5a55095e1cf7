import type { Snapshot } from '@lakesmith/delta';
import { stageClone } from '@lakesmith/delta';
import type { DeltaTable } from './delta-table.ts';
import type { WriteReport } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';

/** Makes a new table of the rows of another, whose files it names where they are. LS3301 when there is a table already. */
export async function cloneTable(
  target: DeltaTable,
  { table, snapshot }: { readonly table: DeltaTable; readonly snapshot: Snapshot },
): Promise<WriteReport> {
  const staged = stageClone(snapshot, table.io.location ?? table.store.url, detailsOf(target));
  const report = await commitWrite(target, staged, { operation: 'CLONE', files: [] });
  return { ...report, filesAdded: snapshot.files.size };
}
