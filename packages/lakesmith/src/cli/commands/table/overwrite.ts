import { resolve } from 'node:path';
import { readSnapshot } from '@lakesmith/delta';
import { openInputFile } from '../../../lake/input-file.ts';
import { overwriteRows } from '../../../lake/write-table.ts';
import { interruptSignal } from '../../interrupt.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { reportWrite } from '../../write-report.ts';

export interface OverwriteOptions extends TableOptions {
  readonly from: string;
  readonly schemaChange?: boolean;
}

/** Puts the rows of a file in place of all that a Delta table has. */
export async function tableOverwrite(path: string, options: OverwriteOptions): Promise<number> {
  const startedMs = performance.now();
  return await withTable(path, options, async (table) => {
    const base = await readSnapshot(table.io);
    const input = await openInputFile(table.engine, resolve(options.from));
    const interrupt = interruptSignal();
    try {
      const write = { signal: interrupt.signal, schemaChange: options.schemaChange === true };
      reportWrite(await overwriteRows(table, base, input, write), { json: options.json, startedMs });
    } finally {
      interrupt.stop();
    }
    return 0;
  });
}
