import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import { openEngineCompiler } from '../../project/engine-compiler.test-suite.ts';
import type { Meaning } from './meaning.ts';
import { nodesAt } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import { meaningOfPlan } from './meaning.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const typed = (types: Readonly<Record<string, Column['type']>>): readonly Column[] =>
  Object.entries(types).map(([name, type]) => ({ name, type }));

const orders = {
  id: 'long',
  c: 'long',
  a: 'long',
  d: 'decimal(8,2)',
  s: 'string',
  f: 'double',
  ts: 'timestamp',
} as const;
const list: Column = { name: 'l', type: { type: 'array', elementType: 'long', containsNull: true } };
const tables: ReadonlyMap<string, readonly Column[]> = new Map([
  ['s.o', [...typed(orders), list]],
  ['s.p', [...typed(orders), list]],
  ['s.c', typed({ cid: 'long', k: 'long', s: 'string' })],
]);

async function meant(sql: string, over = tables): Promise<Meaning | string> {
  const [plan] = await compiler.plan([sql], over, 'UTC');
  if (!plan?.ok) throw new Error(`${sql}: ${plan?.message ?? 'no plan'}`);
  return meaningOfPlan(plan.plan);
}

async function told(sql: string, over = tables): Promise<Meaning> {
  const meaning = await meant(sql, over);
  if (typeof meaning === 'string') throw new Error(`${sql}: ${meaning}`);
  return meaning;
}

const alike: readonly (readonly [what: string, one: string, other: string])[] = [
  ['white space and case', 'select id, a from s.o', 'SELECT  id,\n a FROM s.o'],
  ['the name of a table', 'select o.id from s.o as o', 'select x.id from s.o as x'],
  ['qualified names', 'select id, a from s.o', 'select o.id, o.a from s.o as o'],
  ['parentheses', 'select a + 1 as b from s.o where a > 1', 'select ((a) + (1)) as b from s.o where ((a > 1))'],
  [
    'a CTE pulled out',
    'select id, a * 2 as b from s.o',
    'with x as (select id, a * 2 as b from s.o) select id, b from x',
  ],
  ['a subquery pulled out', 'select id from s.o', 'select id from (select id, a from s.o)'],
  [
    'names inside of a CTE',
    'with x as (select a as u from s.o) select u as a from x',
    'with y as (select a as v from s.o) select v as a from y',
  ],
  ['a star', 'select * from s.c', 'select cid, k, s from s.c'],
  ['a star that leaves out', 'select * exclude (s) from s.c', 'select cid, k from s.c'],
  ['operands of AND', 'select id from s.o where a > 1 and c < 2', 'select id from s.o where c < 2 and a > 1'],
  ['operands of OR', 'select id from s.o where a > 1 or c < 2', 'select id from s.o where c < 2 or a > 1'],
  [
    'conditions one after the other',
    'select id from s.o where a > 1 and c < 2',
    'with x as (select * from s.o where c < 2) select id from x where a > 1',
  ],
  ['sides of a comparison', 'select id from s.o where a > 1 and c = id', 'select id from s.o where 1 < a and id = c'],
  ['between', 'select id from s.o where a between 1 and 3', 'select id from s.o where a >= 1 and a <= 3'],
  [
    'using and on',
    'select o.id, k from s.o join s.c as c on o.c = c.cid',
    'select x.id, y.k from s.o as x join s.c as y on x.c = y.cid',
  ],
  [
    'using',
    'select id, p.a from s.o join s.p as p using (id)',
    'select o.id, p.a from s.o as o join s.p as p on o.id = p.id',
  ],
  ['GROUP BY a number', 'select c, sum(a) as a from s.o group by 1', 'select c, sum(a) as a from s.o group by c'],
  [
    'GROUP BY an alias',
    'select a % 2 as odd, count(*) as n from s.o group by odd',
    'select a % 2 as odd, count(*) as n from s.o group by a % 2',
  ],
  ['GROUP BY ALL', 'select c, sum(a) as a from s.o group by all', 'select c, sum(a) as a from s.o group by c'],
  [
    'the order of groups',
    'select c, s, count(*) as n from s.o group by c, s',
    'select c, s, count(*) as n from s.o group by s, c',
  ],
  ['a lateral alias', 'select a + 1 as b, b * 2 as e from s.o', 'select a + 1 as b, (a + 1) * 2 as e from s.o'],
  [
    'HAVING an alias',
    'select c, sum(a) as t from s.o group by c having t > 1',
    'select c, sum(a) as t from s.o group by c having sum(a) > 1',
  ],
  [
    'the name of a lambda',
    'select list_transform(l, e -> e + 1) as l from s.o',
    'select list_transform(l, x -> x + 1) as l from s.o',
  ],
  ['a cast in other words', 'select a::varchar as t from s.o', 'select cast(a as text) as t from s.o'],
  [
    'QUALIFY and a subquery',
    'select id from s.o qualify row_number() over (partition by c order by id) = 1',
    'select id from (select id, row_number() over (partition by c order by id) as n from s.o) where n = 1',
  ],
  [
    'a named window',
    'select sum(a) over w as t from s.o window w as (partition by c)',
    'select sum(a) over (partition by c) as t from s.o',
  ],
  [
    'a correlated subquery',
    'select id, (select max(k) from s.c where cid = o.c) as k from s.o as o',
    'select x.id, (select max(y.k) from s.c as y where y.cid = x.c) as k from s.o as x',
  ],
  [
    'EXISTS',
    'select id from s.o where exists (select 1 from s.c as q where cid = s.o.c)',
    'select z.id from s.o as z where exists (select 1 from s.c as q where q.cid = z.c)',
  ],
  ['two ways to count', 'select count(*) as n from s.o', 'select count() as n from s.o'],
];

const other: readonly (readonly [what: string, one: string, other: string])[] = [
  ['another column', 'select id, a from s.o', 'select id, c as a from s.o'],
  ['another table', 'select id from s.o', 'select id from s.p'],
  [
    'a separator',
    "select string_agg(s, ',' order by id) as t from s.o",
    "select string_agg(s, ';' order by id) as t from s.o",
  ],
  [
    'separators that changed places',
    "select string_agg(s, ',') as t, string_agg(s, ';') as u from s.o",
    "select string_agg(s, ';') as t, string_agg(s, ',') as u from s.o",
  ],
  [
    'a separator in a window',
    "select string_agg(s, ',') over (order by id) as t from s.o",
    "select string_agg(s, ';') over (order by id) as t from s.o",
  ],
  ['a quantile', 'select quantile_cont(a, 0.25) as q from s.o', 'select quantile_cont(a, 0.75) as q from s.o'],
  [
    'what a lambda does',
    'select list_transform(l, e -> e + 1) as l from s.o',
    'select list_transform(l, e -> e + 2) as l from s.o',
  ],
  ['1 and 1.0', 'select 1 as x from s.o', 'select 1.0 as x from s.o'],
  ["1 and '1'", 'select 1 as x from s.o', "select '1' as x from s.o"],
  ['a literal in a condition', 'select id from s.o where a > 1', 'select id from s.o where a > 2'],
  ['1.5 and 1.50 in a decimal', 'select d + 1.5 as x from s.o', 'select d + 1.50 as x from s.o'],
  ['> and <', 'select id from s.o where a > 1', 'select id from s.o where a < 1'],
  ['> and >=', 'select id from s.o where a > 1', 'select id from s.o where a >= 1'],
  ['AND and OR', 'select id from s.o where a > 1 and c < 2', 'select id from s.o where a > 1 or c < 2'],
  [
    'AND in OR',
    'select id from s.o where a > 1 and (c < 2 or id > 3)',
    'select id from s.o where (a > 1 and c < 2) or id > 3',
  ],
  ['a condition that goes', 'select id from s.o where a > 1 and c < 2', 'select id from s.o where a > 1'],
  [
    'conditions one of which guards the other',
    "select id from s.o where s <> '' and cast(s as int) > 1",
    "select id from s.o where cast(s as int) > 1 and s <> ''",
  ],
  [
    'the order of UNION ALL',
    'select id from s.o union all select cid from s.c',
    'select cid as id from s.c union all select id from s.o',
  ],
  [
    'UNION and UNION ALL',
    'select id from s.o union all select cid from s.c',
    'select id from s.o union select cid from s.c',
  ],
  [
    'EXCEPT and INTERSECT',
    'select id from s.o except select cid from s.c',
    'select id from s.o intersect select cid from s.c',
  ],
  [
    'what EXCEPT ALL looks at',
    'select id from (select id, a from s.o except all select cid, k from s.c)',
    'select id from s.o except all select cid from s.c',
  ],
  [
    'what EXCEPT looks at',
    'select id from (select id, a from s.o except select cid, k from s.c)',
    'select id from s.o except select cid from s.c',
  ],
  ['ORDER BY with LIMIT', 'select id from s.o order by a, id limit 3', 'select id from s.o order by c, id limit 3'],
  ['how it is sorted', 'select id from s.o order by a, id limit 3', 'select id from s.o order by a desc, id limit 3'],
  ['NULLS FIRST', 'select id from s.o order by a, id limit 3', 'select id from s.o order by a nulls first, id limit 3'],
  ['LIMIT', 'select id from s.o order by a, id limit 3', 'select id from s.o order by a, id limit 4'],
  ['OFFSET', 'select id from s.o order by a, id limit 3', 'select id from s.o order by a, id limit 3 offset 1'],
  [
    'an alias that hides a column',
    'select a as c, sum(id) as n from s.o group by all',
    'select c, sum(id) as n from s.o group by all',
  ],
  [
    'whose column it is',
    'select o.s from s.o as o join s.c as c on o.c = c.cid',
    'select c.s from s.o as o join s.c as c on o.c = c.cid',
  ],
  [
    'sides of a self-join',
    'select x.a from s.o as x join s.o as y on x.id = y.c',
    'select y.a from s.o as x join s.o as y on x.id = y.c',
  ],
  ['LEFT and INNER', 'select id from s.o join s.c on c = cid', 'select id from s.o left join s.c on c = cid'],
  [
    'ON and WHERE of a LEFT JOIN',
    'select id from s.o left join s.c on c = cid and k > 1',
    'select id from s.o left join s.c on c = cid where k > 1',
  ],
  [
    'IN and NOT IN',
    'select id from s.o where c in (select cid from s.c)',
    'select id from s.o where c not in (select cid from s.c)',
  ],
  ['DISTINCT', 'select c from s.o', 'select distinct c from s.o'],
  ['count of DISTINCT', 'select count(c) as n from s.o', 'select count(distinct c) as n from s.o'],
  ['what is counted', 'select count(c) as n from s.o', 'select count(*) as n from s.o'],
  ['FILTER', 'select count(*) filter (a > 1) as n from s.o', 'select count(*) filter (a > 2) as n from s.o'],
  ['HAVING', 'select c from s.o group by c having count(*) > 1', 'select c from s.o group by c having count(*) > 2'],
  [
    'groups',
    'select max(c) as c, sum(a) as a from s.o group by c',
    'select max(c) as c, sum(a) as a from s.o group by c, s',
  ],
  [
    'ROLLUP and CUBE',
    'select c, s, count(*) as n from s.o group by rollup (c, s)',
    'select c, s, count(*) as n from s.o group by cube (c, s)',
  ],
  [
    'the order in ROLLUP',
    'select c, s, count(*) as n from s.o group by rollup (c, s)',
    'select c, s, count(*) as n from s.o group by rollup (s, c)',
  ],
  [
    'which item of a list',
    'select x, y from (select y, unnest(l) as x from (select l, unnest(l) as y from s.o)) where x < y',
    'select x, y from (select y, unnest(l) as x from (select l, unnest(l) as y from s.o)) where y < x',
  ],
  [
    'items in two columns',
    'select x, y from (select y, unnest(l) as x from (select l, unnest(l) as y from s.o))',
    'select y as x, x as y from (select y, unnest(l) as x from (select l, unnest(l) as y from s.o))',
  ],
  ['one group and perhaps none', 'select count(*) as n from s.o', 'select count(*) as n from s.o having count(*) > 0'],
  [
    'a name that is a table where it stands',
    'select id from s.o where exists (select 1 from s.c as q where cid = c)',
    'select id from s.o where exists (select 1 from s.c where cid = c.cid)',
  ],
  [
    'a partition',
    'select sum(a) over (partition by c) as t from s.o',
    'select sum(a) over (partition by s) as t from s.o',
  ],
  [
    'a frame',
    'select sum(a) over (order by id rows 1 preceding) as t from s.o',
    'select sum(a) over (order by id rows 2 preceding) as t from s.o',
  ],
  [
    'a window before and after a condition',
    'select id, count(*) over () as n from s.o where a > 1',
    'select id, n from (select id, count(*) over () as n, a from s.o) as t where a > 1',
  ],
  [
    'a condition after a window and before it',
    'select id, n from (select id, a, count(*) over () as n from s.o where c < 2) where a > 1',
    'select id, n from (select id, c, count(*) over () as n from s.o where a > 1) where c < 2',
  ],
  [
    'a guard that comes later',
    "select id from (select * from s.o where s <> '') where cast(s as int) > 1",
    "select id from (select * from s.o where cast(s as int) > 1) where s <> ''",
  ],
  ['a cast that gives NULL', 'select cast(s as int) as n from s.o', 'select try_cast(s as int) as n from s.o'],
  [
    'options of a function',
    "select regexp_replace(s, 'a', 'b') as t from s.o",
    "select regexp_replace(s, 'a', 'b', 'g') as t from s.o",
  ],
  ['a format', "select strftime(ts, '%Y') as t from s.o", "select strftime(ts, '%m') as t from s.o"],
  ['digits', 'select round(d, 1) as t from s.o', 'select round(d, 0) as t from s.o'],
  ['VALUES', 'select x from (values (1), (2)) as t(x)', 'select x from (values (1), (3)) as t(x)'],
  ['a range', 'select id, n from s.o, range(3) as t(n)', 'select id, n from s.o, range(4) as t(n)'],
  [
    'a CTE that is made once',
    'with x as (select row_number() over () as n, id from s.o) select a.n, b.n as m from x as a join x as b on a.id = b.id',
    'select a.n, b.n as m from (select row_number() over () as n, id from s.o) as a join (select row_number() over () as n, id from s.o) as b on a.id = b.id',
  ],
  [
    'something that may fail unseen',
    'select id from (select id from s.o)',
    "select id from (select id, cast('x' as int) as n from s.o)",
  ],
  ['names of fields', 'select {a: a} as t from s.o', 'select {b: a} as t from s.o'],
  ['a collation', "select id from s.o where s = 'x'", "select id from s.o where s collate nocase = 'x'"],
];

describe('what a SELECT means', () => {
  it.each(alike)('is the same whatever %s', async (_, one, two) => {
    expect(await told(one)).toEqual(await told(two));
  });

  it.each(other)('is not the same: %s', async (_, one, two) => {
    expect(await told(one)).not.toEqual(await told(two));
  });

  it('changes with the types of what it reads', async () => {
    const wider = new Map([...tables, ['s.c', typed({ cid: 'long', k: 'integer', s: 'string' })] as const]);
    const sql = 'select cid, k from s.c';
    const [before, after] = [await told(sql), await told(sql, wider)];
    expect(before.columns[0]).toBe(after.columns[0]);
    expect(before.columns[1]).not.toBe(after.columns[1]);
  });

  it.each([
    ['select alias(a) as n from s.o', 'alias'],
    ['select random() as n from s.o', 'random'],
    ['select id from s.o using sample 10 rows', 'sample'],
    ['with recursive t as (select 1 as n union all select n + 1 from t where n < 5) select n from t', 'recursive cte'],
    ['select o.id from s.o as o positional join s.c as c', 'positional join'],
  ])('is not told where a plan does not tell all: %s', async (sql, why) => {
    expect(await meant(sql)).toBe(why);
  });

  it.each(['grouping sets ((u), (v))', 'rollup (u, v)', 'cube (u, v)'])(
    'is not told of groups of one meaning in %s',
    async (by) => {
      const sql = `with x as (select c as u, c as v from s.o) select u, v, count(*) as n from x group by ${by}`;
      expect(await meant(sql)).toBe('two groups of one meaning');
      const grouping = 'with x as (select c as u, c as v from s.o) select u, grouping(u) as g from x group by u, v';
      expect(await meant(grouping)).toBe('two groups of one meaning');
    },
  );

  it('is not told where a function keeps to itself what it was given, and the plan does not show it', async () => {
    const [plan] = await compiler.plan(["select string_agg(s, ',' order by id) as t from s.o"], tables, 'UTC');
    if (!plan?.ok) throw new Error('no plan');
    expect(typeof meaningOfPlan(plan.plan)).toBe('object');
    const without = JSON.stringify(plan.plan, (key, value: unknown) => (key === 'has_serialize' ? false : value));
    const [aggregate] = nodesAt(nodesAt(plan.plan, 'children')[0] ?? {}, 'expressions');
    expect(aggregate?.['has_serialize']).toBe(true);
    // Tables say it too.
    const told = without.replaceAll('"name":"seq_scan"', '"name":"seq_scan","has_serialize":true');
    expect(meaningOfPlan(JSON.parse(told) as TreeNode)).toBe('string_agg');
  });

  const grown: readonly (readonly [what: string, one: string, more: string])[] = [
    ['something of the row', 'select id, a from s.o where a > 1', 'select id, a, a * 2 as b from s.o where a > 1'],
    ['another column', 'select id from s.o', 'select id, s from s.o'],
    [
      'a sum beside others',
      'select c, sum(a) as a from s.o group by c',
      'select c, sum(a) as a, max(ts) as ts from s.o group by c',
    ],
    [
      'a scalar subquery',
      'select id from s.o',
      'select id, (select max(k) from s.c where cid = o.c) as k from s.o as o',
    ],
    ['something of all rows', 'select id from s.o', 'select id, count(*) over (partition by c) as n from s.o'],
    [
      'a column of both branches',
      'select id from s.o union all select cid from s.c',
      'select id, a from s.o union all select cid, k from s.c',
    ],
    ['a column of a join', 'select id from s.o join s.c on c = cid', 'select id, k from s.o join s.c on c = cid'],
  ];

  it.each(grown)('keeps its rows and columns when it gets %s', async (_, one, more) => {
    const [before, after] = [await told(one), await told(more)];
    expect(after.rows).toBe(before.rows);
    expect(after.columns.slice(0, before.columns.length)).toEqual(before.columns);
    expect(after.columns.length).toBeGreaterThan(before.columns.length);
  });

  it.each([
    ['a join', 'select id from s.o', 'select id, k from s.o left join s.c on c = cid'],
    ['a group', 'select c, sum(a) as a from s.o group by c', 'select c, sum(a) as a, s from s.o group by c, s'],
    ['a column of DISTINCT', 'select distinct c from s.o', 'select distinct c, s from s.o'],
    [
      'a column of UNION',
      'select id from s.o union select cid from s.c',
      'select id, a from s.o union select cid, k from s.c',
    ],
    ['a window that sorts by DOUBLE', 'select id, f from s.o', 'select id, f, rank() over (order by f) as n from s.o'],
    ['items of a list', 'select id from s.o', 'select id, unnest(l) as i from s.o'],
  ])('has other rows with %s more', async (_, one, more) => {
    expect((await told(more)).rows).not.toBe((await told(one)).rows);
  });
});
