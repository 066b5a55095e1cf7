import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import type { DuckDbOptions } from '../../packages/lakesmith/src/engine/duckdb/instance.ts';
import { openEngineCompiler } from '../../packages/lakesmith/src/project/engine-compiler.test-suite.ts';
import { randomTables } from '../../packages/lakesmith/src/plan/refresh/random-rows.test-suite.ts';
import { followChanges, randomModels } from '../support/random-project.ts';

const started = vi.hoisted(() => ({ count: 0 }));

// Every engine of this file is one in a process of its own.
vi.mock('../../packages/lakesmith/src/engine/duckdb/engine.ts', () => ({
  openDuckDb: async (options: DuckDbOptions) => {
    started.count += 1;
    const { openDuckDbProcess } = await import('../../packages/lakesmith/src/engine/duckdb/child.ts');
    return await openDuckDbProcess(options);
  },
}));

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

it('keeps tables up by parts with an engine in a process of its own', async () => {
  const dice = new Dice(4001);
  const silver = await randomModels(compiler, dice, { prefix: 'silver.m', over: randomTables, count: 4 });
  const sums = await randomModels(compiler, dice, { prefix: 'gold.s', over: randomTables, count: 2, sums: true });
  const before = started.count;
  const { wrong, ways } = await followChanges(dice, [...silver, ...sums], { rounds: 5, what: 'in a process' });
  expect(wrong).toEqual([]);
  expect(started.count).toBeGreaterThan(before);
  expect(ways.filter((way) => ['append', 'bag', 'fold', 'keyed'].includes(way)).length).toBeGreaterThan(3);
});
