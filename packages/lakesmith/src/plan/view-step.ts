import type { ModelTable } from '../project/model.ts';
import { idle } from './idle-step.ts';
import { causeOf, changedColumns, changedInputs, waitsForApply } from './model-step.ts';
import type { PlanStep } from './plan.ts';
import { readyStep } from './ready-step.ts';
import type { StepContext } from './step-context.ts';

/** A view is defined anew when a table would be made anew: each stands over versions of the tables that it reads. */
export function planView(model: ModelTable, context: StepContext): PlanStep {
  const { observation } = context;
  const view = observation.views.get(model.name);
  const ready = readyStep(model, idle(model.name, undefined), context);
  if (ready.stopped !== undefined) return ready.stopped;
  const defined = { ...ready.step, action: 'view', strategy: 'view', after: ready.after } as const;
  const wasTable = view === undefined && observation.released.has(model.name);
  if (wasTable) {
    const table = observation.tables.get(model.name);
    const step = { ...defined, reason: 'was a table', ...changedColumns(model, table, context) };
    const holds = waitsForApply(model, context, true) && !context.apply && !context.full;
    return holds ? { ...step, action: 'held', strategy: '', after: [] } : { ...step, detail: 'its files stay' };
  }
  const cause = causeOf(model, view === undefined ? undefined : { ...view, foreign: false }, context);
  if (cause !== undefined) return { ...defined, reason: cause.reason, ...changedColumns(model, view, context) };
  const changed = changedInputs(model, view?.madeBy, context);
  if (changed.length === 0) return ready.step;
  const isJudged = model.key.length + model.rules.length + model.checks.length > 0;
  return {
    ...defined,
    detail: isJudged ? 'judged again' : 'new rows are seen',
    reason: `${changed.join(', ')} changed`,
  };
}
