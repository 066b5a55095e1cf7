import { describe, expect, it } from 'vitest';
import type { StagedCommit } from '../snapshot.ts';
import { commitPath } from '../log/names.ts';
import { latestVersion, readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { applyStaged } from './apply.ts';
import { commitStaged } from './commit.ts';
import { stageCreate } from './create.ts';
import type { CommitDetails, NewFile } from './details.ts';
import { dropStaged } from './drop.ts';
import { stageRestore } from './restore.ts';
import { stageRewrite } from './rewrite.ts';
import { stageAppend, stageOverwrite } from './write.ts';

const details: CommitDetails = { nowMs: 1, engineInfo: 'test' };

function write(io: MemoryIo, path: string): NewFile {
  io.write(path, 'rows');
  return { path, sizeBytes: 4, modifiedMs: 1 };
}

async function newTable(): Promise<MemoryIo> {
  const io = new MemoryIo();
  const columns = [{ name: 'id', type: 'long' as const }];
  await commitStaged(io, stageCreate({ ...details, columns, files: [write(io, 'a'), write(io, 'b c')] }));
  return io;
}

const filesOf = (io: MemoryIo): string[] => [...io.objects.keys()].filter((path) => !path.startsWith('_delta_log'));

/** What a process that went away leaves behind. */
const stored = (staged: StagedCommit): StagedCommit => JSON.parse(JSON.stringify(staged));

describe('a staged commit', () => {
  it('is a value: it can be looked at, kept, committed by another process on top of what happened, or dropped', async () => {
    const io = await newTable();
    const base = await readSnapshot(io);
    const staged = stored(
      stageAppend(base, { ...details, files: [write(io, 'new')], txns: [{ appId: 'x', version: 7 }] }),
    );
    expect(await latestVersion(io)).toBe(0);
    const ahead = applyStaged(base, staged);
    expect([...ahead.files.keys()]).toEqual(['a', 'b c', 'new']);
    expect((await readSnapshot(io, { staged })).txns.get('x')?.version).toBe(7);
    await commitStaged(io, stageAppend(base, { ...details, files: [write(io, 'rival')] }));
    const again = stored(staged);
    expect(await commitStaged(io, again)).toMatchObject({ kind: 'committed', version: 2, rebasedOver: 1 });
    expect([...(await readSnapshot(io)).files.keys()].sort()).toEqual(['a', 'b c', 'new', 'rival']);
    expect(await dropStaged(io, again)).toBe('committed');
    expect(filesOf(io)).toContain('new');
  });

  it('takes its files along when it is dropped, and none that were there before', async () => {
    const io = await newTable();
    const base = await readSnapshot(io);
    const before = filesOf(io);
    const rewrite = { operation: 'UPDATE', replaced: new Set(['a']) };
    const commits = [
      stageAppend(base, { ...details, files: [write(io, 'p=x%2Fy/new ü')] }),
      stageOverwrite(base, { ...details, files: [write(io, 'over')] }),
      stageRewrite(base, { ...details, ...rewrite, files: [write(io, 're')], changes: [write(io, '_change_data/c')] }),
    ];
    expect(filesOf(io)).toHaveLength(before.length + 4);
    for (const staged of commits) expect(await dropStaged(io, stored(staged))).toBe('dropped');
    expect(filesOf(io)).toEqual(before);
    // Dropping once more, and what a conflict leaves, is no different.
    for (const staged of commits) expect(await dropStaged(io, staged)).toBe('dropped');
    expect(filesOf(io)).toEqual(before);
  });

  it('leaves the files of an older version alone when a restore is dropped', async () => {
    const io = await newTable();
    const old = await readSnapshot(io);
    await commitStaged(io, stageOverwrite(old, { ...details, files: [write(io, 'new')] }));
    const restore = stageRestore(await readSnapshot(io), old, details);
    expect(await dropStaged(io, stored(restore))).toBe('dropped');
    expect(filesOf(io).sort()).toEqual(['a', 'b c', 'new']);
    expect(await commitStaged(io, restore)).toMatchObject({ kind: 'committed' });
  });

  it('keeps its file where only the rows that count changed', async () => {
    const io = await newTable();
    const base = await readSnapshot(io);
    const { path, size } = base.files.get('a') ?? { path: '', size: 0 };
    const vector = { storageType: 'i' as const, pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 1 };
    const empty = stageAppend(base, { ...details, files: [] });
    const file = { path, size, partitionValues: {}, modificationTime: 1, dataChange: true };
    const staged: StagedCommit = {
      ...empty,
      actions: [...empty.actions, { remove: { path, dataChange: true } }, { add: { ...file, deletionVector: vector } }],
    };
    expect(await dropStaged(io, staged)).toBe('dropped');
    expect(filesOf(io)).toContain('a');
  });

  it('keeps its files when the log no longer tells whether it was committed', async () => {
    const io = await newTable();
    const base = await readSnapshot(io);
    const staged = stageAppend(base, { ...details, files: [write(io, 'new')] });
    await commitStaged(io, staged, { base });
    for (let i = 0; i < 10; i += 1)
      await commitStaged(io, stageAppend(await readSnapshot(io), { ...details, files: [write(io, `f${i}`)] }));
    for (const version of [0, 1]) io.objects.delete(commitPath(version));
    await expect(dropStaged(io, staged)).rejects.toMatchObject({ code: 'version-not-found' });
    expect(filesOf(io)).toContain('new');
  });
});
