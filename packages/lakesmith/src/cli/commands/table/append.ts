import { latestVersion, readSnapshot } from '@lakesmith/delta';
import type { Txn } from '@lakesmith/delta';
import { LakeError } from '../../../core/errors.ts';
import { compactAfterAppend } from '../../../lake/auto-compact.ts';
import { openInputFile } from '../../../lake/input-file.ts';
import { appendRows } from '../../../lake/write-table.ts';
import { interruptSignal } from '../../interrupt.ts';
import type { TableOptions } from '../../open-table.ts';
import { withNewTable } from '../../open-table.ts';
import { withInput } from '../../standard-input.ts';
import { reportNothing, reportWrite } from '../../write-report.ts';

export interface AppendOptions extends TableOptions {
  readonly from: string;
  readonly create?: boolean;
  readonly txn?: string;
}

/** Adds the rows of a file to a Delta table. */
export async function tableAppend(path: string, options: AppendOptions): Promise<number> {
  const startedMs = performance.now();
  const txn = options.txn === undefined ? undefined : parseTxn(options.txn);
  return await withInput(options.from, async (file) =>
    withNewTable(path, options, async (table) => {
      const version = await latestVersion(table.io);
      if (version === undefined && options.create !== true)
        throw new LakeError('LS3003', `There is no table at ${path}: --create makes one with the columns of the file.`);
      const base = version === undefined ? undefined : await readSnapshot(table.io);
      const input = await openInputFile(table.engine, file);
      const interrupt = interruptSignal();
      try {
        const write = { signal: interrupt.signal, ...(txn === undefined ? {} : { txn }) };
        const report = await appendRows(table, base, input, write);
        if (report === 'written-before')
          reportNothing(`${options.txn ?? ''} was written before`, {
            json: options.json,
            version: (await latestVersion(table.io)) ?? 0,
            startedMs,
          });
        else {
          if (base !== undefined) await compactAfterAppend(table, base, { signal: interrupt.signal });
          reportWrite(report, { json: options.json, startedMs });
        }
      } finally {
        interrupt.stop();
      }
      return 0;
    }),
  );
}

function parseTxn(text: string): Txn {
  const [, appId, version] = /^(.+):(\d{1,15})$/.exec(text) ?? [];
  if (appId === undefined) throw new LakeError('LS4001', `--txn takes APP:VERSION, such as loader:12, not ${text}.`);
  return { appId, version: Number(version) };
}
