import { readSnapshot } from '@lakesmith/delta';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DeltaTable } from '../lake/delta-table.ts';
import { openInputFile } from '../lake/input-file.ts';
import type { ChangeReport } from '../lake/rewrite-table.ts';
import { changeRows } from '../lake/rewrite-table.ts';
import type { InputRow } from '../lake/table-bench.test-suite.ts';
import { TableBench } from '../lake/table-bench.test-suite.ts';
import { appendRows } from '../lake/write-table.ts';
import { parseMerge } from './merge-text.ts';
import type { KeyMerge } from './table-merge.ts';
import { bindMerge, mergeByKey } from './table-merge.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());
afterEach(() => vi.restoreAllMocks());

async function mergeSql(table: DeltaTable, rows: readonly InputRow[], sql: string): Promise<ChangeReport | undefined> {
  const base = await readSnapshot(table.io);
  return await changeRows(table, base, await bindMerge(table, base, await bench.input(rows), parseMerge(sql)));
}

async function mergeKey(
  table: DeltaTable,
  rows: readonly InputRow[],
  more: Partial<KeyMerge> = {},
): Promise<ChangeReport | undefined> {
  const base = await readSnapshot(table.io);
  const input = await bench.input(rows);
  const text = mergeByKey(base, input, { key: ['id'], insertOnly: false, evolves: false, ...more });
  return await changeRows(table, base, await bindMerge(table, base, input, text));
}

async function people(): Promise<DeltaTable> {
  const table = await bench.newTable('id BIGINT, name VARCHAR, at TIMESTAMP');
  await bench.append(table, [
    { id: 1, name: 'one' },
    { id: 2, name: 'two' },
    { id: null, name: 'nobody' },
  ]);
  return table;
}

describe('a merge of a query over the file', () => {
  const upsert =
    'on p.id = s.id when matched then update set name = s.name when not matched then insert (id, name) values (s.id, s.name)';

  it('takes the rows that it makes, typed as the table wants those of the file', async () => {
    const table = await people();
    const rows = [
      { id: '2', name: 'b', n: 1 },
      { id: '2', name: 'a', n: 2 },
      { id: '3', name: 'c', n: 1 },
    ];
    const newest = 'select * from source qualify row_number() over (partition by id order by n desc) = 1';
    expect(await mergeSql(table, rows, `merge into p using (${newest}) as s ${upsert}`)).toMatchObject({
      rowsInserted: 1,
      rowsUpdated: 1,
    });
    expect(await bench.rows(table, 'id, name')).toEqual([
      [1n, 'one'],
      [2n, 'a'],
      [3n, 'c'],
      [null, 'nobody'],
    ]);
  });

  it('asks it once, with the clock stopped', async () => {
    const table = await people();
    const rows = [{ id: 1 }, { id: 5 }];
    const sql = `merge into p using (select id, cast(random() as varchar) as name, now() as at from source) s on p.id = s.id
      when matched and s.name is not null then update set name = s.name, at = s.at when not matched then insert (id, name, at) values (s.id, s.name, s.at)`;
    vi.spyOn(table.io, 'now').mockReturnValue(Date.parse('2024-05-06T07:08:09Z'));
    expect(await mergeSql(table, rows, sql)).toMatchObject({ rowsUpdated: 1, rowsInserted: 1 });
    const asked = 'count(*), count(distinct name)';
    expect(await bench.rows(table, `${asked}, min("at")::varchar, max("at")::varchar`)).toEqual([
      [4n, 4n, '2024-05-06 07:08:09+00', '2024-05-06 07:08:09+00'],
    ]);
  });

  it('refuses rows that meet a row twice, and reads nothing but the file', async () => {
    const table = await people();
    const rows = [{ id: 1, name: 'x' }];
    const using = async (query: string): Promise<unknown> =>
      await mergeSql(table, rows, `merge into p using (${query}) s ${upsert}`);
    await expect(using('from source union all from source')).rejects.toMatchObject({ code: 'LS2202' });
    await expect(using('select * from p')).rejects.toMatchObject({ code: 'LS3003' });
    await expect(using("select * from read_csv('/etc/passwd')")).rejects.toMatchObject({ code: 'LS4004' });
    await expect(using('delete from source')).rejects.toMatchObject({ code: 'LS2101' });
    await expect(using('select idd as id, name from source')).rejects.toThrow('idd');
    await expect(using('select id, name, id as ID from source')).rejects.toThrow('two columns ID');
    await expect(using('select name from source')).rejects.toMatchObject({ code: 'LS2101' });
    expect((await readSnapshot(table.io)).version).toBe(1);
  });
});

describe('a merge by a key', () => {
  it.each([
    [
      'twice in rows that are there',
      [
        { id: 1, name: 'x' },
        { id: 1, name: 'y' },
      ],
      '(id 1, rows: 2)',
    ],
    [
      'twice in rows that are new',
      [
        { id: 8, name: 'x' },
        { id: 8, name: 'x' },
        { id: 2, name: 'z' },
      ],
      '(id 8, rows: 2)',
    ],
    [
      'not there',
      [
        { id: null, name: 'x' },
        { id: 2, name: 'z' },
      ],
      '(id null, rows: 1)',
    ],
  ])('refuses one that is %s', async (_, rows, shown) => {
    const table = await people();
    for (const more of [{}, { insertOnly: true }, { deleteWhen: "source.name = 'x'" }])
      await expect(mergeKey(table, rows, more)).rejects.toMatchObject({
        code: 'LS2202',
        message: expect.stringContaining(shown),
      });
    expect((await readSnapshot(table.io)).version).toBe(1);
  });

  it('of several columns wants all of them, and lets rows of the table without one be', async () => {
    const table = await people();
    const key = ['ID', 'name'];
    await expect(mergeKey(table, [{ id: 1, name: null }], { key })).rejects.toMatchObject({ code: 'LS2202' });
    await expect(mergeKey(table, [{ name: 'x' }], { key })).rejects.toMatchObject({ code: 'LS3003' });
    await expect(mergeKey(table, [{ id: 1 }], { key: ['no'] })).rejects.toMatchObject({ code: 'LS3003' });
    const rows = [
      { id: 1, name: 'one', at: '2024-01-01T00:00:00Z' },
      { id: 1, name: 'other', at: null },
    ];
    expect(await mergeKey(table, rows, { key })).toMatchObject({ rowsUpdated: 1, rowsInserted: 1 });
    expect(await bench.rows(table, 'count(*) filter (where id is null)')).toEqual([[1n]]);
  });
});

describe('a merge into a large table', () => {
  let promised: DeltaTable;
  let plain: DeltaTable;
  beforeAll(async () => {
    // Where something is promised of rows, files keep no columns.
    promised = await largeTable({ 'delta.constraints.small': 'a < 1000' });
    plain = await largeTable({});
  });

  async function largeTable(properties: Readonly<Record<string, string>>): Promise<DeltaTable> {
    const table = await bench.newTable('id BIGINT, a BIGINT, b VARCHAR', properties);
    for (const [from, to] of [
      [0, 600_000],
      [600_000, 1_200_000],
    ] as const) {
      const file = `${bench.folder}/large${from}.parquet`;
      const sql = `select i as id, i % 7 as a, 'b' || i % 5 as b from range(${from}, ${to}) as r(i)`;
      await bench.engine.export({ sql, relations: [], timezone: 'UTC', file, format: 'parquet' });
      await appendRows(table, await readSnapshot(table.io), await openInputFile(bench.engine, file));
    }
    return table;
  }

  it.each([
    { name: 'one column tells of all', a: 10, more: [], by: ['one'], updated: 4 },
    { name: 'another tells of one', a: 11, more: [{ id: 700_014, a: 0, b: 'c' }], by: ['one', 'all'], updated: 5 },
    { name: 'one row stays what it is', a: 12, more: [{ id: 700_007, a: 0, b: 'b2' }], by: ['one', 'all'], updated: 4 },
    { name: 'no column tells', a: 13, more: [{ id: 7, a: 0, b: 'c' }], by: ['all'], updated: 5 },
    { name: 'files may keep those that stay', a: 14, more: [], by: ['all'], updated: 4, isPlain: true },
  ])('compares as many columns as it takes: $name', async ({ a, more, by, updated, isPlain }) => {
    const table = isPlain === true ? plain : promised;
    const stage = vi.spyOn(bench.engine, 'stage');
    const rows = [...[0, 70, 700, 700_000].map((id) => ({ id, a, b: `b${id % 5}` })), ...more];
    expect(await mergeKey(table, rows)).toMatchObject({ rowsUpdated: updated, rowsInserted: 0 });
    const passes = stage.mock.calls.map(([{ fileName }]) => /^pairs-by-(.*)\.parquet$/.exec(fileName)?.[1]);
    expect(passes.filter((pass) => pass !== undefined)).toEqual(by);
    const ids = rows.map(({ id }) => id).join(', ');
    const texts = "concat_ws(' ', id, a, b)";
    expect(await bench.rows(table, `count(*), list(${texts} order by ${texts}) filter (where id in (${ids}))`)).toEqual(
      [[1_200_000n, rows.map((row) => `${row.id} ${row.a} ${row.b}`).sort()]],
    );
  });
});
