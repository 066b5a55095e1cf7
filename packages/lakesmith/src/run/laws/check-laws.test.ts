import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Memory } from '../../core/memory.ts';
import type { Column } from '../../core/schema.ts';
import { openDuckDb } from '../../engine/duckdb/engine.ts';
import type { Engine } from '../../engine/engine.ts';
import { bindProject } from '../../project/bind.ts';
import { memoryProjectFiles } from '../../project/files.ts';
import { loadProject } from '../../project/load.ts';
import type { ProofResult } from '../../sql/refresh/proof.ts';
import { compilerOf } from '../compiler.ts';
import { testModel } from '../test-model.ts';
import { checkLaws } from './check-laws.ts';
import type { LawOutcome } from './law-world.ts';

/** Keeps what it is given; of proofs it may say something else. */
class TestMemory implements Memory {
  readonly #kept = new Map<string, unknown>();
  falsify: ((proof: ProofResult) => unknown) | undefined;

  recall(key: string): unknown {
    const known = this.#kept.get(key);
    const isProof = typeof known === 'object' && known !== null && 'proof' in known;
    return isProof && this.falsify !== undefined ? this.falsify(known as ProofResult) : known;
  }

  keep(key: string, value: unknown): void {
    this.#kept.set(key, value);
  }

  forget(): void {
    this.#kept.clear();
  }
}

const memory = new TestMemory();
let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDb({});
  compilerOf(engine, memory);
});
afterAll(() => engine.close());

const orders: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'customer', type: 'string' },
  { name: 'amount', type: 'decimal(10,2)' },
  { name: 'day', type: 'date' },
];

const project = {
  'lakesmith.yml': 'lakesmith: 1\nname: t\ntimezone: Europe/Vienna\n',
  'bronze/orders.yml': 'files: landing/*.csv\n',
  'silver/orders.sql':
    '/* ---\nkey: id\n--- */\nselect id, any_value(customer order by day, customer, amount) as customer, max(amount) as amount, max(day) as day from bronze.orders group by id',
  'silver/customers.sql':
    '/* ---\nkey: customer\n--- */\nselect customer, min(day) as since from silver.orders group by customer',
  'silver/history.sql': 'select id, customer, amount, day from bronze.orders',
  'silver/history.yml': 'kind: history\nkey: id\nvalid_from: day\n',
  'gold/lines.sql': 'select id, customer, amount * 2 as double from bronze.orders where amount > 1',
  'gold/totals.sql':
    'select o.customer, c.since, count(*) as orders, sum(o.amount) as revenue from silver.orders o left join silver.customers c using (customer) group by all',
  'gold/good.sql': `/* ---
key: id
expect:
  quarantine:
    positive: amount > 0
    known: customer in ('ada', 'bob')
--- */
select id, max(customer) as customer, sum(amount) as amount from silver.orders group by id`,
  'gold/windows.sql': `select id, customer, day, sum(amount) over (partition by customer) as of_customer,
    count(*) over (partition by day) as of_day from silver.orders`,
  'gold/first.sql': 'select * from bronze.orders qualify row_number() over (partition by customer order by day) = 1',
  'gold/fresh.sql': '/* ---\nrefresh: full\n--- */\nselect id, now() as at from bronze.orders',
};

const given = (table: string): string => `  ${table}: |
    id, customer, amount, day
    1,  ada,      10,     2026-03-01
    2,  ada,      5,      2026-03-02
    3,  bob,      7,      2026-03-02
    4,  cy,       0.5,    2026-03-03
`;

async function lawsOf(table: string, rows: string, seed = 1): Promise<readonly LawOutcome[]> {
  const test = `test: ${table}\n${rows}expect: |\n  ${table === 'silver.customers' || table === 'gold.totals' ? 'customer' : 'id'}\n`;
  const world = await worldOf(test);
  const found = await checkLaws(world, { table, tests: world.tests }, { seed, cases: 8 });
  return found?.laws ?? [];
}

async function worldOf(
  test: string,
): Promise<Parameters<typeof testModel>[0] & { tests: readonly Parameters<typeof testModel>[1][] }> {
  const files = memoryProjectFiles({ ...project, 'tests/t.test.yml': test });
  const loaded = await loadProject(files, { environment: undefined, env: {}, compiler: compilerOf(engine) });
  const { bound, diagnostics } = await bindProject(loaded, compilerOf(engine), {
    schemas: new Map([['bronze.orders', orders]]),
  });
  expect(diagnostics).toEqual([]);
  return { bound, engine, nowMs: Date.UTC(2026, 2, 10, 12), tests: loaded.extras.tests };
}

const customers = '  silver.customers: |\n    customer, since\n    ada,      2026-01-01\n    bob,      2026-02-01\n';

describe('the laws of a model', () => {
  it.each([
    ['gold.lines', given('bronze.orders')],
    ['gold.totals', given('silver.orders') + customers],
    ['silver.customers', given('silver.orders')],
    ['silver.orders', given('bronze.orders')],
  ])('hold for %s, which is kept up by parts', async (table, rows) => {
    const [incremental, order] = await lawsOf(table, `given:\n${rows}`);
    expect(incremental).toEqual({ law: 'incremental = full', state: 'holds', cases: expect.any(Number) });
    expect(incremental?.cases).toBeGreaterThan(4);
    expect(order).toMatchObject({ law: 'any order of arrival', state: 'holds' });
  });

  it('say what is never kept up by parts, and why, instead of passing', async () => {
    const of = async (table: string, rows: string): Promise<LawOutcome | undefined> => (await lawsOf(table, rows))[0];
    const bronze = `given:\n${given('bronze.orders')}`;
    expect(await of('gold.windows', `given:\n${given('silver.orders')}`)).toMatchObject({
      state: 'full',
      cases: 0,
      why: expect.stringContaining('no column of it says which rows of silver.orders'),
    });
    expect(await of('silver.history', bronze)).toMatchObject({
      state: 'full',
      why: expect.stringContaining('history'),
    });
    expect(await of('gold.fresh', bronze)).toMatchObject({ state: 'full', why: 'refresh: full' });
    expect(await of('gold.first', bronze)).toMatchObject({ state: 'full', why: expect.stringContaining('row_number') });
  });

  it('are not tried on rows that no table could have', async () => {
    const twice = given('silver.orders').replace('2,  ada', '1,  ada');
    expect(await lawsOf('gold.totals', `given:\n${twice}`)).toMatchObject([
      { state: 'untried', why: 'two rows of silver.orders in tests/t.test.yml have one key' },
      { state: 'untried' },
    ]);
  });

  it('tell that rows depend on the order of arrival, and fail only where a test says that they must not', async () => {
    const tied = `given:\n${given('bronze.orders').replace('2026-03-02\n    3', '2026-03-01\n    3')}`;
    const order = async (rows: string): Promise<LawOutcome | undefined> => (await lawsOf('gold.first', rows))[1];
    const depends = await order(tied);
    expect(depends).toMatchObject({ state: 'depends', why: expect.stringContaining('row_number') });
    expect(await order(`arrival: any\n${tied}`)).toMatchObject({ state: 'broken' });
    // Two rows of one customer and day are all that it takes.
    expect(depends?.example?.match(/^ {4}\d,/gm)).toHaveLength(2);
    expect(await order(`arrival: any\ngiven:\n${given('bronze.orders')}`)).toMatchObject({ state: 'depends' });
  });

  it('look at a history in other orders', async () => {
    const rows = (day: string): string =>
      `arrival: any\ngiven:\n  bronze.orders: |\n    id, customer, day\n    1,  ada, 2026-03-01\n    1,  eve, ${day}\n`;
    expect((await lawsOf('silver.history', rows('2026-03-02')))[1]).toMatchObject({ state: 'holds', cases: 1 });
    expect((await lawsOf('silver.history', rows('2026-03-01')))[1]).toMatchObject({ state: 'broken' });
  });

  it('find a proof that is wrong, and show it in few rows', async () => {
    const rows = `given:\n${given('silver.orders')}`;
    expect((await lawsOf('silver.customers', rows, 100))[0]).toMatchObject({ state: 'holds' });
    memory.falsify = (result) =>
      result.ok
        ? {
            ok: true,
            proof: {
              ...result.proof,
              // As if a row of a customer were made of rows with the same id.
              keys: result.proof.keys.map((key) => ({ ...key, at: key.at.map(([leaf]) => [leaf, 't."id"']) })),
            },
          }
        : result;
    try {
      const [found] = await lawsOf('silver.customers', rows, 101);
      expect(found).toMatchObject({ state: 'broken', law: 'incremental = full', seed: expect.any(Number) });
      memory.falsify = undefined;
      const example = found?.example ?? '';
      expect(example.match(/^ {4}\d+,/gm)?.length ?? 0).toBeLessThan(3);
      // What is printed is a test, and the model passes it.
      const world = await worldOf(`${example}\n`);
      const [test] = world.tests;
      if (test === undefined) throw new Error(`no test: ${example}`);
      expect(await testModel(world, test)).toMatchObject({ differences: [], problems: [] });
    } finally {
      memory.falsify = undefined;
    }
  });

  it('bring back what was put aside and mended, once', async () => {
    const rows = `given:\n${given('silver.orders').replace('7, ', '-7,')}quarantined: |\n  id, _reasons\n  3,  positive\n  4,  known\n`;
    expect((await lawsOf('gold.good', rows))[2]).toEqual({
      law: 'replay once',
      state: 'holds',
      cases: expect.any(Number),
    });
    expect(await lawsOf('gold.good', `given:\n${given('silver.orders')}`)).toHaveLength(2);
    memory.falsify = (result) =>
      result.ok
        ? { ok: true, proof: { ...result.proof, keys: result.proof.keys.map((key) => ({ ...key, column: 1 })) } }
        : result;
    try {
      // Known by its customer, who is another now, a row stays where it was.
      expect((await lawsOf('gold.good', rows, 50))[2]).toMatchObject({ state: 'broken' });
    } finally {
      memory.falsify = undefined;
    }
  });

  it('are the same for the same seed', async () => {
    const rows = `given:\n${given('bronze.orders')}`;
    const first = await lawsOf('gold.first', rows, 7);
    memory.forget();
    expect(await lawsOf('gold.first', rows, 7)).toEqual(first);
    expect(await lawsOf('gold.first', rows, 8)).not.toEqual(first);
  });
});
