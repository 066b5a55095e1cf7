import { LakeError } from '../core/errors.ts';
import { withInputs } from '../plan/selection.ts';
import { isCommitted, lastRun, readRun } from '../run/journal.ts';
import type { PlanOptions } from '../run/prepare.ts';
import type { Workbench } from './open.ts';
import { wholeNumber } from './whole-number.ts';

/**
 * What a run set out to make and did not, and what that is made from: it may be that which was mended. Sources that the run loaded, or that had
 * nothing to load, stay as they are: what came to them since is for the next run.
 */
export async function missingOf(
  { project, lake }: Workbench,
  wanted: string | true,
): Promise<Required<Pick<PlanOptions, 'select' | 'exactly'>>> {
  const record = await readRun(
    lake.state,
    wanted === true ? await lastRun(lake.state) : wholeNumber('--resume', wanted),
  );
  if (record === undefined)
    throw new LakeError('LS3003', `Run ${String(wanted)} does not exist: \`lakesmith history\` shows those that do.`);
  const done = new Set(record.steps.filter((step) => isCommitted(record, step)).map(({ table }) => table));
  // Of what it was about, older programs say no more than what they came to.
  const planned = record.planned ?? [...project.tables.keys()];
  const missing = new Set(planned.filter((name) => project.tables.has(name) && !done.has(name)));
  const select = [...withInputs(project, [...missing])].filter(
    (name) => missing.has(name) || project.tables.get(name)?.kind !== 'source',
  );
  return { select: new Set(select), exactly: true };
}
