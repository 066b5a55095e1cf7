import type { Snapshot } from '@lakesmith/delta';
import { countsAreLost, metadataBetween, stageRestore } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { DeltaTable } from './delta-table.ts';
import { missingFile } from './missing-file.ts';
import type { WriteReport } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';

/** Makes the table what it was in `old`, as a new version. Refused when a file of that version is gone. */
export async function restoreTable(table: DeltaTable, current: Snapshot, old: Snapshot): Promise<WriteReport> {
  // A column that went, and comes back: what it gave stands in the versions where it was.
  const between = countsAreLost(old.metadata.schemaString, current.metadata.schemaString)
    ? await metadataBetween(table.io, { after: old.version, before: current.version })
    : [];
  const staged = stageRestore(current, old, { ...detailsOf(table), between });
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
