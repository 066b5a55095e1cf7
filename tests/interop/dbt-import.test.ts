import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, root, succeed, temporaryFolder } from '../support/command.ts';
import { DbtProject, installDbt } from '../support/dbt.ts';

let folder = '';
let dbt: DbtProject;
let told = '';
const shop = (): string => join(folder, 'shop');

beforeAll(async () => {
  await installDbt();
  folder = await temporaryFolder();
  dbt = await DbtProject.copy(join(root, 'tests/interop/dbt-shop'), join(folder, 'dbt'));
  await dbt.dbt('build');
  await dbt.dbt('compile', '--full-refresh');
  told = await succeed(['init', 'shop', '--from', 'dbt', 'dbt'], { cwd: folder });
  await succeed(['run'], { cwd: shop() });
});
afterAll(() => removeFolder(folder));

const asked = async (sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
  JSON.parse(await succeed(['query', sql, '--json'], { cwd: shop() })) as Record<string, unknown>[];

/** Every value as text; times as microseconds, since theirs have no zone and ours are in UTC. */
function exactly(table: string, columns: readonly Readonly<Record<string, unknown>>[]): string {
  const items = columns.map((column) => {
    const name = `"${String(column['column_name'])}"`;
    const isTime = String(column['column_type']).startsWith('TIMESTAMP');
    return `${isTime ? `epoch_us(${name})` : name}::varchar as ${name}`;
  });
  return `select ${items.join(', ')} from ${table} order by all`;
}

/** Integers of 64 bits are texts in one answer and numbers in the other. */
function exactlyText(rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return rows.map((row) => Object.values(row).map(String).join(' '));
}

describe('a project of dbt, imported', () => {
  it.each([
    ['raw_customers', 'reference.raw_customers'],
    ['raw_orders', 'reference.raw_orders'],
    ['countries', 'reference.countries'],
    ['stg_customers', 'silver.stg_customers'],
    ['stg_orders', 'silver.stg_orders'],
    ['stg_payments', 'silver.stg_payments'],
    ['orders', 'gold.orders'],
    ['dim_customers', 'gold.customers'],
    ['best_customers', 'gold.best_customers'],
    ['current_payments', 'gold.current_payments'],
  ])('makes of %s what dbt makes', async (relation, table) => {
    const columns = await dbt.rows(`describe ${relation}`);
    const [first = {}] = await asked(`select * from ${table} limit 1`);
    expect(Object.keys(first)).toEqual(columns.map(({ column_name: name }) => name));
    const rows = await asked(exactly(table, columns));
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(await dbt.rows(exactly(relation, columns)));
  });

  it('says what is not in it, and why', async () => {
    expect(told).toContain('2 sources · 8 models · 2 tests');
    expect(told).toContain('model dice is left out: random gives another result in each run');
    expect(told).toContain('snapshot order_states is left out: it keeps versions of silver.stg_orders');
    expect(told).toContain('snapshot payment_versions keeps versions from the first run on');
    expect(told).toContain('unit test orders_without_payment is left out: it gives rows of int_order_payments');
    expect(told).toContain('1 hook (dbt_shop-on-run-end-0) is left out');
    expect(told).toContain('1 exposure (weekly_report) is left out');
    expect(await readFile(join(shop(), 'gold/current_payments.sql'), 'utf8')).toContain('owner: Ada\n');
    expect(await readFile(join(shop(), 'bronze/payments.yml'), 'utf8')).toContain('fresh: paid_at within 12 hours\n');
    expect(told).toContain('1 private access (current_payments) is left out');
    expect(told).toContain('1 contract (current_payments) is left out');
    expect(told).toContain('bronze.refunds has no rows yet: dbt reads shop.till.refunds');
    expect(told.match(/look:/g)).toHaveLength(9);
  });

  it('is as check and fmt want it, and has the words of the other', async () => {
    expect(await succeed(['check'], { cwd: shop() })).toContain('ok · 13 tables');
    expect(await succeed(['fmt', '--check'], { cwd: shop() })).toContain('none to be formatted');
    const settings = await readFile(join(shop(), 'silver/stg_customers.yml'), 'utf8');
    expect(settings).toBe(`description: Customers, with names that can be shown.
kind: view
key: customer_id
columns:
  customer_id:
    description: Who.
  full_name:
    tags: [pii]
tags: [staging]
check:
  fail:
    references: country -> reference.countries.code
`);
  });

  it('has the unit tests, which hold here as they do there', async () => {
    expect(await succeed(['test', '--no-laws'], { cwd: shop() })).toContain('2 passed');
    const text = await readFile(join(shop(), 'tests/best_of_two.test.yml'), 'utf8');
    expect(text).toBe(`test: gold.best_customers
given:
  gold.customers: |
    customer_id, full_name, orders
    1,           Ada,       3
    2,           Bo,        5
  gold.orders: |
    order_id, customer_id, status
    1,        1,           placed
    2,        2,           returned
    3,        2,
expect: |
  full_name, orders, place
  Ada,       3,      1
`);
  });

  it('keeps the versions of a snapshot of a source from now on', async () => {
    const columns = 'payment_id, method, amount_cents';
    const mine = await asked(
      `select ${columns}, epoch_us(valid_from) as since, valid_to from silver.payment_versions order by 1`,
    );
    const theirs = await dbt.rows(
      `select ${columns}, epoch_us(dbt_valid_from) as since, dbt_valid_to as valid_to from payment_versions order by 1`,
    );
    expect(mine.length).toBeGreaterThan(0);
    expect(exactlyText(mine)).toEqual(exactlyText(theirs));
  });

  it.each([
    ['key', '1,1,cash,5,2026-01-08 00:00:00\n', 'unique'],
    ['a test of its own', '97,4,cash,-5,2026-01-08 00:00:00\n', 'is_positive_stg_payments_amount'],
    ['a reference', '98,77,cash,5,2026-01-08 00:00:00\n', 'order_id that is not in reference.raw_orders'],
  ])('has the tests: %s', async (_, line, message) => {
    const again = join(folder, message);
    await succeed(['init', again, '--from', 'dbt', 'dbt'], { cwd: folder });
    await appendFile(join(again, 'landing/payments/payments.csv'), line);
    const answer = await lakesmith(['run'], { cwd: again });
    expect([answer.code, answer.stdout.includes(message)], answer.stdout + answer.stderr).toEqual([1, true]);
  });

  it('leaves out a model that was compiled as on a later run, and what reads it', async () => {
    await dbt.dbt('compile');
    const said = await succeed(['init', 'later', '--from', 'dbt', 'dbt'], { cwd: folder });
    expect(said).toContain('model orders is left out: its SQL is that of a later run, which reads its own table');
    expect(said).toContain('model customers is left out: it reads gold.orders, which is not imported');
    expect(said).toContain('model best_customers is left out');
    expect(said).toContain('test assert_no_order_before_2026 is left out: it reads gold.orders, which is not imported');
    expect(said).toContain('2 sources · 5 models');
    await succeed(['run'], { cwd: join(folder, 'later') });
  });
});
