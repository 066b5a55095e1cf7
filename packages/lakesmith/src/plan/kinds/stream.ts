import type { ModelTable, StreamSettings } from '../../project/model.ts';
import { isMadeOf } from '../../lake/release.ts';
import { idle, isActive } from '../idle-step.ts';
import { changedColumns, changedParts } from '../model-step.ts';
import type { TableState } from '../observation.ts';
import type { PlanStep } from '../plan.ts';
import { readyStep, releasedState } from '../ready-step.ts';
import type { StepContext } from '../step-context.ts';

/**
 * A stream goes on from where it is: the rows that the table it follows gained since go through its SELECT, and what it made stays.
 * It is made anew only when that is asked for by its own name, since what is gone from its input cannot be made again.
 */
export function planStream(model: ModelTable, stream: StreamSettings, context: StepContext): PlanStep {
  const state = releasedState(model, context);
  const ready = readyStep(model, idle(model.name, context.observation.tables.get(model.name)?.version), context);
  if (ready.stopped !== undefined) return ready.stopped;
  const { step, after } = ready;
  const { follows } = stream;
  if (context.stretch !== undefined) return { ...step, unstretched: 'it is a stream, and what it made stays' };
  if (state === undefined || context.full) {
    const reason = state === undefined ? 'new table' : '--full';
    const detail = `every row that ${follows} has now`;
    const estimate = state === undefined ? {} : { rows: state.rows, bytes: state.bytes };
    return { ...step, action: 'full', strategy: 'full', detail, reason, estimate, after };
  }
  const reason = reasonOf(model, state, { follows, context });
  if (reason === undefined) return step;
  const isOther = reason !== changed(follows);
  return {
    ...step,
    action: 'incremental',
    strategy: 'append',
    detail: isOther ? `new rows of ${follows}; what it made stays` : `new rows of ${follows}`,
    reason,
    ...changedColumns(model, state, context),
    after,
  };
}

function changed(input: string): string {
  return `${input} changed`;
}

/** Why there is something to do; undefined: there is nothing. */
function reasonOf(
  model: ModelTable,
  { madeBy, foreign }: TableState,
  { follows, context }: { readonly follows: string; readonly context: StepContext },
): string | undefined {
  if (foreign || madeBy === undefined) return 'changed by another writer';
  if (madeBy.fingerprint !== model.fingerprint) return changedParts(model, madeBy);
  if (madeBy.rulesFingerprint !== model.rulesFingerprint) return 'rules changed';
  const isNew =
    isActive(context.steps.get(follows)) || !isMadeOf(madeBy, follows, context.observation.tables.get(follows));
  return isNew ? changed(follows) : undefined;
}
