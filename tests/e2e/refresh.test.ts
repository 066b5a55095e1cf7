import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import { openEngineCompiler } from '../../packages/lakesmith/src/project/engine-compiler.test-suite.ts';
import type { QueriedTable } from '../../packages/lakesmith/src/plan/refresh/random-query.test-suite.ts';
import { randomTables } from '../../packages/lakesmith/src/plan/refresh/random-rows.test-suite.ts';
import type { RandomModel } from '../support/random-project.ts';
import { followChanges, randomModels } from '../support/random-project.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const counts = new Map<string, number>();

/** The same, with the ways counted. */
async function wrongAfter(
  dice: Dice,
  all: readonly RandomModel[],
  told: { readonly rounds: number; readonly what: string },
): Promise<readonly string[]> {
  const { wrong, ways } = await followChanges(dice, all, told);
  for (const way of ways) counts.set(way, (counts.get(way) ?? 0) + 1);
  return wrong;
}

const projects = Number(process.env['REFRESH_PROJECTS'] ?? 2);
const firstSeed = Number(process.env['REFRESH_SEED'] ?? 3);
/** How deep the deepest project is, and how often what it is made of changes. */
const layers = Number(process.env['REFRESH_LAYERS'] ?? 3);
const rounds = Number(process.env['REFRESH_ROUNDS'] ?? 5);
const seeds = Array.from({ length: projects }, (_, i) => firstSeed + i);

describe('tables that are kept up by parts', () => {
  it.each(seeds)(
    'have the rows of their SELECTs, whatever happens to their inputs (seed %i)',
    async (seed) => {
      const dice = new Dice(seed);
      const silver = await randomModels(compiler, dice, { prefix: 'silver.m', over: randomTables, count: 6 });
      const gold = await randomModels(compiler, dice, { prefix: 'gold.m', over: silver, count: 2 });
      expect(await wrongAfter(dice, [...silver, ...gold], { rounds: 4, what: `seed ${seed}` })).toEqual([]);
    },
    3_600_000,
  );

  it('have them through many layers and changes', async () => {
    const dice = new Dice(firstSeed + 1000);
    const all: RandomModel[] = [];
    let below: readonly QueriedTable[] = randomTables;
    for (let layer = 1; layer <= layers; layer++) {
      const made = await randomModels(compiler, dice, {
        prefix: layer < layers ? `silver.l${layer}m` : 'gold.m',
        over: below,
        count: 4,
      });
      all.push(...made);
      below = made;
    }
    expect(await wrongAfter(dice, all, { rounds, what: `${layers} layers` })).toEqual([]);
  }, 36_000_000);

  it('have them where they are sums, and sums of sums', async () => {
    const dice = new Dice(firstSeed + 2000);
    const silver = await randomModels(compiler, dice, { prefix: 'silver.s', over: randomTables, count: 6, sums: true });
    const gold = await randomModels(compiler, dice, { prefix: 'gold.s', over: silver, count: 3, sums: true });
    expect(await wrongAfter(dice, [...silver, ...gold], { rounds, what: 'sums' })).toEqual([]);
  }, 3_600_000);

  it('are kept up in every way', () => {
    if (process.env['REFRESH_COUNTS'] !== undefined) console.log(Object.fromEntries(counts));
    for (const strategy of ['same', 'append', 'bag', 'fold', 'keyed', 'full'])
      expect(counts.get(strategy) ?? 0, strategy).toBeGreaterThan(0);
  });
});
