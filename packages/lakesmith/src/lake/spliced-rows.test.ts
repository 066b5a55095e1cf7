import { open } from 'node:fs/promises';
import type { ScanFile } from '@lakesmith/delta';
import { decodePath, planScan, readSnapshot } from '@lakesmith/delta';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellValue } from '../engine/engine.ts';
import { readLayout } from '../engine/parquet/file-layout.ts';
import { parseMerge } from '../serve/merge-text.ts';
import { bindChange } from '../serve/table-change.ts';
import { bindMerge, mergeByKey } from '../serve/table-merge.ts';
import { askRows } from './ask-rows.ts';
import { bindFiles, bindTable } from './bind-table.ts';
import { checkTable } from './check-table.ts';
import type { DeltaTable } from './delta-table.ts';
import type { ChangeReport } from './rewrite-table.ts';
import { changeRows } from './rewrite-table.ts';
import { TableBench } from './table-bench.test-suite.ts';
import { appendRows } from './write-table.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

/** As many as make a file worth a look, in two groups. */
const count = 150_000;
const schema =
  'id BIGINT, n BIGINT, price DECIMAL(12,2), at TIMESTAMP WITH TIME ZONE, name VARCHAR, few VARCHAR, x DOUBLE, tags VARCHAR[]';
const items = `range as id, range * 7 as n, (range % 1000 / 100)::decimal(12,2) as price,
  timestamptz '2026-01-01 00:00:00.123456+00' + interval (range) second as at, 'name ' || hash(range) as name,
  case when range % 11 > 0 then 'few' || range % 5 end as few, range / 2.0 as x, ['t' || range % 3] as tags`;

async function tableOf(configuration: Readonly<Record<string, string>> = {}, more = schema): Promise<DeltaTable> {
  const table = await bench.newTable(more, configuration);
  const input = await bench.queried(`select ${items} from range(${count})`);
  await appendRows(table, await readSnapshot(table.io), input);
  return table;
}

async function update(table: DeltaTable, set: string, where?: string): Promise<ChangeReport | undefined> {
  const base = await readSnapshot(table.io);
  return await changeRows(table, base, await bindChange(table, base, where === undefined ? { set } : { set, where }));
}

async function merge(table: DeltaTable, rows: string, sql?: string): Promise<ChangeReport | undefined> {
  const base = await readSnapshot(table.io);
  const input = await bench.queried(rows);
  const text =
    sql === undefined
      ? mergeByKey(base, input, { key: ['id'], insertOnly: false, evolves: false })
      : parseMerge(`merge into t using s on t.id = s.id ${sql}`);
  return await changeRows(table, base, await bindMerge(table, base, input, text));
}

async function filesOf(table: DeltaTable): Promise<readonly ScanFile[]> {
  return planScan(await readSnapshot(table.io)).files;
}

/** The bytes of the pages of each column, group by group. */
async function pagesOf(table: DeltaTable, file: ScanFile | undefined): Promise<readonly ReadonlyMap<string, Buffer>[]> {
  const handle = await open(table.locate(decodePath(file?.path ?? '')));
  try {
    const layout = await readLayout(handle);
    const groups: Map<string, Buffer>[] = [];
    for (const { chunks } of layout?.groups ?? []) {
      const pages = new Map<string, Buffer>();
      for (const {
        column,
        pages: { start, end },
      } of chunks) {
        const bytes = Buffer.alloc(end - start);
        await handle.read(bytes, 0, bytes.length, start);
        pages.set(column, bytes);
      }
      groups.push(pages);
    }
    return groups;
  } finally {
    await handle.close();
  }
}

/** Which columns of which groups lie in the second file as they do in the first. */
async function copied(
  table: DeltaTable,
  before: ScanFile | undefined,
  after: ScanFile | undefined,
): Promise<string[][]> {
  const [old, fresh] = [await pagesOf(table, before), await pagesOf(table, after)];
  return old.map((pages, i) =>
    [...pages].flatMap(([column, bytes]) => (fresh[i]?.get(column)?.equals(bytes) === true ? [column] : [])),
  );
}

async function ask(table: DeltaTable, sql: string): Promise<CellValue[][]> {
  const { relation } = await bindTable(table, 't', await readSnapshot(table.io));
  return await askRows(table, { sql, relations: [relation] });
}

/** How many rows are not what they were, or what the query over `before` says that they should be. */
async function differences(table: DeltaTable, before: ScanFile | undefined, expected: string): Promise<unknown> {
  const snapshot = await readSnapshot(table.io);
  const { relation } = await bindTable(table, 't', snapshot);
  const old = before === undefined ? [] : [bindFiles(table, 'before', snapshot, [{ file: before }])];
  const relations = [relation, ...old];
  const sql = `select (select count(*) from (select * from t except all (${expected}))), (select count(*) from ((${expected}) except all select * from t))`;
  return await askRows(table, { sql, relations });
}

const columns = ['id', 'n', 'price', 'at', 'name', 'few', 'x', 'tags'];
const without = (...names: string[]): string[] => columns.filter((name) => !names.includes(name));

describe('files of which some columns change', () => {
  it('take no zero for the other one', async () => {
    const table = await bench.newTable('id BIGINT, n BIGINT, x DOUBLE');
    const rows = (x: string, from = 0): string =>
      `select range as id, 0 as n, ${x}::double as x from range(${from}, ${count})`;
    await appendRows(table, await readSnapshot(table.io), await bench.queried(rows('-0.0')));
    const values = 'select distinct x::varchar from t';
    expect(await ask(table, values)).toEqual([['-0.0']]);
    await merge(table, rows('0.0'));
    expect(await ask(table, values)).toEqual([['0.0']]);
    await update(table, "x = '-0.0'::double");
    expect(await ask(table, values)).toEqual([['-0.0']]);
  });

  it('keep the bytes of all others, and each row where it is', async () => {
    const table = await tableOf();
    const [before] = await filesOf(table);
    expect(await update(table, "few = 'new', n = -n", 'id % 1000 = 3')).toMatchObject({
      rowsUpdated: 150,
      rowsWritten: count,
      filesAdded: 1,
      filesRemoved: 1,
    });
    const [after, ...others] = await filesOf(table);
    expect(others).toEqual([]);
    expect(await copied(table, before, after)).toEqual([without('n', 'few'), without('n', 'few')]);
    const expected = `select * replace (case when id % 1000 = 3 then 'new' else few end as few,
      case when id % 1000 = 3 then -n else n end as n) from before`;
    expect(await differences(table, before, expected)).toEqual([[0n, 0n]]);
    const { relation } = await bindTable(table, 't', await readSnapshot(table.io), { rowPositions: true });
    expect(
      await askRows(table, { sql: 'select count(*) from t where __ls_position = id', relations: [relation] }),
    ).toEqual([[BigInt(count)]]);
    expect(await checkTable(table, { deep: true })).toEqual([]);
  });

  it('keep whole groups in which no row changes', async () => {
    const table = await tableOf();
    const [before] = await filesOf(table);
    await update(table, "name = 'zz'", 'id = 149999');
    const [after] = await filesOf(table);
    expect(await copied(table, before, after)).toEqual([columns, without('name')]);
    expect(await ask(table, "select id from t where name = 'zz'")).toEqual([[149_999n]]);
    const { maxValues, nullCount }: { maxValues: Record<string, unknown>; nullCount: Record<string, unknown> } =
      JSON.parse(after?.add.stats ?? '');
    expect(maxValues['name']).toBe('zz');
    const { maxValues: old }: { maxValues: Record<string, unknown> } = JSON.parse(before?.add.stats ?? '');
    expect({ ...maxValues, name: undefined }).toEqual({ ...old, name: undefined });
    expect(nullCount['few']).toBe(13_637);
    expect(await checkTable(table, { deep: true })).toEqual([]);
  });

  it('have the statistics that files have which are written whole', async () => {
    const set = `few = null, price = 123456789.25, at = timestamptz '1999-12-31 23:59:59.999999+00', x = -1.5`;
    const tables = [await tableOf(), await tableOf({ 'delta.constraints.any': 'true' })];
    for (const table of tables) await update(table, set, 'id < 100');
    const [spliced, whole] = await Promise.all(
      tables.map(async (table) => (await filesOf(table)).map(({ add }): unknown => JSON.parse(add.stats ?? ''))),
    );
    expect(spliced).toEqual(whole);
    const all = [await tableOf(), await tableOf({ 'delta.constraints.any': 'true' })];
    for (const table of all) await update(table, "x = 'nan'::double, few = ''", 'id % 2 = 1');
    const [one, other] = await Promise.all(
      all.map(async (table) => (await filesOf(table)).map(({ add }): unknown => JSON.parse(add.stats ?? ''))),
    );
    expect(one).toEqual(other);
  });

  it('are merged: only what differs is written, new rows and rows that go are as ever', async () => {
    const table = await tableOf();
    const [before] = await filesOf(table);
    const rows = `select * replace (n + 1 as n) from (select ${items} from range(5, 150000, 500)) union all select ${items} from range(200000, 200010)`;
    expect(await merge(table, rows)).toMatchObject({ rowsUpdated: 300, rowsInserted: 10, filesAdded: 2 });
    const after = (await filesOf(table)).find((file) => file.rows === count);
    expect(await copied(table, before, after)).toEqual([without('n'), without('n')]);
    const expected = `select * replace (case when id % 500 = 5 then n + 1 else n end as n) from before union all select ${items} from range(200000, 200010)`;
    expect(await differences(table, before, expected)).toEqual([[0n, 0n]]);
    const mixed = `when matched and s.n = 1 then delete when matched and s.n = 2 then update set few = 'two'
      when matched then update set n = s.n * t.id when not matched then insert (id, n) values (s.id, s.n)`;
    expect(await merge(table, 'select range * 10 as id, range % 4 as n from range(16000)', mixed)).toMatchObject({
      rowsDeleted: 3750,
      rowsInserted: 1000,
    });
    expect(await checkTable(table, { deep: true })).toEqual([]);
  });

  it('may be mapped, partitioned, and told in the feed', async () => {
    const table = await bench.newTable(
      schema,
      { 'delta.columnMapping.mode': 'name', 'delta.enableChangeDataFeed': 'true' },
      ['few'],
    );
    const input = await bench.queried(`select * replace ('a b' as few) from (select ${items} from range(${count}))`);
    await appendRows(table, await readSnapshot(table.io), input);
    const [before] = await filesOf(table);
    await update(table, 'price = price + 1', 'id < 10');
    const [after] = await filesOf(table);
    expect(after?.path.replace(/[^/]*$/, '')).toBe(before?.path.replace(/[^/]*$/, ''));
    expect((await copied(table, before, after))[0]).toHaveLength(6);
    const expected = 'select * replace (case when id < 10 then price + 1 else price end as price) from before';
    expect(await differences(table, before, expected)).toEqual([[0n, 0n]]);
    // Rows that go elsewhere are written there.
    await update(table, "few = 'c'", 'id = 7');
    expect(await ask(table, 'select few, count(*) from t group by all order by all')).toEqual([
      ['a b', BigInt(count - 1)],
      ['c', 1n],
    ]);
    expect(await checkTable(table, { deep: true })).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['most of it changes', {}, 'name = name || id, n = -n, x = 0, at = now()'],
    ['something is promised of several columns', { 'delta.constraints.low': 'n < 10000000' }, 'n = 1'],
    ['rows keep who they are', { 'delta.enableRowTracking': 'true' }, 'n = 1'],
    ['a list changes', {}, "tags = ['x']"],
  ])('are written whole when %s', async (_, configuration, set) => {
    const table = await tableOf(configuration);
    const [before] = await filesOf(table);
    await update(table, set, 'id % 2 = 1');
    const all = (await filesOf(table)).map(async (file) => (await copied(table, before, file)).flat());
    expect((await Promise.all(all)).flat()).toEqual([]);
    expect(await ask(table, 'select count(*), count(distinct id) from t')).toEqual([[BigInt(count), BigInt(count)]]);
  });

  it('refuse a NULL that a column must not hold, and leave nothing behind', async () => {
    const table = await tableOf({}, schema.replace('n BIGINT', 'n BIGINT NOT NULL'));
    const { version } = await readSnapshot(table.io);
    await expect(update(table, 'n = null', 'id = 77')).rejects.toMatchObject({ code: 'LS2106' });
    expect((await readSnapshot(table.io)).version).toBe(version);
  });
});

it('makes of any updates, one after the other, what the same SQL says', async () => {
  const setters = fc.constantFrom(
    "few = 'f' || id % 3",
    'n = n * 3 + 1',
    'price = 9.99',
    'name = null',
    'x = id',
    'n = id, few = null',
  );
  const places = fc.oneof(
    fc
      .record({ from: fc.nat(count), rows: fc.integer({ min: 1, max: 40_000 }) })
      .map(({ from, rows }) => `id between ${from} and ${from + rows}`),
    fc.integer({ min: 2, max: 5000 }).map((step) => `id % ${step} = 1`),
    fc.nat(count - 1).map((id) => `id = ${id}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(setters, places), { minLength: 1, maxLength: 4 }), async (steps) => {
      const table = await tableOf();
      let expected = `select ${items} from range(${count})`;
      for (const [set, where] of steps) {
        await update(table, set, where);
        const values = set.split(/, (?=\w+ = )/).map((one) => one.split(' = '));
        const replaced = values.map(([name, value]) => `case when ${where} then ${value} else ${name} end as ${name}`);
        expected = `select * replace (${replaced.join(', ')}) from (${expected})`;
      }
      expect(await differences(table, undefined, expected)).toEqual([[0n, 0n]]);
      expect(await checkTable(table, { deep: true })).toEqual([]);
    }),
    { numRuns: 3 },
  );
}, 120_000);
