import type { Snapshot } from '@lakesmith/delta';
import { followSnapshot, requireStanding, stageAppend, vacuumRetentionMs, vacuumTest } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { ObjectInfo } from '../storage/object-store.ts';
import type { DeltaTable } from './delta-table.ts';
import { detailsOf } from './write-table.ts';

export interface VacuumOptions {
  /** How long files stay after they left the table; absent: as long as the table says. */
  readonly retainMs?: number | undefined;
  /** Files may go that the table wants to be kept. */
  readonly force?: boolean;
  /** Only tell. */
  readonly dryRun?: boolean;
}

export interface VacuumReport {
  readonly version: number;
  readonly files: readonly string[];
  readonly bytes: number;
}

/**
 * Deletes files that no version within the retention needs. Older versions can then not be read any more. LS3301 where the folder holds
 * another table meanwhile: none of its files goes.
 */
export async function vacuumTable(
  table: DeltaTable,
  snapshot: Snapshot,
  options: VacuumOptions,
): Promise<VacuumReport> {
  // Who cannot keep what a table needs does not know all files that it needs either.
  stageAppend(snapshot, { ...detailsOf(table), files: [] });
  const wanted = vacuumRetentionMs(snapshot);
  const retainMs = options.retainMs ?? wanted;
  if (retainMs < wanted && options.force !== true) {
    throw new LakeError(
      'LS4001',
      `The table keeps files for ${hours(wanted)} after they left it, for those who still read an older version; ${hours(retainMs)} would take files from under them. --force does it all the same.`,
      { context: { wantedMs: wanted, retainMs } },
    );
  }
  const before = table.io.now() - retainMs;
  const isUnneeded = vacuumTest(snapshot, table.io, before);
  const found: ObjectInfo[] = [];
  for await (const file of table.store.list('')) if (isUnneeded(file)) found.push(file);
  // What was committed while they were looked for, or what a stale listing did not show, may need them.
  const newest = await followSnapshot(table.io, snapshot);
  const unneeded = newest === snapshot ? found : found.filter(vacuumTest(newest, table.io, before));
  const files = unneeded.map(({ path }) => path);
  const lastLook = async (): Promise<void> => requireStanding(table.io, snapshot);
  await lastLook();
  if (options.dryRun !== true) for (const file of files) await table.io.store.delete(file, { lastLook });
  return { version: newest.version, files, bytes: unneeded.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
}

function hours(ms: number): string {
  const count = Math.round((ms / 3_600_000) * 100) / 100;
  return `${count} ${count === 1 ? 'hour' : 'hours'}`;
}
