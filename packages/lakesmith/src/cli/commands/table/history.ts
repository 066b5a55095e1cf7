import { readHistory } from '@lakesmith/delta';
import { LakeError } from '../../../core/errors.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { print, printJson } from '../../output.ts';
import { isoTime, moment, renderTable } from '../../render.ts';
import { wholeNumber } from '../../whole-number.ts';

/** Lists the versions of a table that its log still tells of, newest first. */
export async function tableHistory(path: string, options: TableOptions & { readonly limit?: string }): Promise<number> {
  return await withTable(path, options, async (table) => {
    const limit = options.limit === undefined ? undefined : wholeNumber('--limit', options.limit);
    const entries = await readHistory(table.io, limit);
    if (entries.length === 0)
      throw new LakeError('LS3003', `${path} has no history: there is no commit in its _delta_log.`);
    if (options.json === true) {
      printJson(
        entries.map(({ version, timestampMs, commitInfo }) => ({
          version,
          at: isoTime(timestampMs),
          operation: commitInfo?.operation ?? null,
          commitInfo: commitInfo ?? null,
        })),
      );
      return 0;
    }
    print(
      renderTable(
        ['version', 'at', 'operation', 'by'],
        entries.map(({ version, timestampMs, commitInfo }) => [
          version,
          moment(timestampMs),
          commitInfo?.operation ?? null,
          commitInfo?.engineInfo ?? null,
        ]),
      ),
    );
    return 0;
  });
}
