import type { PastStep } from '../plan/estimate.ts';
import { isAlike } from '../plan/estimate.ts';
import type { PlanStep } from '../plan/plan.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { lastRun, readRun } from './journal.ts';

/** How many runs back are looked at, and how many steps of a table are enough. */
const runsBack = 20;
const mostSteps = 5;

/** What the last runs did to one table, newest first. */
export async function pastSteps(store: ObjectStore, table: string): Promise<readonly PastStep[]> {
  const past: PastStep[] = [];
  const newest = await lastRun(store);
  for (let run = newest; run > Math.max(0, newest - runsBack); run -= 1) {
    const step = (await readRun(store, run))?.steps.find((one) => one.table === table && one.status === 'done');
    if (step !== undefined) past.push({ run, ...pick(step) });
  }
  return past;
}

function pick({ action, strategy, elapsedMs }: Omit<PastStep, 'run'>): Omit<PastStep, 'run'> {
  return { action, strategy, elapsedMs };
}

/** By table, what the last runs did that is like the given steps, newest first. Reads no more runs than it takes. */
export async function recentSteps(
  store: ObjectStore,
  steps: readonly Pick<PlanStep, 'table' | 'action' | 'strategy'>[],
): Promise<ReadonlyMap<string, readonly PastStep[]>> {
  const wanted = new Map(steps.map((step) => [step.table, step]));
  const found = new Map<string, PastStep[]>();
  const newest = wanted.size === 0 ? 0 : await lastRun(store);
  for (let run = newest; run > Math.max(0, newest - runsBack) && wanted.size > 0; run -= 1) {
    for (const { table, action, strategy, status, elapsedMs } of (await readRun(store, run))?.steps ?? []) {
      const step = wanted.get(table);
      if (step === undefined || status !== 'done' || !isAlike(step, { action, strategy })) continue;
      const past = found.get(table) ?? [];
      found.set(table, past);
      past.push({ run, action, strategy, elapsedMs });
      if (past.length === mostSteps) wanted.delete(table);
    }
  }
  return found;
}
