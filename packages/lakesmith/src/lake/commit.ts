import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { commitLineOf } from './commit-line.ts';
import { conflictError } from './intent.ts';
import type { Lake } from './lake.ts';
import { requireOwn } from './lake.ts';
import type { StagedTable } from './staged.ts';

/** Commits one table of the lake's own by itself, now. LS3301 when somebody else was faster. */
export async function commitTable(lake: Lake, { table, path, staged }: StagedTable, run: number): Promise<Snapshot> {
  requireOwn(lake, [{ table, path }]);
  const base = staged.readVersion < 0 ? undefined : await lake.open(path, staged.readVersion);
  const result = await commitLineOf(lake.locate(path)).commit(lake.io(path), staged, { base });
  if (result.kind === 'conflict') throw conflictError(table, run, staged, result);
  const snapshot = result.snapshot ?? (await lake.open(path, result.version));
  if (snapshot === undefined)
    throw new LakeError('LS3004', `${table} vanished right after version ${result.version} was committed.`);
  return snapshot;
}
