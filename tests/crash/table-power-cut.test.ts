import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PowerCutBench } from '../../packages/lakesmith/src/lake/power-cut.test-suite.ts';
import { tableOperations } from '../../packages/lakesmith/src/lake/table-operations.test-suite.ts';

vi.mock('node:fs', async (load) =>
  (await import('../../packages/lakesmith/src/storage/watched-disk.test-suite.ts')).watchedFs(
    await load<typeof import('node:fs')>(),
  ),
);
vi.mock('node:fs/promises', async (load) =>
  (await import('../../packages/lakesmith/src/storage/watched-disk.test-suite.ts')).watchedPromises(
    await load<typeof import('node:fs/promises')>(),
  ),
);
// Smaller files are written whole, and large ones are slow to make again and again.
vi.mock('../../packages/lakesmith/src/lake/kept-columns.ts', async (load) => ({
  ...(await load<typeof import('../../packages/lakesmith/src/lake/kept-columns.ts')>()),
  leastRows: 1000,
}));

const seeds = Number(process.env['POWER_CUT_SEEDS'] ?? 2);

let power: PowerCutBench;
beforeAll(async () => {
  power = await PowerCutBench.open(seeds);
});
afterAll(() => power.close());

describe(`a power cut between any two steps (${seeds} seeds)`, () => {
  it.each(tableOperations.flatMap((one) => one.kinds.map((kind) => ({ ...one, kind }))))(
    'of $name ($kind) leaves the table before or after it',
    async ({ kind, act }) => {
      const outcomes = await power.outcomesOf(kind, { act });
      expect(outcomes.length).toBeGreaterThan(3);
      for (const { told, found, wanted } of outcomes) expect(found, told).toEqual(wanted);
    },
  );
});
