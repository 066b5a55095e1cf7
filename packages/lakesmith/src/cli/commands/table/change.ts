import { readSnapshot } from '@lakesmith/delta';
import { changeRows } from '../../../lake/rewrite-table.ts';
import type { ChangeText } from '../../../serve/table-change.ts';
import { bindChange } from '../../../serve/table-change.ts';
import { interruptSignal } from '../../interrupt.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { reportNothing, reportWrite } from '../../write-report.ts';

/** Deletes rows of a Delta table, or sets columns of them. */
export async function tableChange(path: string, options: TableOptions & ChangeText): Promise<number> {
  const startedMs = performance.now();
  return await withTable(path, options, async (table) => {
    const base = await readSnapshot(table.io);
    const change = await bindChange(table, base, { where: options.where, set: options.set });
    const interrupt = interruptSignal();
    try {
      const report = await changeRows(table, base, { ...change, signal: interrupt.signal });
      if (report === undefined)
        reportNothing('No row changes', { json: options.json, version: base.version, startedMs, ofRows: true });
      else reportWrite(report, { json: options.json, startedMs });
    } finally {
      interrupt.stop();
    }
    return 0;
  });
}
