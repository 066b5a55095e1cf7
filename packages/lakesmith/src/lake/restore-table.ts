import type { Snapshot } from '@lakesmith/delta';
import { deletionVectorPath, encodePath, locate, stageRestore } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { DeltaTable } from './delta-table.ts';
import type { WriteReport } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';

/** Makes the table what it was in `old`, as a new version. Refused when a file of that version is gone. */
export async function restoreTable(table: DeltaTable, current: Snapshot, old: Snapshot): Promise<WriteReport> {
  const staged = stageRestore(current, old, detailsOf(table));
  for (const action of staged.actions) {
    if (!('add' in action)) continue;
    const { path, deletionVector } = action.add;
    const vector = deletionVector?.storageType === 'u' ? deletionVectorPath(deletionVector) : undefined;
    for (const file of vector === undefined ? [path] : [path, encodePath(vector)]) {
      const place = locate(file, table.io);
      if (place.kind !== 'inside' || (await table.store.head(place.path)) !== undefined) continue;
      throw new LakeError(
        'LS3004',
        `The table cannot be version ${old.version} again: its file ${place.path} was removed.`,
        { context: { file: place.path } },
      );
    }
  }
  const report = await commitWrite(table, staged, { operation: 'RESTORE', files: [], base: current });
  return { ...report, filesAdded: staged.actions.filter((action) => 'add' in action).length };
}
