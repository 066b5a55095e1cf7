import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { cloneTable } from './clone-table.ts';
import { convertFolder } from './convert-folder.ts';
import { CommitLine } from './commit-line.ts';
import type { DeltaTable } from './delta-table.ts';
import { downgradeTable } from './downgrade-table.ts';
import { alterTable } from './alter-table.ts';
import { changeRows } from './rewrite-table.ts';
import { TableBench } from './table-bench.test-suite.ts';
import { createTable } from './write-table.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

async function parquet(table: DeltaTable, path: string, sql: string): Promise<void> {
  const file = table.locate(path);
  await mkdir(dirname(file), { recursive: true });
  await bench.engine.export({ sql, relations: [], timezone: 'UTC', file, format: 'parquet' });
}

describe('convertFolder', () => {
  it('makes a table of files that stay as they are', async () => {
    const table = await bench.newFolder();
    const rows = (id: number): string =>
      `select ${id}::bigint as id, timestamp '2024-01-01 00:00:00.000001' as local, timestamptz '2024-01-01 00:00:00+00' as at, [{'a': ${id}}] as l`;
    await parquet(table, 'day=2024-01-01/p=a%20b%2F%C3%BC/x.parquet', rows(1));
    await parquet(table, 'day=2024-01-02/p=__HIVE_DEFAULT_PARTITION__/y.parquet', `${rows(2)}, 'new' as more`);
    await writeFile(table.locate('_SUCCESS'), '');
    await convertFolder(table, parseColumnDefinitions('day DATE'));
    expect(await bench.rows(table)).toEqual([
      [1n, '2024-01-01T00:00:00.000001', '2024-01-01T00:00:00Z', [{ a: 1 }], null, '2024-01-01', 'a b/ü'],
      [2n, '2024-01-01T00:00:00.000001', '2024-01-01T00:00:00Z', [{ a: 2 }], 'new', '2024-01-02', null],
    ]);
    const { schema, files } = await readSnapshot(table.io);
    expect(schema.fields.map(({ type }) => (typeof type === 'string' ? type : type.type))).toEqual([
      'long',
      'timestamp_ntz',
      'timestamp',
      'array',
      'string',
      'date',
      'string',
    ]);
    expect([...files.values()].map((file) => file.stats)).toEqual(['{"numRecords":1}', '{"numRecords":1}']);
    await bench.append(table, [{ id: 3, day: '2024-01-03' }]);
    expect(await bench.rows(table, 'id')).toEqual([[1n], [2n], [3n]]);
    await expect(convertFolder(table)).rejects.toMatchObject({ code: 'LS3301' });
  });

  it.each<[string, Record<string, string>, string?]>([
    ['no Parquet file', {}],
    ['do not hold the same', { 'a.parquet': 'select 1::integer as id', 'b.parquet': 'select 1::bigint as id' }],
    ['do not hold the same', { 'a.parquet': 'select 1 as id', 'b.parquet': 'select 1 as "ID"' }],
    ['not in folders like', { 'p=1/a.parquet': 'select 1 as id', 'b.parquet': 'select 1 as id' }],
    ['no type of tables', { 'a.parquet': 'select 1::ubigint as id' }],
    ['no type of tables', { 'a.parquet': 'select uuid() as id' }],
    ['no type of tables', { 'a.parquet': "select [timestamp_ns '2024-01-01 00:00:00'] as id" }],
    ['in the names of folders and in the files', { 'id=1/a.parquet': 'select 1 as "ID", 2 as b' }],
    ['No folder is named q', { 'p=1/a.parquet': 'select 1 as id' }, 'q DATE'],
    ['values of these types', { 'p=1/a.parquet': 'select 1 as id', 'p=x/b.parquet': 'select 1 as id' }, 'p BIGINT'],
    ['values of these types', { 'p=2024-02-30/a.parquet': 'select 1 as id' }, 'p DATE'],
    ['cannot be partitioned by p, which is BLOB', { 'p=1/a.parquet': 'select 1 as id' }, 'p BLOB'],
  ])('refuses what would be read wrong: %s', async (why, files, partitions) => {
    const table = await bench.newFolder();
    for (const [path, sql] of Object.entries(files)) await parquet(table, path, sql);
    const columns = partitions === undefined ? [] : parseColumnDefinitions(partitions);
    await expect(convertFolder(table, columns)).rejects.toThrow(why);
    await expect(readSnapshot(table.io)).rejects.toMatchObject({ code: 'table-not-found' });
  });

  it('knows files apart whose names could be patterns', async () => {
    const table = await bench.newFolder();
    for (const [i, name] of ['f[12]', 'f1', 'f*', "f'?"].entries())
      await parquet(table, `${name}.parquet`, `select ${i} as id from range(${i + 1})`);
    await convertFolder(table);
    expect((await bench.rows(table)).map(([id]) => Number(id))).toEqual([0, 1, 1, 2, 2, 2, 3, 3, 3, 3]);
    const { files } = await readSnapshot(table.io);
    const counts = new Set([...files.values()].map((file) => file.stats));
    expect(counts).toEqual(new Set([1, 2, 3, 4].map((count) => `{"numRecords":${count}}`)));
  });

  it('leaves the files alone when somebody else makes a table there first', async () => {
    const table = await bench.newFolder();
    await parquet(table, 'a.parquet', 'select 1 as id');
    let isFirst = true;
    const putIfAbsent: typeof table.io.store.putIfAbsent = async (path, bytes) => {
      if (isFirst) {
        isFirst = false;
        await createTable(table, { columns: parseColumnDefinitions('id INTEGER') });
      }
      return await table.io.store.putIfAbsent(path, bytes);
    };
    const draft: typeof table.io.store.draft = async (_, bytes) => ({
      putIfAbsent: (path) => putIfAbsent(path, bytes),
      drop: () => undefined,
    });
    const io = { ...table.io, store: { ...table.io.store, putIfAbsent, draft } };
    // Somebody else is another process.
    const raced: DeltaTable = { ...table, line: new CommitLine(table.locate('')), io };
    await expect(convertFolder(raced)).rejects.toMatchObject({ code: 'LS3301' });
    expect((await table.store.head('a.parquet'))?.sizeBytes).toBeGreaterThan(0);
  });

  it('refuses a folder with something else in it', async () => {
    const table = await bench.newFolder();
    await parquet(table, 'a.parquet', 'select 1 as id');
    await writeFile(table.locate('b.csv'), 'id\n2\n');
    await expect(convertFolder(table)).rejects.toThrow('b.csv is not a .parquet file');
  });
});

describe('cloneTable', () => {
  it('shows the rows of another table, and goes its own way', async () => {
    const source = await bench.newTable('id BIGINT, p VARCHAR', { 'my.own': '1' }, ['p']);
    await bench.append(source, [
      { id: 1, p: 'a b' },
      { id: 2, p: 'x%y' },
    ]);
    const target = await bench.newFolder([source.locate('')]);
    const snapshot = await readSnapshot(source.io);
    await cloneTable(target, { table: source, snapshot });
    await bench.append(source, [{ id: 9, p: null }]);
    await bench.append(target, [{ id: 3, p: 'c' }]);
    await changeRows(target, await readSnapshot(target.io), {
      operation: 'DELETE',
      operationParameters: {},
      alias: 't',
      matched: [],
      unmatched: [{ when: "p = 'x%y'", action: { kind: 'delete' } }],
      inserts: [],
    });
    expect(await bench.rows(target)).toEqual([
      [1n, 'a b'],
      [3n, 'c'],
    ]);
    expect(await bench.rows(source, 'id')).toEqual([[1n], [2n], [9n]]);
    const { metadata } = await readSnapshot(target.io);
    expect(metadata.configuration).toMatchObject({ 'my.own': '1' });
    expect(metadata.id).not.toBe(snapshot.metadata.id);
    const strict = await bench.newFolder();
    await cloneTable(strict, { table: source, snapshot });
    await expect(bench.rows(strict)).rejects.toThrow("outside the table's folder");
    await expect(cloneTable(target, { table: source, snapshot })).rejects.toMatchObject({ code: 'LS3301' });
  });
});

describe('downgradeTable', () => {
  const drop = async (table: DeltaTable, feature: string): Promise<unknown> => {
    await downgradeTable(table, await readSnapshot(table.io), feature);
    return (await readSnapshot(table.io)).protocol;
  };

  it('takes a feature away together with what switches it on', async () => {
    const table = await bench.newTable('id BIGINT', {
      'delta.enableChangeDataFeed': 'true',
      'delta.enableTypeWidening': 'true',
    });
    expect(await drop(table, 'TYPEWIDENING')).toEqual({
      minReaderVersion: 1,
      minWriterVersion: 7,
      writerFeatures: ['appendOnly', 'invariants', 'changeDataFeed'],
    });
    expect(await drop(table, 'changeDataFeed')).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
    expect((await readSnapshot(table.io)).metadata.configuration).toEqual({ 'lakesmith.maxFieldId': '1' });
    expect(
      (await table.store.head(`_delta_log/${'2'.padStart(20, '0')}.checkpoint.parquet`))?.sizeBytes,
    ).toBeGreaterThan(0);
  });

  it('takes mapped columns back to their names, as long as files know them by these', async () => {
    const table = await bench.newTable('id BIGINT, s STRUCT(a INTEGER)');
    await bench.append(table, [{ id: 1, s: { a: 1 } }]);
    const set = { 'delta.columnMapping.mode': 'name' };
    await alterTable(table, await readSnapshot(table.io), { kind: 'properties', set });
    await drop(table, 'columnMapping');
    const { schema, metadata } = await readSnapshot(table.io);
    expect(JSON.stringify([schema, metadata])).not.toContain('columnMapping');
    expect(await bench.rows(table)).toEqual([[1n, { a: 1 }]]);
    await alterTable(table, await readSnapshot(table.io), { kind: 'properties', set });
    await alterTable(table, await readSnapshot(table.io), { kind: 'rename', path: ['s', 'a'], name: 'b' });
    await expect(drop(table, 'columnMapping')).rejects.toThrow('files call columns otherwise');
  });

  it('refuses while something would lose its meaning', async () => {
    const table = await bench.newTable(
      `id INTEGER NOT NULL, n BIGINT GENERATED ALWAYS AS IDENTITY, g INTEGER GENERATED ALWAYS AS (id), d INTEGER DEFAULT 1, t TIMESTAMP_NTZ`,
      { 'delta.appendOnly': 'true', 'delta.constraints.c': 'id > 0', 'delta.enableTypeWidening': 'true' },
    );
    await alterTable(table, await readSnapshot(table.io), { kind: 'widen', path: ['id'], type: 'long' });
    for (const feature of 'appendOnly checkConstraints identityColumns generatedColumns allowColumnDefaults timestampNtz typeWidening'.split(
      ' ',
    ))
      await expect(drop(table, feature)).rejects.toThrow(`The feature ${feature} cannot be taken away`);
    await expect(drop(table, 'deletionVectors')).rejects.toThrow('does not have it');
    await expect(drop(table, 'nope')).rejects.toThrow('no table feature');
  });
});
