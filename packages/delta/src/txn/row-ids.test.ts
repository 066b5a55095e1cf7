import { describe, expect, it } from 'vitest';
import type { Action } from '../actions.ts';
import { checkLog } from '../check/log.ts';
import { writeCheckpoint } from '../log/checkpoint.ts';
import { parseCommit } from '../log/commit-file.ts';
import { commitPath } from '../log/names.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { stageChange } from './change.ts';
import { stageClone } from './clone.ts';
import { commitStaged } from './commit.ts';
import { stageCreate } from './create.ts';
import type { NewFile } from './details.ts';
import { stageDowngrade } from './downgrade.ts';
import { dropStaged } from './drop.ts';
import { stageRestore } from './restore.ts';
import { stageRewrite } from './rewrite.ts';
import { stageAppend, stageOverwrite } from './write.ts';

const details = { nowMs: 1, engineInfo: 'test', keeps: ['rowTracking'] };
const columns = [{ name: 'id', type: 'long' as const }];
const on = { 'delta.enableRowTracking': 'true' };
const vectors = { 'delta.enableDeletionVectors': 'true' };
const ROW_ID = 'delta.rowTracking.materializedRowIdColumnName';
const vector = { storageType: 'i' as const, pathOrInlineDv: '00000', sizeInBytes: 4, cardinality: 1 };

function file(path: string, rows: number): NewFile {
  return { path, sizeBytes: rows, modifiedMs: 1, rows, stats: `{"numRecords":${rows}}` };
}

async function newTable(configuration: Record<string, string> = on, files: readonly NewFile[] = []): Promise<MemoryIo> {
  const io = new MemoryIo();
  await commitStaged(io, stageCreate({ ...details, columns, configuration, files }));
  return io;
}

async function commit(io: MemoryIo, stage: (base: Snapshot) => StagedCommit | undefined): Promise<Snapshot> {
  const staged = stage(await readSnapshot(io));
  if (staged === undefined) throw new Error('Nothing was staged.');
  expect(await commitStaged(io, staged)).toMatchObject({ kind: 'committed' });
  return await readSnapshot(io);
}

const append = (io: MemoryIo, ...files: readonly NewFile[]): Promise<Snapshot> =>
  commit(io, (base) => stageAppend(base, { ...details, files }));
const set = (io: MemoryIo, configuration: Record<string, string | null>): Promise<Snapshot> =>
  commit(io, (base) => stageChange(base, { ...details, operation: 'SET TBLPROPERTIES', change: { configuration } }));

/** [first id, version] of each file by its path. */
function idsOf({ files }: Snapshot): Record<string, unknown> {
  return Object.fromEntries(
    [...files.values()].map(({ path, baseRowId, defaultRowCommitVersion }) => [
      path,
      [baseRowId, defaultRowCommitVersion],
    ]),
  );
}

const markOf = (snapshot: Snapshot): string | undefined => snapshot.domains.get('delta.rowTracking');
const actionsOf = (io: MemoryIo, version: number): Action[] =>
  parseCommit(io.objects.get(commitPath(version))?.bytes ?? new Uint8Array(), commitPath(version));

describe('ids of rows', () => {
  it('are given to new files, beyond all that were given before', async () => {
    const io = await newTable(on, [file('a', 3)]);
    await append(io, file('b', 2), file('empty', 0), file('c', 1));
    await commit(io, (base) => stageOverwrite(base, { ...details, files: [file('d', 4)], replaced: new Set(['a']) }));
    const snapshot = await append(io);
    expect(idsOf(snapshot)).toEqual({ b: [3, 1], empty: [5, 1], c: [5, 1], d: [6, 2] });
    expect(markOf(snapshot)).toBe('{"rowIdHighWaterMark":9}');
    expect(snapshot.protocol.writerFeatures).toEqual(['appendOnly', 'invariants', 'rowTracking', 'domainMetadata']);
    expect(snapshot.metadata.configuration[ROW_ID]).toMatch(/^_row-id-col-[0-9a-f-]{36}$/);
    expect(actionsOf(io, 2).find((action) => 'remove' in action)).toMatchObject({
      remove: { path: 'a', baseRowId: 0, defaultRowCommitVersion: 0 },
    });
    expect(snapshot.commitInfo?.['tags']).toEqual({ 'delta.rowTracking.preserved': 'true' });
    // No new rows, no new mark.
    expect(actionsOf(io, 3).some((action) => 'domainMetadata' in action)).toBe(false);
    expect(await checkLog(io)).toEqual([]);
  });

  it('come after those that others gave meanwhile, and tell the version that it became', async () => {
    const io = await newTable({ ...on, ...vectors }, [file('old', 10)]);
    const base = await readSnapshot(io);
    const ours = stageRewrite(base, {
      ...details,
      operation: 'UPDATE',
      replaced: new Set(),
      files: [file('ours', 2), file('more', 1)],
      vectors: new Map([['old', vector]]),
      predicate: { kind: 'compare', column: ['id'], operator: '=', value: 1 },
    });
    const late = stageAppend(base, { ...details, files: [file('late', 1)] });
    await append(io, file('theirs', 5));
    await append(io);
    expect(await commitStaged(io, ours)).toMatchObject({ kind: 'committed', version: 3 });
    expect(await commitStaged(io, late, { base })).toMatchObject({ kind: 'committed', version: 4, rebasedOver: 3 });
    const snapshot = await readSnapshot(io);
    expect(idsOf(snapshot)).toEqual({
      old: [0, 0],
      theirs: [10, 1],
      ours: [15, 3],
      more: [17, 3],
      late: [18, 4],
    });
    expect(markOf(snapshot)).toBe('{"rowIdHighWaterMark":18}');
    expect(await checkLog(io)).toEqual([]);
  });

  it('are exact beyond what a number holds, and come to an end', async () => {
    const io = await newTable();
    const mark = (value: string): Promise<Snapshot> =>
      commit(io, (base) =>
        stageAppend(base, {
          ...details,
          files: [],
          domains: { set: { 'delta.rowTracking': `{"rowIdHighWaterMark":${value}}` } },
        }),
      );
    await mark('9007199254740993');
    const snapshot = await append(io, file('a', 2));
    expect(idsOf(snapshot)).toEqual({ a: [9007199254740994n, 2] });
    expect(markOf(await append(io, file('b', 1)))).toBe('{"rowIdHighWaterMark":9007199254740996}');
    expect([...(await readSnapshot(io)).files.values()].map(({ baseRowId }) => String(baseRowId))).toEqual([
      '9007199254740994',
      '9007199254740996',
    ]);
    await mark('9223372036854775806');
    await expect(append(io, file('c', 2))).rejects.toThrow('no ids left');
    await append(io, file('c', 1));
  });

  it('need the number of rows', async () => {
    const io = await newTable();
    const unknown = { path: 'a', sizeBytes: 1, modifiedMs: 1 };
    await expect(append(io, unknown)).rejects.toThrow('do not tell how many');
    await expect(append(io, { ...unknown, stats: '{"numRecords":-1}' })).rejects.toThrow('do not tell how many');
  });

  it('are given where the feature is only supported, and not while that is suspended', async () => {
    const io = await newTable({ 'delta.feature.rowTracking': 'supported', ...vectors }, [file('a', 1)]);
    expect((await readSnapshot(io)).commitInfo?.['tags']).toBeUndefined();
    await set(io, { 'delta.rowTrackingSuspended': 'true' });
    await append(io, file('b', 1));
    const suspended = await commit(io, (base) =>
      stageRewrite(base, {
        ...details,
        operation: 'DELETE',
        replaced: new Set(),
        files: [],
        vectors: new Map([['a', vector]]),
      }),
    );
    expect(idsOf(suspended)).toEqual({ a: [undefined, undefined], b: [undefined, undefined] });
    const restored = await commit(io, (base) =>
      stageRestore(base, { ...base, files: new Map(), domains: new Map() }, details),
    );
    expect(markOf(restored)).toBe('{"rowIdHighWaterMark":0}');
    await commit(io, (base) => stageRestore(base, suspended, details));
    await expect(set(io, on)).rejects.toThrow('delta.rowTrackingSuspended');
    const kept = await set(io, { ...on, 'delta.rowTrackingSuspended': null });
    expect(idsOf(kept)).toEqual({ b: [1, 6], a: [2, 6] });
    expect(await checkLog(io)).toEqual([]);
  });
});

describe('a table that begins to keep who its rows are', () => {
  it('gives ids to all rows in the same commit, which changes none', async () => {
    const io = await newTable({}, [file('a', 3)]);
    await append(io, file('b', 2));
    const snapshot = await set(io, on);
    expect(idsOf(snapshot)).toEqual({ a: [0, 2], b: [3, 2] });
    expect(actionsOf(io, 2).every((action) => !('add' in action) || !action.add.dataChange)).toBe(true);
    expect(markOf(await append(io, file('c', 1)))).toBe('{"rowIdHighWaterMark":5}');
    expect(await checkLog(io)).toEqual([]);
  });

  it('leaves its files alone when somebody was faster', async () => {
    const io = await newTable({}, [file('a', 3)]);
    io.write('a', 'rows');
    const base = await readSnapshot(io);
    const staged = stageChange(base, { ...details, operation: 'SET TBLPROPERTIES', change: { configuration: on } });
    const other = stageAppend(base, { ...details, files: [file('x', 1)] });
    await append(io, file('b', 2));
    if (staged === undefined) throw new Error('Nothing was staged.');
    expect(await commitStaged(io, staged)).toMatchObject({ kind: 'conflict', reason: 'concurrent-append' });
    expect(await dropStaged(io, staged)).toBe('dropped');
    expect(io.objects.has('a')).toBe(true);
    await set(io, on);
    expect(await commitStaged(io, other)).toMatchObject({ kind: 'conflict', reason: 'protocol-changed' });
  });

  it('keeps the names of its columns, whatever is asked for', async () => {
    const io = await newTable();
    const name = (await readSnapshot(io)).metadata.configuration[ROW_ID];
    for (const value of [null, 'mine']) await expect(set(io, { [ROW_ID]: value })).rejects.toThrow('cannot be set');
    const off = await set(io, { 'delta.enableRowTracking': 'false', 'my.own': 'x' });
    expect([off.metadata.configuration[ROW_ID], (await set(io, on)).metadata.configuration[ROW_ID]]).toEqual([
      name,
      name,
    ]);
    await expect(
      commit(io, (base) =>
        stageAppend(base, {
          ...details,
          files: [],
          change: { columns: [...columns, { name: name ?? '', type: 'long' }] },
        }),
      ),
    ).rejects.toThrow(expect.objectContaining({ code: 'invalid-schema' }));
  });

  it('stops when the feature is taken away, and may begin anew', async () => {
    const io = await newTable(on, [file('a', 3)]);
    io.write('a', 'rows');
    const lost = stageDowngrade(await readSnapshot(io), 'rowTracking', details);
    await append(io, file('b', 1));
    expect(await commitStaged(io, lost)).toMatchObject({ kind: 'conflict' });
    await dropStaged(io, lost);
    expect(io.objects.has('a')).toBe(true);
    const without = await commit(io, (base) => stageDowngrade(base, 'rowTracking', details));
    expect(idsOf(without)).toEqual({ a: [undefined, undefined], b: [undefined, undefined] });
    expect(without.protocol.writerFeatures).toEqual(['appendOnly', 'invariants', 'domainMetadata']);
    expect(Object.keys(without.metadata.configuration)).toEqual(['lakesmith.maxFieldId']);
    expect([...without.domains]).toEqual([]);
    await append(io, file('c', 1));
    expect(idsOf(await set(io, on))).toEqual({ a: [0, 4], b: [3, 4], c: [4, 4] });
    // Rows of before have ids that were given again since.
    const restored = await commit(io, (base) => stageRestore(base, { ...base, files: new Map() }, details));
    expect(idsOf(restored)).toEqual({});
    const old = await readSnapshot(io, { version: 1 });
    expect(idsOf(await commit(io, (base) => stageRestore(base, old, details)))).toEqual({ a: [0, 0], b: [3, 1] });
    expect(await checkLog(io)).toEqual([]);
  });
});

describe('an older version that comes back', () => {
  it('brings its ids, and none is given twice', async () => {
    const io = await newTable(on, [file('a', 3), file('b', 3)]);
    const old = await readSnapshot(io);
    await commit(io, (base) => stageOverwrite(base, { ...details, files: [file('c', 4)], replaced: new Set(['a']) }));
    const snapshot = await commit(io, (base) => stageRestore(base, old, details));
    expect(idsOf(snapshot)).toEqual({ a: [0, 0], b: [3, 0] });
    expect(markOf(snapshot)).toBe('{"rowIdHighWaterMark":9}');
    expect(idsOf(await append(io, file('d', 1)))).toMatchObject({ d: [10, 3] });
    expect(await checkLog(io)).toEqual([]);
  });

  it('gets ids where it had none, or others where they were given anew since', async () => {
    const io = await newTable({}, [file('a', 3), file('b', 3)]);
    await commit(io, (base) => stageOverwrite(base, { ...details, files: [file('c', 1)], replaced: new Set(['a']) }));
    await set(io, on);
    const tracked = await readSnapshot(io);
    expect(idsOf(tracked)).toEqual({ b: [0, 2], c: [3, 2] });
    const before = await readSnapshot(io, { version: 0 });
    expect(idsOf(await commit(io, (base) => stageRestore(base, before, details)))).toEqual({ a: [4, 3], b: [0, 2] });
    expect(await checkLog(io)).toEqual([]);
    const again = await newTable(on, [file('a', 3), file('b', 3)]);
    await commit(again, (base) => stageDowngrade(base, 'rowTracking', details));
    await commit(again, (base) =>
      stageOverwrite(base, { ...details, files: [file('c', 1)], replaced: new Set(['a']) }),
    );
    expect(idsOf(await set(again, on))).toEqual({ b: [0, 3], c: [3, 3] });
    const first = await readSnapshot(again, { version: 0 });
    expect(idsOf(await commit(again, (base) => stageRestore(base, first, details)))).toEqual({ a: [6, 4], b: [0, 3] });
    expect(await checkLog(again)).toEqual([]);
  });
});

describe('a clone', () => {
  it('has rows of its own', async () => {
    const io = await newTable(on, [file('a', 3)]);
    await commit(io, (base) => stageOverwrite(base, { ...details, files: [file('b', 4)] }));
    const source = await readSnapshot(io);
    const clone = new MemoryIo();
    await commitStaged(clone, stageClone(source, '/elsewhere', details));
    const { metadata, files, domains } = await readSnapshot(clone);
    expect([...files.values()]).toMatchObject([{ baseRowId: 0, defaultRowCommitVersion: 0 }]);
    expect(domains.get('delta.rowTracking')).toBe('{"rowIdHighWaterMark":3}');
    expect(metadata.configuration[ROW_ID]).not.toBe(source.metadata.configuration[ROW_ID]);
    expect(metadata.configuration[ROW_ID]).toMatch(/^_row-id-col-/);
  });
});

describe('checkLog', () => {
  it('finds ids that are missing, twice, too high or from later, and checkpoints without them', async () => {
    const add = (path: string, more: object): string =>
      `${JSON.stringify({ add: { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, stats: '{"numRecords":5}', ...more } })}\n`;
    const broken = async (...lines: readonly string[]): Promise<string[]> => {
      const io = await newTable(on, [file('a', 5)]);
      io.write(commitPath(1), lines.join(''));
      return (await checkLog(io)).map(({ rule }) => rule);
    };
    const mark = `${JSON.stringify({ domainMetadata: { domain: 'delta.rowTracking', configuration: '{"rowIdHighWaterMark":20}', removed: false } })}\n`;
    expect(await broken(mark, add('b', { baseRowId: 5, defaultRowCommitVersion: 1 }))).toEqual([]);
    expect(await broken(add('b', {}))).toEqual(['row-id-missing']);
    expect(await broken(mark, add('b', { baseRowId: 5 }))).toEqual(['row-id-missing']);
    expect(await broken(mark, add('b', { baseRowId: 5, defaultRowCommitVersion: 2 }))).toEqual(['row-version']);
    expect(await broken(mark, add('b', { baseRowId: 4, defaultRowCommitVersion: 1 }))).toEqual(['row-id-twice']);
    expect(await broken(add('b', { baseRowId: 5, defaultRowCommitVersion: 1 }))).toEqual(['row-id-mark']);
    const io = await newTable(on, [file('a', 5)]);
    const snapshot = await readSnapshot(io);
    await writeCheckpoint(io, snapshot);
    expect(await checkLog(io)).toEqual([]);
    const files = new Map([...snapshot.files].map(([key, { baseRowId: _, ...rest }]) => [key, rest]));
    await writeCheckpoint(io, { ...snapshot, files });
    expect((await checkLog(io)).map(({ rule }) => rule)).toEqual(['checkpoint-differs']);
  });
});
