import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../snapshot.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { commitStaged } from '../txn/commit.ts';
import { stageCreate } from '../txn/create.ts';
import { stageAppend } from '../txn/write.ts';
import { followSnapshot } from './head.ts';
import { commitPath } from './names.ts';

const details = { nowMs: 1, engineInfo: 'test' };
const columns = [{ name: 'id', type: 'long' as const }];

async function newTable(commits: number): Promise<MemoryIo> {
  const io = new MemoryIo();
  await commitStaged(io, stageCreate({ ...details, columns }));
  for (let i = 1; i <= commits; i += 1) await append(io, await readSnapshot(io), `f${i}`);
  return io;
}

async function append(io: MemoryIo, base: Snapshot, path: string): Promise<void> {
  const files = [{ path, sizeBytes: 1, modifiedMs: 1 }];
  expect((await commitStaged(io, stageAppend(base, { ...details, files }), { base })).kind).toBe('committed');
}

/** The calls of the store that something makes. */
async function callsOf(io: MemoryIo, act: () => Promise<unknown>): Promise<string[]> {
  const calls: string[] = [];
  io.before = (call) => {
    calls.push(call);
  };
  await act();
  io.before = undefined;
  return calls;
}

const plain = ({ files, ...others }: Snapshot): unknown => ({ ...others, files: [...files.keys()] });

describe('followSnapshot', () => {
  it('is what reading the table tells, from any version on', async () => {
    const io = await newTable(13);
    const newest = await readSnapshot(io);
    for (let version = 0; version <= 13; version += 1) {
      const base = await readSnapshot(io, { version });
      expect(plain(await followSnapshot(io, base))).toEqual(plain(newest));
    }
  });

  it('costs the same whatever the length of the log, and so does a commit', async () => {
    const [short, long] = [await newTable(11), await newTable(47)];
    for (const io of [short, long]) {
      const base = await readSnapshot(io);
      expect(await callsOf(io, () => followSnapshot(io, base))).toEqual(['get', 'getRange', 'getRange']);
      expect(await callsOf(io, () => append(io, base, 'more'))).toEqual([
        'get',
        'getRange',
        'getRange',
        'putIfAbsent',
        'putIfAbsent',
      ]);
      expect(await callsOf(io, () => followSnapshot(io, base))).toEqual(['get', 'get', 'getRange']);
    }
  });

  it('looks closer where commits are missing after the base', async () => {
    const io = await newTable(12);
    const base = await readSnapshot(io, { version: 3 });
    for (let version = 0; version < 10; version += 1) io.objects.delete(commitPath(version));
    expect((await followSnapshot(io, base)).version).toBe(12);
    const beside = await readSnapshot(await newTable(3));
    for (const path of [...io.objects.keys()]) if (path.includes('_last_checkpoint')) io.objects.delete(path);
    expect((await followSnapshot(io, beside)).version).toBe(12);
    io.write(commitPath(3), '{"commitInfo":{}}\n');
    expect((await followSnapshot(io, beside)).version).toBe(12);
  });
});
