import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freezeClock } from './clock.ts';
import { selectFacts } from './facts.ts';
import { openSqlBench } from './real-engine.test-suite.ts';
import type { SqlBench } from './real-engine.test-suite.ts';

let bench: SqlBench;
beforeAll(async () => {
  bench = await openSqlBench();
});
afterAll(() => bench.engine.close());

async function facts(sql: string): Promise<ReturnType<typeof selectFacts>> {
  return selectFacts(await bench.parse(sql));
}

describe('rowWise', () => {
  it.each([
    'select a, lower(b) as b from s.t where a > 0',
    'select * from s.t order by a',
    "select a, case when b then 1 end from s.t where b in (1, 2) and c like 'x%'",
    'select a, unnest(l) as item from s.t',
    'select t.a, i.n, i.item from s.t t cross join unnest(t.l) with ordinality as i (item, n)',
    'select t.a, i.item from s.t, unnest(t.l) i(item)',
    'select list_sum(l), len(l), greatest(a, b) from s.t',
  ])('proven: %s', async (sql) => {
    expect((await facts(sql)).rowWise).toEqual({ proven: true });
  });

  it.each([
    ['select a from s.t join s.u using (a)', 'it joins tables'],
    ['select a from s.t, s.u', 'it joins tables'],
    ['select a, count(*) from s.t group by a', 'rows are grouped'],
    ['select a from s.t group by all', 'rows are grouped'],
    ['select max(a) from s.t', 'rows are grouped'],
    ['select a from s.t having a > 1', 'rows are grouped'],
    ['select distinct a from s.t', 'DISTINCT'],
    ['select a from s.t limit 3', 'LIMIT'],
    ['select a from s.t limit 10%', 'LIMIT'],
    ['select a from s.t qualify row_number() over (order by a) = 1', 'row_number() looks at other rows'],
    ['select a, ntile(5) over (order by a) from s.t', 'ntile() looks at other rows'],
    ['select a from s.t union all select a from s.u', 'a set operation'],
    ['select a from s.t where a in (select a from s.u)', 'a sub-select'],
    ['select (select max(a) from s.u) from s.t', 'a sub-select'],
    ['select a from (select * from s.t)', 'a sub-select'],
    ['with x as (select * from s.t) select * from x', 'a WITH'],
    ['select a from s.t where d > current_date - 28', 'it reads current_date'],
    ['select a, age(d) from s.t', 'it reads age'],
    ['select a, now() from s.t', 'it reads now'],
    ['select a, random() from s.t', 'it reads random'],
    ['select a from s.t using sample 10', 'it reads sample'],
    ['select a from s.t tablesample 10%', 'it reads sample'],
    ['select 1', 'it reads no table'],
    ['values (1)', 'its input is not one table'],
    ['select * from range(3)', 'its input is not one table'],
    ['select * from (pivot s.t on a in (1) using sum(b))', 'a sub-select'],
    ['select * from s.t positional join unnest([1])', 'it joins tables'],
  ])('not proven: %s', async (sql, why) => {
    expect((await facts(sql)).rowWise).toEqual({ proven: false, why });
  });
});

describe('clock, time and chance', () => {
  it.each<[string, boolean, boolean, string[]]>([
    ['select 1', false, false, []],
    ['select current_date', true, false, []],
    ['select CURRENT_DATE - 1', true, false, []],
    ['select today()', true, false, []],
    ['select a from t where d > (select today())', true, false, []],
    ['select age(d) from t', true, false, []],
    ['select age(d, e) from t', false, false, []],
    ['select now()', false, true, []],
    ['select current_timestamp, localtimestamp, get_current_timestamp()', false, true, []],
    ['with x as (select now() as n) select * from x', false, true, []],
    ['select t.current_date from t', false, false, []],
    ['select random(), a, uuid() from t', false, false, ['random@7', 'uuid@20']],
    ["select 'ü', gen_random_uuid(), nextval('s')", false, false, ['gen_random_uuid@12', 'nextval@31']],
    ['select * from t tablesample 10%', false, false, ['sample@14']],
    ["select current_user, current_setting('x')", false, false, ['current_user@7', 'current_setting@21']],
  ])('%s', async (sql, usesClock, usesNow, volatile) => {
    const found = await facts(sql);
    expect([found.usesClock, found.usesNow, found.volatile.map(({ name, offset }) => `${name}@${offset}`)]).toEqual([
      usesClock,
      usesNow,
      volatile,
    ]);
  });
});

describe('shape', () => {
  it.each([
    [
      'select * from t qualify row_number() over (partition by order_id order by updated_at desc, x) = 1',
      'latest row per order_id',
    ],
    ['select * from t qualify row_number() over (partition by t.a, b order by c desc) = 1', 'latest row per a, b'],
    ['select * from t qualify row_number() over (partition by a order by c) = 1', ''],
    ['select * from t qualify row_number() over (partition by a order by c desc) = 2', ''],
    ['select * from t qualify rank() over (partition by a order by c desc) = 1', ''],
    ['select * from t qualify row_number() over (order by c desc) = 1', ''],
    ['select * from t', ''],
  ])('%s', async (sql, shape) => {
    expect((await facts(sql)).shape).toBe(shape);
  });
});

describe('freezeClock', () => {
  const moment = { day: '2026-03-10', nowIso: '2026-03-10T22:30:00.123Z' };
  const words = [
    'current_date',
    'today()',
    'now()',
    'current_timestamp',
    'get_current_timestamp()',
    'transaction_timestamp()',
    'localtimestamp',
    'current_localtimestamp()',
    'localtime',
    'current_localtime()',
  ];

  it.each(words)('%s keeps its type and name, and is the same in the whole query', async (word) => {
    const sql = `with x as (select ${word} as c) select ${word}, c = ${word} as same, typeof(c) as t from x where ${word} is not null order by ${word}`;
    const frozen = await bench.print(freezeClock(await bench.parse(sql), moment));
    expect(selectFacts(await bench.parse(frozen))).toMatchObject({ usesClock: false, usesNow: false });
    expect(await bench.bag(`select same, t from (${frozen})`, [])).toEqual(
      await bench.bag(`select true, typeof(${word})`, []),
    );
    expect(await bench.names(frozen, [])).toEqual(await bench.names(sql, []));
  });

  it('gives the moment, in the time zone of the request', async () => {
    const sql = await bench.print(
      freezeClock(
        await bench.parse("select current_date, now(), localtimestamp, age(timestamp '2026-03-01')::varchar"),
        moment,
      ),
    );
    const { batches } = await bench.engine.query({ sql, relations: [], timezone: 'Europe/Berlin' });
    for await (const batch of batches) {
      expect(batch.columns).toEqual([
        ['2026-03-10'],
        ['2026-03-10T22:30:00.123000Z'],
        ['2026-03-10T23:30:00.123000'],
        ['9 days'],
      ]);
    }
  });

  it('leaves columns alone that are called like it', async () => {
    const sql = 'select t.current_date from (select 5 as current_date) t';
    expect(await bench.bag(await bench.print(freezeClock(await bench.parse(sql), moment)), [])).toEqual(['[5]']);
  });
});
