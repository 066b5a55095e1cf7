import { rmSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { DeltaError, readSnapshot, stageAppend } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../packages/lakesmith/src/core/clock.ts';
import { parseColumnDefinitions } from '../../packages/lakesmith/src/core/column-definitions.ts';
import { LakeError } from '../../packages/lakesmith/src/core/errors.ts';
import type { Engine } from '../../packages/lakesmith/src/engine/engine.ts';
import type { DeltaTable } from '../../packages/lakesmith/src/lake/delta-table.ts';
import { openDeltaTable } from '../../packages/lakesmith/src/lake/delta-table.ts';
import { TableBench } from '../../packages/lakesmith/src/lake/table-bench.test-suite.ts';
import type { TableKind } from '../../packages/lakesmith/src/lake/operated-table.test-suite.ts';
import { newOperated, tableKinds } from '../../packages/lakesmith/src/lake/operated-table.test-suite.ts';
import type { TableOperation, TableState } from '../../packages/lakesmith/src/lake/table-operations.test-suite.ts';
import { stateOf, tableOperations } from '../../packages/lakesmith/src/lake/table-operations.test-suite.ts';
import { writeRows } from '../../packages/lakesmith/src/lake/table-rows.ts';
import { commitWrite, createTable, detailsOf } from '../../packages/lakesmith/src/lake/write-table.ts';
import { faultStore } from '../../packages/lakesmith/src/storage/fault.ts';
import { retryStore } from '../../packages/lakesmith/src/storage/layers/retry.ts';
import type { ObjectStore } from '../../packages/lakesmith/src/storage/object-store.ts';
import { openStore } from '../../packages/lakesmith/src/storage/open.ts';
import type { DiskStep } from '../../packages/lakesmith/src/storage/watched-disk.test-suite.ts';
import { watching } from '../../packages/lakesmith/src/storage/watched-disk.test-suite.ts';

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

/** Every so manieth step fails once, beginning with another one for each operation; FAULT_STRIDE=1 leaves none out. */
const stride = Number(process.env['FAULT_STRIDE'] ?? 60);
const someOf = <T>(all: readonly T[], one: (typeof cases)[number]): readonly T[] =>
  all.filter((_, i) => i % stride === (cases.indexOf(one) * 7) % Math.min(stride, all.length));
/** Calls that leave the store other than it was. */
const changes: ReadonlySet<string> = new Set(['put', 'putIfAbsent', 'draft', 'delete']);
const since = { changesAfter: 4 };

let bench: TableBench;
const bases = new Map<TableKind, string>();
let count = 0;
beforeAll(async () => {
  bench = await TableBench.open();
  for (const kind of tableKinds) bases.set(kind, (await newOperated(bench, kind)).locate(''));
});
afterAll(() => bench.close());

interface Case {
  readonly kind: TableKind;
  readonly act: TableOperation['act'];
}

interface Parts {
  readonly store?: (store: ObjectStore) => ObjectStore;
  readonly engine?: Engine;
}

const cases: readonly (Case & { readonly name: string })[] = tableOperations.flatMap(({ name, kinds, act }) =>
  kinds.map((kind) => ({ name, kind, act })),
);
/** Those on a table that is there. */
const standing = cases.filter(({ kind }) => kind !== 'folder');

async function copyOf(kind: TableKind): Promise<string> {
  const folder = join(bench.folder, `fault${count++}`);
  await cp(bases.get(kind) ?? '', folder, { recursive: true, preserveTimestamps: true });
  return folder;
}

/** The table as commands open it, with parts that fail. */
async function open(
  folder: string,
  { store = (inner) => inner, engine = bench.engine }: Parts = {},
): Promise<DeltaTable> {
  const inner = store(await openStore(folder));
  return openDeltaTable(retryStore(inner, { pauseMs: 0 }), engine, { clock: systemClock, allowed: [bench.folder] });
}

type Outcome = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: unknown };

async function outcomeOf(act: () => Promise<unknown>): Promise<Outcome> {
  try {
    await act();
    return { kind: 'done' };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

interface States {
  readonly before: TableState;
  readonly after: TableState;
}
const known = new Map<Case, Promise<States>>();

/** The table before and after the operation, when nothing fails. */
async function statesOf(one: Case): Promise<States> {
  const states = known.get(one) ?? newStates(one);
  known.set(one, states);
  return await states;
}

async function newStates({ kind, act }: Case): Promise<States> {
  const table = await open(await copyOf(kind));
  const before = await stateOf(table, since);
  await act(bench, table);
  return { before, after: await stateOf(table, since) };
}

/** What holds after any fault: a success is one, a failure has a code and left the table before or after, and it goes on. */
async function judge(
  folder: string,
  outcome: Outcome,
  { before, after, told, act }: States & Pick<Case, 'act'> & { told: string },
): Promise<void> {
  if (outcome.kind === 'failed') {
    const { error } = outcome;
    expect(error instanceof LakeError || error instanceof DeltaError, `${told}: ${String(error)}`).toBe(true);
    if (error instanceof LakeError) expect(error.code, `${told}: ${error.message}`).not.toBe('LS9001');
  }
  const table = await open(folder);
  const state = await stateOf(table, since);
  expect(state, told).toEqual(outcome.kind === 'failed' && state.version === before.version ? before : after);
  if (state.version < 0) {
    await act(bench, table);
    expect(await stateOf(table, since), told).toEqual(after);
    return;
  }
  const base = await readSnapshot(table.io);
  const next = { operation: 'WRITE', files: [], base };
  expect((await commitWrite(table, stageAppend(base, { ...detailsOf(table), files: [] }), next)).version, told).toBe(
    state.version + 1,
  );
}

function countedTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

/** Whether it copies pages of files. */
function isSpliced({ kind, name }: (typeof cases)[number]): boolean {
  return kind === 'groups' && /^(?:update|merge)/.test(name);
}

/** How a step of the disk goes wrong. */
type Mishap = 'EIO' | 'ENOSPC' | 'EMFILE' | 'EINTR' | 'short';
const mishaps: Readonly<Partial<Record<DiskStep['call'], readonly Mishap[]>>> = {
  fsync: ['EIO', 'ENOSPC', 'EINTR'],
  read: ['EIO', 'short'],
  open: ['EMFILE', 'EINTR'],
  write: ['EIO', 'ENOSPC', 'EMFILE', 'EINTR', 'short'],
};

function mishapOf({ call }: DiskStep, at: number): Mishap {
  const possible = mishaps[call] ?? ['EIO', 'ENOSPC', 'EINTR'];
  return possible[at % possible.length] ?? 'EIO';
}

function failure(code: string, { call, path }: DiskStep): Error {
  return Object.assign(new Error(`${code}: on purpose, ${call} '${path}'`), { code, syscall: call, path });
}

/** The steps of the disk that it takes. */
async function stepsOf({ kind, act }: Case): Promise<readonly DiskStep[]> {
  const folder = await copyOf(kind);
  const table = await open(folder);
  const steps: DiskStep[] = [];
  const before = (step: DiskStep): undefined => {
    steps.push(step);
  };
  await watching({ root: folder, before }, () => act(bench, table));
  return steps;
}

describe('a disk that fails once', () => {
  it.each(cases)('at any step of $name ($kind)', async (one) => {
    const states = await statesOf(one);
    const steps = await stepsOf(one);
    expect(steps.length).toBeGreaterThan(5);
    // The engine writes its files unseen: these are made of others.
    const copying = countedTo(steps.length).filter((at) => steps[at - 1]?.path.endsWith('.parquet'));
    expect(copying.some((at) => steps[at - 1]?.call === 'write')).toBe(isSpliced(one));
    const all = countedTo(steps.length);
    for (const at of [...new Set([...someOf(all, one), ...(isSpliced(one) ? copying : [])])]) {
      const folder = await copyOf(one.kind);
      const table = await open(folder);
      let step = 0;
      let told = '';
      let committing: 'before' | 'named' | 'after' = 'before';
      let mustFail = false;
      const before = (next: DiskStep): 'short' | undefined => {
        step += 1;
        if (step === at) {
          const mishap = mishapOf(next, at);
          told = `step ${at}: ${mishap} at ${next.call} ${next.path.slice(folder.length)}`;
          mustFail = next.call === 'fsync' && committing !== 'after';
          if (mishap === 'short') return 'short';
          throw failure(mishap, next);
        }
        if (committing === 'named' && next.call === 'fsync') committing = 'after';
        if (next.call === 'link' && /\/\d{20}\.json$/.test(next.path)) committing = 'named';
        return undefined;
      };
      const outcome = await watching({ root: folder, before }, () => outcomeOf(() => one.act(bench, table)));
      // What was not flushed may be lost: that is no success. After the commit there is only upkeep of the log.
      if (mustFail) expect(outcome.kind, told).toBe('failed');
      await judge(folder, outcome, { ...states, ...one, told });
    }
  });
});

describe('a disk that fails once while several commits are made at the same time', () => {
  it('fails one of them at most before it is named, and loses and doubles none that was told', async () => {
    const ids = [201, 202, 203];
    // How many steps there are depends on how they meet.
    for (let at = 1, isReached = true; isReached; at += stride < 10 ? 1 : 3) {
      const folder = await copyOf('files');
      const table = await open(folder);
      const base = await readSnapshot(table.io);
      const written = await Promise.all(
        ids.map(async (id) => ({
          id,
          files: await writeRows(table, base, { sql: `select ${id}, 'a', 0`, relations: [] }),
        })),
      );
      let step = 0;
      let told = '';
      const before = (next: DiskStep): 'short' | undefined => {
        step += 1;
        if (step !== at) return undefined;
        const mishap = mishapOf(next, at);
        told = `step ${at}: ${mishap} at ${next.call} ${next.path.slice(folder.length)}`;
        if (mishap === 'short') return 'short';
        throw failure(mishap, next);
      };
      const commit = async ({ id, files }: (typeof written)[number]): Promise<Outcome> => {
        const txns = [{ appId: `loader ${id}`, version: 1 }];
        const staged = stageAppend(base, { ...detailsOf(table), files, txns });
        return await outcomeOf(() => commitWrite(table, staged, { operation: 'WRITE', files, base }));
      };
      const outcomes = await watching({ root: folder, before }, () => Promise.all(written.map(commit)));
      isReached = step >= at;
      expect(outcomes.filter(({ kind }) => kind === 'failed').length, told).toBeLessThan(2);
      const { rows, txns, version } = await stateOf(await open(folder), { changesAfter: 4 });
      const found = (Array.isArray(rows) ? rows : []).map((row: unknown) => (Array.isArray(row) ? Number(row[0]) : -1));
      const kept = found.filter((id) => id > 200);
      const done = ids.filter((_, i) => outcomes[i]?.kind === 'done');
      expect(kept, told).toEqual(expect.arrayContaining(done));
      expect(new Set(kept).size, told).toBe(kept.length);
      expect(txns, told).toEqual(kept.map((id) => expect.stringContaining(`loader ${id} 1`)));
      expect(version, told).toBe(base.version + kept.length);
    }
  });
});

describe('a store that fails once', () => {
  it.each(cases)('at any call of $name ($kind): before it, after it, and for good', async (one) => {
    const states = await statesOf(one);
    const counted = faultStore(await openStore(await copyOf(one.kind)));
    await one.act(bench, await open(counted.store.localPath ?? '', { store: () => counted.store }));
    expect(counted.steps.length).toBeGreaterThan(3);
    for (const moment of ['before', 'after', 'for good'] as const) {
      // A look whose answer is lost leaves the table as one that was never made, and who dies before a look as who dies later.
      const telling = counted.steps.filter(({ call, path, step }) =>
        changes.has(call) ? true : moment === 'before' && isFirst(counted.steps, { call, path, step }),
      );
      for (const { step: at } of someOf(telling, one)) {
        const folder = await copyOf(one.kind);
        const faulty = faultStore(await openStore(folder));
        if (moment === 'for good') faulty.dieAt(at, 'before');
        // With every second one, trying again is of no use.
        else faulty.failAt(at, moment, at % 2 === 0 ? lost : undefined);
        const table = await open(folder, { store: () => faulty.store });
        const outcome = await outcomeOf(() => one.act(bench, table));
        const { call = '', path = '' } = faulty.steps[at - 1] ?? {};
        await judge(folder, outcome, { ...states, ...one, told: `step ${at}: ${call} ${path} fails ${moment}` });
      }
    }
  });
});

type Steps = ReturnType<typeof faultStore>['steps'];

/** To look at the same place again is the same step again. */
function isFirst(steps: Steps, { call, path, step }: Steps[number]): boolean {
  return steps.find((other) => other.call === call && other.path === path)?.step === step;
}

function lost(): LakeError {
  return new LakeError('LS3103', 'The store did not answer on purpose.', { retry: 'never', operation: 'test' });
}

/** An engine of which one call that writes a file fails. */
function faultyEngine(
  engine: Engine,
  fault: { readonly at: number; readonly moment: 'before' | 'after' },
): { readonly engine: Engine; readonly calls: () => number } {
  let calls = 0;
  const around = async <T>(act: () => Promise<T>): Promise<T> => {
    const fails = (calls += 1) === fault.at;
    if (fails && fault.moment === 'before') throw lost();
    const result = await act();
    if (fails) throw lost();
    return result;
  };
  return {
    calls: () => calls,
    engine: {
      name: 'faulty',
      version: '',
      query: (request, options) => engine.query(request, options),
      stage: (request, options) => around(() => engine.stage(request, options)),
      export: (request, options) => around(() => engine.export(request, options)),
      describe: (request) => engine.describe(request),
      parse: (statements) => engine.parse(statements),
      print: (trees) => engine.print(trees),
      plan: (request) => engine.plan(request),
      readParquet: (location) => engine.readParquet(location),
      readPackedParquet: (request) => engine.readPackedParquet(request),
      writeParquet: (request) => around(() => engine.writeParquet(request)),
      infer: (request) => engine.infer(request),
      close: () => engine.close(),
    },
  };
}

describe('an engine that fails once', () => {
  it.each(cases)('at any file that $name ($kind) writes, before and after it', async (one) => {
    const states = await statesOf(one);
    const counted = faultyEngine(bench.engine, { at: 0, moment: 'before' });
    await one.act(bench, await open(await copyOf(one.kind), { engine: counted.engine }));
    expect((await stateOf(await open(await copyOf(one.kind)), since)).version).toBe(states.before.version);
    const faults = countedTo(counted.calls()).flatMap((at) => [
      { at, moment: 'before' as const },
      { at, moment: 'after' as const },
    ]);
    for (const fault of someOf(faults, one)) {
      const folder = await copyOf(one.kind);
      const table = await open(folder, { engine: faultyEngine(bench.engine, fault).engine });
      const outcome = await outcomeOf(() => one.act(bench, table));
      await judge(folder, outcome, { ...states, ...one, told: `file ${fault.at} fails ${fault.moment}` });
    }
  });
});

describe('a listing that is stale', () => {
  it.each(standing)('does not let $name ($kind) lose what others committed', async (one) => {
    const folder = await copyOf(one.kind);
    await bench.append(await open(folder), [{ id: 7777, part: 'a' }]);
    const stale = async (): Promise<DeltaTable> => await open(folder, { store: withoutNewest });
    const outcome = await outcomeOf(async () => one.act(bench, await stale()));
    if (outcome.kind === 'failed') expect(outcome.error).toBeInstanceOf(LakeError);
    const { rows } = await stateOf(await open(folder), { changesAfter: 4 });
    const ids = (Array.isArray(rows) ? rows : []).map((row: unknown) => (Array.isArray(row) ? Number(row[0]) : -1));
    // Who replaces or takes back everything does so with what it saw.
    expect(ids.filter((id) => id === 7777)).toHaveLength(1);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a table that somebody deletes meanwhile', () => {
  it.each(standing)('does not come back at any call of $name ($kind), and one can be made there anew', async (one) => {
    const counted = faultStore(await openStore(await copyOf(one.kind)));
    await one.act(bench, await open(counted.store.localPath ?? '', { store: () => counted.store }));
    const committing = counted.steps.find(({ call, path }) => call === 'putIfAbsent' && /\/\d{20}\.json$/.test(path));
    for (const { step: at, call, path } of counted.steps) {
      const folder = await copyOf(one.kind);
      const watched = faultStore(await openStore(folder));
      watched.onStep(({ step }, moment) => {
        if (step === at && moment === 'before') rmSync(folder, { recursive: true });
      });
      const table = await open(folder, { store: () => watched.store });
      const outcome = await outcomeOf(() => one.act(bench, table));
      const told = `deleted before step ${at}: ${call} ${path}`;
      if (outcome.kind === 'failed')
        expect(outcome.error instanceof LakeError || outcome.error instanceof DeltaError, told).toBe(true);
      else if (committing !== undefined) expect(at, told).toBeGreaterThan(committing.step);
      const left = await open(folder);
      await expect(readSnapshot(left.io), told).rejects.toMatchObject({ code: 'table-not-found' });
      await createTable(left, { columns: parseColumnDefinitions('id BIGINT') });
      expect((await readSnapshot(left.io)).version, told).toBe(0);
    }
  });
});

/** Does not list the version that was committed last. */
function withoutNewest(store: ObjectStore): ObjectStore {
  return {
    url: store.url,
    localPath: store.localPath,
    get: (path) => store.get(path),
    getMany: (paths) => store.getMany(paths),
    getRange: (path, start, end) => store.getRange(path, start, end),
    head: (path) => store.head(path),
    async *list(prefix, options) {
      for await (const info of store.list(prefix, options)) if (!/\/0{19}5\./.test(info.path)) yield info;
    },
    put: (path, bytes, options) => store.put(path, bytes, options),
    putIfAbsent: (path, bytes, options) => store.putIfAbsent(path, bytes, options),
    draft: (path, bytes, options) => store.draft(path, bytes, options),
    putIfMatch: (path, bytes, etag) => store.putIfMatch(path, bytes, etag),
    copy: (from, to) => store.copy(from, to),
    delete: (path) => store.delete(path),
  };
}
