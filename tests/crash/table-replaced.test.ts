import { cpSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../packages/lakesmith/src/core/clock.ts';
import { LakeError } from '../../packages/lakesmith/src/core/errors.ts';
import type { DeltaTable } from '../../packages/lakesmith/src/lake/delta-table.ts';
import { openDeltaTable } from '../../packages/lakesmith/src/lake/delta-table.ts';
import type { TableKind } from '../../packages/lakesmith/src/lake/operated-table.test-suite.ts';
import { newOperated, tableKinds } from '../../packages/lakesmith/src/lake/operated-table.test-suite.ts';
import { TableBench } from '../../packages/lakesmith/src/lake/table-bench.test-suite.ts';
import type { TableOperation } from '../../packages/lakesmith/src/lake/table-operations.test-suite.ts';
import { stateOf, tableOperations } from '../../packages/lakesmith/src/lake/table-operations.test-suite.ts';
import type { FaultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import { faultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import type { ObjectStore } from '../../packages/lakesmith/src/storage/object-store.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';

// Smaller files are written whole, and large ones are slow to make again and again.
vi.mock('../../packages/lakesmith/src/lake/kept-columns.ts', async (load) => ({
  ...(await load<typeof import('../../packages/lakesmith/src/lake/kept-columns.ts')>()),
  leastRows: 1000,
}));

let bench: TableBench;
/** Two tables of each kind, which differ in nothing but who they are. */
const bases = new Map<TableKind, string>();
const others = new Map<TableKind, string>();
beforeAll(async () => {
  bench = await TableBench.open();
  for (const kind of tableKinds) {
    bases.set(kind, (await newOperated(bench, kind)).locate(''));
    others.set(kind, (await newOperated(bench, kind)).locate(''));
  }
});
afterAll(() => bench.close());

let count = 0;
async function copyOf(kind: TableKind): Promise<string> {
  const folder = join(bench.folder, `replaced${count++}`);
  await cp(bases.get(kind) ?? '', folder, { recursive: true, preserveTimestamps: true });
  return folder;
}

function tableOf(store: ObjectStore): DeltaTable {
  return openDeltaTable(store, bench.engine, { clock: systemClock });
}

/** From the first look at the version that is to be committed on: what is read before may be that of either table. */
async function committingSteps(kind: TableKind, act: TableOperation['act']): Promise<FaultStore['steps']> {
  const counted = faultStore(await openStore(await copyOf(kind)));
  await act(bench, tableOf(counted.store));
  const isNew = (path: string): boolean => path.endsWith(`${'5'.padStart(20, '0')}.json`);
  const first = counted.steps.findIndex(({ path }) => isNew(path));
  const last = counted.steps.findIndex(({ call, path }) => call === 'putIfAbsent' && isNew(path));
  return last < 0 ? [] : counted.steps.slice(first, last + 1);
}

/** What commits nothing. */
const upkeep = /^(?:checkpoint|compact the log|vacuum)$/;

/** Every file of the folder, and what it says. */
function contentOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, 'base64')]));
}

async function whenReplaced(
  { kind, other }: { readonly kind: TableKind; readonly other: string },
  act: TableOperation['act'],
  at: number,
): Promise<{ readonly folder: string; readonly outcome: unknown }> {
  const folder = await copyOf(kind);
  const watched = faultStore(await openStore(folder));
  watched.onStep(({ step }, moment) => {
    if (step !== at || moment !== 'before') return;
    rmSync(folder, { recursive: true });
    cpSync(other, folder, { recursive: true, preserveTimestamps: true });
  });
  const outcome = await act(bench, tableOf(watched.store)).then(
    () => 'done',
    (error: unknown) => error,
  );
  return { folder, outcome };
}

describe('a table in whose place somebody makes another with as many versions', () => {
  it.each(
    tableOperations
      .filter(({ name, kinds }) => !upkeep.test(name) && !kinds.includes('folder'))
      .flatMap(({ name, kinds, act }) => kinds.map((kind) => ({ name, kind, act }))),
  )('does not get what $name ($kind) meant for the one before, whenever that is', async ({ kind, act }) => {
    const steps = await committingSteps(kind, act);
    expect(steps.length).toBeGreaterThan(2);
    const other = others.get(kind) ?? '';
    const wanted = await stateOf(tableOf(await openStore(other)), { changesAfter: 4 });
    for (const { step: at, call, path } of steps) {
      const told = `another one before step ${at}: ${call} ${path}`;
      const { folder, outcome } = await whenReplaced({ kind, other }, act, at);
      expect(outcome, told).toBeInstanceOf(LakeError);
      expect(await stateOf(tableOf(await openStore(folder)), { changesAfter: 4 }), told).toEqual(wanted);
    }
  });

  it.each(
    tableOperations
      .filter(({ name }) => upkeep.test(name))
      .flatMap(({ name, kinds, act }) => kinds.map((kind) => ({ name, kind, act }))),
  )('is left as it is by what $name ($kind) does to the one before', async ({ kind, act }) => {
    const counted = faultStore(await openStore(await copyOf(kind)));
    await act(bench, tableOf(counted.store));
    const writes = counted.steps.filter(({ call }) => /^(?:put|putIfAbsent|delete)$/.test(call));
    expect(writes.length).toBeGreaterThan(0);
    for (const { step, call, path } of writes) {
      const told = `another one before step ${step}: ${call} ${path}`;
      // Names of data files do not meet by chance, but whoever puts an older copy of a table in its place has the same ones.
      const other = join(bench.folder, `other${count++}`);
      cpSync(others.get(kind) ?? '', other, { recursive: true, preserveTimestamps: true });
      if (call === 'delete') cpSync(join(bases.get(kind) ?? '', path), join(other, path), { preserveTimestamps: true });
      const { folder, outcome } = await whenReplaced({ kind, other }, act, step);
      expect(outcome, told).toMatchObject({ code: 'LS3301' });
      expect(contentOf(folder), told).toEqual(contentOf(other));
    }
  });
});
