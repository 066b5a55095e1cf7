import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';

let folder = '';
const ask = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith(args, { cwd: folder });
const told = (...args: string[]): Promise<string> => succeed(args, { cwd: folder });
const rows = async (sql: string, ...more: string[]): Promise<unknown> =>
  JSON.parse(await told('query', sql, '--json', ...more));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const lines = (...records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
const view = (sql: string, settings = ''): string => `/* ---\nkind: view\n${settings}--- */\n${sql}\n`;
const keyed = 'key: id\ncheck:\n  fail:\n    few: select id from silver.good where doubled > 100\n';

beforeEach(async () => {
  folder = await temporaryFolder();
  await write({
    'lakesmith.yml': 'lakesmith: 1\nname: shop\nlake: ./lake\ntimezone: UTC\nenvironments:\n  dev:\n    base: local\n',
    'bronze/orders.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: BIGINT\n',
    'landing/1.json': lines({ id: 1, amount: 5 }, { id: 2, amount: 7 }),
    'silver/orders.sql': '/* ---\nkey: id\n--- */\nselect id, amount from bronze.orders',
    'silver/good.sql': view('select id, amount * 2 as doubled from silver.orders', keyed),
    'silver/best.sql': view('select id, doubled from silver.good where doubled > 10'),
    'gold/total.sql': 'select sum(doubled) as total from silver.best',
  });
  await told('run');
});
afterEach(() => removeFolder(folder));

describe('a view', () => {
  it('answers as its release defines it, over the rows of that release', async () => {
    expect(await readdir(join(folder, 'lake/silver'))).toEqual(['orders']);
    await write({ 'landing/2.json': lines({ id: 3, amount: 9 }) });
    await told('run');
    await write({ 'silver/good.sql': view('select id, amount * 3 as doubled from silver.orders', keyed) });
    const plan = await ask('plan');
    expect(plan.stdout).toMatch(
      /silver\.good +view +model changed +[\d.]+ s\n +silver\.best +view +model silver\.good changed/,
    );
    const run = JSON.parse(await told('run', '--json'));
    expect(run.steps.map(({ table, unit }: Record<string, string>) => [table, unit])).toEqual([
      ['silver.good', 'view'],
      ['silver.best', 'view'],
      ['gold.total', 'rows'],
    ]);
    const best = 'select id, doubled from silver.best order by id';
    expect(await rows(best, '--release', '1')).toEqual([{ id: 2, doubled: 14 }]);
    expect(await rows(best, '--release', '2')).toEqual([
      { id: 2, doubled: 14 },
      { id: 3, doubled: 18 },
    ]);
    expect(await rows(best)).toEqual([
      { id: 1, doubled: 15 },
      { id: 2, doubled: 21 },
      { id: 3, doubled: 27 },
    ]);
    expect(await rows('select total from gold.total')).toEqual([{ total: 63 }]);
    expect(await ask('plan')).toMatchObject({ stdout: expect.stringContaining('nothing to do') });
  });

  it('is compared, traced, profiled and listed', async () => {
    await write({ 'silver/good.sql': view('select id, amount * 3 as doubled, 1 as one from silver.orders', keyed) });
    await told('run');
    const diff = JSON.parse(await told('diff', '--json'));
    const of = (name: string): Record<string, unknown> =>
      diff.tables.find(({ table }: { table: string }) => table === name);
    expect(of('silver.good')).toMatchObject({
      state: 'changed',
      rowsAfter: 2,
      schema: { added: [{ name: 'one' }] },
      rows: { key: ['id'], changed: 2 },
    });
    expect(of('silver.best')).toMatchObject({ rowsBefore: 1, rowsAfter: 2 });
    expect(of('silver.orders')).toMatchObject({ state: 'equal' });
    const { rows: traced } = JSON.parse(await told('why', 'silver.best', 'id=2', '--json'));
    expect(traced[0]).toMatchObject({
      table: 'silver.best',
      inputs: [{ table: 'silver.good', inputs: [{ table: 'silver.orders', inputs: [{ table: 'bronze.orders' }] }] }],
    });
    expect(traced[0].inputs[0].inputs[0].inputs[0].origin).toMatchObject({ source: 'landing/1.json', line: 2 });
    expect(await told('lineage', 'gold.total')).toContain('← silver.best.doubled');
    expect(await told('profile', 'silver.best')).toContain('2 rows');
    expect(await told('tables')).toMatch(/silver\.good +view +id +3\n/);
    expect(await told('verify')).toContain('gold.total');
  });

  it('is judged when its rows change, and in the way of what reads it when it fails', async () => {
    await write({ 'landing/2.json': lines({ id: 3, amount: 99 }) });
    const run = await ask('run');
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/silver\.good +failed.* few: 1 row is wrong/);
    expect(run.stdout).toContain('blocked by silver.good');
    expect(await rows('select total from gold.total')).toEqual([{ total: 14 }]);
    // The refused rows are in silver.orders, and not to be seen through the view.
    expect(await rows('select count(*) as n from silver.orders')).toEqual([{ n: 3 }]);
    expect(await rows('select count(*) as n from silver.good')).toEqual([{ n: 2 }]);
    expect((await ask('plan')).stdout).toMatch(/silver\.good +view +judged again +silver\.orders changed/);
  });

  it('shows the rows that it had until it is made too', async () => {
    await write({
      'silver/orders.sql': 'select id, amount as price from bronze.orders',
      'silver/good.sql': view('select id, price * 2 as doubled from silver.orders', keyed),
    });
    const early = await ask('run', '--from', 'silver.good', '--to', 'silver.good');
    expect(early.stdout).toMatch(/silver\.good +failed.*does not fit the tables that it reads.*price/);
    await told('run', 'silver.orders');
    // What the old definition reads is a version that the release keeps.
    await told('vacuum', '--retain', '0s', '--keep-releases', '1');
    expect(await rows('select count(*) as n from silver.good')).toEqual([{ n: 2 }]);
    await told('run');
    expect(await rows('select max(doubled) as most from silver.good')).toEqual([{ most: 14 }]);
  });

  it('takes the place of a table, and gives it back', async () => {
    await write({ 'silver/orders.sql': view('select id, amount from bronze.orders') });
    expect((await ask('plan')).stdout).toMatch(/silver\.orders +view +its files stay +was a table/);
    await told('run');
    expect(await rows('select count(*) as n from silver.best')).toEqual([{ n: 1 }]);
    await write({ 'silver/orders.sql': 'select id, amount from bronze.orders' });
    expect((await ask('plan')).stdout).toMatch(/silver\.orders +full +was a view/);
    await told('run');
    expect(await rows('select count(*) as n from silver.orders')).toEqual([{ n: 2 }]);
    await told('release', 'back', '2');
    expect(await rows('select count(*) as n from silver.orders')).toEqual([{ n: 2 }]);
    expect(await told('tables')).toMatch(/silver\.orders +view/);
  });

  it('is an environment’s own when it is defined there, and is promoted', async () => {
    await write({ 'silver/good.sql': view('select id, amount * 3 as doubled from silver.orders', keyed) });
    const run = await told('run', '--env', 'dev');
    expect(run).toContain("dev ─ 3 tables differ from local, 2 are local's own");
    const best = 'select sum(doubled) as d from silver.best';
    expect([await rows(best), await rows(best, '--env', 'dev')]).toEqual([[{ d: 14 }], [{ d: 36 }]]);
    expect(await told('diff', 'dev')).toContain('silver.good');
    await told('env', 'promote', 'dev');
    expect(await rows(best)).toEqual([{ d: 36 }]);
  });

  it('stands still with the day of its release', async () => {
    await write({
      'lakesmith.yml': 'lakesmith: 1\nname: shop\nlake: ./lake\ntimezone: UTC\nclock: 2026-03-10T12:00:00Z\n',
      'silver/today.sql': view('select current_date as day, count(*) as n from silver.orders'),
    });
    await told('run');
    const day = 'select day::varchar as day from silver.today';
    expect(await rows(day)).toEqual([{ day: '2026-03-10' }]);
    await write({
      'lakesmith.yml': 'lakesmith: 1\nname: shop\nlake: ./lake\ntimezone: UTC\nclock: 2026-03-11T12:00:00Z\n',
    });
    expect((await ask('plan')).stdout).toMatch(/silver\.today +view +current_date moved on/);
    await told('run');
    expect([await rows(day), await rows(day, '--release', '2')]).toEqual([
      [{ day: '2026-03-11' }],
      [{ day: '2026-03-10' }],
    ]);
  });
});

it('a test gives rows of what a view reads, or of the view', async () => {
  await write({
    'tests/best.test.yml':
      'test: silver.best\ngiven:\n  silver.orders: |\n    id, amount\n    1, 5\n    2, 6\nexpect: |\n  id, doubled\n  2, 12\n',
    'tests/total.test.yml':
      'test: gold.total\ngiven:\n  silver.best: |\n    doubled\n    1\n    2\nexpect: |\n  total\n  3\n',
  });
  expect(await told('test')).toContain('2 passed');
  await write({
    'tests/total.test.yml': 'test: gold.total\ngiven:\n  silver.best: |\n    dubled\n    1\nexpect: |\n  total\n  3\n',
  });
  expect((await ask('check')).stderr).toContain('Column dubled does not exist in silver.best');
});
