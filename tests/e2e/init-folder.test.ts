import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.ts';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';

let folder = '';
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

async function write(path: string, text: string | Buffer): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}
const made = (path: string): Promise<string> => readFile(join(folder, 'shop', path), 'utf8');

async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args);
  expect(code, stderr).toBe(0);
  return stdout;
}
const inShop = (...args: readonly string[]): Promise<string> => done(...args, '--project', join(folder, 'shop'));

const order = (i: number): string =>
  JSON.stringify({
    order_id: i,
    customer_id: (i % 3) + 1,
    status: ['paid', ' open', "it's"][i % 3],
    amount: i * 1.5,
    note: null,
    order: i % 4 === 0 ? null : i,
    items: [{ sku: 'a', qty: i }],
  });

describe('init --from a folder', () => {
  it('groups files, and writes what holds for all of their rows', async () => {
    await write('data/customers.csv', 'Customer ID;Name;Country\n1; Ada ;DE\n2;Bob;FR\n3;Cy;DE\n');
    const orders = Array.from({ length: 40 }, (_, i) => order(i));
    await write('data/orders-2026-01.json', orders.slice(0, 20).join('\n'));
    await write('data/orders-2026-02.json', orders.slice(20).join('\n'));
    await write('data/lines/2026-01.csv', 'order_id,line_no,qty,zip\n1,1,2,00417\n1,2,3,01000\n2,1,4,02000\n');
    await write('data/empty.ndjson', '');
    await write('data/notes.txt', 'hello');
    const said = await done('init', join(folder, 'shop'), '--from', join(folder, 'data'));
    expect(said).toContain('4 sources · 3 models');
    expect(said).toContain('notes.txt was left out');
    expect(said).toContain('empty has no rows yet');
    expect(said).toContain('column note of orders has no value in any row');
    expect(await made('silver/orders.sql'))
      .toBe(`-- orders, cleaned. Its rules are true of all 40 rows that there were when it was written.
/* ---
key: order_id
expect:
  warn:
    known_status: status in ('it''s', 'open', 'paid')
    amount_not_negative: amount >= 0
check:
  warn:
    not_null: [customer_id, status, amount]
    known_customer_id: customer_id -> silver.customers.customer_id
--- */
select
    order_id,
    customer_id,
    trim(status) as status,
    amount,
    "order",
    items
from bronze.orders
`);
    expect(await made('silver/lines.sql')).toContain('key: [order_id, line_no]');
    expect(await made('bronze/customers.yml')).toContain('delimiter: ";"');
    expect(await made('README.md')).toContain('| bronze.orders | 2 | 40 | silver.orders | order_id |');
    expect(await inShop('check')).toContain('ok');
    expect(await inShop('fmt', '--check')).toContain('none to be formatted');
    expect(await inShop('run')).not.toMatch(/warn|quarantine/i);
    expect(await inShop('query', 'select count(*) as n from silver.orders', '--format', 'csv')).toBe('n\n40\n');
  });

  it.each([1, 2, 3, 4])('writes no rule that its data breaks (%i)', async (seed) => {
    const random = randomNumbers(seed);
    const values = ['a', ' b', 'it is: so', '"q"', '', '-1', '7', '2026-01-01', 'true', '#x', '*/'];
    const pick = (): string =>
      JSON.stringify(values[Math.floor(random() * values.length)]).replaceAll(String.raw`\"`, '""');
    for (const name of ['things', 'things_id', 'Order Lines']) {
      const rows = Array.from({ length: 5 + Math.floor(random() * 60) }, (_, i) =>
        [
          i + 1,
          Math.floor(random() * 5),
          random() < 0.5 ? pick() : pick(),
          (random() * 20 - 1).toFixed(2),
          pick(),
        ].join(','),
      );
      await write(`data/${name}.csv`, `id,thing_id,Some Kind,amount,at\n${rows.join('\n')}\n`);
    }
    await done('init', join(folder, 'shop'), '--from', join(folder, 'data'));
    await inShop('check');
    expect(await inShop('run')).not.toMatch(/warn|quarantine/i);
  });

  it('says what it leaves out, as loads do, and which names became several sources', async () => {
    for (const name of ['a_b.csv', '_wip.csv', '.hidden.csv', '_old/b.csv']) await write(`data/${name}`, 'id,x\n1,2\n');
    await write('data/a-b.csv', 'id,total\n1,2\n');
    const said = await done('init', join(folder, 'shop'), '--from', join(folder, 'data'));
    expect(said).toContain('2 sources');
    expect(said).toContain('.hidden.csv, _old/, _wip.csv were left out: loads leave out names that begin with _ or .');
    expect(said).toContain('a_b.csv is bronze.a_b_2: bronze.a_b is of a-b.csv');
    await inShop('run');
    expect(await inShop('query', 'select id, x from silver.a_b_2', '--format', 'csv')).toBe('id,x\n1,2\n');
    expect(await inShop('query', 'select id, total from silver.a_b', '--format', 'csv')).toBe('id,total\n1,2\n');
  });

  it('reads files of one source whose values are parted by other signs', async () => {
    await write('data/orders-1.csv', 'id;a\n1;2\n');
    await write('data/orders-2.csv', 'id,a\n3,4\n');
    await done('init', join(folder, 'shop'), '--from', join(folder, 'data'));
    await inShop('run');
    expect(await inShop('query', 'select id, a from silver.orders order by id', '--format', 'csv')).toBe(
      'id,a\n1,2\n3,4\n',
    );
  });

  it('tells all files that it cannot take in one go, as the user calls them, and leaves nothing', async () => {
    await write('data/a.csv', 'id\n1\n');
    await write('data/cut.json', '{"a":\n');
    await write('data/months-01.csv', 'id,x\n1,2\n');
    await write('data/months-02.csv', 'id,x\n1,2,3\n');
    await write('data/months-03.csv', 'id,id\n1,2\n');
    await write('data/own.csv', '_source,_Run,id\n1,2,3\n');
    await write('data/bytes.csv', 'i\0d\n1\n');
    await write('data/latin.csv', Buffer.from('id,n\n1,\u00e4\n', 'latin1'));
    await symlink(join(folder, 'nowhere'), join(folder, 'data/gone.csv'));
    await symlink(folder, join(folder, 'data/folder.csv'));
    const data = join(folder, 'data');
    const { code, stderr } = await runHere(['init', join(folder, 'new/shop'), '--from', data]);
    expect(code).not.toBe(0);
    const told = [...stderr.matchAll(/^error\s+(LS\d+)\s+(\S+)/gm)].map(([, error, file]) => [
      error,
      relative(data, (file ?? '').replace(/:\d+:$/, '')),
    ]);
    expect(told).toEqual([
      ['LS4005', 'folder.csv'],
      ['LS4005', 'gone.csv'],
      ['LS2001', 'bytes.csv'],
      ['LS2001', 'cut.json'],
      ['LS2001', 'latin.csv'],
      ['LS2001', 'months-02.csv'],
      ['LS2001', 'months-03.csv'],
      ['LS2001', 'own.csv'],
    ]);
    expect(stderr).toContain('columns _source, _Run, names that Lakesmith gives to columns of its own');
    expect(await readdir(folder)).toEqual(['data']);
  });

  it('refuses a folder with nothing to read, one that is not there, and one that the project would lie in', async () => {
    await write('data/notes.txt', 'hello');
    await write('data/_own.csv', 'id\n1\n');
    const refused = async (into: string, from: string): Promise<string> => {
      const { code, stderr } = await runHere(['init', join(folder, into), '--from', join(folder, from)]);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refused('shop', 'data')).toContain('LS1302');
    expect(await refused('shop', 'nothing')).toMatch(/LS4005 .*there is no such file or folder/);
    expect(await refused('shop', 'data/_own.csv')).toMatch(/LS4005 .*begins with _/);
    expect(await refused('data/shop', 'data')).toContain('LS4002');
    expect(await readdir(folder)).toEqual(['data']);
  });

  it('of one file refuses its own names, and begins with a file that has no rows', async () => {
    await write('own.csv', 'id,_source\n1,2\n');
    await write('none.csv', '');
    const own = await runHere(['init', join(folder, 'shop'), '--from', join(folder, 'own.csv')]);
    expect(own).toMatchObject({ code: 1, stderr: expect.stringContaining('own.csv has a column _source') as string });
    expect(await readdir(folder)).toEqual(['none.csv', 'own.csv']);
    expect(await done('init', join(folder, 'shop'), '--from', join(folder, 'none.csv'))).toContain(
      '1 source · 0 models',
    );
    await inShop('check');
    await inShop('run');
  });
});

describe('new', () => {
  it('begins each kind of file, and never writes over one', async () => {
    await done('init', join(folder, 'shop'));
    expect(await inShop('new', 'source', 'orders')).toBe('bronze/orders.yml\n');
    await write('shop/landing/orders/1.json', '{"order_id": 1, "status": "paid"}\n');
    expect(await inShop('new', 'model', 'silver.orders')).toBe('silver/orders.sql\n');
    expect(await made('silver/orders.sql')).toContain('from bronze.orders');
    expect(await inShop('new', 'model', 'gold.sales', '--from', 'silver.orders')).toBe('gold/sales.sql\n');
    expect(await inShop('new', 'check', 'gold.sales')).toBe('gold/sales.yml\n');
    expect(await inShop('new', 'test', 'silver.orders')).toBe('tests/orders.test.yml\n');
    expect(await made('tests/orders.test.yml')).toContain('bronze.orders: |\n    order_id, status\n');
    await inShop('check');
    await inShop('run');
    expect(await inShop('test')).toContain('1');
    for (const again of [
      ['source', 'orders'],
      ['model', 'silver.orders'],
      ['check', 'gold.sales'],
      ['test', 'silver.orders'],
    ]) {
      const { code, stderr } = await runHere(['new', ...again, '--project', join(folder, 'shop')]);
      expect([code, stderr.includes('LS4005')]).toEqual([2, true]);
    }
  });

  it.each([
    ['modle', 'silver.a', 'LS4001'],
    ['model', 'sales', 'LS4001'],
    ['model', 'gold.Sales', 'LS1009'],
    ['source', 'A B', 'LS1009'],
    ['check', 'gold.nothing', 'LS4003'],
    ['test', 'gold.nothing', 'LS4003'],
  ])('refuses %s %s', async (what, name, code) => {
    await done('init', join(folder, 'shop'));
    const answer = await runHere(['new', what, name, '--project', join(folder, 'shop')]);
    expect([answer.code, answer.stderr.includes(code)]).toEqual([2, true]);
  });
});
