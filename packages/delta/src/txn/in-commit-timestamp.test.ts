import { describe, expect, it } from 'vitest';
import { parseCommit } from '../log/commit-file.ts';
import { commitPath } from '../log/names.ts';
import type { Snapshot } from '../snapshot.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { versionAt } from '../time-travel.ts';
import { type CommitOptions, commitStaged } from './commit.ts';
import { stageCreate } from './create.ts';
import type { CommitDetails } from './details.ts';
import { stageAppend } from './write.ts';

const ON = { 'delta.enableInCommitTimestamps': 'true' };
const SINCE_VERSION = 'delta.inCommitTimestampEnablementVersion';
const SINCE_TIME = 'delta.inCommitTimestampEnablementTimestamp';
const columns = [{ name: 'id', type: 'long' as const }];
const file = (path: string): { path: string; sizeBytes: number; modifiedMs: number } => ({
  path,
  sizeBytes: 1,
  modifiedMs: 1,
});

async function newTable(configuration: Record<string, string> = ON): Promise<MemoryIo> {
  const io = new MemoryIo();
  await commitStaged(io, stageCreate({ ...details(io), columns, configuration }));
  return io;
}

function details(io: MemoryIo): CommitDetails {
  return { nowMs: io.now(), engineInfo: 'test' };
}

const append = async (io: MemoryIo, path: string, options: CommitOptions = {}): Promise<void> => {
  const result = await commitStaged(
    io,
    stageAppend(await readSnapshot(io), { ...details(io), files: [file(path)] }),
    options,
  );
  expect(result.kind).toBe('committed');
};

const configure = async (io: MemoryIo, configuration: Record<string, string | null>): Promise<void> => {
  const staged = stageAppend(await readSnapshot(io), { ...details(io), files: [], change: { configuration } });
  expect((await commitStaged(io, staged)).kind).toBe('committed');
};

/** The times of all commits; each must stand in the first line, before all else. */
async function times(io: MemoryIo): Promise<(number | undefined)[]> {
  const told: (number | undefined)[] = [];
  for (let version = 0; ; version += 1) {
    const bytes = await io.store.get(commitPath(version));
    if (bytes === undefined) return told;
    const [first] = parseCommit(bytes, 'x');
    if (first === undefined || !('commitInfo' in first)) throw new Error(`Version ${version} does not begin with it.`);
    told.push(first.commitInfo.inCommitTimestamp);
  }
}

const rises = (told: readonly (number | undefined)[]): boolean =>
  told.every((time, i) => time !== undefined && time > (told[i - 1] ?? -1));

describe('commits of a table with in-commit timestamps', () => {
  it('tell their time from the first version on, and the protocol says so', async () => {
    const io = await newTable();
    await append(io, 'a');
    const told = await times(io);
    expect(rises(told)).toBe(true);
    expect(told[1]).toBe(io.nowMs - 1);
    const { protocol, metadata, timestampMs } = await readSnapshot(io);
    expect(protocol).toMatchObject({ minWriterVersion: 7 });
    expect(protocol.writerFeatures).toContain('inCommitTimestamp');
    expect(metadata.configuration[SINCE_VERSION]).toBeUndefined();
    expect(timestampMs).toBe(told[1]);
  });

  it('rise when the clock goes back by an hour, or stands', async () => {
    const io = await newTable();
    for (let i = 0; i < 12; i += 1) {
      io.nowMs -= [3_600_000, 1, 0][i % 3] ?? 0;
      await append(io, `f${i}`);
    }
    const told = await times(io);
    expect(rises(told)).toBe(true);
    expect(Number(told[12]) - Number(told[0])).toBeLessThan(50);
    for (const [version, time] of told.entries()) expect(await versionAt(io, time ?? 0)).toBe(version);
  });

  it.each([true, false])('rise above those who were faster, whose clock was ahead (base known: %s)', async (known) => {
    const io = await newTable();
    const base = await readSnapshot(io);
    const staged = stageAppend(base, { ...details(io), files: [file('late')] });
    const ahead = 7_200_000;
    io.nowMs += ahead;
    await append(io, 'first');
    await append(io, 'second');
    io.nowMs -= ahead;
    expect(await commitStaged(io, staged, known ? { base } : {})).toMatchObject({ kind: 'committed', version: 3 });
    const told = await times(io);
    expect(rises(told)).toBe(true);
    expect(told[3]).toBe(Number(told[2]) + 1);
  });

  it('tell since when, if they did not always', async () => {
    const io = await newTable({});
    const base = await readSnapshot(io);
    const staged = stageAppend(base, { ...details(io), files: [], change: { configuration: ON } });
    await append(io, 'rival');
    expect(await commitStaged(io, staged, { base })).toMatchObject({ kind: 'committed', version: 2 });
    await append(io, 'after');
    const told = await times(io);
    expect(told.slice(0, 2)).toEqual([undefined, undefined]);
    expect(rises(told.slice(2))).toBe(true);
    const since = async (): Promise<unknown[]> => {
      const { configuration } = (await readSnapshot(io)).metadata;
      return [configuration[SINCE_VERSION], configuration[SINCE_TIME]];
    };
    expect(await since()).toEqual(['2', String(told[2])]);
    await configure(io, { x: '1' });
    expect(await since()).toEqual(['2', String(told[2])]);
    await configure(io, { 'delta.enableInCommitTimestamps': null });
    expect(await since()).toEqual([undefined, undefined]);
    expect((await times(io)).at(-1)).toBeUndefined();
    await configure(io, ON);
    expect(await since()).toEqual(['6', String((await times(io))[6])]);
  });

  it('tell their time when somebody turned it on meanwhile, and not when it was turned off', async () => {
    for (const [before, change, expected] of [
      [{}, ON, 'number'],
      [ON, { 'delta.enableInCommitTimestamps': null }, 'undefined'],
    ] as const) {
      const io = await newTable(before);
      const base = await readSnapshot(io);
      const staged = stageAppend(base, { ...details(io), files: [file('late')] });
      await configure(io, change);
      expect(await commitStaged(io, staged, { base })).toMatchObject({ kind: 'committed', version: 2 });
      expect(typeof (await times(io))[2]).toBe(expected);
    }
  });

  it('change in nothing else when they are put on top of others', async () => {
    const io = await newTable();
    const base: Snapshot = await readSnapshot(io);
    const staged = stageAppend(base, {
      ...details(io),
      files: [file('late')],
      txns: [{ appId: 'a', version: 1 }],
      extra: { mine: 1 },
    });
    await append(io, 'rival');
    await commitStaged(io, staged);
    const bytes = await io.store.get(commitPath(2));
    const plain = (action: object): object =>
      'commitInfo' in action ? { ...action.commitInfo!, timestamp: 0, inCommitTimestamp: 0 } : action;
    expect(parseCommit(bytes ?? new Uint8Array(), 'x').map(plain)).toEqual(staged.actions.map(plain));
  });
});
