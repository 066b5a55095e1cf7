import { inputsOf, viewsOf } from '../project/graph.ts';
import type { ModelTable, ProjectTable } from '../project/model.ts';
import { isActive, isStopped } from './idle-step.ts';
import type { TableState } from './observation.ts';
import type { PlanStep } from './plan.ts';
import type { StepContext } from './step-context.ts';

/** A model's table as the releases have it: what left them, or is a view in the newest, is new whatever lies in its folder. */
export function releasedState(
  { name }: Pick<ModelTable, 'name'>,
  { observation: { tables, views, released } }: StepContext,
): TableState | undefined {
  return released.has(name) && !views.has(name) ? tables.get(name) : undefined;
}

/** What a table's step comes after; or the step itself where what is read for it keeps it from being done. */
export function readyStep(
  table: ProjectTable,
  step: PlanStep,
  { steps, observation }: StepContext,
):
  | { readonly stopped: PlanStep }
  | { readonly stopped: undefined; readonly step: PlanStep; readonly after: readonly string[] } {
  const inputs = inputsOf(table);
  const all = [...inputs, ...viewsOf(table)];
  const stopped = all.find((input) => isStopped(steps.get(input)));
  if (stopped !== undefined)
    return { stopped: { ...step, action: 'blocked', reason: `waits for ${stopped}`, blockedBy: stopped } };
  const absent = inputs.find((input) => !isActive(steps.get(input)) && !observation.tables.has(input));
  if (absent !== undefined) return { stopped: { ...step, reason: `${absent} has no data yet` } };
  const after = all.filter((input) => isActive(steps.get(input)) || steps.get(input)?.action === 'view');
  return { stopped: undefined, step, after };
}
