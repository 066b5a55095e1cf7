import { describe, expect, it } from 'vitest';
import { commitPath } from '../log/names.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { encodeZ85 } from '../dv/z85.ts';
import { encodeRowSet } from '../testing/row-set-encoder.ts';
import type { DataType, StructField } from '../types.ts';
import type { ChangedFile } from './commit-changes.ts';
import { planChanges } from './plan.ts';

const ON = { 'delta.enableChangeDataFeed': 'true' };

function column(name: string, type: DataType = 'long', more: Partial<StructField> = {}): StructField {
  return { name, type, nullable: true, metadata: {}, ...more };
}

function metaData(
  configuration: Record<string, string> = ON,
  fields: StructField[] = [column('id'), column('p', 'string')],
  partitionColumns = ['p'],
): object {
  const schemaString = JSON.stringify({ type: 'struct', fields });
  return {
    metaData: { id: 'x', format: { provider: 'parquet', options: {} }, schemaString, partitionColumns, configuration },
  };
}

function vector(rows: number[]): object {
  const bytes = encodeRowSet(rows);
  return { storageType: 'i', pathOrInlineDv: encodeZ85(bytes), sizeInBytes: bytes.length, cardinality: rows.length };
}

function file(path: string, rows: number[] = [], more: object = {}): object {
  const stats = '{"numRecords":10}';
  const deletionVector = rows.length === 0 ? {} : { deletionVector: vector(rows) };
  return {
    path,
    partitionValues: { p: 'a' },
    size: 7,
    modificationTime: 1,
    dataChange: true,
    stats,
    ...deletionVector,
    ...more,
  };
}

const protocol = {
  protocol: {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ['deletionVectors', 'columnMapping'],
    writerFeatures: ['deletionVectors', 'columnMapping', 'changeDataFeed'],
  },
};

/** A table whose commits are these; version n was made in second n+1. */
function tableOf(...commits: object[][]): MemoryIo {
  const io = new MemoryIo();
  for (const [version, actions] of commits.entries()) {
    const info = { commitInfo: { timestamp: (version + 1) * 1000, operation: 'TEST' } };
    const lines = actions.some((action) => 'commitInfo' in action) ? actions : [info, ...actions];
    io.write(commitPath(version), lines.map((action) => JSON.stringify(action)).join('\n'));
  }
  return io;
}

function shown({ kind, path, rows }: ChangedFile): string {
  return `${kind} ${path} ${rows.kind}${rows.kind === 'all' ? '' : ` ${[...rows.set.rows()].join()}`}`;
}

async function changes(
  io: MemoryIo,
  range: Parameters<typeof planChanges>[1] = { from: 0 },
): Promise<Record<number, string[]>> {
  const { versions } = await planChanges(io, range);
  return Object.fromEntries(versions.map(({ version, files }) => [version, files.map(shown)]));
}

const empty = [protocol, metaData()];

describe('planChanges', () => {
  it('takes change files alone where there are any, else the files added and removed with a change of data', async () => {
    const io = tableOf(
      [...empty, { add: file('f1') }],
      [
        { cdc: { path: '_change_data/c', partitionValues: { p: '' }, size: 3, dataChange: false } },
        { add: file('f2') },
        { remove: file('f1') },
      ],
      [
        { add: file('f3', [1, 2]) },
        { remove: file('f2', [], { dataChange: false }) },
        { add: file('f4', [], { dataChange: false }) },
      ],
      [{ remove: file('f3', [1, 2]) }],
    );
    expect(await changes(io)).toEqual({
      0: ['insert f1 all'],
      1: ['cdc _change_data/c all'],
      2: ['insert f3 without 1,2'],
      3: ['delete f3 without 1,2'],
    });
    const plan = await planChanges(io, { from: 1, to: 2 });
    expect(plan.versions.map(({ version, timestampMs }) => [version, timestampMs])).toEqual([
      [1, 2000],
      [2, 3000],
    ]);
    expect(plan.versions[0]?.files[0]).toMatchObject({ partitionValues: { p: null }, sizeBytes: 3 });
    expect(plan.versions[1]?.files[0]?.partitionValues).toEqual({ p: 'a' });
    expect(plan.snapshot.version).toBe(2);
    expect(plan.columns.fields.map(({ name }) => name)).toEqual(['id', 'p']);
  });

  it('takes the difference of deletion vectors of a file that stays', async () => {
    const io = tableOf(
      [...empty, { add: file('f') }],
      [{ remove: file('f') }, { add: file('f', [1, 2, 3]) }],
      [{ add: file('f', [2, 5]) }, { remove: file('f', [1, 2, 3]) }],
      [{ add: file('f') }, { remove: file('f', [2, 5]) }],
      [{ add: file('f', [], { modificationTime: 2 }) }, { remove: file('f') }],
    );
    expect(await changes(io)).toEqual({
      0: ['insert f all'],
      1: ['delete f only 1,2,3'],
      2: ['delete f only 5', 'insert f only 1,3'],
      3: ['insert f only 2,5'],
      4: [],
    });
  });

  it('leaves out a merge that changed nothing', async () => {
    const metrics = { numTargetRowsInserted: '0', numTargetRowsUpdated: '0', numTargetRowsDeleted: '0' };
    const merge = (operationMetrics: object): object => ({
      commitInfo: { timestamp: 5, operation: 'MERGE', operationMetrics },
    });
    const rewrite = [{ remove: file('f') }, { add: file('g') }];
    const io = tableOf([...empty, { add: file('f') }], [merge(metrics), ...rewrite]);
    expect((await changes(io))[1]).toEqual([]);
    const some = tableOf(
      [...empty, { add: file('f') }],
      [merge({ ...metrics, numTargetRowsDeleted: '1' }), ...rewrite],
    );
    expect((await changes(some))[1]).toEqual(['delete f all', 'insert g all']);
  });

  it('finds partition values that a remove does not repeat in the version before', async () => {
    const bare = { path: 'f', dataChange: true };
    const io = tableOf([...empty, { add: file('f') }], [{ remove: bare }]);
    const [, second] = (await planChanges(io, { from: 0 })).versions;
    expect(second?.files[0]).toMatchObject({ kind: 'delete', partitionValues: { p: 'a' }, sizeBytes: undefined });
    const lost = tableOf(empty, [{ remove: bare }]);
    await expect(planChanges(lost, { from: 1 })).rejects.toMatchObject({ code: 'log-corrupt' });
  });

  it('refuses a range in which the feed was off at some version', async () => {
    const io = tableOf(
      [protocol, metaData({})],
      [metaData()],
      [metaData({ 'delta.enableChangeDataFeed': 'false' })],
      [metaData()],
    );
    for (const [from, to, version] of [
      [0, 1, 0],
      [1, 2, 2],
      [1, 3, 2],
    ] as const) {
      await expect(planChanges(io, { from, to })).rejects.toMatchObject({
        code: 'changes-unavailable',
        context: { version },
      });
    }
    expect(await changes(io, { from: 1, to: 1 })).toEqual({ 1: [] });
    expect(await changes(io, { from: 3 })).toEqual({ 3: [] });
  });

  it('resolves versions and times, and refuses what is not there', async () => {
    const io = tableOf(empty, [], [], []);
    const range = async (
      from: number | { timestampMs: number },
      to?: number | { timestampMs: number },
    ): Promise<string> => Object.keys(await changes(io, { from, ...(to === undefined ? {} : { to }) })).join();
    expect(await range(1, 2)).toBe('1,2');
    expect(await range({ timestampMs: 2000 }, { timestampMs: 3999 })).toBe('1,2');
    expect(await range({ timestampMs: 2000.5 })).toBe('2,3');
    expect(await range({ timestampMs: 0 }, 0)).toBe('0');
    await expect(range(2, 1)).rejects.toMatchObject({ code: 'invalid-value' });
    await expect(range(-1)).rejects.toMatchObject({ code: 'invalid-value' });
    await expect(range(0.5)).rejects.toMatchObject({ code: 'invalid-value' });
    for (const from of [4, { timestampMs: 4001 }])
      await expect(range(from)).rejects.toMatchObject({ code: 'version-not-found' });
    await expect(range(0, 4)).rejects.toMatchObject({ code: 'version-not-found' });
    await expect(planChanges(new MemoryIo(), { from: 0 })).rejects.toMatchObject({ code: 'table-not-found' });
    io.objects.delete(commitPath(0));
    await expect(range(0)).rejects.toThrow('the earliest commit that is there is 1');
  });

  it('reads older versions with the columns of the end when they fit', async () => {
    const wide = [column('id', 'decimal(20,0)'), column('p', 'string'), column('more')];
    const io = tableOf(
      [protocol, metaData(ON, [column('id', 'integer', { nullable: false }), column('p', 'string')])],
      [metaData(ON, wide)],
    );
    expect(await changes(io)).toEqual({ 0: [], 1: [] });
  });

  it.each<[string, StructField[], string[]?]>([
    ['was dropped', [column('p', 'string')]],
    ['has another type', [column('id', 'string'), column('p', 'string')]],
    ['has a narrower type', [column('id', 'integer'), column('p', 'string')]],
    ['became NOT NULL', [column('id', 'long', { nullable: false }), column('p', 'string')]],
    ['came with NOT NULL', [column('id'), column('p', 'string'), column('q', 'long', { nullable: false })]],
    ['is partitioned by no more', [column('id'), column('p', 'string')], []],
  ])('refuses a version one of whose columns %s at the end', async (_, fields, partitionColumns = ['p']) => {
    const io = tableOf(empty, [metaData(ON, fields, partitionColumns)]);
    await expect(planChanges(io, { from: 0 })).rejects.toMatchObject({
      code: 'changes-unavailable',
      context: { version: 0 },
    });
    expect(await changes(io, { from: 1 })).toEqual({ 1: [] });
  });

  it('tells columns of one name apart by where they are stored', async () => {
    const mapped = (physicalName: string): StructField =>
      column('id', 'long', {
        metadata: { 'delta.columnMapping.physicalName': physicalName, 'delta.columnMapping.id': 1 },
      });
    const p = column('p', 'string', {
      metadata: { 'delta.columnMapping.physicalName': 'p', 'delta.columnMapping.id': 2 },
    });
    const named = { ...ON, 'delta.columnMapping.mode': 'name' };
    const upgraded = tableOf(empty, [metaData(named, [mapped('id'), p])]);
    expect(await changes(upgraded)).toEqual({ 0: [], 1: [] });
    const replaced = tableOf([protocol, metaData(named, [mapped('x'), p])], [metaData(named, [mapped('y'), p])]);
    await expect(planChanges(replaced, { from: 0 })).rejects.toMatchObject({
      code: 'changes-unavailable',
      context: { version: 0, column: 'id' },
    });
  });

  it('refuses a commit that says two things of one file', async () => {
    const io = tableOf([...empty, { add: file('f', [1]) }], [{ remove: file('f', [1]) }, { remove: file('f', [2]) }]);
    await expect(planChanges(io, { from: 1 })).rejects.toMatchObject({ code: 'log-corrupt' });
  });
});
