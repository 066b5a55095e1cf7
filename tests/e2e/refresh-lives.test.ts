import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import { openDuckDb } from '../../packages/lakesmith/src/engine/duckdb/engine.ts';
import type { Engine } from '../../packages/lakesmith/src/engine/engine.ts';
import { openEngineCompiler } from '../../packages/lakesmith/src/project/engine-compiler.test-suite.ts';
import { randomTables } from '../../packages/lakesmith/src/plan/refresh/random-rows.test-suite.ts';
import { eventNames, happens } from '../support/random-event.ts';
import { followChanges, randomModels } from '../support/random-project.ts';

/** How many projects there are, with so many tables each, and how often what they are made of changes. */
const lives = Number(process.env['REFRESH_LIVES'] ?? 1);
const tables = 20;
const rounds = 10;
const firstSeed = Number(process.env['REFRESH_SEED'] ?? 3);
const seeds = Array.from({ length: lives }, (_, i) => firstSeed + i);

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
let engine: Engine;
beforeAll(async () => {
  compiler = await openEngineCompiler();
  engine = await openDuckDb({});
});
afterAll(async () => {
  await compiler.engine.close();
  await engine.close();
});

const happened = new Map<string, number>();
const made = new Map<string, number>();
const count = (map: Map<string, number>, name: string): unknown => map.set(name, (map.get(name) ?? 0) + 1);

describe('tables that are kept up by parts', () => {
  it.each(seeds)(
    'have the rows of their SELECTs, whatever happens to the tables that they are made of (seed %i)',
    async (seed) => {
      const dice = new Dice(seed);
      const some = await randomModels(compiler, dice, { prefix: 'silver.m', over: randomTables, count: tables / 2 });
      const sums = { prefix: 'silver.s', over: randomTables, count: tables / 4, sums: true };
      const silver = [...some, ...(await randomModels(compiler, dice, sums))];
      const gold = await randomModels(compiler, dice, { prefix: 'gold.m', over: silver, count: tables / 4 });
      const models = [...silver, ...gold];
      const story: string[] = [];
      const { wrong, ways } = await followChanges(dice, models, {
        rounds,
        what: `seed ${seed}`,
        meanwhile: async (project) => {
          for (let more = dice.below(3); more > 0; more--) story.push(await happens(project, { dice, engine, models }));
          const isAll = dice.chance(0.6);
          story.push(isAll ? 'all are brought up' : 'more rows come');
          return isAll;
        },
      });
      for (const event of story) count(happened, event);
      for (const way of ways) count(made, way);
      expect(wrong, story.join('; ')).toEqual([]);
    },
    3_600_000,
  );

  it('are kept up in every way, whatever happens', () => {
    if (process.env['REFRESH_COUNTS'] !== undefined) console.log(Object.fromEntries([...happened, ...made]));
    const parts = ['append', 'bag', 'fold', 'keyed'].map((way) => made.get(way) ?? 0);
    expect(parts.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(5 * lives);
    // One life has not room for all that can happen.
    if (lives < 10) return;
    expect(Math.min(...parts)).toBeGreaterThan(0);
    for (const name of eventNames) expect(happened.get(name) ?? 0, name).toBeGreaterThan(0);
  });
});
