import { readSnapshot } from '@lakesmith/delta';
import { downgradeTable } from '../../../lake/downgrade-table.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { reportWrite } from '../../write-report.ts';

/** Takes a feature away from a Delta table, where that can be done safely. */
export async function tableDowngrade(
  path: string,
  options: TableOptions & { readonly feature: string },
): Promise<number> {
  const startedMs = performance.now();
  return await withTable(path, options, async (table) => {
    const report = await downgradeTable(table, await readSnapshot(table.io), options.feature);
    reportWrite(report, { json: options.json, startedMs });
    return 0;
  });
}
