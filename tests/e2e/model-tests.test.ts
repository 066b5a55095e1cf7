import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';

let folder = '';
const project = (): string => join(folder, 'shop');
const test = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith(['test', ...args], { cwd: project() });

beforeAll(async () => {
  folder = await temporaryFolder();
  await succeed(['init', project(), '--sample']);
});
afterAll(() => removeFolder(folder));

async function edit(file: string, from: string, to: string): Promise<void> {
  const path = join(project(), file);
  const text = await readFile(path, 'utf8');
  expect(text).toContain(from);
  await writeFile(path, text.replace(from, to));
}

describe('lakesmith test', () => {
  it('runs all tests, those of a file, and those of tables, without a lake', async () => {
    expect(await test()).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^3 passed · laws: .*$/m),
    });
    expect((await test('tests/orders.test.yml', '--no-laws')).stdout).toMatch(
      /^ ok {4}tests\/orders\.test\.yml +silver\.orders +\d+ ms\n1 passed\n$/,
    );
    expect(JSON.parse((await test('gold', '--json')).stdout)).toMatchObject({
      passed: 1,
      failed: 0,
      tests: [{ table: 'gold.inventory_alerts', differences: [], problems: [] }],
    });
    expect(await lakesmith(['query', 'select 1'], { cwd: project() })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('LS3001'),
    });
  });

  it('shows which rows are others than expected, and ends with 1', async () => {
    await edit('tests/orders.test.yml', '1,        shipped, DE,      1', '1,        shipped, AT,      1');
    const { code, stdout } = await test('silver.orders');
    expect(code).toBe(1);
    expect(stdout).toContain(
      'tests/orders.test.yml:10   - 1 row expected and not made   + 1 row made and not expected',
    );
    expect(stdout).toMatch(/-  +1  shipped  AT +1\n/);
    expect(stdout).toMatch(/\+  +1  shipped  DE +1\n/);
    expect(stdout).toMatch(/^1 failed, 0 passed · /m);
    await edit('tests/orders.test.yml', '1,        shipped, AT,      1', '1,        shipped, DE,      1');
  });

  it('fails when the model or a rule of it is changed', async () => {
    await edit('silver/orders.sql', 'lower(trim(status))', 'trim(status)');
    expect(await test('silver.orders')).toMatchObject({ code: 1 });
    await edit('silver/orders.sql', 'trim(status)', 'lower(trim(status))');
    await edit('silver/orders.sql', "'shipped', ", '');
    expect(await test('silver.orders')).toMatchObject({ code: 1, stdout: expect.stringContaining('quarantined') });
    await edit('silver/orders.sql', "'paid', ", "'paid', 'shipped', ");
  });

  it('tries laws that nobody wrote, and says what is not proven', async () => {
    const { code, stdout } = await test();
    expect(code).toBe(0);
    const line = (table: string): string =>
      new RegExp(`^ ok {4}laws +${table} +(.*?) +\\d+ ms$`, 'm').exec(stdout)?.[1] ?? '';
    expect(line('gold.inventory_alerts')).toBe(
      'incremental = full holds, 4 cases · any order of arrival holds, 3 cases',
    );
    expect(line('silver.customers')).toBe(
      'made in full: a history is made of the whole log of changes · any order of arrival holds, 1 case, not proven',
    );
    expect(line('silver.orders')).toBe(
      'made in full: row_number: rows that are equal in its order may stand either way · depends on the order of arrival',
    );
    expect(stdout).toContain('3 passed · laws: 3 hold, 1 depends on the order of arrival, 3 made in full, ');
    // What is remembered is what was found.
    const again = await test('silver.orders', '--json');
    const [{ laws }] = (JSON.parse(again.stdout) as { laws: [{ laws: { state: string; example?: string }[] }] }).laws;
    expect(laws.map(({ state }) => state)).toEqual(['full', 'depends', 'full']);
    // What shows it is a test, which the model passes.
    await writeFile(join(project(), 'tests/shown.test.yml'), `${laws[1]?.example ?? ''}\n`);
    expect(await test('tests/shown.test.yml', '--no-laws')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 passed$/m),
    });
    await rm(join(project(), 'tests/shown.test.yml'));
    expect(await test('--seed', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('--seed') });
  });

  it('fails where a test says that any order will do, and shows the rows for which it does not', async () => {
    const path = join(project(), 'tests/any.test.yml');
    const rows = (at: string): string => `test: silver.orders
now: 2026-03-10 12:00:00
arrival: any
given:
  bronze.orders: |
    order_id, status, ship_country, ordered_at, updated_at, items,                           _ingested_at
    1,        paid,    de,           2026-03-01, 2026-03-01, "[{sku: P1, qty: 2, price: 5}]", 2026-03-02
    1,        shipped, de,           2026-03-01, ${at}, "[{sku: P1, qty: 2, price: 5}]", 2026-03-02
expect: |
  order_id
  1
`;
    await writeFile(path, rows('2026-03-02'));
    expect(await test('tests/any.test.yml')).toMatchObject({ code: 0 });
    await writeFile(path, rows('2026-03-01'));
    const { code, stdout } = await test('tests/any.test.yml');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ FAIL {2}laws +silver\.orders .*any order of arrival is broken/m);
    expect(stdout).toMatch(/^ +any order of arrival is broken, seed \d+; as a test:$/m);
    expect(stdout).toMatch(/^ +test: silver\.orders$/m);
    expect(await test('tests/any.test.yml', '--no-laws')).toMatchObject({ code: 0 });
    await writeFile(path, rows('2026-03-01').replace('arrival: any', 'arrival: some'));
    expect((await lakesmith(['check'], { cwd: project() })).stderr).toContain('arrival');
    await rm(path);
  });

  it('finds names in tests that do not exist, also by check', async () => {
    await edit(
      'tests/orders.test.yml',
      'order_id, status,  country, item_count',
      'order_id, status,  contry,  item_count',
    );
    const found = 'Column contry does not exist in silver.orders';
    expect(await test()).toMatchObject({ code: 1, stdout: expect.stringContaining(found) });
    const checked = await lakesmith(['check'], { cwd: project() });
    expect(checked).toMatchObject({ code: 2, stderr: expect.stringContaining(found) });
    expect(checked.stderr).toContain('Did you mean country?');
    await edit('tests/orders.test.yml', 'contry, ', 'country,');
    expect(await test('tests/order.test.yml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean tests/orders.test.yml?'),
    });
  });

  it('writes tests of real rows, which pass', async () => {
    await succeed(['run'], { cwd: project() });
    const record = (...args: string[]): ReturnType<typeof lakesmith> => test('--record', ...args);
    expect(await record('silver.orders', 'order_id=1040')).toMatchObject({ code: 0 });
    expect(await record('silver.customers', 'customer_id=7')).toMatchObject({ code: 0 });
    expect((await test()).stdout).toMatch(/^5 passed · /m);
    // The order that the line comes from makes two more.
    expect(await record('silver.order_lines', 'order_id=1040', 'line_no=1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('2 rows made and not expected'),
    });
    // A real test: another model does not pass it.
    await edit('silver/orders.sql', 'upper(trim(ship_country))', 'lower(trim(ship_country))');
    expect((await test('tests/silver_orders_1040.test.yml')).code).toBe(1);
    expect(await record('silver.orders', 'order_id=1040')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is there already'),
    });
    expect(await record('gold.sales', 'region=DACH')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('rows with region=DACH: name one of them'),
    });
    expect(await record('bronze.orders', 'order_id=1040')).toMatchObject({ code: 2 });
  });
});
