import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { openStore } from '../storage/open.ts';
import type { DiskStep } from '../storage/watched-disk.test-suite.ts';
import { watching } from '../storage/watched-disk.test-suite.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';
import { change, newOperated } from './operated-table.test-suite.ts';
import { TableBench } from './table-bench.test-suite.ts';

vi.mock('node:fs', async (load) =>
  (await import('../storage/watched-disk.test-suite.ts')).watchedFs(await load<typeof import('node:fs')>()),
);
vi.mock('node:fs/promises', async (load) =>
  (await import('../storage/watched-disk.test-suite.ts')).watchedPromises(
    await load<typeof import('node:fs/promises')>(),
  ),
);
// Smaller files are written whole, and large ones are slow to make again and again.
vi.mock('./kept-columns.ts', async (load) => ({
  ...(await load<typeof import('./kept-columns.ts')>()),
  leastRows: 1000,
}));

let bench: TableBench;
let base: string;
beforeAll(async () => {
  bench = await TableBench.open();
  base = (await newOperated(bench, 'groups')).locate('');
});
afterAll(() => bench.close());

let count = 0;
async function newTable(): Promise<{ folder: string; table: DeltaTable }> {
  const folder = join(bench.folder, `faulty${count++}`);
  await cp(base, folder, { recursive: true, preserveTimestamps: true });
  return { folder, table: openDeltaTable(await openStore(folder), bench.engine, { clock: systemClock }) };
}

const update = async (table: DeltaTable): Promise<unknown> =>
  change(table, { where: 'id in (3, 5000)', set: 'n = n + 1' });

/** What tells one state of the table from another. */
async function state(table: DeltaTable): Promise<unknown> {
  const { version } = await readSnapshot(table.io);
  return [version, await bench.rows(table, 'count(*), sum(n), count(distinct id), bit_xor(hash(id, part, n, note))')];
}

/** The steps that the disk is asked for to copy pages: of those that are alike the first and the last. */
async function copyingSteps(): Promise<readonly (DiskStep & { readonly at: number })[]> {
  const { folder, table } = await newTable();
  const steps: DiskStep[] = [];
  const before = (step: DiskStep): undefined => {
    steps.push(step);
  };
  await watching({ root: folder, before }, () => update(table));
  const all = steps.map((step, at) => ({ ...step, at })).filter(({ path }) => path.endsWith('.parquet'));
  const alike = (call: DiskStep['call'], path: string): typeof all =>
    all.filter((one) => one.call === call && one.path === path);
  return all.filter(({ at, call, path }) =>
    [alike(call, path)[0], alike(call, path).at(-1)].some((one) => one?.at === at),
  );
}

/** Lets one step of an update go wrong. */
async function updateAmiss(
  at: number,
  amiss: 'short' | Error,
): Promise<{ readonly error: unknown; readonly found: unknown }> {
  const { folder, table } = await newTable();
  let step = -1;
  const before = (): 'short' | undefined => {
    step += 1;
    if (step !== at) return undefined;
    if (amiss === 'short') return 'short';
    throw amiss;
  };
  const error = await watching({ root: folder, before }, () => update(table)).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, found: await state(table) };
}

describe('pages that are copied', () => {
  it('stand beside those of the same rows', async () => {
    const { table } = await newTable();
    await update(table);
    const wrong = 'count(*) filter (n is distinct from case when id in (3, 5000) then 1 else 0 end)';
    const strange = 'count(*) filter (note is distinct from md5(id::varchar) and id < 6144)';
    expect(await bench.rows(table, `count(distinct id), ${wrong}, ${strange}`)).toEqual([[6148n, 0n, 0n]]);
  });

  it('are whole, though the disk takes and gives half of what it is asked for', async () => {
    const { table } = await newTable();
    await update(table);
    const after = await state(table);
    const steps = (await copyingSteps()).filter(({ call }) => call === 'read' || call === 'write');
    expect(steps.map(({ call }) => call)).toEqual(expect.arrayContaining(['read', 'write']));
    for (const { at, call } of steps) {
      const { error, found } = await updateAmiss(at, 'short');
      expect(error, `${call} ${at}`).toBeUndefined();
      expect(found, `${call} ${at}`).toEqual(after);
    }
  });

  it('are no part of the table when the disk fails at any of them, and what failed is told', async () => {
    const before = await state((await newTable()).table);
    const steps = await copyingSteps();
    expect(new Set(steps.map(({ call }) => call))).toEqual(new Set(['open', 'read', 'write', 'fsync']));
    for (const { at, call, path } of steps) {
      const failure = Object.assign(new Error('EIO: on purpose'), { code: 'EIO', syscall: call });
      const { error, found } = await updateAmiss(at, failure);
      const told = `${call} ${at} ${path}`;
      expect(error, told).toMatchObject({
        code: 'LS3101',
        message: expect.stringMatching(/^Nothing was written: .*EIO/),
      });
      expect(found, told).toEqual(before);
    }
  });
});
