import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqlBench } from '../../sql/real-engine.test-suite.ts';
import type { SqlBench } from '../../sql/real-engine.test-suite.ts';

let bench: SqlBench;
beforeAll(async () => {
  bench = await openSqlBench();
});
afterAll(() => bench.engine.close());

const tables = `with a as (select 1 as x where false), b as (select 1 as x union all select 2), c as (select 2 as x union all select 3),
  d as (select [7, 8] as l, 2 as x)`;

async function bag(sql: string): Promise<readonly string[]> {
  return await bench.bag(sql, []);
}

describe('joins that are printed give the rows of those that were written', () => {
  it.each([
    'select * from a cross join b full join c on b.x = c.x',
    'select * from a cross join b right join c on b.x = c.x',
    'select * from b cross join c left join d on b.x = d.x',
    'select * from b cross join c b2 cross join d left join c on b.x = c.x',
    'select * from c left join (b cross join d) on c.x = b.x',
    'select * from b, c left join d on c.x = d.x',
    'select * from (b full join c on b.x = c.x) cross join d',
    'select * from d cross join unnest(d.l) u left join c on c.x = d.x',
    'select * from d, lateral (select d.x + 1 as y) t left join c on c.x = t.y',
    'select * from b cross join d semi join c on c.x = b.x',
    // Its right side has rows that are all alike: which row meets which is the order in which threads end.
    'select * from b cross join d positional join (select 9 as y union all select 9)',
    'select (select count(*) from a cross join b full join c on b.x = c.x) as n, * from b where b.x in (select c.x from b cross join d left join c on c.x = b.x)',
  ])('%s', async (sql) => {
    const statement = `${tables} ${sql}`;
    const [parsed] = await bench.engine.parse([statement]);
    if (parsed === undefined || !parsed.ok) throw new Error(parsed?.message);
    const [printed = ''] = await bench.engine.print([parsed.tree]);
    expect(await bag(printed)).toEqual(await bag(statement));
  });
});
