import type { PastStep } from '../plan/explain-table.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { lastRun, readRun } from './journal.ts';

/** How many runs back are looked at. */
const runsBack = 20;

/** What the last runs did to a table, newest first. */
export async function recentSteps(store: ObjectStore, table: string): Promise<readonly PastStep[]> {
  const newest = await lastRun(store);
  const steps: PastStep[] = [];
  for (let run = newest; run > Math.max(0, newest - runsBack); run -= 1) {
    const step = (await readRun(store, run))?.steps.find((one) => one.table === table && one.status === 'done');
    if (step !== undefined)
      steps.push({ run, action: step.action, strategy: step.strategy, rows: step.rows, elapsedMs: step.elapsedMs });
  }
  return steps;
}
