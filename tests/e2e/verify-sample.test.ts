import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import { plantRows } from '../support/planted-rows.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;

interface Verified {
  readonly table: string;
  readonly again: {
    readonly state: string;
    readonly why?: string;
    readonly whole?: string;
    readonly rows?: { readonly added: number; readonly removed: number; readonly changed: number };
    readonly sample?: Readonly<Record<string, unknown>>;
  };
  readonly verifiedBefore: { readonly how: string } | null;
}

async function verify(
  ...args: readonly string[]
): Promise<{ code: number | null; tables: ReadonlyMap<string, Verified>; order: readonly string[]; left: string[] }> {
  const { code, stdout } = await runHere(['verify', ...args, '--json', '--project', project.folder]);
  const { tables, left } = JSON.parse(stdout) as { tables: Verified[]; left: string[] };
  return {
    code,
    tables: new Map(tables.map((one) => [one.table, one])),
    order: tables.map(({ table }) => table),
    left,
  };
}

/** 200 customers; those of odd numbers have cancelled all that they ordered. */
const orders = (first: number): string =>
  Array.from({ length: 400 }, (_, i) =>
    JSON.stringify({
      order_id: first + i,
      customer_id: i % 200,
      status: i % 2 === 0 ? 'done' : 'cancelled',
      amount: (i * 37) % 100,
    }),
  ).join('\n');

beforeAll(async () => {
  project = await createProject(
    {
      'bronze/orders.yml': 'files: landing/*.json\n',
      'landing/1.json': orders(0),
      'gold/customers.sql': `/* ---
refresh: incremental
--- */
select customer_id, count(*) as orders, sum(amount) as revenue from bronze.orders where status = 'done' group by 1`,
      'gold/total.sql': 'select sum(amount) as revenue from bronze.orders',
      'gold/newest.sql':
        "select customer_id, first(order_id) as some from bronze.orders where status = 'done' group by 1",
    },
    runHere,
  );
  await project.runs();
  await project.write('landing/2.json', orders(400));
  await project.runs();
});
afterAll(() => removeFolder(project.folder));

const seeds = Array.from({ length: 20 }, (_, i) => String(i + 1));

/** The seeds of which a sample of 30 % of the keys finds a difference. */
async function finding(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const seed of seeds) {
    const { code, tables } = await verify('gold.customers', '--sample', '30%', '--seed', seed);
    const { state, sample } = tables.get('gold.customers')?.again ?? {};
    expect([state, code]).toEqual(state === 'different' ? ['different', 1] : ['equal', 0]);
    expect(sample?.['seed']).toBe(Number(seed));
    if (state === 'different') found.push(seed);
  }
  return found;
}

describe('a sample', () => {
  it('says how many keys were equal, of those that the table has and of those that only its inputs have', async () => {
    const { code, stdout } = await runHere([
      ...['verify', 'gold.customers', '--sample', '20', '--seed', '7', '--project', project.folder],
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'equal in 20 of 100 keys (20 %) and 20 of 100 that only bronze.orders has by customer_id, seed 7',
    );
    expect(stdout).toContain('1 table equal in a sample · release 2');
  });

  it('is of other keys by another seed, and of the same by the same', async () => {
    const again = async (seed: string): Promise<unknown> =>
      (await verify('gold.customers', '--sample', '1', '--seed', seed)).tables.get('gold.customers')?.again;
    expect(await again('3')).toEqual(await again('3'));
  });

  it.each([
    ['changed', ['update', '--set', 'revenue=-1', '--where', 'customer_id = 42'], { changed: 0, added: 1, removed: 1 }],
    ['missing', ['delete', '--where', 'customer_id = 42'], { changed: 0, added: 1, removed: 0 }],
  ] as const)(
    'finds a row that is %s by as many seeds as should, and all of it finds it always',
    async (_, how, rows) => {
      const restore = await plantRows(project.folder, 'gold.customers', how);
      try {
        const found = await finding();
        // Of twenty seeds six on average; no more than twelve, and at least one, unless chance is none.
        expect(found.length).toBeGreaterThanOrEqual(2);
        expect(found.length).toBeLessThanOrEqual(11);
        const all = await verify('gold.customers', '--sample', '100%', '--seed', '1');
        expect([all.code, all.tables.get('gold.customers')?.again.rows]).toMatchObject([1, rows]);
        const [one = ''] = found;
        const sampled = await verify('gold.customers', '--sample', '30%', '--seed', one);
        expect(sampled.tables.get('gold.customers')?.again.rows).toMatchObject(rows);
      } finally {
        await restore();
      }
    },
  );

  it('finds a row that is there twice', async () => {
    const [row] = await project.query('select * from gold.customers where customer_id = 42');
    const file = join(project.folder, 'twice.ndjson');
    await writeFile(file, JSON.stringify(row));
    const restore = await plantRows(project.folder, 'gold.customers', ['append', '--from', file]);
    try {
      const found = await finding();
      expect(found.length).toBeGreaterThanOrEqual(2);
      expect(found.length).toBeLessThanOrEqual(11);
    } finally {
      await restore();
    }
  });

  it('is all of it where no column is followed, or chance decides, which is said', async () => {
    const { tables } = await verify('gold', '--sample', '5');
    expect(tables.get('gold.total')?.again).toMatchObject({
      state: 'equal',
      whole: 'no column of it says which rows of bronze.orders a row is made of',
    });
    expect(tables.get('gold.newest')?.again.whole).toContain('first: rows that are equal in its order');
    expect(tables.get('gold.customers')?.again.sample).toMatchObject({ keys: 5, of: 100 });
  });

  it('is refused in words when it is none', async () => {
    for (const [args, said] of [
      [['--sample', 'gold.total'], 'a number of keys or a share'],
      [['--sample', '0%'], 'a number of keys or a share'],
      [['--seed', '3'], 'give --sample, too'],
      [['--quick', '--sample'], 'give one of them'],
    ] as const) {
      const { code, stderr } = await runHere(['verify', ...args, '--project', project.folder]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    }
  });
});

describe('a bound of time', () => {
  it('takes first what nobody verified for longest', async () => {
    await verify('gold.total');
    // Not gold.newest, which is another one each time. The other one was sampled before.
    const { order, left, code } = await verify('gold.total', 'gold.customers', '--within', '10m');
    expect([code, left, order]).toEqual([0, [], ['gold.customers', 'gold.total']]);
  });

  it('leaves what there is no time for, and says so', async () => {
    const { order, left, code } = await verify('gold', '--within', '0s');
    expect([code, order, [...left].sort()]).toEqual([0, [], ['gold.customers', 'gold.newest', 'gold.total']]);
  });
});

describe('what was verified', () => {
  it('is told by the next verification, and asked in system.verified after a run', async () => {
    await verify('gold.customers');
    const { tables } = await verify('gold.customers', '--sample', '5', '--seed', '1');
    expect(tables.get('gold.customers')?.verifiedBefore?.how).toBe('all');
    await project.write('landing/3.json', orders(800));
    await project.runs();
    const rows = await project.query(
      "select how, result, rows_different, keys, of_keys, seed from system.verified where table_name = 'gold.customers' order by verification desc limit 2",
    );
    expect(rows).toEqual([
      { how: 'sample', result: 'equal', rows_different: 0, keys: 5, of_keys: 100, seed: 1 },
      { how: 'all', result: 'equal', rows_different: 0, keys: null, of_keys: null, seed: null },
    ]);
  });
});
