import type { Snapshot } from '@lakesmith/delta';
import { stageRestore } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { DeltaTable } from './delta-table.ts';
import { missingFile } from './missing-file.ts';
import type { WriteReport } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';

/** Makes the table what it was in `old`, as a new version. Refused when a file of that version is gone. */
export async function restoreTable(table: DeltaTable, current: Snapshot, old: Snapshot): Promise<WriteReport> {
  const staged = stageRestore(current, old, detailsOf(table));
  const added = staged.actions.flatMap((action) => ('add' in action ? [action.add] : []));
  const missing = await missingFile(table, added);
  if (missing !== undefined)
    throw new LakeError(
      'LS3004',
      `The table cannot be version ${old.version} again: its file ${missing} was removed.`,
      { context: { file: missing } },
    );
  const report = await commitWrite(table, staged, { operation: 'RESTORE', files: [], base: current });
  return { ...report, filesAdded: added.length };
}
