import { resolve } from 'node:path';
import { readSnapshot } from '@lakesmith/delta';
import { LakeError } from '../../../core/errors.ts';
import { openInputFile } from '../../../lake/input-file.ts';
import { bindMerge } from '../../../serve/table-merge.ts';
import { mergeRows } from '../../../lake/merge-table.ts';
import { interruptSignal } from '../../interrupt.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { reportNothing, reportWrite } from '../../write-report.ts';

export interface MergeOptions extends TableOptions {
  readonly from: string;
  readonly key: string;
  readonly deleteWhen?: string;
  readonly insertOnly?: boolean;
}

/** Merges the rows of a file into a Delta table by a key. */
export async function tableMerge(path: string, options: MergeOptions): Promise<number> {
  const startedMs = performance.now();
  if (options.insertOnly === true && options.deleteWhen !== undefined)
    throw new LakeError('LS4001', 'With --insert-only nothing is deleted: leave out --delete-when.');
  return await withTable(path, options, async (table) => {
    const base = await readSnapshot(table.io);
    const input = await openInputFile(table.engine, resolve(options.from));
    const merge = await bindMerge(table, base, input, {
      key: options.key.split(',').map((name) => name.trim()),
      deleteWhen: options.deleteWhen,
      insertOnly: options.insertOnly === true,
    });
    const interrupt = interruptSignal();
    try {
      const report = await mergeRows(table, base, { ...merge, signal: interrupt.signal });
      if (report === undefined) reportNothing('No row changes', { json: options.json, version: base.version });
      else reportWrite(report, { json: options.json, startedMs });
    } finally {
      interrupt.stop();
    }
    return 0;
  });
}
