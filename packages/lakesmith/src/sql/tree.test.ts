import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clockReading, isAggregate, isVolatile } from './functions.ts';
import { isSingleSelect } from './gate.ts';
import { tableReferences } from './references.ts';
import { openSqlBench } from './real-engine.test-suite.ts';
import type { SqlBench } from './real-engine.test-suite.ts';

let bench: SqlBench;
beforeAll(async () => {
  bench = await openSqlBench();
});
afterAll(() => bench.engine.close());

describe('a tree comes back as the same SQL', () => {
  it.each([
    'select 9007199254740993 as a, 170141183460469231731687303715884105727 as b, -9223372036854775808 as c, 18446744073709551615 as d',
    'select 1e0 as a, 0.1e0 as b, 1e308 as c, 1e-320 as d, 1.0 as e, 12345678901234567890.123456789 as f, 1::double as g',
    "select 'it''s \"q\" {\"$number\":\"7\"}' as a, 'ü \u{1F600} \\' as b, x'41'::blob as c",
    "select date '2026-01-01' as a, timestamptz '2026-01-01 00:00:00+00' as b, interval 3 month as c, current_date = today() as d",
    'select count(*) as n, sum(a) filter (where a > 1) as s, list(a order by a desc) as l from range(5) t(a)',
    'select a, row_number() over (partition by a % 2 order by a desc) as r, lag(a, 1, 0) over (order by a) as g from range(5) t(a) qualify r < 3',
    'select case when a > 2 then a else null end as c, a between 1 and 3 as b, a in (1, 2) as i, coalesce(a, 0) as z from range(5) t(a)',
    "select [x * 2 for x in [1, 2] if x > 1] as l, list_transform([1, 2], y -> y + 1) as m, {'a': 1}.a as s, [1, 2, 3][2:] as p",
    'with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select sum(n) as s from r',
    'select * exclude (a) replace (b + 1 as b) from (select 1 as a, 2 as b)',
    'select a from range(3) t(a) union all by name select 5 as a order by a desc limit 2',
    'select 7 // 2 as a, -7 % 3 as b, 2 ** 3 as c, 7 / 2 as d, 1 is distinct from null as e',
    "select 'abc' like 'a%' as a, 'abc' ilike 'A_c' as b, 'a%c' like 'a$%c' escape '$' as c, 'abc' similar to 'a.*' as d, 'x' collate nocase = 'X' as e",
    'select unnest([1, 2]) as u, 3 as t',
    'select (select max(a) from range(3) t(a)) as m, exists (select 1) as e, 2 in (select a from range(3) t(a)) as i',
    'select a from range(5) t(a) asof join range(3) u(b) on t.a >= u.b',
    'select grouping(a) as g, a, count(*) as n from range(4) t(a) group by rollup (a)',
    "select columns(c -> c like 'a%') from (select 1 as aa, 2 as ab, 3 as b)",
    "select '1'::integer as a, try_cast('x' as integer) as b, 1.5::decimal(10, 3) as c, 'a'::enum('a', 'b') as d",
  ])('%s', async (sql) => {
    const printed = await bench.print(await bench.parse(sql));
    expect(await bench.bag(printed, [])).toEqual(await bench.bag(sql, []));
    const describeSql = async (text: string): Promise<unknown> =>
      await bench.engine.describe({ sql: text, relations: [], timezone: 'UTC' });
    expect(await describeSql(printed)).toEqual(await describeSql(sql));
    expect(await bench.print(await bench.parse(printed))).toBe(printed);
  });
});

describe('tableReferences', () => {
  const names = async (sql: string): Promise<string[]> =>
    tableReferences(await bench.parse(sql)).map(
      (reference) => `${reference.kind}:${reference.schema}.${reference.name}@${reference.offset}`,
    );

  it.each<[string, string[]]>([
    ['select 1', []],
    ['select * from silver.orders o join gold.sales using (id)', ['table:silver.orders@14', 'table:gold.sales@35']],
    ['with x as (select * from a.b) select * from x', ['table:a.b@25']],
    ['with x as (select 1) select * from (select * from X) y, s.x', ['table:s.x@56']],
    ['with x as (select * from x) select * from x', ['table:.x@25']],
    ['with recursive r as (select 1 as n union all select n + 1 from r) select * from r', []],
    ['with a as (select * from b), b as (select * from a) select * from b', ['table:.b@25']],
    [
      'select * from t where a in (select a from u) and exists (select 1 from (with t as (select 1) select * from t))',
      ['table:.t@14', 'table:.u@42'],
    ],
    [
      'select (select max(a) from u), * from t union select * from v except select * from w',
      ['table:.u@27', 'table:.t@38', 'table:.v@60', 'table:.w@83'],
    ],
    ["select 'ü', * from s.t", ['table:s.t@19']],
    ["select * from read_csv('x.csv')", ['function:.read_csv@14']],
    ["select * from 'x.parquet'", ['table:.x.parquet@14']],
    ['select * from t, unnest(t.l) u, range(3)', ['table:.t@14', 'function:.unnest@17', 'function:.range@32']],
    ['select * from (pivot t on a in (1) using sum(b))', ['table:.t@21']],
    ['describe silver.orders', ['function:.describe@0', 'table:silver.orders@9']],
    ['select list_transform([1], x -> (select x from u limit 1))', ['table:.u@47']],
  ])('%s', async (sql, expected) => {
    expect(await names(sql)).toEqual(expected);
  });

  it('tells which functions read something outside', async () => {
    const sql =
      "select * from read_text('x'), glob('*'), query('select 1'), unnest([1]), range(2), generate_series(1, 2)";
    const outside = tableReferences(await bench.parse(sql)).filter((reference) => reference.readsOutside);
    expect(outside.map((reference) => reference.name)).toEqual(['read_text', 'glob', 'query']);
  });
});

describe('isSingleSelect', () => {
  it.each([
    ['select 1', true],
    ['from x', true],
    ['values (1)', true],
    ['with x as (select 1) select * from x union select 2', true],
    ['select 1; select 2', false],
    ['show tables', false],
    ['describe x', false],
    ['summarize x', false],
  ])('%s', async (sql, single) => {
    expect(isSingleSelect(await bench.parse(sql))).toBe(single);
  });
});

describe('what is known of functions agrees with the engine', () => {
  const listed = async (where: string): Promise<string[]> =>
    (
      await bench.bag(
        `select distinct function_name from duckdb_functions() where regexp_full_match(function_name, '\\w+') and ${where}`,
        [],
      )
    ).map((row) => String((JSON.parse(row) as unknown[])[0]));

  it('aggregates', async () => {
    expect((await listed("function_type = 'aggregate'")).filter((name) => !isAggregate(name))).toEqual([]);
    expect(['len', 'list_sum', 'lower', 'unnest', 'greatest'].filter(isAggregate)).toEqual([]);
  });

  it('functions that are not the same from call to call, but for error()', async () => {
    const unsteady = await listed("stability <> 'CONSISTENT' and function_type = 'scalar'");
    expect(unsteady.filter((name) => !isVolatile(name) && clockReading(name) === undefined)).toEqual(['error']);
  });
});
