import type { Snapshot } from '@lakesmith/delta';
import { readSnapshot, stageDowngrade, writeCheckpoint } from '@lakesmith/delta';
import type { DeltaTable } from './delta-table.ts';
import type { WriteReport } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';

/** Takes a feature out of a table's protocol, and leaves a checkpoint, so that readers without it find nothing of it. */
export async function downgradeTable(table: DeltaTable, base: Snapshot, feature: string): Promise<WriteReport> {
  const report = await commitWrite(table, stageDowngrade(base, feature, detailsOf(table)), {
    operation: 'DROP FEATURE',
    files: [],
  });
  await writeCheckpoint(table.io, await readSnapshot(table.io, { version: report.version }));
  return report;
}
