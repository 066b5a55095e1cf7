import { describe, expect, it } from 'vitest';
import { writeCheckpoint } from './log/checkpoint.ts';
import { checksumPath, commitPath, versionPrefix } from './log/names.ts';
import { readSnapshot } from './table.ts';
import { MemoryIo } from './testing/memory-io.ts';
import { readHistory, versionAt } from './time-travel.ts';

const head = [
  '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}',
  '{"metaData":{"id":"t","schemaString":"{\\"type\\":\\"struct\\",\\"fields\\":[]}"}}',
];

interface Commit {
  readonly timestamp?: unknown;
  readonly inCommitTimestamp?: number;
  /** Where the commitInfo stands; first by default. */
  readonly isLast?: boolean;
  /** None at all when false. */
  readonly hasInfo?: boolean;
}

/** A log of these commits; the file of version v was made at 1000 * (v + 1). */
function logOf(commits: readonly Commit[]): MemoryIo {
  const io = new MemoryIo();
  for (const [version, { isLast, hasInfo, ...info }] of commits.entries()) {
    const lines = [
      ...(version === 0 ? head : []),
      `{"add":{"path":"${version}","size":1,"stats":"${'x'.repeat(20_000)}"}}`,
    ];
    const commitInfo = JSON.stringify({ commitInfo: { operation: 'WRITE', ...info } });
    const all = hasInfo === false ? lines : isLast === true ? [...lines, commitInfo] : [commitInfo, ...lines];
    put(io, commitPath(version), all.join('\n'), 1000 * (version + 1));
  }
  return io;
}

function put(io: MemoryIo, path: string, text: string, modifiedMs: number): void {
  io.objects.set(path, { bytes: new TextEncoder().encode(text), modifiedMs });
}

describe('the time of a version', () => {
  const commits: Commit[] = [
    { timestamp: 700 },
    { hasInfo: false },
    { timestamp: 650, isLast: true },
    { timestamp: 'yesterday' },
    { timestamp: 900, inCommitTimestamp: 800 },
    { timestamp: 950 },
  ];
  const times = [700, 2000, 650, 4000, 800, 950];

  it('is what its commit says, in whatever way it is read', async () => {
    const plain = logOf(commits);
    const withCheckpoints = logOf(commits);
    for (const version of [1, 2, 4]) {
      await writeCheckpoint(withCheckpoints, await readSnapshot(withCheckpoints, { version }));
    }
    const compacted = logOf(commits);
    const lines = [1, 2, 3].map((n) => `{"add":{"path":"${n}","size":1}}`).join('\n');
    put(compacted, `_delta_log/${versionPrefix(1)}.${versionPrefix(3)}.compacted.json`, lines, 5);
    for (const io of [plain, withCheckpoints, compacted]) {
      expect((await readHistory(io)).map(({ timestampMs }) => timestampMs).reverse()).toEqual(times);
      const base = await readSnapshot(io, { version: 0 });
      for (const [version, timestampMs] of times.entries()) {
        expect((await readSnapshot(io, { version })).timestampMs).toBe(timestampMs);
        expect((await readSnapshot(io, { version, base })).timestampMs).toBe(timestampMs);
      }
    }
  });

  it('is told by the checksum file, or the checkpoint, when the commit is gone or damaged', async () => {
    const io = logOf([{ timestamp: 700 }, { timestamp: 800 }]);
    const snapshot = await readSnapshot(io);
    await writeCheckpoint(io, snapshot);
    put(io, commitPath(1), '{"add":', 1234);
    expect((await readSnapshot(io)).timestampMs).toBe(1234);
    io.objects.delete(commitPath(1));
    const checkpoint = io.objects.get(`_delta_log/${versionPrefix(1)}.checkpoint.parquet`);
    expect((await readSnapshot(io)).timestampMs).toBe(checkpoint?.modifiedMs);
    io.write(checksumPath(1), '{"inCommitTimestampOpt":555}');
    expect((await readSnapshot(io)).timestampMs).toBe(555);
  });
});

describe('readHistory', () => {
  it('gives the newest versions first, as many as are asked for', async () => {
    const io = logOf(Array.from({ length: 150 }, (_, n) => ({ timestamp: n })));
    expect((await readHistory(io)).map(({ version }) => version)).toEqual(
      Array.from({ length: 150 }, (_, n) => 149 - n),
    );
    expect((await readHistory(io, 2)).map(({ timestampMs }) => timestampMs)).toEqual([149, 148]);
    expect((await readHistory(io, 1))[0]?.commitInfo).toMatchObject({ operation: 'WRITE' });
    expect(await readHistory(new MemoryIo())).toEqual([]);
  });

  it('ends where the log was cleaned up meanwhile, and says where it is damaged', async () => {
    const io = logOf([{}, {}, {}]);
    io.before = (call, path) => {
      if (call === 'getRange' && path === commitPath(0)) io.objects.delete(path);
    };
    expect((await readHistory(io)).map(({ version }) => version)).toEqual([2, 1]);
    put(io, commitPath(2), '{"commitInfo":', 1);
    await expect(readHistory(io)).rejects.toMatchObject({ code: 'log-corrupt' });
  });
});

describe('versionAt', () => {
  const at = async (io: MemoryIo, times: readonly number[]): Promise<number[]> => {
    const found: number[] = [];
    for (const time of times) found.push(await versionAt(io, time));
    return found;
  };

  it.each<[string, readonly Commit[]]>([
    ['timestamps', [10, 20, 20, 30].map((timestamp) => ({ timestamp }))],
    ['in-commit timestamps', [10, 19, 20, 30].map((inCommitTimestamp) => ({ inCommitTimestamp, timestamp: 1 }))],
  ])('gives the newest version that was there, by %s', async (_, commits) => {
    const io = logOf(commits);
    expect(await at(io, [10, 18, 20, 29, 30, 1e15])).toEqual([0, 0, 2, 2, 3, 3]);
    await expect(versionAt(io, 9)).rejects.toMatchObject({
      code: 'version-not-found',
      message: expect.stringContaining('1970-01-01T00:00:00.010Z'),
    });
    expect((await readSnapshot(io, { asOf: 20 })).version).toBe(2);
  });

  it('does not go back to a version whose clock was behind', async () => {
    const io = logOf([10, 50, 20, 60].map((timestamp) => ({ timestamp })));
    expect(await at(io, [10, 30, 49, 50, 59, 60])).toEqual([0, 0, 0, 2, 2, 3]);
  });

  it('finds its way in a few looks where times rise by rule', async () => {
    const io = logOf(Array.from({ length: 200 }, (_, n) => ({ inCommitTimestamp: n })));
    let looks = 0;
    io.before = (call) => {
      if (call === 'getRange') looks += 1;
    };
    expect(await versionAt(io, 77)).toBe(77);
    expect(looks).toBeLessThan(12);
  });

  it('counts only versions that can be read', async () => {
    const io = logOf([10, 20, 30, 40, 50].map((timestamp) => ({ timestamp })));
    await writeCheckpoint(io, await readSnapshot(io, { version: 3 }));
    io.objects.delete(commitPath(1));
    expect(await at(io, [10, 35, 40, 50])).toEqual([0, 0, 3, 4]);
    io.objects.delete(commitPath(0));
    await expect(versionAt(io, 35)).rejects.toMatchObject({ code: 'version-not-found', context: { version: 3 } });
  });

  it('needs a table and a time', async () => {
    await expect(versionAt(new MemoryIo(), 1)).rejects.toMatchObject({ code: 'table-not-found' });
    await expect(versionAt(logOf([{}]), Number.NaN)).rejects.toMatchObject({ code: 'invalid-value' });
    await expect(readSnapshot(logOf([{}]), { version: 0, asOf: 1 })).rejects.toMatchObject({ code: 'invalid-value' });
  });
});
