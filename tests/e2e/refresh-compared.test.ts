import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere, succeedHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';
import { waysOfRun } from '../support/ways-of-run.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const kept = (sql: string, more = ''): string => `/* ---\nrefresh: incremental\n${more}--- */\n${sql}\n`;

const source = (name: string, types: string): string =>
  `files: landing/${name}*.json\neach_file: replaces\ntypes:\n${types}`;

const orders = source('orders', '  id: BIGINT\n  customer: BIGINT\n  amount: DECIMAL(12,2)\n  weight: DOUBLE\n');
const customers = source('customers', '  id: BIGINT\n  segment: VARCHAR\n');

const told = (...args: readonly string[]): Promise<string> => succeedHere([...args, '--project', project.folder]);

const rows = async (sql: string): Promise<unknown> => JSON.parse(await told('query', sql, '--json'));

/** 'fold: bronze.customers changed' of each table in a run. */
async function ways(run: number): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(await waysOfRun(project.folder, run, ({ strategy, reason }) => `${strategy}: ${reason}`));
}

const json = (items: readonly object[]): string => items.map((one) => `${JSON.stringify(one)}\n`).join('');

const ordersAre = (run: number, ...all: readonly (readonly [number, number | null, string | null, number?])[]) =>
  project.write(
    `landing/orders${run}.json`,
    json(all.map(([id, customer, amount, weight]) => ({ id, customer, amount, weight: weight ?? 1 }))),
  );

const customersAre = (run: number, ...all: readonly (readonly [number, string])[]) =>
  project.write(`landing/customers${run}.json`, json(all.map(([id, segment]) => ({ id, segment }))));

const bySegment = `select segment, count(*) as orders, sum(amount) as revenue, round(100 * sum(amount) / count(*), 1) as each
from bronze.orders left join bronze.customers on orders.customer = customers.id
group by segment`;

const segments = (): Promise<unknown> =>
  rows('select segment, orders, cast(revenue as varchar) as revenue, each from gold.segments order by 1 nulls first');

it('moves what a customer ordered to the segment that the customer moves to', async () => {
  project = await createProject({
    'bronze/orders.yml': orders,
    'bronze/customers.yml': customers,
    'gold/segments.sql': kept(bySegment),
  });
  await ordersAre(1, [1, 7, '10.00'], [2, 7, '2.50'], [3, 8, '1.00'], [4, 9, '4.00'], [5, null, '8.00'], [6, 8, null]);
  await customersAre(1, [7, 'home'], [8, 'trade'], [9, 'trade']);
  await told('run');
  await customersAre(2, [7, 'trade'], [8, 'trade'], [10, 'state']);
  expect(await told('plan')).toMatch(/gold\.segments +incremental +sums by segment +bronze\.customers changed/);
  await told('run');
  expect((await ways(2))['gold.segments']).toBe('fold: bronze.customers changed');
  expect(await segments()).toEqual([
    { segment: null, orders: 2, revenue: '12.00', each: 600 },
    { segment: 'trade', orders: 4, revenue: '13.50', each: 337.5 },
  ]);
  // Both at once: an order of a new customer, one less of another, and that one moves.
  await customersAre(3, [7, 'home'], [8, 'trade'], [10, 'state'], [11, 'state']);
  await ordersAre(3, [1, 7, '10.00'], [3, 8, '1.00'], [4, 9, '4.00'], [5, 11, '8.00'], [6, 8, null], [7, 7, '0.10']);
  await told('run');
  expect((await ways(3))['gold.segments']).toMatch(/^fold: /);
  expect(await segments()).toEqual([
    { segment: null, orders: 1, revenue: '4.00', each: 400 },
    { segment: 'home', orders: 2, revenue: '10.10', each: 505 },
    { segment: 'state', orders: 1, revenue: '8.00', each: 800 },
    { segment: 'trade', orders: 2, revenue: '1.00', each: 50 },
  ]);
  await told('verify');
  expect(await told('plan', '--explain', 'gold.segments')).toMatch(
    /by sums +open +sums by segment; what changed of bronze\.customers as it was and as it is/,
  );
});

it('looks for the largest again where a customer comes', async () => {
  project = await createProject({
    'bronze/orders.yml': orders,
    'bronze/customers.yml': customers,
    'gold/largest.sql': kept(
      'select segment, count(*) as orders, max(amount) as largest from bronze.orders left join bronze.customers on orders.customer = customers.id group by segment',
    ),
  });
  await ordersAre(1, [1, 7, '10.00'], [2, 8, '1.00'], [3, null, '2.00']);
  await customersAre(1, [8, 'trade']);
  await told('run');
  await customersAre(2, [7, 'home'], [8, 'trade']);
  await told('run');
  expect((await ways(2))['gold.largest']).toBe('keyed: bronze.customers changed');
  expect(
    await rows('select segment, orders, largest::integer as largest from gold.largest order by 1 nulls first'),
  ).toEqual([
    { segment: null, orders: 1, largest: 2 },
    { segment: 'home', orders: 1, largest: 10 },
    { segment: 'trade', orders: 1, largest: 1 },
  ]);
});

it('takes a customer that moved and left since for one that left', async () => {
  project = await createProject({
    'bronze/orders.yml': orders,
    'bronze/customers.yml': customers,
    'silver/customers.sql': kept('select id, segment from bronze.customers', 'key: id\n'),
    'gold/segments.sql': kept(bySegment.replace('bronze.customers', 'silver.customers')),
  });
  await ordersAre(1, [1, 7, '10.00'], [2, 8, '1.00']);
  await customersAre(1, [7, 'home'], [8, 'trade']);
  await told('run');
  await customersAre(2, [7, 'trade'], [8, 'trade']);
  await told('run', 'silver.customers');
  await customersAre(3, [8, 'trade']);
  await told('run');
  expect((await ways(3))['gold.segments']).toBe('fold: silver.customers changed');
  expect(await segments()).toEqual([
    { segment: null, orders: 1, revenue: '10.00', each: 1000 },
    { segment: 'trade', orders: 1, revenue: '1.00', each: 100 },
  ]);
});

it('makes sums anew where what a customer was is not kept any more', async () => {
  project = await createProject({
    'bronze/orders.yml': orders,
    'bronze/customers.yml': customers,
    'gold/segments.sql': kept(bySegment),
  });
  await ordersAre(1, [1, 7, '10.00'], [2, 8, '1.00']);
  await customersAre(1, [7, 'home'], [8, 'trade']);
  await told('run');
  await customersAre(2, [7, 'trade'], [8, 'trade']);
  await told('run', 'bronze.customers');
  const folder = join(project.folder, 'lake/bronze/customers');
  const vacuum = await runHere(['table', 'vacuum', folder, '--retain', '0d', '--force']);
  expect(vacuum.code, vacuum.stdout + vacuum.stderr).toBe(0);
  await told('run');
  expect((await ways(3))['gold.segments']).toMatch(/^full: bronze\.customers changed; not by parts: /);
  expect(await segments()).toEqual([{ segment: 'trade', orders: 2, revenue: '11.00', each: 550 }]);
});

it('says which columns would let a ratio be followed, and follows it when they are there', async () => {
  const ratio = '100.00 * sum(case when customer = 7 then amount else 0 end) / sum(amount) as share';
  project = await createProject({
    'bronze/orders.yml': orders,
    'gold/promo.sql': kept(`select ${ratio} from bronze.orders`),
  });
  await ordersAre(1, [1, 7, '10.00'], [2, 8, '1.00']);
  await told('run');
  expect(await told('plan', '--explain', 'gold.promo')).toMatch(
    /by sums +no +a column of it is made of sum and sum: add them to its columns/,
  );
  const parts = 'sum(case when customer = 7 then amount else 0 end) as promo, sum(amount) as revenue';
  await project.write('gold/promo.sql', kept(`select ${ratio}, ${parts} from bronze.orders`));
  await told('run');
  await ordersAre(2, [1, 7, '10.00'], [3, 7, '3.33'], [4, 9, '29.99']);
  await told('run');
  expect((await ways(3))['gold.promo']).toBe('fold: bronze.orders changed');
  expect(await rows('select share, cast(revenue as varchar) as revenue from gold.promo')).toEqual([
    { share: (100 * 13.33) / 43.32, revenue: '43.32' },
  ]);
  // Nothing is left, which is no share of anything.
  await ordersAre(3, [5, 7, null]);
  await told('run');
  expect((await ways(4))['gold.promo']).toBe('fold: bronze.orders changed');
  expect(await rows('select share, revenue from gold.promo')).toEqual([{ share: null, revenue: null }]);
  await told('verify');
});

it('takes out as many rows as went where no column tells them apart', async () => {
  project = await createProject({
    'bronze/orders.yml': orders,
    'silver/weights.sql': kept(
      'select weight::decimal(9, 2) as weight, (weight * 2)::decimal(9, 2) as twice from bronze.orders where weight <> 5',
    ),
    'silver/heavy.sql': kept('select twice from silver.weights where twice >= 2'),
  });
  const all = (): Promise<unknown> =>
    rows('select weight, twice, count(*) as n from silver.weights group by all order by 1');
  await ordersAre(1, [1, 1, '1', 1.5], [2, 1, '1', 1.5], [3, 1, '1', 1.5], [4, 1, '1', 0], [5, 1, '1', -0.25]);
  await told('run');
  expect(await told('plan', '--explain', 'silver.weights')).toMatch(
    /by rows +open +if rows of bronze\.orders went: those that were made of them are found by all their columns/,
  );
  await ordersAre(2, [1, 1, '1', 1.5], [4, 1, '1', 0], [6, 1, '1', 5], [7, 1, '1', 8], [8, 1, '1', 8]);
  await told('run');
  expect(await ways(2)).toMatchObject({
    'silver.weights': 'bag: bronze.orders changed',
    'silver.heavy': 'bag: silver.weights changed',
  });
  expect(await all()).toEqual([
    { weight: '0.00', twice: '0.00', n: 1 },
    { weight: '1.50', twice: '3.00', n: 1 },
    { weight: '8.00', twice: '16.00', n: 2 },
  ]);
  expect(await rows('select twice, count(*) as n from silver.heavy group by all order by 1')).toEqual([
    { twice: '3.00', n: 1 },
    { twice: '16.00', n: 2 },
  ]);
  await told('verify');
});

interface Action {
  readonly add?: { readonly path: string };
  readonly remove?: { readonly path: string };
}

it('drops files of which all rows go, and leaves the others as they are', async () => {
  project = await createProject({
    'bronze/orders.yml': orders,
    'silver/days.sql': kept(
      'select customer, id, amount from bronze.orders',
      'key: id\npartition_by: customer\nproperties:\n  delta.enableDeletionVectors: false\n',
    ),
  });
  await ordersAre(1, [1, 7, '1'], [2, 7, '2'], [3, 8, '3'], [4, 9, '4']);
  await told('run');
  await ordersAre(2, [3, 8, '3'], [4, 9, '4']);
  await told('run');
  expect((await ways(2))['silver.days']).toBe('keyed: bronze.orders changed');
  const log = join(project.folder, 'lake/silver/days/_delta_log');
  const last =
    (await readdir(log))
      .filter((name) => name.endsWith('.json'))
      .sort()
      .at(-1) ?? '';
  const actions = (await readFile(join(log, last), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Action);
  expect(actions.filter(({ add }) => add !== undefined)).toEqual([]);
  expect(actions.flatMap(({ remove }) => (remove === undefined ? [] : [remove.path]))).toEqual([
    expect.stringMatching(/^customer=7\//),
  ]);
  expect(await rows('select customer, id from silver.days order by id')).toEqual([
    { customer: 8, id: 3 },
    { customer: 9, id: 4 },
  ]);
});
