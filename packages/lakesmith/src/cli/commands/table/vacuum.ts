import { readSnapshot } from '@lakesmith/delta';
import { count } from '../../../core/quantity.ts';
import { vacuumTable } from '../../../lake/vacuum-table.ts';
import { parseDuration } from '../../duration.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { print, printJson } from '../../output.ts';
import { renderBytes } from '../../render.ts';

export interface VacuumCommandOptions extends TableOptions {
  readonly retain?: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** Deletes files that left a Delta table long enough ago. */
export async function tableVacuum(path: string, options: VacuumCommandOptions): Promise<number> {
  const startedMs = performance.now();
  return await withTable(path, options, async (table) => {
    const dryRun = options.dryRun === true;
    const report = await vacuumTable(table, await readSnapshot(table.io), {
      retainMs: options.retain === undefined ? undefined : parseDuration('--retain', options.retain),
      force: options.force === true,
      dryRun,
    });
    const elapsedMs = Math.round(performance.now() - startedMs);
    if (options.json === true) printJson({ ok: true, dryRun, ...report, elapsedMs });
    else {
      for (const file of dryRun ? report.files : []) print(file);
      print(
        `version ${report.version} · ${count(report.files.length, 'file')} ${dryRun ? 'would go' : 'deleted'} · ${renderBytes(report.bytes)} · ${elapsedMs} ms`,
      );
    }
    return 0;
  });
}
