import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action, DeletionVector } from '../actions.ts';
import { serializeJson } from '../json.ts';
import { latestVersion, readSnapshot } from '../table.ts';
import { readHistory } from '../time-travel.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { cleanUpLog } from './cleanup.ts';
import { parseCommit, serializeCommit } from './commit-file.ts';
import { LAST_CHECKPOINT_PATH, checkpointPath, commitPath, versionPrefix } from './names.ts';

const head: Action[] = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 'table',
      format: { provider: 'parquet', options: {} },
      schemaString: '{"type":"struct","fields":[]}',
      partitionColumns: [],
      configuration: {},
    },
  },
];
const add = (path: string, size = 1): Action => ({
  add: { path, partitionValues: {}, size, modificationTime: 1, dataChange: true },
});
const remove = (path: string): Action => ({ remove: { path, deletionTimestamp: 1_700_000_000_000, dataChange: true } });

/** A log of these commits; the first gets what makes it a table. */
function logOf(commits: readonly (readonly Action[])[]): MemoryIo {
  const io = new MemoryIo();
  for (const [version, actions] of commits.entries()) {
    const all = version === 0 ? [...head, ...actions] : actions.length === 0 ? [{ commitInfo: {} }] : actions;
    io.write(commitPath(version), new TextDecoder().decode(serializeCommit(all)));
  }
  return io;
}

async function filesAt(io: MemoryIo, version?: number): Promise<string[]> {
  const snapshot = await readSnapshot(io, version === undefined ? {} : { version });
  return [...snapshot.files.keys()].sort();
}

describe('parseCommit', () => {
  it('gives back what was serialised, digits and all', () => {
    const actions: Action[] = [
      { commitInfo: { operation: 'X', big: 9223372036854775807n } },
      { txn: { appId: 'a', version: 9007199254740993n } },
      add('f', 5),
    ];
    expect(parseCommit(serializeCommit(actions), 'x')).toEqual(actions);
  });

  it('never reads half a commit: every cut inside a line is an error', () => {
    const bytes = serializeCommit([add('f'), add('g')]);
    const ends = new Set([bytes.indexOf(10), bytes.indexOf(10) + 1, bytes.length - 1, bytes.length]);
    for (let length = 0; length <= bytes.length; length += 1) {
      if (ends.has(length)) continue;
      expect(() => parseCommit(bytes.slice(0, length), 'x')).toThrow(expect.objectContaining({ code: 'log-corrupt' }));
    }
  });

  it('refuses a line that is absurdly long, before it makes a text of it', () => {
    const bytes = new Uint8Array(64 * 1024 * 1024 + 1);
    expect(() => parseCommit(bytes, 'x')).toThrow('has a line of 67108865 bytes');
  });

  it('reads objects that are spread over lines or stand on one, when nothing is left over', () => {
    const pretty = [add('f'), add('g{"\\')].map((action) => JSON.stringify(action, null, 2));
    for (const text of [pretty.join('\n'), pretty.join(''), `\uFEFF${pretty.join('\n\n')}`]) {
      expect(parseCommit(new TextEncoder().encode(text), 'x')).toEqual([add('f'), add('g{"\\')]);
    }
    for (const rest of ['}', '{', '[', 'x', '"']) {
      expect(() => parseCommit(new TextEncoder().encode(`${pretty.join('\n')}\n${rest}`), 'x')).toThrow(
        expect.objectContaining({ code: 'log-corrupt' }),
      );
    }
  });

  it('loses no digit of a file either', () => {
    const action: Action = {
      add: {
        path: 'f',
        partitionValues: {},
        size: 1,
        modificationTime: 1,
        dataChange: true,
        baseRowId: 9007199254740993n,
      },
    };
    expect(parseCommit(serializeCommit([action]), 'x')).toEqual([action]);
  });

  it('reads a commit of many pieces of text as it reads a small one', () => {
    const actions = Array.from({ length: 3000 }, (_, i) => add(`${'ü'.repeat(i % 90)}-${i}`));
    expect(parseCommit(serializeCommit(actions), 'x')).toEqual(actions);
  });

  it('ignores actions and fields of the future, and null fields', () => {
    const text =
      '{"newAction":{"x":1}}\n{"add":{"path":"f","partitionValues":{"p":null},"size":1,"modificationTime":1,"dataChange":true,"stats":null,"new":[1]}}\n';
    expect(parseCommit(new TextEncoder().encode(text), 'x')).toEqual([
      { add: { path: 'f', partitionValues: { p: null }, size: 1, modificationTime: 1, dataChange: true, new: [1] } },
    ]);
  });

  it.each([
    '{"add":{"path":"f"}}',
    '{"add":{"path":"f","partitionValues":{"p":1},"size":1}}',
    '{"add":5}',
    '{"add":{"path":"f","partitionValues":{},"size":-1}}',
    '{"remove":{"size":1}}',
    '{"txn":{"appId":"a"}}',
    '{"protocol":{"minReaderVersion":"1","minWriterVersion":2}}',
    '{"add":{"path":"f","size":1},"remove":{"path":"g"}}',
    '[1]',
    'null',
    '{"add":{"path":"","partitionValues":{},"size":1}}',
    '{"add":{"path":"f","partitionValues":{},"size":1e400}}',
    '{"add":{"path":"f","partitionValues":{},"size":9007199254740993}}',
    '{"add":{"path":"f","partitionValues":{"__proto__":1},"size":1}}',
    '{"add":{"path":"f","partitionValues":[],"size":1}}',
    '{"add":{"path":"f","size":1,"tags":{"a":1}}}',
    `{"add":${'{"x":'.repeat(1000)}1${'}'.repeat(1000)}}`,
    '{"metaData":{"id":"x","configuration":{"a":null}}}',
    '{"add":{"path":"f","size":1,"deletionVector":{"storageType":"x","pathOrInlineDv":"a","sizeInBytes":1,"cardinality":1}}}',
  ])('refuses %s', (line) => {
    expect(() => parseCommit(new TextEncoder().encode(line), 'x')).toThrow(
      expect.objectContaining({ code: 'log-corrupt' }),
    );
  });

  it('refuses bytes that are no text', () => {
    expect(() => parseCommit(Uint8Array.of(0x7b, 0xff, 0x7d), 'x')).toThrow('not UTF-8');
  });
});

/** One commit: some files come, some go; a name may be spelt in two ways. */
const commit = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd e'), fc.constantFrom('add', 'remove'), fc.boolean()), {
    maxLength: 4,
  })
  .map((changes) => {
    const byName = new Map(
      changes.map(([name, kind, encoded]) => [name, { kind, path: encoded ? encodeURIComponent(name) : name }]),
    );
    return [...byName.values()].map(({ kind, path }) => (kind === 'add' ? add(path) : remove(path)));
  });

function modelOf(commits: readonly (readonly Action[])[]): string[] {
  const live = new Set<string>();
  for (const action of commits.flat()) {
    if ('add' in action) live.add(decodeURIComponent(action.add.path));
    if ('remove' in action) live.delete(decodeURIComponent(action.remove.path));
  }
  return [...live].sort();
}

describe('a snapshot', () => {
  it('holds the files that a naive replay holds, at every version, with checkpoints anywhere, from any base', async () => {
    const scenario = fc.record({
      commits: fc.array(commit, { minLength: 1, maxLength: 8 }),
      checkpoints: fc.array(fc.nat({ max: 7 }), { maxLength: 3 }),
      dropBelow: fc.nat({ max: 7 }),
      base: fc.nat({ max: 7 }),
      hint: fc.constantFrom('kept', 'gone', 'stale', 'broken'),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ commits, checkpoints, dropBelow, base, hint }) => {
        const io = logOf(commits);
        const last = commits.length - 1;
        const made = checkpoints.filter((v) => v <= last).sort((a, b) => a - b);
        for (const v of made) await writeCheckpoint(io, await readSnapshot(io, { version: v }));
        const from = made.findLast((v) => v <= dropBelow) ?? 0;
        const baseVersion = Math.max(from, Math.min(base, last));
        const baseSnapshot = await readSnapshot(io, { version: baseVersion });
        for (let v = 0; v < from; v += 1) io.objects.delete(commitPath(v));
        if (hint === 'gone') io.objects.delete(LAST_CHECKPOINT_PATH);
        if (hint === 'stale') io.write(LAST_CHECKPOINT_PATH, '{"version":99,"size":1}');
        if (hint === 'broken') io.write(LAST_CHECKPOINT_PATH, '{"vers');
        expect(await latestVersion(io)).toBe(last);
        for (let v = from; v <= last; v += 1) {
          expect(await filesAt(io, v)).toEqual(modelOf(commits.slice(0, v + 1)));
          const moved = await readSnapshot(io, { version: v, base: baseSnapshot });
          expect([...moved.files.keys()].sort()).toEqual(modelOf(commits.slice(0, v + 1)));
        }
        const newest = await readSnapshot(io, { base: baseSnapshot });
        expect([newest.version, newest.state]).toEqual([last, 'committed']);
      }),
      { numRuns: 300 },
    );
  });

  it('applies removes before adds within a commit, in whatever order they stand', async () => {
    expect(await filesAt(logOf([[add('a')], [add('a', 2), remove('a')]]))).toEqual(['a']);
  });

  it('knows one file under all its spellings', async () => {
    const io = logOf([
      [add('/x/a b'), add('c%20d')],
      [remove('file:///x/a%20b'), remove('c d')],
    ]);
    expect(await filesAt(io)).toEqual([]);
  });

  it('carries application versions and domains, through a checkpoint too', async () => {
    const io = logOf([
      [{ txn: { appId: 'a', version: 1 } }, { domainMetadata: { domain: 'x', configuration: '1', removed: false } }],
      [
        { txn: { appId: 'a', version: 9007199254740993n } },
        { domainMetadata: { domain: 'y', configuration: '2', removed: false } },
      ],
      [{ domainMetadata: { domain: 'x', configuration: '', removed: true } }],
    ]);
    for (const checkpoint of [false, true]) {
      const snapshot = await readSnapshot(io);
      expect(snapshot.txns.get('a')?.version).toBe(9007199254740993n);
      expect([...snapshot.domains]).toEqual([['y', '2']]);
      if (!checkpoint) await writeCheckpoint(io, snapshot);
    }
  });

  it('is refused when a version is missing after the checkpoint, not when one is missing before', async () => {
    const io = logOf([[add('a')], [add('b')], [add('c')], [add('d')]]);
    await writeCheckpoint(io, await readSnapshot(io, { version: 2 }));
    io.objects.delete(commitPath(1));
    io.objects.delete(commitPath(0));
    expect(await filesAt(io)).toEqual(['a', 'b', 'c', 'd']);
    await expect(readSnapshot(io, { version: 1 })).rejects.toMatchObject({ code: 'version-not-found' });
    await expect(readSnapshot(io, { version: 9 })).rejects.toMatchObject({ code: 'version-not-found' });
    io.write(commitPath(5), new TextDecoder().decode(serializeCommit([add('e')])));
    await expect(readSnapshot(io)).rejects.toMatchObject({ code: 'log-corrupt', context: { version: 4 } });
  });

  it('does not take a log for whole that has a version beyond all that can be counted', async () => {
    for (const name of ['99999999999999999999.json', '00009007199254740992.checkpoint.parquet']) {
      const io = logOf([[add('a')]]);
      await readSnapshot(io);
      const path = `_delta_log/${name}`;
      io.write(path, '{}');
      await expect(readSnapshot(io)).rejects.toMatchObject({ code: 'log-corrupt', context: { path } });
    }
  });

  it('does not pass over a version that is missing after the one it goes on from', async () => {
    const io = logOf([[add('a')], [add('b')], [add('c')]]);
    const base = await readSnapshot(io, { version: 0 });
    io.objects.delete(commitPath(1));
    await expect(readSnapshot(io, { base })).rejects.toMatchObject({ code: 'log-corrupt' });
  });

  it('needs a protocol and metadata, and a log', async () => {
    const io = new MemoryIo();
    await expect(readSnapshot(io)).rejects.toMatchObject({ code: 'table-not-found' });
    expect(await latestVersion(io)).toBeUndefined();
    expect(await readHistory(io)).toEqual([]);
    for (const part of head) {
      io.write(commitPath(0), `${serializeJson(part)}\n`);
      await expect(readSnapshot(io)).rejects.toMatchObject({ code: 'log-corrupt' });
    }
  });

  it.each([
    [[add('a'), add('a', 2)]],
    [[add('a'), add('%61')]],
    [[head[0] ?? add('x'), head[0] ?? add('x')]],
    [[{ txn: { appId: 'a', version: 1 } }, { txn: { appId: 'a', version: 2 } }]],
  ])('is refused when a commit contradicts itself', async (actions) => {
    await expect(readSnapshot(logOf([[], actions]))).rejects.toMatchObject({ code: 'log-corrupt' });
  });

  it('keeps files apart by their deletion vectors, which the protocol must allow', async () => {
    const vector = (pathOrInlineDv: string): DeletionVector => ({
      storageType: 'u',
      pathOrInlineDv,
      sizeInBytes: 1,
      cardinality: 1,
    });
    const withVector = (dv: DeletionVector): Action => ({
      add: {
        path: 'a',
        partitionValues: {},
        size: 1,
        modificationTime: 1,
        dataChange: true,
        stats: '{"numRecords":2}',
        deletionVector: dv,
      },
    });
    const protocol: Action = {
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['deletionVectors'],
        writerFeatures: ['deletionVectors'],
      },
    };
    const [first, second] = [vector('1'), vector('2')];
    const commits: Action[][] = [
      [add('a')],
      [protocol, remove('a'), withVector(first)],
      [
        { remove: { path: 'a', deletionTimestamp: 1_700_000_000_000, dataChange: true, deletionVector: first } },
        withVector(second),
      ],
    ];
    const io = logOf(commits);
    for (const checkpoint of [false, true]) {
      const snapshot = await readSnapshot(io);
      expect([...snapshot.files.values()].map(({ deletionVector }) => deletionVector)).toEqual([second]);
      expect([...snapshot.tombstones.keys()].map((key) => key.split('\u0000'))).toEqual([['a'], ['a', 'u1']]);
      if (!checkpoint) await writeCheckpoint(io, snapshot);
    }
    // Two files of one path in one commit would be read twice by some and once by others.
    await expect(readSnapshot(logOf([...commits, [withVector(first), add('a')]]))).rejects.toMatchObject({
      code: 'log-corrupt',
    });
    await expect(readSnapshot(logOf([[withVector(first)]]))).rejects.toThrow('does not allow');
  });

  it('looks again when a folder that changes shows a commit and not the one before', async () => {
    const io = logOf([[add('a')], [add('b')], [add('c')]]);
    const hidden = io.objects.get(commitPath(1));
    io.objects.delete(commitPath(1));
    let lists = 0;
    io.before = (call) => {
      if (call === 'list' && (lists += 1) === 2 && hidden !== undefined) io.objects.set(commitPath(1), hidden);
    };
    expect(await filesAt(io)).toEqual(['a', 'b', 'c']);
  });
});

describe('checkpoints', () => {
  it('with a part missing are passed over, whole ones of several parts are read', async () => {
    const io = logOf([[add('a')], [add('b')]]);
    const part = (i: number): string =>
      `_delta_log/${versionPrefix(1)}.checkpoint.${String(i).padStart(10, '0')}.0000000002.parquet`;
    io.write(part(1), head.map(serializeJson).join('\n'));
    expect(await filesAt(io)).toEqual(['a', 'b']);
    io.write(part(2), [add('from-checkpoint')].map(serializeJson).join('\n'));
    expect(await filesAt(io)).toEqual(['from-checkpoint']);
  });

  it('that cannot be read are passed over when the log goes back further', async () => {
    const io = logOf([[add('a')], [add('b')], [remove('a')]]);
    await writeCheckpoint(io, await readSnapshot(io, { version: 0 }));
    await writeCheckpoint(io, await readSnapshot(io, { version: 2 }));
    io.write(checkpointPath(2), 'not a checkpoint');
    expect(await filesAt(io)).toEqual(['b']);
    io.objects.delete(commitPath(1));
    await expect(readSnapshot(io)).rejects.toMatchObject({ code: 'log-corrupt', cause: expect.any(SyntaxError) });
  });

  it('hold removes only as long as they are kept, and no statistics of them', async () => {
    const io = logOf([
      [add('a'), add('b')],
      [
        {
          remove: { path: 'a', deletionTimestamp: 1_700_000_000_000, dataChange: true, stats: '{}', tags: { x: 'y' } },
        },
      ],
    ]);
    const snapshot = await readSnapshot(io);
    await writeCheckpoint(io, snapshot);
    expect((await io.checkpoints.read(checkpointPath(1))).slice(2)).toEqual([
      { remove: { path: 'a', deletionTimestamp: 1_700_000_000_000, dataChange: false } },
      { add: { path: 'b', partitionValues: {}, size: 1, modificationTime: 1, dataChange: false } },
    ]);
    expect([...(await readSnapshot(io)).tombstones.keys()]).toEqual(['a']);
    io.nowMs += 8 * 86_400_000;
    await writeCheckpoint(io, snapshot);
    expect((await io.checkpoints.read(checkpointPath(1))).slice(2)).toHaveLength(1);
    const hint = JSON.parse(new TextDecoder().decode(await io.store.get(LAST_CHECKPOINT_PATH)));
    expect(hint).toMatchObject({ version: 1, size: 3, numOfAddFiles: 1 });
  });
});

describe('cleanUpLog', () => {
  const day = 86_400_000;
  async function tenDays(): Promise<MemoryIo> {
    const io = logOf(Array.from({ length: 10 }, (_, i) => [add(`f${i}`)]));
    for (const v of [3, 6, 9]) await writeCheckpoint(io, await readSnapshot(io, { version: v }));
    for (let v = 0; v < 10; v += 1) {
      const object = io.objects.get(commitPath(v));
      if (object !== undefined) io.objects.set(commitPath(v), { ...object, modifiedMs: io.nowMs + v * day });
    }
    return io;
  }

  it('keeps the newest checkpoint before the retention, its commit, and all after it', async () => {
    const io = await tenDays();
    io.write(`_delta_log/${versionPrefix(2)}.crc`, '');
    io.write('_delta_log/unknown', '');
    io.nowMs += 37.5 * day;
    const deleted = await cleanUpLog(io, await readSnapshot(io));
    expect(deleted).toHaveLength(6 + 1 + 1);
    expect([...io.objects.keys()].sort()).toEqual([
      ...[checkpointPath(6), commitPath(6), commitPath(7), commitPath(8), checkpointPath(9), commitPath(9)].sort(),
      '_delta_log/_last_checkpoint',
      '_delta_log/unknown',
    ]);
    for (const v of [6, 7, 8, 9]) expect(await filesAt(io, v)).toHaveLength(v + 1);
    await expect(readSnapshot(io, { version: 5 })).rejects.toMatchObject({ code: 'version-not-found' });
  });

  it('deletes nothing before there is an old checkpoint, or when the table says so', async () => {
    const io = await tenDays();
    io.nowMs += 32.5 * day;
    expect(await cleanUpLog(io, await readSnapshot(io))).toEqual([]);
    io.nowMs += 30 * day;
    const snapshot = await readSnapshot(io);
    const configuration = { 'delta.enableExpiredLogCleanup': 'false' };
    expect(await cleanUpLog(io, { ...snapshot, metadata: { ...snapshot.metadata, configuration } })).toEqual([]);
    const longer = { 'delta.logRetentionDuration': 'interval 12 weeks' };
    expect(await cleanUpLog(io, { ...snapshot, metadata: { ...snapshot.metadata, configuration: longer } })).toEqual(
      [],
    );
  });

  it('leaves a readable table wherever it stops', async () => {
    for (let stop = 1; stop <= 12; stop += 1) {
      const io = await tenDays();
      io.nowMs += 60 * day;
      let deletes = 0;
      io.before = (call) => {
        if (call === 'delete' && (deletes += 1) === stop) throw new Error('stop');
      };
      const snapshot = await readSnapshot(io);
      await cleanUpLog(io, snapshot).catch((error: unknown) => expect(String(error)).toContain('stop'));
      io.before = undefined;
      expect(await filesAt(io)).toHaveLength(10);
    }
  });
});
