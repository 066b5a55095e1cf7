import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column, DataType } from '../../core/schema.ts';
import { openEngineCompiler } from '../../project/engine-compiler.test-suite.ts';
import { proveRefresh } from './proof.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const columns = (types: Readonly<Record<string, DataType>>): readonly Column[] =>
  Object.entries(types).map(([name, type]) => ({ name, type }));

const tables = new Map([
  [
    's.o',
    columns({ id: 'long', c: 'long', s: 'string', n: 'decimal(12,2)', f: 'double', ts: 'timestamp', b: 'boolean' }),
  ],
  ['s.c', columns({ id: 'long', k: 'long' })],
]);

/** 'c: n rows, s sum, + o' for sums by c of the table o; else why there are none. */
async function folded(sql: string): Promise<string> {
  const [parsed] = await compiler.parse([sql]);
  const bound = await compiler.bind(sql, tables, 'UTC');
  if (parsed === undefined || !parsed.ok || !bound.ok) throw new Error(`it cannot be bound: ${sql}`);
  const inputs = new Map([...tables].map(([name, columns]) => [name, { columns, unique: [] }]));
  const result = await proveRefresh(compiler, { tree: parsed.tree, inputs, timezone: 'Europe/Berlin' });
  if (!result.ok) return result.why;
  const { fold, leaves, occurrences } = result.proof;
  if (!fold.ok) return fold.why;
  const named = (column: number): string => bound.columns[column]?.name ?? '?';
  const tableOf = (leaf: number): string => occurrences[leaves[leaf]?.occurrence ?? -1]?.slice(2) ?? '*';
  const measures = fold.measures.map(({ column, kind }) => `${named(column)} ${kind}`);
  const derived = fold.derived.columns.map(({ column, sql }) => `${named(column)} = ${sql}`);
  const parts = fold.derived.parts.map(({ column, type }, i) => `p${i} ${named(column)} ${type}`);
  const linear = fold.linear.map(
    ([leaf, silenced]) =>
      `+ ${tableOf(leaf)}${silenced.length === 0 ? '' : ` without ${silenced.map(tableOf).join(', ')}`}`,
  );
  const keys = fold.rows.keys.map(
    ({ plain }) => `by ${plain.map(([leaf, column]) => `${tableOf(leaf)}.${column}`).join(' = ')}`,
  );
  return `${fold.groups?.map(named).join(', ') ?? 'all'}: ${[...measures, ...linear, ...keys, ...derived, ...(derived.length === 0 ? [] : parts)].join(', ')}`;
}

const several = 'a column of it is made of sum: add it to its columns';

describe('what can be added to and taken from', () => {
  it.each<readonly [what: string, sql: string, expected: string]>([
    [
      'counts and sums by a column',
      'select c, count(*) as n, count(s) as m, sum(n) as t from s.o group by c',
      'c: n rows, m count, t sum, + o',
    ],
    ['… of everything', 'select sum(id) as t, count(*) as n from s.o where c > 1', 'all: t sum, n rows, + o'],
    ['… by nothing else than groups', 'select c from s.o group by c', 'c: + o'],
    [
      '… by an expression, which is not shown otherwise',
      "select date_trunc('month', ts) as m, upper(s) as u, s, count(*) as n from s.o group by all",
      'm, u, s: n rows, + o',
    ],
    ['… with a constant beside them', "select 'web' as w, c, count(*) as n from s.o group by c", 'w, c: n rows, + o'],
    [
      'a condition of a count',
      'select c, count(*) filter (where f > 1) as n, count_if(b) as m from s.o group by c',
      'c: n count, m sum, + o',
    ],
    [
      'a sum that is 0 of nothing',
      'select c, coalesce(sum(n), 0) as t, ifnull(sum(id), 0) as u from s.o group by c',
      'c: t total, u total, + o',
    ],
    ['… another number is no sum', 'select c, coalesce(sum(n), 1) as t from s.o group by c', several],
    [
      'a cast that takes nothing away',
      'select c, sum(n)::decimal(20,2) as t, count(*)::integer as n from s.o group by c',
      'c: t sum, n rows, + o',
    ],
    [
      '… rounding takes something away',
      'select c, sum(n)::decimal(20,1) as t from s.o group by c',
      'a column of it is rounded',
    ],
    ['… so do whole numbers', 'select c, sum(n)::bigint as t from s.o group by c', 'a column of it is rounded'],
    ['… text is no number', 'select c, sum(n)::varchar as t from s.o group by c', 'a column of it is rounded'],
    [
      '… what does not fit is lost',
      'select c, try_cast(sum(id) as tinyint) as t from s.o group by c',
      'what does not fit is NULL in a column of it',
    ],
    ['… one cast after another', 'select c, sum(id)::tinyint::bigint as t from s.o group by c', several],
    ['sums of DOUBLE', 'select c, sum(f) as t from s.o group by c', 'a sum of DOUBLE is rounded'],
    [
      '… also of one table that is only compared',
      'select c, count(*) as n from s.o where f > (select sum(f) from s.o) group by c',
      'sum is rounded',
    ],
    [
      'columns that are made of others',
      'select c, sum(n) as t, count(*) as k, round(100.0 * sum(n) / nullif(count(*), 0), 2) as r from s.o group by c',
      'c: t sum, k rows, + o, r = round((cast((cast(100.0 as DECIMAL(38,1)) * p1) as DOUBLE) / cast(case when (p2 = cast(0 as BIGINT)) then cast(null as BIGINT) else p2 end as DOUBLE)), 2), p0 c BIGINT, p1 t DECIMAL(38,2), p2 k BIGINT',
    ],
    [
      '… of a group and of a sum that the table has in another type',
      'select c, sum(id)::decimal(30,4) as t, case when sum(id) > c or c is null then sum(id) else c end as r from s.o group by c',
      'c: t sum, + o, r = case when ((p1 > cast(p0 as HUGEINT)) or (p0 is null)) then p1 else cast(p0 as HUGEINT) end, p0 c BIGINT, p1 t HUGEINT',
    ],
    [
      '… of a total, which does not say whether it is 0 of nothing',
      'select c, coalesce(sum(n), 0) as t, sum(n) * 2 as r from s.o group by c',
      several,
    ],
    [
      '… of an average, which cannot be followed itself',
      'select c, sum(id) as t, avg(id) * 2 as r from s.o group by c',
      'avg is neither a count nor a sum',
    ],
    [
      '… by what is not printed',
      'select c, sum(id) as t, sum(id) in (1, 9) as r from s.o group by c',
      'a column of it is made of others in a way that is not followed',
    ],
    [
      'the right side of a left join, by what it is joined by',
      'select k.k, sum(o.n) as t from s.o o left join s.c k on o.c = k.id group by k.k',
      'k: t sum, + o, by o.c = c.id',
    ],
    ['averages', 'select c, avg(id) as t from s.o group by c', 'avg is neither a count nor a sum'],
    ['distinct values', 'select c, count(distinct s) as t from s.o group by c', 'count of distinct values is no sum'],
    [
      'two sums in one',
      'select c, sum(id) / sum(n) as t from s.o group by c',
      'a column of it is made of sum and sum: add them to its columns',
    ],
    [
      'the smallest and the greatest',
      'select c, min(s) as a, max(ts) as z from s.o group by c',
      'c: a min, z max, + o',
    ],
    ['… of DOUBLE', 'select c, max(f) as a from s.o group by c', 'max of DOUBLE is not followed'],
    [
      '… of times without a zone, which the table has in another order',
      'select c, max(ts::timestamp) as a from s.o group by c',
      'max of TIMESTAMP is not followed',
    ],
    [
      '… by times without a zone, of which two may be one',
      'select ts::timestamp as t, count(*) as n from s.o group by 1',
      'values that it is grouped by are not the same in the table',
    ],
    ['… the two smallest', 'select c, min(id, 2) as a from s.o group by c', 'min is neither a count nor a sum'],
    [
      'groups that are not shown',
      'select count(*) as n from s.o group by c',
      'what it is grouped by is not among its columns',
    ],
    [
      '… nor as they are',
      'select c % 2 as c, count(*) as n from s.o group by s.o.c',
      'what it is grouped by is not among its columns',
    ],
    [
      'several grouping sets',
      'select c, count(*) as n from s.o group by rollup (c)',
      'there are several grouping sets',
    ],
    [
      'HAVING',
      'select c, count(*) as n from s.o group by c having count(*) > 1',
      'rows are chosen after they are grouped',
    ],
    [
      'a window over groups',
      'select c, count(*) as n, rank() over (order by c) as r from s.o group by c',
      'its rows are not groups alone',
    ],
    ['DISTINCT over groups', 'select distinct c, count(*) as n from s.o group by c', 'its rows are not groups alone'],
    ['no groups', 'select c from s.o', 'its rows are not groups alone'],
    [
      'groups joined to something',
      'select g.c, g.n from (select c, count(*) as n from s.o group by c) g join s.c on g.c = s.c.id',
      'its rows are not groups alone',
    ],
    [
      'groups in a CTE that is read by another',
      'with r as (select c, id from s.o), g as (select c, sum(id) as t from r group by c) select t, c from g order by t',
      'c: t sum, + o',
    ],
    [
      '… of which something is made',
      'with g as (select c, sum(id) as t from s.o group by c) select c, t + 1 as t from g',
      several,
    ],
    [
      '… some of which are chosen',
      'with g as (select c, sum(id) as t from s.o group by c) select c, t from g where t > 1',
      'rows are chosen after they are grouped',
    ],
    [
      '… that is read twice',
      'with g as (select c, sum(id) as t from s.o group by c) select g.c, g.t from g join g as h on g.c = h.c',
      'its rows are not groups alone',
    ],
    [
      '… beside one that nobody reads',
      'with u as (select * from s.c), g as (select c, sum(id) as t from s.o group by c), w as (select * from g) select c, t from g',
      'c: t sum, + o',
    ],
    [
      'a join is a sum over both sides',
      'select k, count(*) as n from s.o join s.c on o.c = s.c.id group by k',
      'k: n rows, + o, + c',
    ],
    [
      '… an outer one over one',
      'select k, count(*) as n from s.o left join s.c on o.c = s.c.id group by k',
      'k: n rows, + o, by o.c = c.id',
    ],
    [
      'UNION ALL is one while the other side is silent',
      'select c, count(*) as n from (select c from s.o union all select k from s.c) group by c',
      'c: n rows, + o without c, + c without o',
    ],
    [
      '… distinct rows are none',
      'select c, count(*) as n from (select distinct c, s from s.o) group by c',
      'c: n rows, by o.c, by o.s',
    ],
    [
      '… nor are groups of groups',
      'select t, count(*) as n from (select c, sum(id) as t from s.o group by c) group by t',
      't: n rows, by o.c',
    ],
  ])('%s', async (_, sql, expected) => {
    expect(await folded(sql)).toBe(expected);
  });
});
