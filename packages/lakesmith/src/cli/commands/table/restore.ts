import { readSnapshot } from '@lakesmith/delta';
import { LakeError } from '../../../core/errors.ts';
import { restoreTable } from '../../../lake/restore-table.ts';
import type { VersionOptions } from '../../open-table.ts';
import { snapshotOf, withTable } from '../../open-table.ts';
import { reportNothing, reportWrite } from '../../write-report.ts';

/** Makes a Delta table what it was before. */
export async function tableRestore(path: string, options: VersionOptions): Promise<number> {
  const startedMs = performance.now();
  if (options.version === undefined && options.asOf === undefined)
    throw new LakeError('LS4001', 'Which state is to come back? Say --version or --as-of.');
  return await withTable(path, options, async (table) => {
    const current = await readSnapshot(table.io);
    const old = await snapshotOf(table, options);
    if (old.version === current.version)
      reportNothing(`That is version ${old.version}`, { json: options.json, version: current.version, startedMs });
    else reportWrite(await restoreTable(table, current, old), { json: options.json, startedMs });
    return 0;
  });
}
