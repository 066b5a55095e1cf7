import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../core/schema.ts';
import type { Engine, Relation } from '../engine/engine.ts';
import { selectFacts } from './facts.ts';
import { mainInput } from './origin.ts';
import { brokenRows, keepRows, ruleStatement } from './rules-in-tree.ts';
import type { TreeRule } from './rules-in-tree.ts';
import { openSqlBench } from './real-engine.test-suite.ts';
import type { SqlBench } from './real-engine.test-suite.ts';

// The models of the sample project, over its files as they lie there, with their quarantine rules.
const retail = fileURLToPath(new URL('../../../../samples/retail', import.meta.url));
const weeks = [5, 6, 7, 8, 9, 10, 11].map((week) => `landing/orders/2026-w${String(week).padStart(2, '0')}.json`);

let bench: SqlBench;
beforeAll(async () => {
  bench = await openSqlBench();
});
afterAll(() => bench.engine.close());

async function sourceOf(
  engine: Engine,
  name: string,
  files: readonly string[],
  types: Readonly<Record<string, Column['type']>>,
): Promise<Relation[]> {
  const format = (files[0] ?? '').endsWith('.csv')
    ? ({ type: 'csv', header: true } as const)
    : ({ type: 'ndjson' } as const);
  const locations = files.map((file) => join(retail, file));
  const columns = (await engine.infer({ format, locations, timezone: 'UTC' })).map((column) => ({
    name: column.name,
    type: types[column.name] ?? column.type,
  }));
  const source: Relation = {
    name: `${name.split('.')[1] ?? ''}_files`,
    kind: 'text-files',
    format,
    columns,
    files: files.map((file) => ({ location: join(retail, file), label: file })),
  };
  const all: Column[] = [...columns, { name: '_source', type: 'string' }, { name: '_ingested_at', type: 'timestamp' }];
  return [
    source,
    { name, kind: 'sql', columns: all, sql: `select *, timestamptz '2026-03-10 12:00:00Z' from ${source.name}` },
  ];
}

async function rules(texts: Readonly<Record<string, string>>): Promise<TreeRule[]> {
  return await Promise.all(
    Object.entries(texts).map(async ([name, sql]) => ({ name, tree: await bench.parse(ruleStatement(sql)) })),
  );
}

async function model(path: string): Promise<{ sql: string; tree: unknown }> {
  const sql = await readFile(join(retail, path), 'utf8');
  return { sql, tree: await bench.parse(sql) };
}

const orderRules = {
  known_status: "status in ('placed', 'paid', 'shipped', 'returned', 'cancelled')",
  has_items: 'item_count > 0',
  not_in_the_future: 'ordered_at <= _ingested_at + interval 1 day',
};
const lineRules = { positive_qty: 'qty > 0', priced: 'unit_price >= 0' };

describe('the sample project', () => {
  it('keeps 178 orders and puts two aside; keeps 434 lines and puts one aside', async () => {
    const orders = await model('silver/orders.sql');
    const bronze = await sourceOf(bench.engine, 'bronze.orders', weeks, { order_id: 'long', customer_id: 'long' });
    const kept = await bench.print(keepRows(orders.tree, await rules(orderRules)));
    expect(await bench.bag(kept, bronze)).toHaveLength(178);
    const aside = await bench.print(brokenRows(orders.tree, await rules(orderRules)));
    expect(await bench.bag(`select distinct order_id, _reasons from (${aside})`, bronze)).toEqual([
      '["1041n",["known_status"]]',
      '["1075n",["has_items"]]',
    ]);

    const products = await sourceOf(bench.engine, 'bronze.products', ['landing/products/2026-03-01.csv'], {
      unit_cost: 'decimal(12,2)',
      list_price: 'decimal(12,2)',
    });
    const describeModel = async (name: string, sql: string, relations: readonly Relation[]): Promise<Relation[]> => {
      const described = await bench.engine.describe({ sql, relations, timezone: 'UTC' });
      return described.ok ? [...relations, { name, kind: 'sql', columns: described.columns, sql }] : [];
    };
    const withOrders = await describeModel('silver.orders', kept, bronze);
    const all = [
      ...withOrders,
      ...(await describeModel('silver.products', (await model('silver/products.sql')).sql, products)),
    ];
    const lines = await model('silver/order_lines.sql');
    expect(await bench.bag(await bench.print(keepRows(lines.tree, await rules(lineRules))), all)).toHaveLength(434);
    const asideLines = await bench.print(brokenRows(lines.tree, await rules(lineRules)));
    expect(await bench.bag(`select order_id, line_no, _reasons from (${asideLines})`, all)).toEqual([
      '["1106n","1n",["positive_qty"]]',
    ]);
  });

  it.each([
    ['silver/orders.sql', 'row_number() looks at other rows', 'latest row per order_id', 'bronze.orders'],
    ['silver/order_lines.sql', 'it joins tables', '', 'silver.orders'],
    ['silver/clicks.sql', 'row_number() looks at other rows', '', 'bronze.clickstream'],
    ['silver/products.sql', undefined, '', 'bronze.products'],
    ['silver/inventory.sql', undefined, '', 'bronze.inventory'],
    ['silver/customers.sql', undefined, '', 'bronze.customers'],
    ['gold/sales.sql', 'it joins tables', '', 'silver.order_lines'],
    ['gold/sales_by_day.sql', 'rows are grouped', '', undefined],
    ['gold/inventory_alerts.sql', 'it reads current_date', '', 'silver.inventory'],
    ['gold/customer_segments.sql', 'it reads current_date', '', undefined],
  ])('%s', async (path, why, shape, input) => {
    const { tree } = await model(path);
    const facts = selectFacts(tree);
    expect(facts.rowWise).toEqual(why === undefined ? { proven: true } : { proven: false, why });
    expect([facts.shape, mainInput(tree)?.table]).toEqual([shape, input]);
  });
});
