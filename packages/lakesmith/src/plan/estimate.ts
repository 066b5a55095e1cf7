import type { Plan, PlanStep } from './plan.ts';
import { median } from './usual.ts';

/** What an earlier run did to a table. */
export interface PastStep {
  readonly run: number;
  readonly action: string;
  readonly strategy: string;
  readonly elapsedMs: number;
}

/** True where what a step took tells what this one will. */
export function isAlike(
  step: Pick<PlanStep, 'action' | 'strategy'>,
  past: Pick<PastStep, 'action' | 'strategy'>,
): boolean {
  return step.action === past.action && step.strategy === past.strategy;
}

/** True for a step that takes time: it makes, loads, alters or judges. */
export function takesTime({ action }: Pick<PlanStep, 'action'>): boolean {
  return action !== 'skip' && action !== 'held' && action !== 'blocked';
}

/**
 * A plan with what its steps should take, by earlier steps of the same kind on the same table, and what a run of it should when
 * `parallel` of them are done at a time. What was never done is not guessed at, and then there is no whole either.
 */
export function estimatePlan(plan: Plan, history: ReadonlyMap<string, readonly PastStep[]>, parallel: number): Plan {
  const steps = plan.steps.map((step) => estimateStep(step, history.get(step.table) ?? []));
  const active = steps.filter(takesTime);
  const isKnown = active.length > 0 && active.every(({ estimate }) => estimate.seconds !== undefined);
  return { ...plan, steps, ...(isKnown ? { estimate: { seconds: secondsOfAll(active, parallel) } } : {}) };
}

function estimateStep(step: PlanStep, past: readonly PastStep[]): PlanStep {
  const alike = takesTime(step) ? past.filter((one) => isAlike(step, one)) : [];
  if (alike.length === 0) return step;
  const seconds = median(alike.map(({ elapsedMs }) => elapsedMs)) / 1000;
  return { ...step, estimate: { ...step.estimate, seconds, runs: alike.length } };
}

/** The steps begin as a run begins them: in order, each when those before it are done and a place is free. */
function secondsOfAll(steps: readonly PlanStep[], parallel: number): number {
  const waiting = [...steps];
  const running: { readonly table: string; readonly end: number }[] = [];
  const undone = new Set(steps.map(({ table }) => table));
  let now = 0;
  while (undone.size > 0) {
    for (let next = readyIn(waiting, undone); running.length < parallel && next >= 0; next = readyIn(waiting, undone)) {
      const [step] = waiting.splice(next, 1);
      if (step !== undefined) running.push({ table: step.table, end: now + (step.estimate.seconds ?? 0) });
    }
    running.sort((a, b) => a.end - b.end);
    const first = running.shift();
    // Steps that wait for each other never end; a run says so itself.
    if (first === undefined) break;
    now = first.end;
    undone.delete(first.table);
  }
  return now;
}

function readyIn(waiting: readonly PlanStep[], undone: ReadonlySet<string>): number {
  return waiting.findIndex(({ after }) => after.every((name) => !undone.has(name)));
}
