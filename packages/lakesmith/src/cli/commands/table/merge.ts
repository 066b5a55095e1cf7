import type { Snapshot } from '@lakesmith/delta';
import { readSnapshot } from '@lakesmith/delta';
import { LakeError } from '../../../core/errors.ts';
import { parseNameList } from '../../../core/column-path.ts';
import { openInputFile } from '../../../lake/input-file.ts';
import type { InputFile } from '../../../lake/input-file.ts';
import { changeRows } from '../../../lake/rewrite-table.ts';
import type { MergeText } from '../../../serve/merge-text.ts';
import { parseMerge } from '../../../serve/merge-text.ts';
import { bindMerge, mergeByKey } from '../../../serve/table-merge.ts';
import { interruptSignal } from '../../interrupt.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { withInput } from '../../standard-input.ts';
import { reportNothing, reportWrite } from '../../write-report.ts';

export interface MergeOptions extends TableOptions {
  readonly from: string;
  readonly key?: string;
  readonly deleteWhen?: string;
  readonly insertOnly?: boolean;
  readonly sql?: string;
  readonly schemaChange?: boolean;
}

/** Merges the rows of a file into a Delta table, by a key or as a MERGE says. */
export async function tableMerge(path: string, options: MergeOptions): Promise<number> {
  const startedMs = performance.now();
  const evolves = options.schemaChange === true;
  const textOf = readOptions(options);
  return await withInput(options.from, async (file) =>
    withTable(path, options, async (table) => {
      const base = await readSnapshot(table.io);
      const input = await openInputFile(table.engine, file);
      const text = textOf(base, input);
      const merge = await bindMerge(table, base, input, { ...text, evolves: evolves || text.evolves });
      const interrupt = interruptSignal();
      try {
        const report = await changeRows(table, base, { ...merge, signal: interrupt.signal });
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

/** How the MERGE is told: whole, or by a key. */
function readOptions(options: MergeOptions): (base: Snapshot, input: InputFile) => MergeText {
  const { sql, key, deleteWhen, insertOnly = false, schemaChange: evolves = false } = options;
  if ((sql === undefined) === (key === undefined))
    throw new LakeError('LS4001', 'A merge takes a --key, or --sql with a MERGE, and not both.');
  if (sql !== undefined && (deleteWhen !== undefined || insertOnly))
    throw new LakeError(
      'LS4001',
      'What a MERGE deletes and inserts is said in it: leave out --delete-when and --insert-only.',
    );
  if (insertOnly && deleteWhen !== undefined)
    throw new LakeError('LS4001', 'With --insert-only nothing is deleted: leave out --delete-when.');
  if (sql !== undefined) {
    const text = parseMerge(sql);
    return () => text;
  }
  const names = parseNameList(key ?? '');
  return (base, input) => mergeByKey(base, input, { key: names, deleteWhen, insertOnly, evolves });
}
