import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitInfoOf, parseCommit } from '../log/commit-file.ts';
import { checkpointPath, commitPath } from '../log/names.ts';
import { latestVersion, readSnapshot } from '../table.ts';
import { readHistory } from '../time-travel.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import type { CommitResult, StagedCommit } from '../snapshot.ts';
import type { TableStore } from '../store.ts';
import { commitStaged } from './commit.ts';
import { stageCreate } from './create.ts';
import { stageRewrite } from './rewrite.ts';
import { stageAppend, stageOverwrite } from './write.ts';

const details = { nowMs: 1, engineInfo: 'test' };
const file = (path: string): { path: string; sizeBytes: number; modifiedMs: number } => ({
  path,
  sizeBytes: 1,
  modifiedMs: 1,
});
const columns = [{ name: 'id', type: 'long' as const }];

async function newTable(configuration: Record<string, string> = {}): Promise<MemoryIo> {
  const io = new MemoryIo();
  await commitStaged(io, stageCreate({ ...details, columns, configuration }));
  return io;
}

async function append(io: MemoryIo, path: string): ReturnType<typeof commitStaged> {
  const snapshot = await readSnapshot(io);
  return commitStaged(io, stageAppend(snapshot, { ...details, files: [file(path)] }), { base: snapshot });
}

const paths = async (io: MemoryIo): Promise<string[]> => [...(await readSnapshot(io)).files.keys()].sort();

describe('commitStaged', () => {
  it('makes the next version, and goes on top of what is not in the way', async () => {
    const io = await newTable();
    const base = await readSnapshot(io);
    const first = stageAppend(base, { ...details, files: [file('a')] });
    const second = stageAppend(base, { ...details, files: [file('b')] });
    expect(await commitStaged(io, first)).toEqual({ kind: 'committed', version: 1, rebasedOver: 0 });
    expect(await commitStaged(io, second)).toEqual({ kind: 'committed', version: 2, rebasedOver: 1 });
    expect(await paths(io)).toEqual(['a', 'b']);
    const [newest] = await readHistory(io, 1);
    expect(newest).toMatchObject({ version: 2, commitInfo: { readVersion: 0, txnId: second.txnId } });
    expect(newest?.commitInfo?.timestamp).toBeGreaterThan(1_700_000_000_000);
  });

  it('says who won when it cannot', async () => {
    const io = await newTable();
    const base = await readSnapshot(io);
    const ours = stageOverwrite(base, { ...details, files: [file('a')] });
    await commitStaged(io, stageOverwrite(base, { ...details, files: [file('b')], extra: { who: 'them' } }));
    expect(await commitStaged(io, ours)).toMatchObject({
      kind: 'conflict',
      reason: 'concurrent-append',
      winner: { version: 1, commitInfo: { who: 'them' } },
    });
    expect(await paths(io)).toEqual(['b']);
    expect(await commitStaged(io, stageCreate({ ...details, columns }))).toMatchObject({ reason: 'table-created' });
  });

  it('commits once, however often it is called, also long after', async () => {
    const io = await newTable();
    const staged = stageAppend(await readSnapshot(io), { ...details, files: [file('a')] });
    await append(io, 'before');
    const first = await commitStaged(io, staged);
    await append(io, 'after');
    expect(await commitStaged(io, staged)).toEqual(first);
    expect(await Promise.all([commitStaged(io, staged), commitStaged(io, staged)])).toEqual([first, first]);
    expect(await latestVersion(io)).toBe(3);
  });

  it('finds its first call behind a commit that would now be in the way', async () => {
    const io = await newTable();
    const base = await readSnapshot(io);
    const id = (value: number): string =>
      `{"numRecords":1,"minValues":{"id":${value}},"maxValues":{"id":${value}},"nullCount":{"id":0}}`;
    const merge = (path: string, value: number): StagedCommit =>
      stageRewrite(base, {
        ...details,
        operation: 'MERGE',
        replaced: new Set(),
        files: [{ ...file(path), stats: id(value) }],
        predicate: { kind: 'compare', column: ['id'], operator: '=', value },
      });
    await commitStaged(io, merge('rival', 1));
    const staged = merge('ours', 2);
    const first = await commitStaged(io, staged, { base });
    expect(first).toMatchObject({ kind: 'committed', version: 2 });
    io.objects.delete(commitPath(0));
    expect(await commitStaged(io, staged)).toEqual({ kind: 'committed', version: 2, rebasedOver: 1 });
    expect(await commitStaged(io, merge('third', 2))).toMatchObject({ kind: 'conflict', reason: 'concurrent-append' });
  });

  it('commits once when called twice at the same time', async () => {
    const io = await newTable();
    const staged = stageAppend(await readSnapshot(io), { ...details, files: [file('a')] });
    const results = await Promise.all([commitStaged(io, staged), commitStaged(io, staged), append(io, 'b')]);
    expect(results[0]).toEqual({ ...results[1] });
    expect(await latestVersion(io)).toBe(2);
  });

  it('loses nothing and doubles nothing with 16 writers at once', async () => {
    const io = await newTable();
    // Every call of the store gives the others a turn.
    io.before = () => new Promise((resolve) => setImmediate(resolve));
    const writer = async (w: number): Promise<void> => {
      for (let i = 0; i < 12; i += 1) expect((await append(io, `${w}-${i}`)).kind).toBe('committed');
    };
    await Promise.all(Array.from({ length: 16 }, (_, w) => writer(w)));
    io.before = undefined;
    expect(await paths(io)).toHaveLength(16 * 12);
    expect(await latestVersion(io)).toBe(16 * 12);
    const history = await readHistory(io);
    expect(new Set(history.map(({ commitInfo }) => commitInfo?.txnId)).size).toBe(16 * 12 + 1);
  });

  it('counts right when writers that read what they replace run at once and start again after a conflict', async () => {
    const io = await newTable();
    io.before = () => new Promise((resolve) => setImmediate(resolve));
    const increment = async (): Promise<void> => {
      for (;;) {
        const snapshot = await readSnapshot(io);
        const count = Number([...snapshot.files.keys()][0]?.split('-')[0] ?? 0);
        const staged = stageOverwrite(snapshot, { ...details, files: [file(`${count + 1}-${crypto.randomUUID()}`)] });
        if ((await commitStaged(io, staged)).kind === 'committed') return;
      }
    };
    await Promise.all(Array.from({ length: 16 }, increment));
    io.before = undefined;
    const [only, ...rest] = await paths(io);
    expect(rest).toEqual([]);
    expect(only?.split('-')[0]).toBe('16');
  });

  it('is there once or not at all, whichever call of the store fails before or after its effect', async () => {
    for (const rival of [false, true]) {
      const { calls } = await commitWithFailure({ failAt: 0, moment: 'before', rival });
      expect(calls).toBeGreaterThan(3);
      for (let failAt = 1; failAt <= calls; failAt += 1) {
        for (const moment of ['before', 'after'] as const) {
          const { first, again, files, version } = await commitWithFailure({ failAt, moment, rival });
          expect(again.kind).toBe('committed');
          expect(first === 'lost' ? again : first).toEqual(again);
          expect(files.filter((path) => path !== 'rival')).toEqual(['a']);
          expect(version).toBe(files.length);
        }
      }
    }
  });

  it('knows its own commit when the answer to the put was lost', async () => {
    const io = await newTable();
    const staged = stageAppend(await readSnapshot(io), { ...details, files: [file('a')] });
    const putIfAbsent = async (path: string, bytes: Uint8Array): Promise<never> => {
      await io.store.putIfAbsent(path, bytes);
      throw new Error('lost');
    };
    const result = await commitStaged(
      { store: { ...io.store, putIfAbsent }, checkpoints: io.checkpoints, now: () => 1 },
      staged,
    );
    expect(result).toEqual({ kind: 'committed', version: 1, rebasedOver: 0 });
  });

  it('writes nothing on top of a log that lost the version it was built on', async () => {
    const io = await newTable();
    await append(io, 'a');
    const staged = stageAppend(await readSnapshot(io), { ...details, files: [file('b')] });
    io.objects.clear();
    await commitStaged(io, stageCreate({ ...details, columns }));
    await expect(commitStaged(io, staged)).rejects.toMatchObject({ code: 'version-not-found' });
    expect(await latestVersion(io)).toBe(0);
  });

  it('writes nothing into a hole that the clean-up of the log made', async () => {
    const io = await newTable();
    const staged = stageAppend(await readSnapshot(io), { ...details, files: [file('late')] });
    for (let i = 0; i < 12; i += 1) await append(io, `f${i}`);
    for (let v = 1; v < 10; v += 1) io.objects.delete(commitPath(v));
    await expect(commitStaged(io, staged)).rejects.toMatchObject({ code: 'version-not-found' });
    expect(io.objects.has(commitPath(1))).toBe(false);
  });

  it('gives up after so many attempts, having written nothing', async () => {
    const io = await newTable();
    const base = await readSnapshot(io);
    const staged = stageAppend(base, { ...details, files: [file('late')] });
    let n = 0;
    io.before = async (call, path) => {
      if (call !== 'putIfAbsent' || io.objects.has(path)) return;
      const hook = io.before;
      io.before = undefined;
      await append(io, `fast-${(n += 1)}`);
      io.before = hook;
    };
    await expect(commitStaged(io, staged, { attempts: 3 })).rejects.toMatchObject({ code: 'commit-contention' });
    io.before = undefined;
    expect(await paths(io)).toEqual(['fast-1', 'fast-2', 'fast-3']);
    expect(await commitStaged(io, staged)).toMatchObject({ kind: 'committed', version: 4 });
  });

  it('writes a checkpoint when it is due, by the interval of the table', async () => {
    const io = await newTable({ 'delta.checkpointInterval': '4' });
    for (let i = 0; i < 9; i += 1) await append(io, `f${i}`);
    const checkpoints = [...io.objects.keys()].filter((path) => path.endsWith('.checkpoint.parquet'));
    expect(checkpoints).toEqual([checkpointPath(4), checkpointPath(8)]);
    const plain = await newTable();
    for (let i = 0; i < 10; i += 1) await append(plain, `f${i}`);
    expect(plain.objects.has(checkpointPath(10))).toBe(true);
    expect(await paths(plain)).toHaveLength(10);
  });

  it('stands when its checkpoint or the clean-up fails, and tells of it', async () => {
    for (const failing of ['put', 'list', 'delete'] as const) {
      const io = await newTable({
        'delta.checkpointInterval': '1',
        'delta.logRetentionDuration': 'interval 0 seconds',
      });
      await append(io, 'a');
      const base = await readSnapshot(io);
      const staged = stageAppend(base, { ...details, files: [file('b')] });
      let isCommitted = false;
      io.before = (call, path) => {
        if (call === failing && isCommitted) throw new Error(`no ${call}`);
        if (call === 'putIfAbsent' && path === commitPath(2)) isCommitted = true;
      };
      const errors: unknown[] = [];
      const result = await commitStaged(io, staged, { base, onMaintenanceError: (error) => errors.push(error) });
      expect(result).toMatchObject({ kind: 'committed', version: 2 });
      expect(errors.map(String)).toEqual([`Error: no ${failing}`]);
      io.before = undefined;
      expect(await paths(io)).toEqual(['a', 'b']);
    }
  });

  it('gives every writer of any schedule exactly its own version', async () => {
    const scheduled = fc.record({ scheduler: fc.scheduler(), writers: fc.integer({ min: 2, max: 4 }) });
    await fc.assert(
      fc.asyncProperty(scheduled, async ({ scheduler, writers }) => {
        const io = await newTable();
        const base = await readSnapshot(io);
        io.before = () => scheduler.schedule(Promise.resolve());
        const commits = Array.from({ length: writers }, (_, w) =>
          commitStaged(io, stageAppend(base, { ...details, files: [file(`w${w}`)], txnId: `t${w}` }), { base }),
        );
        const all = Promise.all(commits);
        await scheduler.waitFor(all);
        io.before = undefined;
        for (const [w, result] of (await all).entries()) {
          const bytes = await io.store.get(commitPath(result.kind === 'committed' ? result.version : -1));
          expect(commitInfoOf(parseCommit(bytes ?? new Uint8Array(), 'x'))?.txnId).toBe(`t${w}`);
        }
        expect(await paths(io)).toHaveLength(writers);
      }),
    );
  });
});

/** Commits through a store of which call number `failAt` fails, then once more through one that works. */
async function commitWithFailure(fault: { failAt: number; moment: 'before' | 'after'; rival: boolean }): Promise<{
  calls: number;
  first: CommitResult | 'lost';
  again: CommitResult;
  files: string[];
  version: number | undefined;
}> {
  const io = await newTable({ 'delta.checkpointInterval': '1' });
  const base = await readSnapshot(io);
  const staged = stageAppend(base, { ...details, files: [file('a')] });
  let calls = 0;
  const failing = async <T>(act: () => Promise<T>): Promise<T> => {
    calls += 1;
    const fails = calls === fault.failAt;
    if (fails && fault.moment === 'before') throw new Error('lost');
    const result = await act();
    if (fails) throw new Error('lost');
    return result;
  };
  const { store } = io;
  const flaky: TableStore = {
    get: (path) => failing(() => store.get(path)),
    getRange: (path, start, end) => failing(() => store.getRange(path, start, end)),
    list: (folder, startAfter) => store.list(folder, startAfter),
    putIfAbsent: async (path, bytes) => {
      if (fault.rival && path === commitPath(1) && !io.objects.has(path)) {
        await commitStaged(io, stageAppend(base, { ...details, files: [file('rival')] }));
      }
      return failing(() => store.putIfAbsent(path, bytes));
    },
    put: (path, bytes) => failing(() => store.put(path, bytes)),
    delete: (path) => failing(() => store.delete(path)),
  };
  const flakyIo = { store: flaky, checkpoints: io.checkpoints, now: () => io.now() };
  const first = await commitStaged(flakyIo, staged, { base }).catch((error: unknown) => {
    if (error instanceof Error && error.message === 'lost') return 'lost' as const;
    throw error;
  });
  const again = await commitStaged(io, staged, { base });
  return { calls, first, again, files: await paths(io), version: await latestVersion(io) };
}
