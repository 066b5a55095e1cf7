import { beforeEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../snapshot.ts';
import type { ObjectDraft, TableIo } from '../store.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { readHistory } from '../time-travel.ts';
import { commitStaged } from './commit.ts';
import { stageCreate } from './create.ts';
import type { NewFile } from './details.ts';
import { stageAppend, stageOverwrite } from './write.ts';

const details = { nowMs: 1, engineInfo: 'test', keeps: ['rowTracking'] };
const file = (path: string): NewFile => ({ path, sizeBytes: 1, modifiedMs: 1, stats: '{"numRecords":2}' });

let memory: MemoryIo;
let io: TableIo;
let base: Snapshot;
/** How many files of commits were written, and how many drafts are there. */
let written = 0;
let there = 0;
/** What happens before a draft gets a name, once each. */
let meanwhile: (() => Promise<unknown>)[] = [];
/** What was done, in order. */
let told: string[] = [];
/** What a name waits for before it lasts. */
let lasting: (path: string) => Promise<unknown> = () => Promise.resolve();

async function create(configuration: Record<string, string> = {}): Promise<void> {
  memory = new MemoryIo();
  meanwhile = [];
  lasting = () => Promise.resolve();
  const draft = async (place: string, bytes: Uint8Array): Promise<ObjectDraft> => {
    const isCommit = place.endsWith('.json');
    if (isCommit) written += 1;
    there += 1;
    told.push(`write ${place.slice(-6)}`);
    return {
      async putIfAbsent(path, { named } = {}) {
        if (isCommit) await meanwhile.shift()?.();
        const outcome = await memory.store.putIfAbsent(path, bytes);
        if (outcome === 'created') named?.();
        await lasting(path);
        told.push(`${outcome} ${path.slice(-6)}`);
        return outcome;
      },
      drop() {
        there -= 1;
      },
    };
  };
  io = { store: { ...memory.store, draft }, checkpoints: memory.checkpoints, now: () => memory.now() };
  await commitStaged(memory, stageCreate({ ...details, columns: [{ name: 'id', type: 'long' }], configuration }));
  base = await readSnapshot(memory);
  written = 0;
  there = 0;
  told = [];
}
beforeEach(() => create());

/** Another process adds a file. */
const other = (path: string) => (): Promise<unknown> =>
  commitStaged(memory, stageAppend(base, { ...details, files: [file(path)] }));
const append = (path: string): ReturnType<typeof commitStaged> =>
  commitStaged(io, stageAppend(base, { ...details, files: [file(path)] }), { base });

describe('the file of a commit', () => {
  it('is written once, whatever version it becomes, and says what it said', async () => {
    meanwhile = [other('x'), other('y')];
    expect(await append('a')).toMatchObject({ kind: 'committed', version: 3, rebasedOver: 2 });
    expect([written, there]).toEqual([1, 0]);
    const table = await readSnapshot(io);
    expect([...table.files.keys()]).toEqual(['x', 'y', 'a']);
    expect(table.commitInfo).toMatchObject({ readVersion: 0, operation: 'WRITE' });
  });

  it('is written anew where ids of rows depend on the version', async () => {
    await create({ 'delta.enableRowTracking': 'true' });
    meanwhile = [other('x')];
    await append('a');
    expect([written, there]).toEqual([2, 0]);
    const { files } = await readSnapshot(io);
    expect(files.get('a')).toMatchObject({ baseRowId: 2, defaultRowCommitVersion: 2 });
  });

  it('is written anew where the time in it has to be later than that of the one before', async () => {
    await create({ 'delta.enableInCommitTimestamps': 'true' });
    meanwhile = [other('x')];
    await append('a');
    expect([written, there]).toEqual([2, 0]);
    const [ours, theirs] = await readHistory(io, 2);
    expect(Number(ours?.commitInfo?.inCommitTimestamp)).toBeGreaterThan(Number(theirs?.commitInfo?.inCommitTimestamp));
  });

  it('is written anew when it would tell a time that is long past', async () => {
    meanwhile = [
      async () => {
        await other('x')();
        memory.nowMs += 60_000;
      },
    ];
    const after = memory.nowMs + 60_000;
    await append('a');
    expect([written, there]).toEqual([2, 0]);
    expect((await readSnapshot(io)).timestampMs).toBeGreaterThan(after);
  });

  it('goes when there is a conflict, and when it cannot get a name', async () => {
    meanwhile = [() => commitStaged(memory, stageOverwrite(base, { ...details, files: [file('x')] }))];
    const overwrite = commitStaged(io, stageOverwrite(base, { ...details, files: [file('a')] }), { base });
    expect(await overwrite).toMatchObject({ kind: 'conflict' });
    expect([written, there]).toEqual([1, 0]);
    meanwhile = [() => Promise.reject(new Error('on purpose'))];
    await expect(append('b')).rejects.toThrow('on purpose');
    expect([written, there]).toEqual([2, 0]);
  });

  it('is not written for a commit that is there already', async () => {
    const staged = stageAppend(base, { ...details, files: [file('a')] });
    const first = await commitStaged(io, staged, { base });
    expect(await commitStaged(io, staged, { base })).toEqual(first);
    expect([written, there]).toEqual([1, 0]);
  });

  it('is nobody else’s when many write at once', async () => {
    memory.before = () => new Promise((resolve) => setImmediate(resolve));
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    const results = await Promise.all(names.map(append));
    memory.before = undefined;
    expect(new Set(results.map((result) => result.kind === 'committed' && result.version)).size).toBe(20);
    expect([...(await readSnapshot(io)).files.keys()].sort()).toEqual(names.toSorted());
    expect([written, there]).toEqual([20, 0]);
  });
});

describe('the checksum of a version', () => {
  it('is written while the name of its commit is made to last, and is there after that', async () => {
    lasting = async (path) => {
      for (let i = 0; path.endsWith('.json') && i < 20; i += 1) await Promise.resolve();
    };
    await append('a');
    expect(told).toEqual(['write 1.json', 'write 01.crc', 'created 1.json', 'created 01.crc']);
    expect(there).toBe(0);
  });

  it('is not written for a commit that finds its place taken', async () => {
    meanwhile = [other('x')];
    await append('a');
    expect(told.filter((line) => line.startsWith('write'))).toEqual(['write 1.json', 'write 02.crc']);
  });

  it('fails no commit', async () => {
    const failing: TableIo['store']['draft'] = async (path, bytes) => {
      if (path.endsWith('.crc')) throw new Error('on purpose');
      return (await io.store.draft?.(path, bytes)) ?? Promise.reject(new Error('There are drafts.'));
    };
    const errors: unknown[] = [];
    const staged = stageAppend(base, { ...details, files: [file('a')] });
    const onMaintenanceError = (error: unknown): void => void errors.push(error);
    const faulty = { ...io, store: { ...io.store, draft: failing } };
    expect(await commitStaged(faulty, staged, { base, onMaintenanceError })).toMatchObject({ version: 1 });
    expect(errors).toEqual([new Error('on purpose')]);
  });
});
