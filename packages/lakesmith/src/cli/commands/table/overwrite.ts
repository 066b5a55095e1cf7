import { readSnapshot } from '@lakesmith/delta';
import { LakeError } from '../../../core/errors.ts';
import { openInputFile } from '../../../lake/input-file.ts';
import { changeRows } from '../../../lake/rewrite-table.ts';
import { overwriteRows } from '../../../lake/write-table.ts';
import type { Overwritten } from '../../../serve/table-overwrite.ts';
import { bindOverwrite } from '../../../serve/table-overwrite.ts';
import { interruptSignal } from '../../interrupt.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { withInput } from '../../standard-input.ts';
import { reportNothing, reportWrite } from '../../write-report.ts';

export interface OverwriteOptions extends TableOptions {
  readonly from: string;
  readonly schemaChange?: boolean;
  readonly where?: string;
  readonly partitions?: boolean;
}

/** Puts the rows of a file in place of all that a Delta table has, or of some of it. */
export async function tableOverwrite(path: string, options: OverwriteOptions): Promise<number> {
  const startedMs = performance.now();
  const overwritten = readOptions(options);
  return await withInput(options.from, async (file) =>
    withTable(path, options, async (table) => {
      const base = await readSnapshot(table.io);
      const input = await openInputFile(table.engine, file);
      const interrupt = interruptSignal();
      try {
        const { signal } = interrupt;
        const report =
          overwritten === undefined
            ? await overwriteRows(table, base, input, { signal, schemaChange: options.schemaChange === true })
            : await changeRows(table, base, { ...(await bindOverwrite(table, base, input, overwritten)), signal });
        if (report === undefined)
          reportNothing('No row changes', { json: options.json, version: base.version, startedMs, ofRows: true });
        else reportWrite(report, { json: options.json, startedMs });
      } finally {
        interrupt.stop();
      }
      return 0;
    }),
  );
}

/** Which rows are overwritten; undefined: all. */
function readOptions({ where, partitions, schemaChange }: OverwriteOptions): Overwritten | undefined {
  const told = [where !== undefined, partitions === true, schemaChange === true].filter(Boolean).length;
  if (told > 1) throw new LakeError('LS4001', 'Only one of --where, --partitions and --schema-change can be said.');
  if (where !== undefined) return { where };
  return partitions === true ? { partitions } : undefined;
}
