import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { askRows } from './ask-rows.ts';
import type { DeltaTable } from './delta-table.ts';
import { TableBench } from './table-bench.test-suite.ts';
import type { SortKey, UnorderedRows } from './z-order.ts';
import { zOrderedRows } from './z-order.ts';

let bench: TableBench;
let table: DeltaTable;
beforeAll(async () => {
  bench = await TableBench.open();
  table = await bench.newFolder();
});
afterAll(() => bench.close());

/** Points all over a square, in no order; some without a place on one side. */
const square: Relation & { readonly columns: readonly Column[] } = {
  name: 'points',
  kind: 'sql',
  columns: [
    { name: 'x', type: 'integer' },
    { name: 'Y y', type: 'string' },
    { name: 'day', type: 'date' },
    { name: 'l', type: { type: 'array', elementType: 'long', containsNull: true } },
  ],
  sql: `select (hash(i) % 1000)::int as x, case when i % 50 = 0 then null else lpad((hash(i + 7) % 1000)::varchar, 4, '0') end as "Y y",
    date '2024-01-01' + (i % 300)::int as day, [i] as l from range(20000) as r(i)`,
};

const rowsOf = (relation: Relation): UnorderedRows => ({
  name: relation.name,
  columns: relation.columns,
  relations: [relation],
});

/** The part of the square that a file of the sorted rows covers, on average, when there are 16 of them. */
async function covered(columns: readonly SortKey[]): Promise<number> {
  const sql = await zOrderedRows(table, rowsOf(square), columns);
  const [[share] = []] = await askRows(table, {
    sql: `select avg(w * h) from (select (max(x) - min(x)) / 1000 as w, (max("Y y")::int - min("Y y")::int) / 1000 as h
      from (select *, row_number() over () - 1 as n from (${sql})) group by n // 1250)`,
    relations: [square],
  });
  return Number(share);
}

describe('zOrderedRows', () => {
  const [x, y, day, list] = square.columns.map((column): SortKey => ({ ...column, sql: quoteName(column.name) }));
  if (x === undefined || y === undefined || day === undefined || list === undefined) throw new Error('columns');

  it('puts rows together that are near each other in all columns', async () => {
    expect(await covered([x])).toBeGreaterThan(0.05);
    expect(await covered([day])).toBeGreaterThan(0.9);
    // A sixteenth of the square each, were the sample all rows and none without a place.
    expect(await covered([x, y])).toBeLessThan(0.2);
    expect(await covered([y, x])).toBeLessThan(0.2);
    const [[strips] = []] = await askRows(table, {
      sql: `select max(h) from (select max("Y y")::int - min("Y y")::int as h
        from (select *, row_number() over () - 1 as n from (${await zOrderedRows(table, rowsOf(square), [x, y])})) group by n // 1250)`,
      relations: [square],
    });
    expect(Number(strips)).toBeLessThan(600);
  });

  it('keeps every row', async () => {
    const sql = await zOrderedRows(table, rowsOf(square), [day, y]);
    const [[missing] = []] = await askRows(table, {
      sql: `select count(*) from ((from (${sql}) except all from points) union all (from points except all from (${sql})))`,
      relations: [square],
    });
    expect(Number(missing)).toBe(0);
  });

  it('sorts no rows, and rows without values', async () => {
    const empty = { ...square, sql: `${square.sql} where i < 0` };
    expect(await askRows(table, { sql: await zOrderedRows(table, rowsOf(empty), [x, y]), relations: [empty] })).toEqual(
      [],
    );
    const nothing = {
      ...square,
      sql: `select null::int as x, null::varchar as "Y y", null::date as day, null::bigint[] as l`,
    };
    expect(
      await askRows(table, { sql: await zOrderedRows(table, rowsOf(nothing), [x, y]), relations: [nothing] }),
    ).toHaveLength(1);
  });

  it('refuses values without an order', async () => {
    await expect(zOrderedRows(table, rowsOf(square), [x, list])).rejects.toThrow('no order');
    await expect(
      zOrderedRows(
        table,
        rowsOf(square),
        Array.from({ length: 63 }, () => x),
      ),
    ).rejects.toThrow('63 columns');
  });
});
