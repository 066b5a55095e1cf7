import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckDb } from '../../../engine/duckdb/engine.ts';
import type { Engine } from '../../../engine/engine.ts';
import { renameRelations } from './relations.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDb({});
});
afterAll(() => engine.close());

const tables = new Map([
  ['db.main.orders', 'silver.orders'],
  ['db.main.o rders', 'silver.orders'],
  ['db.main.customers_v1', 'gold.customers'],
  ["'data/o.csv'", 'bronze.o'],
  ["read_csv('data/p.csv', header = true)", 'bronze.payments'],
]);

async function renamed(sql: string): Promise<{ readonly sql: string; readonly unknown: readonly string[] }> {
  const [parse] = await engine.parse([sql]);
  if (parse === undefined || !parse.ok) throw new Error(`${sql} is no SQL`);
  return renameRelations(
    sql,
    parse.tree,
    ({ catalog, schema, name }, text) => tables.get([catalog, schema, name].join('.')) ?? tables.get(text),
  );
}

describe('the names of relations', () => {
  it.each([
    [
      'select "db"."main"."orders" as x from "db"."main"."orders"',
      'select "db"."main"."orders" as x from silver.orders',
    ],
    [
      "select 'from db.main.orders' from db . main /* db.main.orders */ . orders o",
      "select 'from db.main.orders' from silver.orders o",
    ],
    [
      'select 1 /* 🛒 é */ from db.main.orders, db.main.orders as b',
      'select 1 /* 🛒 é */ from silver.orders, silver.orders as b',
    ],
    ['select customers_v1.a from db.main.customers_v1', 'select customers_v1.a from gold.customers as "customers_v1"'],
    ['from "db"."main"."o rders" select 1', 'from silver.orders as "o rders" select 1'],
    [
      'with orders as (select * from db.main.orders) select * from orders',
      'with orders as (select * from silver.orders) select * from orders',
    ],
    ['select * from t where a in (select a from db.main.orders)', undefined],
    ["select * from 'data/o.csv'", 'select * from bronze.o'],
    ["select * from read_csv('data/p.csv', header = true) p, range(3)", 'select * from bronze.payments p, range(3)'],
    ["select * from read_csv('data/other.csv')", undefined],
  ])('change in %s', async (sql, expected) => {
    const { sql: text, unknown } = await renamed(sql);
    if (expected === undefined) expect(unknown).toEqual([/ t /.test(sql) ? 't' : "read_csv('data/other.csv')"]);
    else expect([text, unknown]).toEqual([expected, []]);
  });
});
