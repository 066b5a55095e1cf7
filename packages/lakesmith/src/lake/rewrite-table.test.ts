import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Snapshot } from '@lakesmith/delta';
import { decodePath, planScan, readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { CellValue, Engine } from '../engine/engine.ts';
import { parseMerge } from '../serve/merge-text.ts';
import { bindChange } from '../serve/table-change.ts';
import { bindMerge, mergeByKey } from '../serve/table-merge.ts';
import { bindOverwrite } from '../serve/table-overwrite.ts';
import { openStore } from '../storage/open.ts';
import { askRows } from './ask-rows.ts';
import { bindChanges } from './bind-changes.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { openDeltaTable } from './delta-table.ts';
import { openInputFile } from './input-file.ts';
import { optimizeTable } from './optimize-table.ts';
import { restoreTable } from './restore-table.ts';
import type { ChangeReport } from './rewrite-table.ts';
import { changeRows } from './rewrite-table.ts';
import { vacuumTable } from './vacuum-table.ts';
import { appendRows, createTable } from './write-table.ts';

let engine: Engine;
let folder = '';
let count = 0;
beforeAll(async () => {
  engine = await openDuckDb({ threads: 2 });
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-rewrite-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

type Row = Readonly<Record<string, unknown>>;

async function inputOf(rows: readonly Row[]): ReturnType<typeof openInputFile> {
  const file = join(folder, `rows${count++}.ndjson`);
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return await openInputFile(engine, file);
}

/** A table with a file for each list of rows. */
async function tableOf(
  schema: string,
  files: readonly (readonly Row[])[],
  options: { readonly partitionColumns?: readonly string[]; readonly properties?: readonly string[] } = {},
): Promise<DeltaTable> {
  const path = join(folder, `t${count++}`);
  await mkdir(path);
  const table = openDeltaTable(await openStore(path), engine, { clock: systemClock });
  await createTable(table, {
    columns: parseColumnDefinitions(schema),
    configuration: Object.fromEntries((options.properties ?? []).map((name) => [`delta.${name}`, 'true'])),
    ...(options.partitionColumns === undefined ? {} : { partitionColumns: options.partitionColumns }),
  });
  for (const rows of files) await appendRows(table, await readSnapshot(table.io), await inputOf(rows));
  return table;
}

const ids = (from: number, to: number, more: Row = {}): Row[] =>
  Array.from({ length: to - from }, (_, i) => ({ id: from + i, n: from + i, ...more }));

async function change(
  table: DeltaTable,
  text: { readonly where?: string; readonly set?: string },
): Promise<ChangeReport | undefined> {
  const base = await readSnapshot(table.io);
  return await changeRows(table, base, await bindChange(table, base, text));
}

async function merge(table: DeltaTable, rows: readonly Row[], sql: string): Promise<ChangeReport | undefined> {
  const base = await readSnapshot(table.io);
  return await changeRows(table, base, await bindMerge(table, base, await inputOf(rows), parseMerge(sql)));
}

async function ask(table: DeltaTable, sql: string, snapshot?: Snapshot): Promise<CellValue[][]> {
  const { relation } = await bindTable(table, 't', snapshot ?? (await readSnapshot(table.io)));
  return await askRows(table, { sql, relations: [relation] });
}

/** Takes files from the disk, so that whoever opens one fails. */
async function hide(table: DeltaTable, fits: (key: string) => boolean): Promise<void> {
  for (const { add, key } of planScan(await readSnapshot(table.io)).files)
    if (fits(key)) await rm(table.locate(decodePath(add.path)));
}

const vectors = ['enableDeletionVectors'];

describe('files of which few rows change', () => {
  it('stay, and each vector names all rows that are gone', async () => {
    const table = await tableOf('id BIGINT, n BIGINT', [ids(0, 1000)], { properties: vectors });
    expect(await change(table, { where: 'id in (0, 7, 999)' })).toMatchObject({
      filesMarked: 1,
      filesAdded: 0,
      filesRemoved: 0,
      rowsDeleted: 3,
    });
    expect(await change(table, { where: 'id = 8', set: 'n = -8' })).toMatchObject({ filesMarked: 1, rowsWritten: 1 });
    expect(await ask(table, 'select count(*), count(distinct id), sum(n) from t')).toEqual([
      [997n, 997n, BigInt(499_500 - 7 - 999 - 16)],
    ]);
    const { files } = await readSnapshot(table.io);
    expect([...files.values()].map((add) => add.deletionVector?.cardinality)).toEqual([4, undefined]);
    expect([...files.values()][0]?.stats).toMatch(/^\{"numRecords":1000,.*"tightBounds":false\}$/);
  });

  it('may have many rows', async () => {
    const table = await tableOf('id BIGINT, n BIGINT', [ids(0, 140_000)], { properties: vectors });
    expect(await change(table, { where: 'id % 50000 = 7' })).toMatchObject({ filesMarked: 1, rowsDeleted: 3 });
    const sql = 'merge into t using s on t.id = s.id when matched then update set * when not matched then insert *';
    const rows = [0, 65_536, 139_999].map((id) => ({ id, n: -1 }));
    expect(await merge(table, [...rows, { id: 100_007, n: -1 }], sql)).toMatchObject({
      rowsUpdated: 3,
      rowsInserted: 1,
    });
    expect(await change(table, { where: 'id > 20000', set: 'n = -2' })).toMatchObject({
      filesMarked: 0,
      filesRemoved: 2,
    });
    expect(await ask(table, 'select count(*), count(distinct id), count(*) filter (n = -1) from t')).toEqual([
      [139_998n, 139_998n, 1n],
    ]);
  });

  it('are written anew when a tenth of them is gone, or when nobody wants vectors', async () => {
    const table = await tableOf('id BIGINT, n BIGINT', [ids(0, 100)], { properties: vectors });
    expect(await change(table, { where: 'id < 9' })).toMatchObject({ filesMarked: 1 });
    expect(await change(table, { where: 'id = 50' })).toMatchObject({ filesMarked: 0, filesAdded: 1, rowsWritten: 90 });
    const plain = await tableOf('id BIGINT, n BIGINT', [ids(0, 100)]);
    expect(await change(plain, { where: 'id = 50' })).toMatchObject({ filesMarked: 0, filesAdded: 1, rowsWritten: 99 });
    for (const some of [table, plain]) expect((await readSnapshot(some.io)).files.size).toBe(1);
  });

  it('go when the last row goes, whatever went before', async () => {
    const table = await tableOf('id BIGINT, n BIGINT', [ids(0, 100), ids(100, 200)], { properties: vectors });
    await change(table, { where: 'id < 5' });
    expect(await change(table, { where: 'id < 100' })).toMatchObject({
      filesRemoved: 1,
      filesAdded: 0,
      filesMarked: 0,
      rowsDeleted: 95,
    });
    expect((await readSnapshot(table.io)).files.size).toBe(1);
  });

  it('lose what is gone when they are optimized; vacuum and restore know of the vectors', async () => {
    const table = await tableOf('id BIGINT, n BIGINT', [ids(0, 100)], { properties: vectors });
    await change(table, { where: 'id = 5' });
    await change(table, { where: 'id = 6' });
    const marked = await readSnapshot(table.io);
    const vacuum = async (): Promise<readonly string[]> =>
      (await vacuumTable(table, await readSnapshot(table.io), { retainMs: -1000, force: true })).files;
    expect(await vacuum()).toEqual([expect.stringMatching(/^deletion_vector_.*\.bin$/)]);
    expect(await ask(table, 'select count(*) from t')).toEqual([[98n]]);
    expect(await optimizeTable(table, marked, {})).toMatchObject({ filesAdded: 1, filesRemoved: 1, rowsWritten: 98 });
    const purged = await readSnapshot(table.io);
    expect([...purged.files.values()].map((add) => add.deletionVector)).toEqual([undefined]);
    expect(await optimizeTable(table, purged, {})).toBeUndefined();
    await restoreTable(table, purged, marked);
    expect(await ask(table, 'select count(*) from t')).toEqual([[98n]]);
    await restoreTable(table, await readSnapshot(table.io), purged);
    for (const name of await readdir(table.locate('')))
      if (name.startsWith('deletion_vector')) await rm(table.locate(name));
    await expect(restoreTable(table, await readSnapshot(table.io), marked)).rejects.toMatchObject({ code: 'LS3004' });
  });
});

describe('files that cannot hold such rows', () => {
  it('are not opened by a merge whose keys lie elsewhere', async () => {
    const table = await tableOf('id BIGINT, n BIGINT', [ids(0, 100), ids(100, 200), ids(200, 300)]);
    await hide(table, () => true);
    await appendRows(table, await readSnapshot(table.io), await inputOf(ids(1000, 1100)));
    const rows = [
      { id: 1001, n: 0 },
      { id: 1200, n: 1 },
    ];
    const upsert = 'merge into t using s on s.id = t.id when matched then update set * when not matched then insert *';
    expect(await merge(table, rows, upsert)).toMatchObject({ rowsUpdated: 1, rowsInserted: 1, filesRemoved: 1 });
  });

  it('are not opened when all rows of a partition go', async () => {
    const options = { partitionColumns: ['p'], properties: ['enableChangeDataFeed'] };
    const table = await tableOf(
      'id BIGINT, n BIGINT, p VARCHAR',
      [ids(0, 10, { p: 'a' }), ids(10, 20, { p: 'b' })],
      options,
    );
    await hide(table, (key) => key.startsWith('p=a'));
    expect(await change(table, { where: "p = 'a'" })).toMatchObject({
      rowsDeleted: 10,
      filesRemoved: 1,
      filesAdded: 0,
    });
    await expect(change(table, { where: "p = 'b' and n > 100 or p = 'x'" })).resolves.toBeUndefined();
  });

  it('are told in the feed beside rows of other files', async () => {
    const options = { partitionColumns: ['p'], properties: ['enableChangeDataFeed', ...vectors] };
    const files = [ids(0, 20, { p: 'a' }), ids(20, 40, { p: 'b' })];
    const table = await tableOf('id BIGINT, n BIGINT, p VARCHAR', files, options);
    await change(table, { where: 'id = 3' });
    const report = await change(table, { where: "p = 'a' or id = 33" });
    expect(report).toMatchObject({ rowsDeleted: 20, filesRemoved: 1, filesMarked: 1 });
    const { relations } = await bindChanges(table, 'c', { from: 4, to: 4 });
    const sql = 'select _change_type, count(*), sum(id) from c group by all';
    expect(await askRows(table, { sql, relations })).toEqual([['delete', 20n, BigInt(190 - 3 + 33)]]);
  });

  it('are opened when a sub-select may say otherwise', async () => {
    const options = { partitionColumns: ['p'] };
    const table = await tableOf('id BIGINT, n BIGINT, p VARCHAR', [ids(0, 10, { p: 'a' })], options);
    const where = "p = 'a' and id in (select max(id) from t where p = 'a')";
    expect(await change(table, { where })).toMatchObject({ rowsDeleted: 1 });
    expect(await change(table, { where: 'n < (select avg(n) from t)' })).toMatchObject({ rowsDeleted: 4 });
  });
});

describe('values', () => {
  it('keep every digit beside new ones of another type', async () => {
    const big = '9007199254740993';
    const rows = [
      { id: 1, n: 1 },
      { id: 2, n: 2 },
    ];
    const table = await tableOf('id BIGINT, n BIGINT', [rows]);
    await change(table, { where: 'id = 1', set: `n = ${big}` });
    expect(await change(table, { where: 'id = 2', set: 'n = sqrt(16.0::double)' })).toMatchObject({ rowsUpdated: 1 });
    expect(await ask(table, 'select id, n from t order by id')).toEqual([
      [1n, BigInt(big)],
      [2n, 4n],
    ]);
    // The two are the same as numbers with a point.
    expect(await change(table, { where: 'id = 1', set: 'n = 9007199254740992::double' })).toMatchObject({
      rowsUpdated: 1,
    });
    await expect(change(table, { where: 'id = 1', set: 'n = 1.5::double' })).rejects.toMatchObject({ code: 'LS2105' });
  });

  it('of columns that the rows lack stay, and are NULL in new rows', async () => {
    const table = await tableOf('id BIGINT, n BIGINT, s VARCHAR', [ids(0, 2, { s: 'x' })]);
    const base = await readSnapshot(table.io);
    const input = await inputOf([
      { ID: 1, n: 7 },
      { ID: 2, n: 8 },
    ]);
    const text = mergeByKey(base, input, { key: ['id'], insertOnly: false, evolves: false });
    await changeRows(table, base, await bindMerge(table, base, input, text));
    expect(await ask(table, 'select * from t order by id')).toEqual([
      [0n, 0n, 'x'],
      [1n, 7n, 'x'],
      [2n, 8n, null],
    ]);
    const star = 'merge into t using s on t.id = s.id when matched then update set *';
    await expect(merge(table, [{ id: 1, n: 3 }], star)).rejects.toMatchObject({
      code: 'LS3003',
      message: expect.stringContaining('column s,'),
    });
    await expect(merge(table, [{ id: 1, n: 3, s: 'y', more: 1 }], star)).resolves.toMatchObject({ rowsUpdated: 1 });
  });

  it('of new columns come with the rows, when the schema may change', async () => {
    const table = await tableOf('id BIGINT, n BIGINT', [ids(0, 2)], { properties: ['enableChangeDataFeed'] });
    const sql = `merge with schema evolution into t using s on t.id = s.id
      when matched then update set * when not matched then insert *`;
    expect(
      await merge(
        table,
        [
          { id: 1, tag: 'a' },
          { id: 2, tag: 'b' },
        ],
        sql,
      ),
    ).toMatchObject({
      rowsUpdated: 1,
      rowsInserted: 1,
    });
    expect(await ask(table, 'select id, n, tag from t order by id')).toEqual([
      [0n, 0n, null],
      [1n, 1n, 'a'],
      [2n, null, 'b'],
    ]);
    const some = 'merge with schema evolution into t using s on t.id = s.id when matched then update set flag = s.flag';
    expect(await merge(table, [{ id: 0, flag: true, other: 1 }], some)).toMatchObject({ rowsUpdated: 1 });
    expect((await readSnapshot(table.io)).schema.fields.map(({ name }) => name)).toEqual(['id', 'n', 'tag', 'flag']);
  });
});

describe('rows that meet one of the source', () => {
  const news = [0, 1, 2, 3, 4].map((id) => ({ id, n: id * 10 }));
  const using = 'merge into t using s on t.id = s.id';

  it.each([
    ['an update alone', 'when matched then update set n = s.n', [0, 10, 20, 30, 40], 4, 0],
    [
      'an update between others',
      'when matched and s.n = 10 then delete when matched and s.n < 40 then update set n = s.n + t.n when matched then delete',
      [0, 22, 33],
      2,
      2,
    ],
    [
      'two updates of several types',
      'when matched and s.n < 20 then update set n = s.n + 0.0::double when matched then update set n = 9007199254740993',
      [0, 10, 9007199254740993n, 9007199254740993n, 9007199254740993n],
      4,
      0,
    ],
  ])('are as the first clause says that counts: %s', async (_, clauses, left, rowsUpdated, rowsDeleted) => {
    // The second has a column that is called like one of our own.
    for (const [name, properties] of [['n', []] as const, ['_CLAUSE', vectors] as const]) {
      const rows = ids(0, 40).map(({ id, n }) => ({ id, [name]: n }));
      const table = await tableOf(`id BIGINT, ${name} BIGINT`, [rows.slice(0, 3), rows.slice(3)], { properties });
      const sql = `${using} ${clauses.replaceAll(/set n|t\.n/g, (word) => word.replace(/n$/, name))}`;
      expect(await merge(table, news, sql)).toMatchObject({ rowsUpdated, rowsDeleted });
      const found = await ask(table, `select ${name} from t where id < 5 order by id`);
      expect(found).toEqual(left.map((value) => [BigInt(value)]));
      expect(await ask(table, `select count(*) from t where id >= 5 and ${name} = id`)).toEqual([[35n]]);
    }
  });

  it('are not changed when a new value does not fit, which names its column', async () => {
    const table = await tableOf('id BIGINT, n TINYINT', [ids(0, 3)]);
    const merging = merge(table, [{ id: 1, n: 300 }], `${using} when matched then update set n = s.n + 1`);
    await expect(merging).rejects.toMatchObject({
      code: expect.stringMatching(/^LS/),
      message: expect.stringMatching(/\bn\b/),
    });
    expect((await readSnapshot(table.io)).version).toBe(1);
  });
});

describe('rows that are overwritten', () => {
  it('are those that meet the condition, as all that come must', async () => {
    const table = await tableOf('id BIGINT, n BIGINT', [ids(0, 10), ids(10, 20)], {
      properties: ['enableChangeDataFeed'],
    });
    const base = await readSnapshot(table.io);
    const bind = async (rows: readonly Row[]): Promise<Parameters<typeof changeRows>[2]> =>
      await bindOverwrite(table, base, await inputOf(rows), { where: 'n >= 15' });
    await expect(
      changeRows(table, base, await bind([{ id: 1, n: 20 }, { id: 2, n: 3 }, { id: 3 }])),
    ).rejects.toMatchObject({
      code: 'LS2201',
      message: expect.stringMatching(/\(id 2, n 3\), \(id 3, n null\)|\(id 3, n null\), \(id 2, n 3\)/),
    });
    expect((await readSnapshot(table.io)).version).toBe(base.version);
    expect(await changeRows(table, base, await bind([{ id: 1, n: 20 }]))).toMatchObject({
      rowsDeleted: 5,
      rowsInserted: 1,
      filesRemoved: 1,
      filesAdded: 2,
    });
    expect(await ask(table, 'select max(id), sum(n) from t')).toEqual([[14n, 125n]]);
  });

  it('are whole partitions', async () => {
    const options = { partitionColumns: ['p'] };
    const files = [ids(0, 10, { p: 'a' }), ids(10, 20, { p: 'b' }), ids(20, 30, { p: null })];
    const table = await tableOf('id BIGINT, n BIGINT, p VARCHAR', files, options);
    const base = await readSnapshot(table.io);
    const input = await inputOf([
      { id: 1, n: 1, p: null },
      { id: 2, n: 2, p: 'c' },
    ]);
    const report = await changeRows(table, base, await bindOverwrite(table, base, input, { partitions: true }));
    expect(report).toMatchObject({ rowsDeleted: 10, rowsInserted: 2, filesRemoved: 1, filesAdded: 2 });
    expect(await ask(table, 'select p, count(*) from t group by p order by p')).toEqual([
      ['a', 10n],
      ['b', 10n],
      ['c', 1n],
      [null, 1n],
    ]);
    const plain = await tableOf('id BIGINT, n BIGINT', [ids(0, 10)]);
    await expect(
      bindOverwrite(plain, await readSnapshot(plain.io), await inputOf(ids(0, 1)), { partitions: true }),
    ).rejects.toMatchObject({ code: 'LS4001' });
  });
});

describe('expressions', () => {
  it.each(['__ls_file', '__LS_POSITION'])('do not take a column %s for where a row is', async (name) => {
    const table = await tableOf(`id BIGINT, ${name} BIGINT`, [[{ id: 1, [name]: 6 }]]);
    await expect(change(table, { where: `${name} = 6` })).rejects.toMatchObject({ code: 'LS4001' });
    const plain = await tableOf('id BIGINT', [[{ id: 1 }]]);
    const sql = 'MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN DELETE';
    await expect(merge(plain, [{ id: 1, [name]: 6 }], sql)).rejects.toMatchObject({ code: 'LS4001' });
  });

  it.each([
    ['n = max(n)', 'rows are grouped'],
    ['n = sum(n) over ()', 'looks at other rows'],
    ['n = (select max(n) from t)', 'sub-select'],
    ['n = unnest([1, 2])', 'several of one'],
    ['n = random()', 'another value'],
    ['n = 1) + (2', 'does not fit'],
  ])('are about one row: %s is refused', async (set, why) => {
    const table = await tableOf('id BIGINT, n BIGINT', [ids(0, 2)]);
    await expect(change(table, { set })).rejects.toMatchObject({
      code: 'LS4001',
      message: expect.stringContaining(why),
    });
  });

  it('are told with the clock stopped', async () => {
    const table = await tableOf('id BIGINT, seen TIMESTAMP WITH TIME ZONE', [[{ id: 1 }, { id: 2 }]]);
    await change(table, { set: 'seen = now()', where: "current_date > date '2000-01-01'" });
    expect(await ask(table, 'select count(distinct seen), count(*) from t')).toEqual([[1n, 2n]]);
  });
});
