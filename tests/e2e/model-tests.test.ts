import { readFile, writeFile } from 'node:fs/promises';
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
    expect(await test()).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^3 passed$/m) });
    expect((await test('tests/orders.test.yml')).stdout).toMatch(
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
    expect(stdout).toMatch(/^1 failed, 0 passed$/m);
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
    expect((await test()).stdout).toMatch(/^5 passed$/m);
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
