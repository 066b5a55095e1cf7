import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/command.ts';
import { lakesmith, removeFolder, root, succeed, temporaryFolder } from '../support/command.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await removeFolder(folder);
});

const base: Readonly<Record<string, string>> = {
  'lakesmith.yml': 'lakesmith: 1\nname: scores\nlake: ./lake\ntimezone: UTC\nclock: 2026-03-10T12:00:00Z\n',
  'bronze/orders.yml':
    'files: landing/orders/*.csv\ntypes:\n  order_id: BIGINT\n  amount: DECIMAL(12,2)\n  ordered_at: TIMESTAMP\ncolumns:\n  customer: { description: who bought, tags: [pii] }\n',
  'landing/orders/a.csv':
    'order_id,customer,country,amount,ordered_at\n9007199254740993,ann,AT,12.50,2026-03-01T10:00:00.123456Z\n2,bob,DE,0.10,2026-03-02T10:00:00Z\n3,ann,AT,99.99,2026-03-03T10:00:00Z\n4,eve,FR,,2026-03-03T10:00:00Z\n',
};

/** A project that has no node_modules: nothing of what its files import is installed there. */
async function project(files: Readonly<Record<string, string>>): Promise<{
  readonly folder: string;
  readonly write: (files: Readonly<Record<string, string>>) => Promise<void>;
  readonly run: (...args: string[]) => Promise<Answer>;
  readonly rows: (sql: string) => Promise<unknown>;
}> {
  const folder = await temporaryFolder();
  folders.push(folder);
  const write = async (texts: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, text] of Object.entries(texts)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  };
  await write({ ...base, ...files });
  const at = ['--project', folder];
  return {
    folder,
    write,
    run: (command = '', ...args) => lakesmith([command, ...args, ...at]),
    rows: async (sql) => JSON.parse(await succeed(['query', sql, '--json', ...at])) as unknown,
  };
}

const sql = (text: string): string =>
  `import { model } from 'lakesmith';\n\nexport default model({ sql: \`${text}\` });\n`;
const rows = (definition: string): string =>
  `import { model } from 'lakesmith';\n\nexport default model({\n${definition}\n});\n`;

const scores = rows(`  key: 'customer',
  inputs: ['silver.orders'],
  columns: { customer: 'varchar', orders: 'integer', cents: 'bigint' },
  expect: { quarantine: { spent: 'cents > 10' } },
  async *rows({ orders }) {
    const by = new Map<string, { n: number; cents: bigint }>();
    for await (const { customer, amount } of orders) {
      const known = by.get(customer as string) ?? { n: 0, cents: 0n };
      by.set(customer as string, { n: known.n + 1, cents: known.cents + toCents(amount as string) });
    }
    for (const [customer, { n, cents }] of by) yield { customer, orders: n, cents };
  },`).replace("from 'lakesmith';", "from 'lakesmith';\nimport { toCents } from '../lib/cents.ts';");
const cents = "export const toCents = (amount: string): bigint => BigInt(amount.replace('.', ''));\n";
const orders = sql(
  '\n    select order_id, customer, country, amount, ordered_at\n    from bronze.orders where amount is not null\n  ',
);

describe('models in TypeScript', () => {
  it('are planned, run, judged, traced and verified as others are', async () => {
    const {
      run,
      rows: ask,
      write,
      folder,
    } = await project({
      'silver/orders.ts': orders,
      'gold/by_country.ts':
        "import { models } from 'lakesmith';\n\nexport default models(\n  ['at', 'de'].map((name) => ({ name: `sales_${name}`, sql: `select order_id from silver.orders where country = '${name.toUpperCase()}'` })),\n);\n",
      'gold/scores.ts': scores,
      'lib/cents.ts': cents,
    });
    expect(await run('check')).toMatchObject({ code: 0, stdout: expect.stringContaining('5 tables') });
    expect((await run('plan')).stdout).toMatch(/gold\.scores\s+full\s+made by TypeScript\s+new table/);
    expect(await run('run')).toMatchObject({ code: 0, stderr: '' });
    expect(await ask('select * from gold.scores')).toEqual([{ customer: 'ann', orders: 2, cents: 11249 }]);
    expect(await ask('select order_id::varchar as id from gold.sales_at order by 1')).toEqual([
      { id: '3' },
      { id: '9007199254740993' },
    ]);
    expect((await run('quarantine')).stdout).toMatch(/gold\.scores\s+customer •••\s+spent/);
    expect((await run('verify')).stdout).toMatch(/gold\.scores .* equal to its model/);
    expect((await run('why', 'gold.scores', 'customer=ann')).stdout).toContain('← gold/scores.ts');
    const { stdout: lineage } = await run('lineage', 'gold.scores.cents');
    expect(lineage).toContain('#pii of bronze.orders.customer');
    expect(lineage).toContain('← silver.orders.amount  (TypeScript)');

    expect((await run('run')).stdout).toContain('nothing to do');
    expect((await run('run')).stdout).toContain('nothing to do');
    await write({ 'lib/cents.ts': cents.replace('BigInt(', '2n * BigInt(') });
    expect((await run('plan')).stdout).toMatch(/gold\.scores\s+full\s+made by TypeScript\s+lib\/cents\.ts changed/);
    expect((await run('run')).stdout).toMatch(/gold\.scores/);
    expect(await ask('select cents from gold.scores order by 1')).toEqual([{ cents: 20 }, { cents: 22498 }]);
    expect(await readdir(join(folder, '.lakesmith/tmp'))).toEqual([]);
  });

  it('give values back as they were, of every type', async () => {
    const { run, rows: ask } = await project({
      'silver/all.sql': `select * from (values
        (1::tinyint, 2::smallint, 3::integer, 9223372036854775807::bigint, 0.1::double, 1.5::float, 12345678901234567890.123456789::decimal(38,9), 'ä "x"', true,
         date '0001-01-01', timestamptz '2026-03-10 12:00:00.123456+00', '\\x00\\xFF'::blob, [1, null, 9007199254740993], {'a': 1, 'b': ['x', null]}, map {'k': 1.25::decimal(5,2)}),
        (null, null, null, null, 'nan'::double, '-infinity'::float, null, '', false, date '9999-12-31', timestamptz '1900-01-01 00:00:00+00', ''::blob, [], {'a': null, 'b': null}, map {}),
        (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)
      ) t(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)`,
      'silver/again.ts': rows(`  inputs: ['silver.all'],
  columns: {
    a: 'tinyint', b: 'smallint', c: 'integer', d: 'bigint', e: 'double', f: 'float', g: 'decimal(38,9)', h: 'varchar', i: 'boolean',
    j: 'date', k: 'timestamp', l: 'blob', m: 'bigint[]', n: 'struct(a integer, b varchar[])', o: 'map(varchar, decimal(5,2))',
  },
  async *rows({ all }) {
    yield* all;
  },`),
    });
    expect(await run('run')).toMatchObject({ code: 0, stderr: '' });
    const differing = await ask(
      "select 'before' as side, * from (from silver.all except all from silver.again) union all select 'after', * from (from silver.again except all from silver.all)",
    );
    expect(differing).toEqual([]);
    expect(await ask('select count(*) as n from silver.again')).toEqual([{ n: 3 }]);
  });

  it('find packages beside the project, and say which is missing', async () => {
    const {
      run,
      write,
      rows: ask,
    } = await project({
      'silver/orders.ts': `import { query } from 'a-package';\n${sql('${query} where order_id = 2')}`,
      'node_modules/a-package/package.json':
        '{ "name": "a-package", "version": "1.0.0", "type": "module", "main": "index.js" }',
      'node_modules/a-package/index.js': "export const query = 'select order_id from bronze.orders';\n",
    });
    expect(await run('run')).toMatchObject({ code: 0, stderr: '' });
    expect(await ask('select order_id from silver.orders')).toEqual([{ order_id: 2 }]);
    await write({
      'node_modules/a-package/index.js': "export const query = 'select order_id, amount from bronze.orders';\n",
    });
    expect((await run('plan')).stdout).toMatch(/nothing to do|unchanged/);
    await write({
      'node_modules/a-package/package.json':
        '{ "name": "a-package", "version": "2.0.0", "type": "module", "main": "index.js" }',
    });
    expect((await run('plan')).stdout).toMatch(/silver\.orders\s+full\s+.*model changed/);
  });

  it('are tested with rows that are given', async () => {
    const { run, write } = await project({
      'silver/orders.ts': orders,
      'gold/scores.ts': scores,
      'lib/cents.ts': cents,
      'tests/scores.test.yml':
        'test: gold.scores\ngiven:\n  silver.orders: |\n    customer, amount\n    ann, 12.50\n    ann, 0.01\n    bob, 0.10\nexpect: |\n  customer, orders, cents\n  ann, 2, 1251\nquarantined: |\n  customer, _reasons\n  bob, spent\n',
    });
    expect(await run('test')).toMatchObject({ code: 0, stderr: '' });
    await write({ 'lib/cents.ts': cents.replace('BigInt(', '2n * BigInt(') });
    const failed = await run('test');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('2502');
  });
});

describe('rows that TypeScript makes', () => {
  const failing = async (definition: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { run, folder } = await project({ 'gold/x.ts': rows(definition), ...more });
    const { code, stdout } = await run('run');
    expect(code).toBe(1);
    expect(await readdir(join(folder, '.lakesmith/tmp'))).toEqual([]);
    expect(existsSync(join(folder, 'lake/gold/x/_delta_log'))).toBe(false);
    return stdout.replaceAll(/\s+/g, ' ');
  };

  it.each([
    [
      "columns: { id: 'bigint' }, *rows() { yield { id: 1 }; yield { id: 'x' }; }",
      'Row 2 of gold.x: column id cannot hold "x" as BIGINT (gold/x.ts:3:16)',
    ],
    [
      "columns: { d: 'decimal(4,2)' }, rows: () => [{ d: 0.1 + 0.2 }]",
      'Row 1 of gold.x: column d cannot hold 0.30000000000000004 as DECIMAL(4,2)',
    ],
    [
      "columns: { amount: 'bigint' }, rows: async () => [{ amuont: 1 }]",
      'Row 1 of gold.x has amuont, which is no column: did you mean amount?',
    ],
    [
      "columns: { id: 'bigint' }, rows: () => { throw new Error('boom'); }",
      'The TypeScript of gold.x fails: boom (gold/x.ts:4:48)',
    ],
    ["columns: { id: 'bigint' }, rows: () => 1", 'rows() gives the number 1, and not rows'],
    [
      "columns: { id: 'bigint' }, rows: async () => { setTimeout(() => { throw new Error('later'); }, 1); await new Promise(() => {}); }",
      'The TypeScript of gold.x fails: later (gold/x.ts:4:73)',
    ],
    [
      "columns: { id: 'bigint' }, rows: async () => { setTimeout(() => { throw null; }, 1); await new Promise(() => {}); }",
      'The TypeScript of gold.x fails: null (gold/x.ts:',
    ],
    ["columns: { id: 'bigint' }, rows: () => process.exit(0)", 'it ends the process (process.exit(0)) (gold/x.ts:4:'],
    [
      "columns: { id: 'bigint' }, limits: { time: '1s' }, *rows() { for (;;) { Math.sqrt(2); } }",
      'The TypeScript of gold.x takes longer than 1 s',
    ],
    [
      "columns: { id: 'bigint' }, limits: { memory: '32MB' }, *rows() { const all = []; for (;;) all.push(Array.from({ length: 1000 }, String)); }",
      'needs more than 32 MB of memory',
    ],
    [
      "columns: { t: 'varchar' }, rows: (_, ctx) => [{ t: ctx.today }]",
      "it reads ctx.today, which is another in each run: add refresh: 'full'",
    ],
    [
      "columns: { id: 'bigint' }, rows: async () => { const { x } = await import('../lib/x.ts'); return x; }",
      'what rows() needs is imported at the top of a file',
      { 'lib/x.ts': 'export const x = [];' },
    ],
  ])('%s', async (definition, told, files: Readonly<Record<string, string>> = {}) => {
    expect(await failing(definition, files)).toContain(told);
  });

  it('may know the time when each run makes them', async () => {
    const { run, rows: ask } = await project({
      'gold/x.ts': rows(
        "  columns: { t: 'varchar' }, refresh: 'full', rows: (_, { today, now, table, timezone }) => [{ t: [today, now, table, timezone].join(' ') }],",
      ),
    });
    expect(await run('run')).toMatchObject({ code: 0 });
    expect(await ask('select t from gold.x')).toEqual([{ t: '2026-03-10 2026-03-10T12:00:00.000Z gold.x UTC' }]);
    expect((await run('plan')).stdout).toContain('refresh: full');
  });

  it('go through an input as often as they want, and may stop early', async () => {
    const { run, rows: ask } = await project({
      'bronze/n.yml': 'files: landing/n/*.csv\n',
      'landing/n/a.csv': `n\n${Array.from({ length: 20_000 }, (_, i) => i).join('\n')}\n`,
      'gold/x.ts': rows(`  inputs: { numbers: 'bronze.n' },
  columns: { first: 'bigint', sum: 'bigint' },
  async *rows({ numbers }) {
    let first: unknown;
    for await (const { n } of numbers) { first = n; break; }
    let sum = 0n;
    for await (const { n } of numbers) sum += n as bigint;
    yield { first: first as bigint, sum };
  },`),
    });
    expect(await run('run')).toMatchObject({ code: 0, stderr: '' });
    expect(await ask('select first >= 0 as f, sum from gold.x')).toEqual([{ f: true, sum: 199_990_000 }]);
  });

  it('print to the standard error, so that answers stay data', async () => {
    const { run } = await project({
      'gold/x.ts': rows(
        "  columns: { id: 'bigint' }, rows: () => { console.log('said by the model'); return [{ id: 1 }]; },",
      ),
    });
    const { stdout, stderr } = await run('run', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, release: 1 });
    expect(stderr).toContain('said by the model');
  });
});

describe('lakesmith types', () => {
  let made: Awaited<ReturnType<typeof project>>;
  beforeAll(async () => {
    made = await project({ 'silver/orders.ts': orders, 'gold/scores.ts': scores, 'lib/cents.ts': cents });
  });
  const tsc = (): { readonly code: number | null; readonly said: string } => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', made.folder],
      {
        encoding: 'utf8',
      },
    );
    return { code: status, said: stdout };
  };

  it('writes what tsc, in strict mode, finds and accepts', async () => {
    expect(await made.run('types', '--check')).toMatchObject({ code: 2 });
    expect(existsSync(join(made.folder, 'lakesmith-env.d.ts'))).toBe(false);
    expect(JSON.parse((await made.run('types', '--json')).stdout)).toEqual({
      ok: true,
      file: 'lakesmith-env.d.ts',
      written: ['lakesmith-env.d.ts', 'tsconfig.json'],
    });
    expect(await made.run('types', '--check')).toMatchObject({ code: 0 });
    const text = await readFile(join(made.folder, 'lakesmith-env.d.ts'), 'utf8');
    expect(text).toContain('/** VARCHAR: who bought */\n    readonly customer: string | null;');
    expect(tsc()).toEqual({ code: 0, said: '' });
  });

  it.each([
    [
      'for await (const { custmer } of orders) yield { customer: custmer };',
      "Property 'custmer' does not exist on type 'SilverOrders'",
    ],
    [
      'for await (const o of orders) { const n: number = o.order_id; yield { customer: String(n) }; }',
      "'bigint | null' is not assignable to type 'number'",
    ],
    ['for await (const o of orders) yield { customer: o.order_id };', "Types of property 'customer' are incompatible"],
    ['for await (const o of orders) yield { custmer: o.customer };', "Property 'customer' is missing"],
    ['for await (const o of order) yield { customer: o.customer };', "Cannot find name 'order'"],
  ])('tsc refuses %s', async (body, told) => {
    await made.write({
      'gold/wrong.ts': rows(
        `  inputs: ['silver.orders'],\n  columns: { customer: 'varchar' },\n  async *rows({ orders }) {\n    ${body}\n  },`,
      ),
    });
    const { code, said } = tsc();
    expect(code).not.toBe(0);
    expect(said).toContain('gold/wrong.ts');
    expect(said).toContain(told);
  });

  it('tsc refuses tables, settings and columns that are not there', async () => {
    await made.write({
      'gold/wrong.ts': rows("  inputs: ['silver.ordres'], columns: { a: 'bigint' }, rows: () => [],"),
    });
    expect(tsc().said).toContain('"silver.ordres"');
    await made.write({ 'gold/wrong.ts': rows("  kay: 'a', sql: 'select 1 as a',") });
    expect(tsc().said).toContain("'kay' does not exist");
    await rm(join(made.folder, 'gold/wrong.ts'));
  });

  it('is told to be out of date when a table changes, and runs do without', async () => {
    await made.write({ 'silver/orders.ts': orders.replace('country, ', '') });
    expect(await made.run('types', '--check')).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('not up to date'),
    });
    expect(await made.run('check')).toMatchObject({ code: 0 });
    expect(await made.run('types')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('lakesmith-env.d.ts written'),
    });
    expect(await made.run('fmt', '--check')).toMatchObject({ stdout: expect.not.stringContaining('.ts') });
  });
});
