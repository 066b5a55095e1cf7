import { LakeError } from '../../../core/errors.ts';
import { bindChanges } from '../../../lake/bind-changes.ts';
import type { AnswerOptions } from '../../answer.ts';
import { answer } from '../../answer.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { pointOf } from '../../time-point.ts';

export interface ChangesOptions extends TableOptions, AnswerOptions {
  readonly from?: string;
  readonly to?: string;
}

/** Shows the rows that were inserted, deleted and updated between two versions, in the order of the commits. */
export async function tableChanges(path: string, options: ChangesOptions): Promise<number> {
  const { from, to } = options;
  if (from === undefined)
    throw new LakeError('LS4001', '--from wants the version or time that the changes begin with.');
  return await withTable(path, options, async (table) => {
    const range = { from: pointOf('--from', from), ...(to === undefined ? {} : { to: pointOf('--to', to) }) };
    const { relations, plan } = await bindChanges(table, 'changes', range);
    const [first, last] = [plan.versions[0]?.version ?? 0, plan.versions.at(-1)?.version ?? 0];
    await answer(
      table.engine,
      { sql: 'select * from changes order by _commit_version', relations, timezone: 'UTC' },
      { ...options, typed: true, about: [first === last ? `version ${first}` : `versions ${first} to ${last}`] },
    );
    return 0;
  });
}
