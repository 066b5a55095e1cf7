import { resolve } from 'node:path';
import { LakeError } from '../../../core/errors.ts';
import { cloneTable } from '../../../lake/clone-table.ts';
import type { VersionOptions } from '../../open-table.ts';
import { openTables, snapshotOf, withFolder } from '../../open-table.ts';
import { reportWrite } from '../../write-report.ts';

/** Makes a table that shows the rows of another without copying files. */
export async function tableClone(from: string, to: string, options: VersionOptions): Promise<number> {
  const startedMs = performance.now();
  if (resolve(from) === resolve(to)) throw new LakeError('LS4001', 'A table cannot be cloned onto itself.');
  return await withFolder(to, async () => {
    const tables = await openTables([from, to], options);
    try {
      const [table, target] = tables.opened;
      if (table === undefined || target === undefined)
        throw new LakeError('LS9001', 'A table was opened and is not there');
      const snapshot = await snapshotOf(table, options);
      reportWrite(await cloneTable(target, { table, snapshot }), { json: options.json, startedMs });
      return 0;
    } finally {
      await tables.close();
    }
  });
}
