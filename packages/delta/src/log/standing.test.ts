import { describe, expect, it } from 'vitest';
import type { CommitResult, Snapshot, StagedCommit } from '../snapshot.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { commitStaged } from '../txn/commit.ts';
import { stageCreate } from '../txn/create.ts';
import { stageAppend } from '../txn/write.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { cleanUpLog } from './cleanup.ts';
import { compactLog } from './compact.ts';
import { followSnapshot } from './head.ts';
import { commitPath } from './names.ts';

const details = { nowMs: 1, engineInfo: 'test' };
const columns = [{ name: 'id', type: 'long' as const }];
const staging = (base: Snapshot, path: string): StagedCommit =>
  stageAppend(base, { ...details, files: [{ path, sizeBytes: 1, modifiedMs: 1 }] });

/** A table with a file `name` + number for each version after the first. */
async function newTable(name: string, versions: number, policy = 'classic'): Promise<MemoryIo> {
  const io = new MemoryIo();
  io.nowMs += name === 'new' ? 5000 : 0;
  await commitStaged(io, stageCreate({ ...details, columns, configuration: { 'delta.checkpointPolicy': policy } }));
  for (let i = 1; i <= versions; i += 1) await commitStaged(io, staging(await readSnapshot(io), `${name}${i}`));
  return io;
}

/** Somebody deletes the table, and another stands in its place. */
function replace(io: MemoryIo, other: MemoryIo): void {
  io.objects.clear();
  for (const [path, object] of other.objects) io.objects.set(path, object);
}

/** What its writers leave out of the commits. */
function forget(io: MemoryIo, pattern: RegExp): void {
  for (const [path, { bytes }] of [...io.objects])
    if (path.endsWith('.json')) io.write(path, new TextDecoder().decode(bytes).replace(pattern, ''));
}

const files = async (io: MemoryIo): Promise<string[]> => [...(await readSnapshot(io)).files.keys()];

async function commitAfter(
  io: MemoryIo,
  act: () => void | Promise<void>,
  how: { readonly based?: boolean; readonly stored?: boolean } = {},
): Promise<CommitResult> {
  const base = await readSnapshot(io);
  const staged = staging(base, 'mine');
  await act();
  const kept: StagedCommit = how.stored === true ? JSON.parse(JSON.stringify(staged)) : staged;
  return await commitStaged(io, kept, how.based === true ? { base } : {});
}

describe('a commit that was built on a table in whose place another one stands', () => {
  it.each([
    ['as many versions', 2],
    ['more versions', 4],
  ])('is not put there, when that has %s', async (_, versions) => {
    for (const how of [{}, { based: true }, { stored: true }]) {
      const [io, other] = [await newTable('old', 2), await newTable('new', versions)];
      const result = await commitAfter(io, () => replace(io, other), how);
      expect(result).toMatchObject({ kind: 'conflict', reason: 'table-replaced', winner: { version: 2 } });
      expect(await files(io)).toEqual(Array.from({ length: versions }, (__, i) => `new${i + 1}`));
    }
  });

  it('is not put there, though the other one comes right before it is put', async () => {
    const [io, other] = [await newTable('old', 2), await newTable('new', 2)];
    const staged = staging(await readSnapshot(io), 'mine');
    io.before = (_, path) => {
      if (path === commitPath(3)) replace(io, other);
    };
    expect(await commitStaged(io, staged)).toMatchObject({ reason: 'table-replaced' });
  });

  it.each([
    ['an id', /,"txnId":"[^"]*"/g],
    ['an id or a time', /,"txnId":"[^"]*"|"timestamp":\d+,/g],
    ['anything', /\{"commitInfo".*\n/g],
  ])('is not put there, when writers do not give their commits %s', async (_, pattern) => {
    const [io, other] = [await newTable('old', 2), await newTable('new', 2)];
    for (const one of [io, other]) forget(one, pattern);
    expect(await commitAfter(io, () => replace(io, other))).toMatchObject({ reason: 'table-replaced' });
    const same = await newTable('old', 2);
    forget(same, pattern);
    expect(await commitAfter(same, () => undefined)).toMatchObject({ kind: 'committed', version: 3 });
  });

  it('is put when only the log was tidied up meanwhile', async () => {
    const io = await newTable('old', 2);
    const tidy = async (): Promise<void> => {
      await writeCheckpoint(io, await readSnapshot(io));
      for (const version of [0, 1, 2]) io.objects.delete(commitPath(version));
    };
    expect(await commitAfter(io, tidy)).toMatchObject({ kind: 'committed', version: 3 });
    expect(await files(io)).toEqual(['old1', 'old2', 'mine']);
  });
});

describe('upkeep of the log of a table in whose place another one stands', () => {
  const month = 40 * 86_400_000;
  const work: Record<string, (io: MemoryIo, table: Snapshot) => Promise<unknown>> = {
    'a checkpoint': writeCheckpoint,
    'a checkpoint with sidecars': writeCheckpoint,
    'one file of several commits': compactLog,
    'taking away what is old': cleanUpLog,
  };

  async function newLog(name: string, versions: number, kind: string): Promise<MemoryIo> {
    const io = await newTable(name, versions, kind.endsWith('sidecars') ? 'v2' : 'classic');
    if (kind.startsWith('taking')) await writeCheckpoint(io, await readSnapshot(io, { version: 2 }));
    return io;
  }

  it.each(Object.entries(work))('does nothing to that one: %s', async (kind, act) => {
    for (const versions of [1, 3, 5]) {
      const calls: string[] = [];
      const watched = await newLog('old', 3, kind);
      watched.nowMs += month;
      const known = await readSnapshot(watched);
      watched.before = (call) => void calls.push(call);
      await act(watched, known);
      const writes = calls.flatMap((call, i) => (/put|delete/.test(call) ? [i] : []));
      expect(writes.length).toBeGreaterThan(0);
      for (const at of writes) {
        const [io, other] = [await newLog('old', 3, kind), await newTable('new', versions)];
        const table = await readSnapshot(io);
        let seen = 0;
        io.nowMs += month;
        io.before = () => {
          if ((seen += 1) === at + 1) replace(io, other);
        };
        await expect(act(io, table)).rejects.toThrow(/another one was made in its place|does not tell version 3/);
        expect([...io.objects]).toEqual([...other.objects]);
      }
    }
  });
});

it('what is known of one table is not followed into another', async () => {
  const [io, other] = [await newTable('old', 2), await newTable('new', 4)];
  const base = await readSnapshot(io);
  replace(io, other);
  expect([...(await followSnapshot(io, base)).files.keys()]).toEqual(['new1', 'new2', 'new3', 'new4']);
});
