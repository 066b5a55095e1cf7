import { describe, expect, it } from 'vitest';
import { readChecksum } from '../log/checksum.ts';
import { SIDECARS_FOLDER, checksumPath, commitPath } from '../log/names.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { commitStaged } from '../txn/commit.ts';
import { stageCreate } from '../txn/create.ts';
import type { CommitDetails, NewFile } from '../txn/details.ts';
import { stageRewrite } from '../txn/rewrite.ts';
import { stageAppend, stageOverwrite } from '../txn/write.ts';

const DAY_MS = 86_400_000;
const columns = [{ name: 'id', type: 'long' as const }];
const file = (path: string, sizeBytes = 1): NewFile => ({ path, sizeBytes, modifiedMs: 1 });
const detailsOf = (io: MemoryIo): CommitDetails => ({ nowMs: io.now(), engineInfo: 'test' });

async function newTable(configuration: Record<string, string>): Promise<MemoryIo> {
  const io = new MemoryIo();
  await commitStaged(io, stageCreate({ ...detailsOf(io), columns, configuration, files: [file('first', 7)] }));
  return io;
}

async function commit(io: MemoryIo, stage: (base: Snapshot) => StagedCommit): Promise<Snapshot> {
  const base = await readSnapshot(io);
  const result = await commitStaged(io, stage(base), { base });
  if (result.kind !== 'committed' || result.snapshot === undefined) throw new Error(`It is ${result.kind}.`);
  return result.snapshot;
}

const named = (io: MemoryIo, part: string): string[] => [...io.objects.keys()].filter((path) => path.includes(part));

describe('the checksum of a version', () => {
  const steps: readonly ((io: MemoryIo, base: Snapshot) => StagedCommit)[] = [
    (io, base) => stageAppend(base, { ...detailsOf(io), files: [file('a', 10), file('b', 20)] }),
    (io, base) => stageAppend(base, { ...detailsOf(io), files: [file('c', 5)], txns: [{ appId: 'x', version: 3 }] }),
    (io, base) => stageAppend(base, { ...detailsOf(io), files: [], domains: { set: { 'my.domain': '{"a":1}' } } }),
    (io, base) =>
      stageRewrite(base, {
        ...detailsOf(io),
        operation: 'UPDATE',
        replaced: new Set(['a', 'c']),
        files: [file('d', 1000)],
      }),
    (io, base) => stageAppend(base, { ...detailsOf(io), files: [], domains: { removed: ['my.domain'] } }),
    (io, base) =>
      stageOverwrite(base, { ...detailsOf(io), files: Array.from({ length: 30 }, (_, i) => file(`o${i}`, i)) }),
  ];

  it('says what reading all of its log says, for every version', async () => {
    const io = await newTable({ 'delta.enableInCommitTimestamps': 'true', 'delta.checkpointInterval': '3' });
    for (const step of steps) await commit(io, (base) => step(io, base));
    for (let version = 0; version <= steps.length; version += 1) {
      const snapshot = await readSnapshot(io, { version });
      const files = [...snapshot.files.values()];
      expect(await readChecksum(io, version), `version ${version}`).toMatchObject({
        numFiles: files.length,
        tableSizeBytes: files.reduce((sum, { size }) => sum + size, 0),
        inCommitTimestampMs: snapshot.timestampMs,
        protocol: snapshot.protocol,
        metadata: snapshot.metadata,
        txns: [...snapshot.txns.values()],
        domains: [...snapshot.domains].map(([domain, configuration]) => ({ domain, configuration, removed: false })),
      });
      const text = new TextDecoder().decode(io.objects.get(checksumPath(version))?.bytes);
      const whole: { allFiles?: { path: string }[]; txnId?: string } = JSON.parse(text);
      const few = files.length > 20 ? undefined : files.map(({ path }) => path);
      expect(whole.allFiles?.map(({ path }) => path)).toEqual(few);
      expect(whole.txnId).toBe(snapshot.commitInfo?.txnId);
    }
  });

  it('is right on top of what others committed meanwhile', async () => {
    const io = await newTable({});
    const base = await readSnapshot(io);
    const ours = stageAppend(base, { ...detailsOf(io), files: [file('ours', 100)] });
    await commit(io, (on) =>
      stageRewrite(on, {
        ...detailsOf(io),
        operation: 'OPTIMIZE',
        dataChange: false,
        replaced: new Set(['first']),
        files: [file('one', 6)],
      }),
    );
    await commit(io, (on) => stageAppend(on, { ...detailsOf(io), files: [file('two', 20)] }));
    expect(await commitStaged(io, ours, { base })).toMatchObject({ version: 3 });
    expect(await readChecksum(io, 3)).toMatchObject({ numFiles: 3, tableSizeBytes: 126 });
  });

  it('is never replaced, and not needed', async () => {
    const io = await newTable({});
    io.write(checksumPath(1), '{"numFiles":99}');
    await commit(io, (base) => stageAppend(base, { ...detailsOf(io), files: [file('a')] }));
    expect(await readChecksum(io, 1)).toMatchObject({ numFiles: 99 });
    const errors: unknown[] = [];
    io.before = (call, path) => {
      if (call === 'putIfAbsent' && path.endsWith('.crc')) throw new Error('no room');
    };
    const base = await readSnapshot(io);
    const staged = stageAppend(base, { ...detailsOf(io), files: [file('b')] });
    const result = await commitStaged(io, staged, { base, onMaintenanceError: (error) => errors.push(error) });
    expect([result.kind, errors.map(String)]).toEqual(['committed', ['Error: no room']]);
  });
});

describe('a checkpoint', () => {
  const versionsOf = (io: MemoryIo): number[] => named(io, '.checkpoint.').map((path) => Number(path.slice(11, 31)));
  const append = (io: MemoryIo, i: number): Promise<Snapshot> =>
    commit(io, (base) => stageAppend(base, { ...detailsOf(io), files: [file(`f${i}`)] }));

  it('waits until the commits since the last one hold about as much', async () => {
    const io = await newTable({});
    for (let i = 1; i <= 310; i += 1) await append(io, i);
    expect(versionsOf(io)).toEqual([10, 20, 30, 40, 60, 80, 100, 150, 200, 300]);
  });

  it('comes every ten commits where each changes most of the table', async () => {
    const io = await newTable({ 'delta.deletedFileRetentionDuration': 'interval 0 seconds' });
    for (let i = 1; i <= 40; i += 1) {
      const files = Array.from({ length: 200 }, (_, n) => file(`v${i}-${n}`));
      await commit(io, (base) => stageOverwrite(base, { ...detailsOf(io), files }));
    }
    expect(versionsOf(io)).toEqual([10, 20, 30, 40]);
  });

  it('comes when the table says so', async () => {
    const io = await newTable({ 'delta.checkpointInterval': '40' });
    for (let i = 1; i <= 130; i += 1) await append(io, i);
    expect(versionsOf(io)).toEqual([40, 80, 120]);
  });
});

describe('the snapshot that a commit tells', () => {
  it('is what reading the table tells', async () => {
    const io = await newTable({ 'delta.enableInCommitTimestamps': 'true' });
    const told = await commit(io, (base) => stageAppend(base, { ...detailsOf(io), files: [file('a')] }));
    const read = await readSnapshot(io);
    expect({ ...told, files: [...told.files], txns: [...told.txns] }).toEqual({
      ...read,
      files: [...read.files],
      txns: [...read.txns],
    });
  });
});

describe('the log of a table with V2 checkpoints', () => {
  const configuration = {
    'delta.checkpointPolicy': 'v2',
    'delta.checkpointInterval': '2',
    'delta.logRetentionDuration': 'interval 10 days',
  };

  it('is cleaned of what no version within the retention needs, and of sidecars that nobody names', async () => {
    const io = await newTable(configuration);
    io.write(`${SIDECARS_FOLDER}/of-nobody.parquet`, 'x');
    const append = (path: string): Promise<Snapshot> =>
      commit(io, (base) => stageAppend(base, { ...detailsOf(io), files: [file(path)] }));
    for (let i = 1; i <= 4; i += 1) await append(`f${i}`);
    expect(named(io, '_sidecars')).toHaveLength(3);
    io.nowMs += 11 * DAY_MS;
    io.write(`${SIDECARS_FOLDER}/being-written.parquet`, 'x');
    await append('f5');
    await append('f6');
    expect(named(io, '.checkpoint.').map((path) => Number(path.slice(11, 31)))).toEqual([4, 6]);
    expect(io.objects.has(commitPath(3))).toBe(false);
    expect(io.objects.has(checksumPath(3))).toBe(false);
    expect(io.objects.has(commitPath(4))).toBe(true);
    const sidecars = named(io, '_sidecars');
    expect(sidecars).toHaveLength(3);
    expect(sidecars).toContain(`${SIDECARS_FOLDER}/being-written.parquet`);
    for (const version of [4, 5, 6]) expect((await readSnapshot(io, { version })).files.size).toBe(version + 1);
  });

  it('stays as it was when the table says so, or when it is not known which sidecars are named', async () => {
    for (const more of [{ 'delta.enableExpiredLogCleanup': 'false' }, {}]) {
      const io = await newTable({ ...configuration, ...more });
      for (let i = 1; i <= 4; i += 1)
        await commit(io, (base) => stageAppend(base, { ...detailsOf(io), files: [file(`f${i}`)] }));
      io.nowMs += 11 * DAY_MS;
      if (Object.keys(more).length === 0) {
        const broken = named(io, '00004.checkpoint.')[0] ?? '';
        io.write(broken, '{"sidecar"');
      }
      const sidecars = named(io, '_sidecars').length;
      for (const path of ['f5', 'f6'])
        await commit(io, (base) => stageAppend(base, { ...detailsOf(io), files: [file(path)] }));
      expect(named(io, '_sidecars')).toHaveLength(sidecars + 1);
    }
  });
});
