import type { CommitDetails, NewFile, Snapshot } from '@lakesmith/delta';
import { readHistory, readSnapshot, stageAppend, stageCreate } from '@lakesmith/delta';
import { beforeEach, describe, expect, it } from 'vitest';
import { LakeError } from '../core/errors.ts';
import type { FaultStore } from '../storage/fault.ts';
import { faultStore } from '../storage/fault.ts';
import { openMemoryStore } from '../storage/memory.ts';
import { CommitLine, commitLineOf } from './commit-line.ts';
import { tableStore } from './table-store.ts';

type Io = Parameters<CommitLine['commit']>[0];
type Result = Awaited<ReturnType<CommitLine['commit']>>;

let faulty: FaultStore;
let io: Io;
let line: CommitLine;
let base: Snapshot;
const details = (more: Partial<CommitDetails> = {}): CommitDetails => ({
  nowMs: 1,
  engineInfo: 'test',
  keeps: ['rowTracking'],
  ...more,
});
const file = (path: string): NewFile => ({ path, sizeBytes: 1, modifiedMs: 1, stats: '{"numRecords":2}' });

async function create(configuration: Record<string, string> = {}): Promise<void> {
  faulty = faultStore(openMemoryStore());
  io = {
    store: tableStore(faulty.store, ''),
    checkpoints: {
      read: () => Promise.reject(new Error('There is no checkpoint.')),
      write: () => Promise.reject(new Error('No checkpoint can be written here.')),
    },
    now: () => Date.now(),
  };
  line = new CommitLine('/nowhere');
  await line.commit(io, stageCreate({ ...details(), columns: [{ name: 'id', type: 'long' }], configuration }), {});
  base = await readSnapshot(io);
  faulty.reset();
}
beforeEach(() => create());

const append = (path: string, more: Partial<CommitDetails> = {}, on = base): Promise<Result> =>
  line.commit(io, stageAppend(on, { ...details(more), files: [file(path)] }), { base: on });
const appendAll = (paths: readonly string[]): Promise<PromiseSettledResult<Result>[]> =>
  Promise.allSettled(paths.map((path) => append(path)));
const names = 'abcdefgh'.split('');
const puts = (): string[] =>
  faulty.steps.filter(({ call, path }) => call === 'putIfAbsent' && path.endsWith('.json')).map(({ path }) => path);

describe('commits of one process to one table', () => {
  it('know nothing of a table that somebody deleted, and made another in its place', async () => {
    for (const name of names) await append(name, {}, await readSnapshot(io));
    for await (const { path } of faulty.store.list('')) await faulty.store.delete(path);
    await line.commit(io, stageCreate({ ...details(), columns: [{ name: 'other', type: 'long' }] }), {});
    const other = await readSnapshot(io);
    expect(await append('new', {}, other)).toMatchObject({ kind: 'committed', version: 1, rebasedOver: 0 });
    expect([...(await readSnapshot(io)).files.keys()]).toEqual(['new']);
  });

  it('do not lead what was staged on one table into another that goes on at the same version', async () => {
    for (const name of names.slice(0, 3)) await append(name, {}, await readSnapshot(io));
    const [old, read] = [await readSnapshot(io, { version: 2 }), await readSnapshot(io)];
    for await (const { path } of faulty.store.list('')) await faulty.store.delete(path);
    // Another process makes it, and this one goes on with it.
    const other = new CommitLine('/nowhere');
    await other.commit(io, stageCreate({ ...details(), columns: [{ name: 'other', type: 'long' }] }), {});
    for (const name of ['x', 'y', 'z']) {
      const on = await readSnapshot(io);
      await other.commit(io, stageAppend(on, { ...details(), files: [file(name)] }), { base: on });
    }
    expect(await append('new', {}, await readSnapshot(io))).toMatchObject({ kind: 'committed', version: 4 });
    for (const on of [old, read]) expect(await append('late', {}, on)).toMatchObject({ reason: 'table-replaced' });
    expect([...(await readSnapshot(io)).files.keys()]).toEqual(['x', 'y', 'z', 'new']);
  });

  it('know nothing of commits that somebody took back', async () => {
    for (const name of names) await append(name, {}, await readSnapshot(io));
    for (const version of ['5', '6', '7', '8'])
      await faulty.store.delete(`_delta_log/${version.padStart(20, '0')}.json`);
    expect(await append('new')).toMatchObject({ kind: 'committed', version: 5, rebasedOver: 4 });
  });
});

describe('commits of one process to one table at the same time', () => {
  it('become versions in the order in which they are handed in, and lose none against each other', async () => {
    const results = await Promise.all(
      names.map((path, i) => append(path, { txns: [{ appId: path, version: i }], userMetadata: path })),
    );
    expect(results.map((result) => result.kind === 'committed' && result.version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(puts()).toHaveLength(names.length);
    const table = await readSnapshot(io);
    expect([...table.files.keys()]).toEqual(names);
    expect([...table.txns.values()].map(({ appId, version }) => [appId, version])).toEqual(names.map((n, i) => [n, i]));
    const history = await readHistory(io, names.length);
    expect(history.map(({ commitInfo }) => commitInfo?.['userMetadata']).reverse()).toEqual(names);
    // What each left behind is the table as a reader finds it.
    const last = results.at(-1);
    expect(last?.kind === 'committed' && [...(last.snapshot?.files.keys() ?? [])]).toEqual(names);
    expect(line.newest?.version).toBe(8);
  });

  it('read nothing of what those before them said', async () => {
    await appendAll(names);
    const read = faulty.steps.filter(({ call, path }) => call.startsWith('get') && path.endsWith('.json'));
    // Each looks that the next is not there yet, and once at the one before it.
    expect(read.map(({ call, path }) => `${call} ${Number.parseInt(path.slice(-25), 10)}`)).toEqual(
      names.flatMap((_, i) => [`get ${i + 1}`, `getRange ${i}`]),
    );
  });

  it.each(['draft', 'putIfAbsent'] as const)('that fail at %s are no matter of the others', async (call) => {
    let seen = 0;
    faulty.onStep((step, moment) => {
      if (moment === 'before' && step.call === call && !step.path.endsWith('.crc') && (seen += 1) === 3)
        throw new LakeError('LS3103', 'on purpose', { retry: 'never' });
    });
    const results = await appendAll(names);
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual(names.map((_, i) => i !== 2));
    faulty.onStep(undefined);
    const table = await readSnapshot(io);
    expect([...table.files.keys()]).toEqual(names.filter((_, i) => i !== 2));
    expect(table.version).toBe(7);
    if (call === 'draft') expect(puts()).toHaveLength(7);
  });

  it('go on after one whose answer was lost, which is committed once', async () => {
    let seen = 0;
    faulty.onStep((step, moment) => {
      if (moment === 'after' && step.call === 'putIfAbsent' && /\d\.json$/.test(step.path) && (seen += 1) === 3)
        throw new LakeError('LS3103', 'on purpose', { retry: 'never' });
    });
    const results = await appendAll(names);
    expect(results.map(({ status }) => status)).toEqual(names.map(() => 'fulfilled'));
    faulty.onStep(undefined);
    expect([...(await readSnapshot(io)).files.keys()]).toEqual(names);
  });

  it('are in the way of each other as those of two processes are', async () => {
    const txns = [{ appId: 'loader', version: 1 }];
    const results = await Promise.all([append('a', { txns }), append('b', { txns }), append('c')]);
    expect(results.map((result) => (result.kind === 'conflict' ? result.reason : result.version))).toEqual([
      1,
      'concurrent-transaction',
      2,
    ]);
    expect([...(await readSnapshot(io)).files.keys()]).toEqual(['a', 'c']);
  });

  it('meet what others commit between, and know what came before and after it', async () => {
    const other = new CommitLine('/nowhere');
    const theirs = other.commit(io, stageAppend(base, { ...details(), files: [file('other')] }), { base });
    const results = await Promise.all([...names.map((path) => append(path)), theirs]);
    expect(results.every(({ kind }) => kind === 'committed')).toBe(true);
    const table = await readSnapshot(io);
    expect([...table.files.keys()].sort()).toEqual([...names, 'other'].sort());
    expect(table.version).toBe(9);
    expect(
      [...((await append('later', {}, table)).kind === 'committed' ? (line.newest?.files.keys() ?? []) : [])].sort(),
    ).toEqual([...names, 'later', 'other'].sort());
  });

  it.each([{ 'delta.enableRowTracking': 'true' }, { 'delta.enableInCommitTimestamps': 'true' }])(
    'say what depends on their version for the version that they become (%o)',
    async (configuration) => {
      await create(configuration);
      await appendAll(names);
      const table = await readSnapshot(io);
      const ids = [...table.files.values()].map(({ baseRowId, defaultRowCommitVersion }) => [
        baseRowId,
        defaultRowCommitVersion,
      ]);
      if ('delta.enableRowTracking' in configuration) expect(ids).toEqual(names.map((_, i) => [2 * i, i + 1]));
      const times = (await readHistory(io)).map(({ commitInfo }) => commitInfo?.inCommitTimestamp);
      if ('delta.enableInCommitTimestamps' in configuration) {
        expect(new Set(times).size).toBe(names.length + 1);
        expect(times).toEqual(times.toSorted((a, b) => Number(b) - Number(a)));
      }
    },
  );

  it('do not wait for the upkeep of the log after those before them, which fails none', async () => {
    await create({ 'delta.checkpointInterval': '2' });
    const told: string[] = [];
    faulty.onStep((step, moment) => {
      if (moment === 'before' && /\d\.(crc|json)$/.test(step.path) && step.call === 'draft')
        told.push(step.path.slice(-6));
      if (moment === 'before' && step.path.endsWith('1.crc')) throw new Error('on purpose');
    });
    const results = await appendAll(names.slice(0, 3));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect((await readSnapshot(io)).version).toBe(3);
    expect(told.filter((name) => name.endsWith('.crc'))).toHaveLength(3);
  });
});

it('a folder has one line in a process', () => {
  const one = commitLineOf('/data/t');
  expect(commitLineOf('/data/t')).toBe(one);
  expect(commitLineOf('/data/u')).not.toBe(one);
});
