import { LakeError } from '../core/errors.ts';
import type { StepOutcome } from '../core/progress.ts';
import type { Plan, PlanStep } from '../plan/plan.ts';
import type { Execution, StepsWork } from './step-results.ts';
import { StepResults } from './step-results.ts';

/** Does the steps of a plan, in parallel where the graph allows. A failed step blocks what is made from it, nothing else. */
export async function execute(work: StepsWork, plan: Plan, parallel: number): Promise<Execution> {
  const results = new StepResults(work);
  await results.openUntouched();
  const outcomes = new Map<string, StepOutcome['status']>();
  const running = new Map<string, Promise<void>>();
  const waiting = plan.steps.filter((step) => step.action !== 'skip');
  const started = new Set<string>();
  const isSettled = (name: string): boolean => !waiting.some((step) => step.table === name) || outcomes.has(name);
  while (outcomes.size < waiting.length) {
    for (const step of waiting) {
      if (running.size >= parallel || started.has(step.table) || !step.after.every(isSettled)) continue;
      started.add(step.table);
      running.set(
        step.table,
        results.perform(step, blockerOf(step, outcomes)).then((status) => {
          outcomes.set(step.table, status);
          running.delete(step.table);
        }),
      );
    }
    if (running.size === 0) throw new LakeError('LS9001', 'The plan has steps that wait for each other.');
    try {
      await Promise.race(running.values());
    } catch (error) {
      // Who stops a run may take it for still: nothing of it must be at work behind its back.
      await Promise.allSettled(running.values());
      throw error;
    }
  }
  return results.finish(plan);
}

function blockerOf(step: PlanStep, outcomes: ReadonlyMap<string, StepOutcome['status']>): string | undefined {
  if (step.action === 'blocked') return step.blockedBy ?? step.after[0];
  return step.after.find((name) => outcomes.has(name) && outcomes.get(name) !== 'done');
}
