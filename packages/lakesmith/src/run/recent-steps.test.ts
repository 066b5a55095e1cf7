import { describe, expect, it } from 'vitest';
import type { PlanStep } from '../plan/plan.ts';
import { idle } from '../plan/idle-step.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { traceStore } from '../storage/layers/trace.ts';
import { openMemoryStore } from '../storage/memory.ts';
import { putRun } from './journal.ts';
import { recentSteps } from './recent-steps.ts';
import { emptyRecord } from './step-record.ts';

const step = (table: string, strategy: 'full' | 'append' = 'full'): PlanStep => ({
  ...idle(table, 1),
  action: strategy === 'full' ? 'full' : 'incremental',
  strategy,
});

/** A lake after some runs, and what was asked of its store since. */
async function lakeAfter(
  runs: readonly (readonly (readonly [PlanStep, 'done' | 'failed'])[])[],
): Promise<{ readonly store: ObjectStore; readonly asked: string[] }> {
  const kept = openMemoryStore();
  for (const [i, steps] of runs.entries())
    await putRun(kept, {
      run: i + 1,
      state: 'done',
      startedMs: 0,
      environment: 'local',
      program: 'test',
      steps: steps.map(([one, status]) => ({ ...emptyRecord(one), status, elapsedMs: i + 1 })),
    });
  const asked: string[] = [];
  const store = traceStore(kept, ({ path }) => asked.push(path));
  return { store, asked };
}

describe('what was done before', () => {
  it('is what ended well and was done the same way, newest first', async () => {
    const { store } = await lakeAfter([
      [[step('silver.a'), 'done']],
      [[step('silver.a'), 'failed']],
      [[step('silver.a', 'append'), 'done']],
      [
        [step('silver.a'), 'done'],
        [step('silver.b'), 'done'],
      ],
    ]);
    const found = await recentSteps(store, [step('silver.a'), step('silver.c')]);
    expect([...found.keys()]).toEqual(['silver.a']);
    expect(found.get('silver.a')?.map(({ run, elapsedMs }) => [run, elapsedMs])).toEqual([
      [4, 4],
      [1, 1],
    ]);
  });

  it('is not read where nobody asks, and no further back than it takes', async () => {
    const { store, asked } = await lakeAfter(Array.from({ length: 9 }, () => [[step('silver.a'), 'done'] as const]));
    expect((await recentSteps(store, [])).size).toBe(0);
    expect(asked).toEqual([]);
    expect((await recentSteps(store, [step('silver.a')])).get('silver.a')).toHaveLength(5);
    expect(asked.filter((path) => path.endsWith('.json'))).toHaveLength(5);
  });
});
