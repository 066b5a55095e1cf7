import { readSnapshot } from '@lakesmith/delta';
import { parseColumnList } from '../../../core/column-path.ts';
import { optimizeTable } from '../../../lake/optimize-table.ts';
import { bindChange } from '../../../serve/table-change.ts';
import { interruptSignal } from '../../interrupt.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { parseSize } from '../../size.ts';
import { reportNothing, reportWrite } from '../../write-report.ts';

export interface OptimizeCommandOptions extends TableOptions {
  readonly where?: string;
  readonly targetSize?: string;
  readonly zorder?: string;
}

/** Puts the small files of a Delta table together. */
export async function tableOptimize(path: string, options: OptimizeCommandOptions): Promise<number> {
  const startedMs = performance.now();
  const targetBytes = options.targetSize === undefined ? undefined : parseSize(options.targetSize);
  const zOrderBy = options.zorder === undefined ? undefined : parseColumnList(options.zorder);
  return await withTable(path, options, async (table) => {
    const base = await readSnapshot(table.io);
    const { predicate } = await bindChange(table, base, { where: options.where });
    const interrupt = interruptSignal();
    try {
      const report = await optimizeTable(table, base, { predicate, targetBytes, zOrderBy, signal: interrupt.signal });
      if (report === undefined)
        reportNothing('No files are small enough to be put together', {
          json: options.json,
          version: base.version,
          startedMs,
        });
      else reportWrite(report, { json: options.json, startedMs });
    } finally {
      interrupt.stop();
    }
    return 0;
  });
}
