import { parseNameList } from '../../../core/column-path.ts';
import { moment } from '../../render.ts';
import { bindTableRead } from '../../../serve/table-question.ts';
import { explainRefusal } from '../../../serve/question-error.ts';
import type { AnswerOptions } from '../../answer.ts';
import { answer } from '../../answer.ts';
import type { VersionOptions } from '../../open-table.ts';
import { snapshotOf, withTable } from '../../open-table.ts';
import { wholeNumber } from '../../whole-number.ts';

export interface ReadOptions extends VersionOptions, AnswerOptions {
  readonly columns?: string;
  readonly where?: string;
  readonly limit?: string;
  readonly rowIds?: boolean;
}

/** Reads the rows of a Delta table, of any version, to the terminal or a file. */
export async function tableRead(path: string, options: ReadOptions): Promise<number> {
  return await withTable(path, options, async (table) => {
    const snapshot = await snapshotOf(table, options);
    const { request, scan } = await bindTableRead(table, snapshot, {
      columns: options.columns === undefined ? undefined : parseNameList(options.columns),
      where: options.where,
      rowIds: options.rowIds,
      limit: options.limit === undefined ? undefined : wholeNumber('--limit', options.limit),
    });
    const left = scan.pruned.byPartition + scan.pruned.byStats;
    const about = [
      `version ${snapshot.version}`,
      moment(snapshot.timestampMs),
      ...(left === 0 ? [] : [`${scan.files.length} of ${scan.files.length + left} files`]),
    ];
    try {
      await answer(table.engine, request, { ...options, typed: true, about, facts: { version: snapshot.version } });
    } catch (error) {
      throw await explainRefusal(table.engine, request, error);
    }
    return 0;
  });
}
