import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import { openEngineCompiler } from '../../project/engine-compiler.test-suite.ts';
import type { ProvenInput } from './proof.ts';
import { proveRefresh } from './proof.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const columns = (...names: readonly string[]): readonly Column[] =>
  names.map((name) => ({
    name,
    type: name === 'f' ? 'double' : name === 'ts' ? 'timestamp' : name === 's' ? 'string' : 'long',
  }));

const part: Column['type'] = {
  type: 'struct',
  fields: [
    { name: 'k', type: 'long', nullable: true, metadata: {} },
    { name: 'g', type: 'double', nullable: true, metadata: {} },
  ],
};

/** `o` has the key id, `c` the key cid, `b` none. */
const inputs: ReadonlyMap<string, ProvenInput> = new Map([
  [
    's.o',
    {
      columns: [
        ...columns('id', 'c', 'a', 's', 'f', 'ts'),
        { name: 'l', type: { type: 'array', elementType: 'long', containsNull: true } },
      ],
      unique: [['id']],
    },
  ],
  ['s.c', { columns: columns('cid', 'k', 's'), unique: [['cid']] }],
  [
    's.p',
    {
      columns: [
        ...columns('id'),
        { name: 'st', type: part },
        { name: 'ls', type: { type: 'array', elementType: part, containsNull: true } },
      ],
      unique: [],
    },
  ],
  ['s.b', { columns: columns('a', 'k', 'f'), unique: [] }],
]);

/** 'x: c, o' for an output column by which rows of the tables o and c are followed; '+ o' for one that the rows are a sum of. */
async function proven(sql: string): Promise<string> {
  const [parsed] = await compiler.parse([sql]);
  if (parsed === undefined || !parsed.ok) throw new Error('it cannot be parsed');
  const bound = await compiler.bind(sql, new Map([...inputs].map(([name, input]) => [name, input.columns])), 'UTC');
  if (!bound.ok) throw new Error(bound.message);
  const result = await proveRefresh(compiler, { tree: parsed.tree, inputs, timezone: 'UTC' });
  if (!result.ok) return result.why;
  const { keys, leaves, linear, obstacles, occurrences, unique } = result.proof;
  const tableOf = (leaf: number): string => occurrences[leaves[leaf]?.occurrence ?? -1]?.slice(2) ?? '*';
  const nameOf = (column: number): string => bound.columns[column]?.name ?? '?';
  return [
    ...keys.map(
      ({ column, at }) =>
        `${nameOf(column)}: ${at
          .map(([leaf]) => tableOf(leaf))
          .sort()
          .join(', ')}`,
    ),
    ...linear.map(
      ([leaf, silenced]) =>
        `+ ${tableOf(leaf)}${silenced.length === 0 ? '' : ` without ${silenced.map(tableOf).join(', ')}`}`,
    ),
    ...[...new Set(unique.map((set) => `= ${set.map(nameOf).join(', ')}`))],
    ...obstacles.map(({ kind, what }) => `! ${kind} ${what}`),
  ].join('; ');
}

describe('what is proven of a SELECT', () => {
  it.each<readonly [what: string, sql: string, expected: string]>([
    [
      'a table: every column whose values are equal only when they are the same',
      'select id, s, f, l from s.o',
      'id: o; s: o; + o; = id',
    ],
    ['a filter keeps all, and an equality carries keys over', 'select a, c from s.o where a = c', 'a: o; c: o; + o'],
    ['a projection keeps what can be said over it', 'select a + 1 as n, s || s as t from s.o', 'n: o; t: o; + o'],
    [
      '… a function of a key is a key, and a constant is none',
      "select date_trunc('day', ts) as d, 1 as one from s.o",
      'd: o; one: o; + o',
    ],
    ['… as is a part of a value', 'select st.k as k, st.g as g, id from s.p', 'k: p; id: p; + p'],
    [
      '… of a value in a list it is one of what it is compared with',
      'select o.id, i.x.k as k, c.s from s.p o cross join unnest(o.ls) with ordinality as i (x, n) left join s.c on c.cid = i.x.k',
      'id: p; k: c; + p',
    ],
    [
      'a list and the numbers in it stand between its table and the next',
      'select o.id, c.cid, c.k from s.p o, unnest(o.ls) with ordinality as i (x, n), s.c',
      'id: p; cid: c; k: c; + p; + c',
    ],
    [
      '… of what a text says as well',
      `select substr(s, 1, 2) as a, s ->> 'name' as b, s::json ->> '$.id' as c, regexp_extract(s, '[0-9]+') as d,
         strptime(s, '%Y%m%d')::date as e, trim(s)::bigint as f, concat_ws('/', s, a) as g from s.o`,
      'a: o; b: o; c: o; d: o; e: o; f: o; g: o; + o',
    ],
    ['… what is not to be printed is none', 'select md5(s) as m, hash(a) as h from s.o', 'm: o; + o'],
    [
      'an inner join merges both sides',
      'select o.id, o.c, c.k from s.o join s.c on o.c = c.cid',
      'id: o; c: c, o; k: c; + o; + c; = id',
    ],
    ['a cross join has the keys of both', 'select o.id, c.cid from s.o, s.c', 'id: o; cid: c; + o; + c; = id, cid'],
    [
      'a left join has no keys of the right',
      'select o.id, o.c, c.k from s.o left join s.c on o.c = c.cid',
      'id: o; c: c, o; + o; = id',
    ],
    [
      '… nor where more than equality joins them',
      'select o.id, o.c, o.a, c.k from s.o left join s.c on c.cid = o.c and o.a >= c.k and (o.a < c.k or c.k is null)',
      'id: o; c: c, o; a: o; + o; = id',
    ],
    [
      '… and either of two is no equality',
      'select o.id, o.c, c.k from s.o left join s.c on c.cid = o.c or o.a < c.k',
      'id: o; c: o; + o',
    ],
    [
      '… unless rows without one go after it',
      'select o.c, c.cid from s.o left join s.c on o.c = c.cid where o.c = c.cid',
      'c: c, o; cid: c, o; + o',
    ],
    [
      'a right join has none of the left',
      'select o.id, c.cid from s.o right join s.c on o.c = c.cid',
      'cid: c, o; + c; = cid, id',
    ],
    [
      'a full join is followed by what is there of both',
      'select coalesce(o.c, c.cid) as c, o.id from s.o full join s.c on o.c = c.cid',
      'c: c, o',
    ],
    ['… and by no column of one side', 'select o.c, c.cid from s.o full join s.c on o.c = c.cid', ''],
    [
      '… and not where that is NULL of itself',
      'select coalesce(o.c + 1, c.cid) as c from s.o full join s.c on o.c + 1 = c.cid',
      '',
    ],
    ['a semi join', 'select id, c from s.o semi join s.c on o.c = c.cid', 'id: o; c: c, o; + o; = id'],
    ['an anti join', 'select id, c from s.o anti join s.c on o.c = c.cid', 'id: o; c: c, o; + o; = id'],
    [
      'IN is true or the row goes',
      'select id, c from s.o where c in (select cid from s.c)',
      'id: o; c: c, o; + o; = id',
    ],
    [
      'NOT IN looks at every NULL',
      'select id, c from s.o where c not in (select cid from s.c)',
      'id: o; c: o; + o; = id',
    ],
    [
      'IN that is only shown does too',
      'select id, c, c in (select cid from s.c) as is_in from s.o',
      'id: o; c: o; + o; = id',
    ],
    [
      'EXISTS is by what it compares',
      'select id, c from s.o where exists (select 1 from s.c where cid = o.c)',
      'id: o; c: c, o; + o; = id',
    ],
    [
      'a value asked of another table',
      'select id, c, (select max(k) from s.c where cid = o.c) as k from s.o',
      'id: o; c: c, o; + o; = id',
    ],
    ['groups: what is grouped by', 'select c, a, sum(id) as n from s.o group by all', 'c: *, o; a: *, o; = c, a'],
    ['… by an expression', "select date_trunc('month', ts) as m, count(*) as n from s.o group by 1", 'm: *, o; = m'],
    ['… in every grouping set', 'select c, a, count(*) as n from s.o group by grouping sets ((c, a), (c))', 'c: o'],
    ['… of a rollup none', 'select c, count(*) as n from s.o group by rollup (c)', ''],
    ['no groups, no key', 'select count(*) as n from s.o', '= '],
    ['over a join', 'select c.k, count(*) as n from s.o left join s.c on o.c = c.cid group by 1', 'k: *; = k'],
    [
      '… by what is joined on',
      'select o.c, count(c.k) as n from s.o left join s.c on o.c = c.cid group by 1',
      'c: *, c, o; = c',
    ],
    ['DISTINCT keeps keys and is no sum', 'select distinct c, a from s.o', 'c: o; a: o; = c, a'],
    ['DISTINCT ON by what it is on', 'select distinct on (c) c, id, a from s.o order by c, id', 'c: o; = id'],
    ['… must say which row', 'select distinct on (c) c, a from s.o order by c, a', 'c: o; ! ties DISTINCT ON'],
    [
      'a window: its partition',
      'select id, c, row_number() over (partition by c order by id) as n from s.o',
      'c: o; = id',
    ],
    [
      '… of every window',
      'select c, a, sum(id) over (partition by c) as x, sum(id) over (partition by c, a) as y from s.o',
      'c: o',
    ],
    [
      '… ties may stand either way',
      'select c, row_number() over (partition by c order by a) as n from s.o',
      'c: o; ! ties row_number',
    ],
    ['… ranks have none', 'select c, rank() over (partition by c order by a) as n from s.o', 'c: o'],
    ['… nor has a sum over a range', 'select c, sum(a) over (partition by c order by a) as n from s.o', 'c: o'],
    [
      '… a sum over rows has',
      'select c, sum(a) over (partition by c order by a rows 1 preceding) as n from s.o',
      'c: o; ! ties aggregate',
    ],
    [
      'UNION ALL is by columns of both, a sum while the other is silent',
      'select a, k from s.b union all select c, a from s.o',
      'a: b, o; k: b, o; + b without o; + o without b',
    ],
    ['… of a side that cannot be silent none', 'select a from s.b union all select 1', 'a: b'],
    ['… a count is never silent', 'select a from s.b union all select count(*) from s.o', 'a: b'],
    [
      '… of each of several sides',
      'select a, k from s.b union all select c, a from s.o union all select id, id from s.p',
      'a: b, o, p; k: b, o, p; + b without o, p; + o without b, p; + p without b, o',
    ],
    [
      '… none where one of several is never silent',
      'select a from s.b union all select 1 union all select id from s.p',
      'a: b, p',
    ],
    [
      'UNION of several looks at all of them',
      'select a from s.b union select c from s.o union select id from s.p',
      'a: b, o, p; = a',
    ],
    ['UNION is no sum', 'select a from s.b union select c from s.o', 'a: b, o; = a'],
    ['EXCEPT ALL', 'select a from s.b except all select c from s.o', 'a: b, o'],
    ['INTERSECT', 'select a from s.b intersect select c from s.o', 'a: b, o; = a'],
    ['lists that are unnested', 'select id, unnest(l) as e from s.o', 'id: o; + o'],
    ['… beside the row', 'select o.id, e from s.o, unnest(o.l) as u(e)', 'id: o; + o'],
    [
      'a lateral question',
      'select o.id, o.c, q.n from s.o, lateral (select count(*) as n from s.c where cid = o.c) q',
      'id: o; c: c, o; + o; = id',
    ],
    ['ORDER BY changes nothing', 'select id from s.o order by a', 'id: o; + o; = id'],
    ['LIMIT does', 'select id from s.o order by id limit 3', '! order LIMIT'],
    [
      'a CTE that is read twice is two leaves',
      'with x as (select c, a from s.o) select x.c, y.a from x join x y on x.c = y.c',
      'c: o, o; a: o; + o; + o',
    ],
    ['a CTE that nobody reads has no part in it', 'with x as (select * from s.c) select a from s.b', 'a: b; + b'],
    [
      'a recursive CTE proves nothing',
      'with recursive r as (select 1 as n union all select n + 1 from r where n < 3) select o.id from s.o join r on r.n = o.a',
      'id: o; + o; ! order recursive cte; ! order a recursive CTE',
    ],
    ['random() is another each time', 'select id, random() as r from s.o', 'id: o; + o; = id; ! volatile random'],
    ['a sample too', 'select id from s.o using sample 10%', '! volatile a sample'],
    ['sums of DOUBLE are rounded', 'select c, sum(f) as f from s.o group by 1', 'c: *, o; = c; ! rounding sum'],
    [
      'a group of values that are equal and not the same',
      'select f, count(*) as n from s.o group by 1',
      '= f; ! rounding GROUP BY of DOUBLE',
    ],
    ['the first of a group is any', 'select c, first(a) as a from s.o group by 1', 'c: *, o; = c; ! ties first'],
    [
      '… unless it is said which',
      "select c, arg_max(a, id) as a, string_agg(s, ',' order by s) as l from s.o group by 1",
      'c: *, o; = c',
    ],
    ['an unknown aggregate is never exact', 'select c, mode(a) as a from s.o group by 1', 'c: *, o; = c; ! order mode'],
    [
      'an as-of join may have ties',
      'select o.id, c.k from s.o asof join s.c on o.c = c.cid and o.a >= c.k',
      'id: o; + o; ! order ASOF JOIN',
    ],
  ])('%s', async (_, sql, expected) => {
    expect(await proven(sql)).toBe(expected);
  });
});

it('says keys of rows that a SELECT leaves out, of which it would refuse some', async () => {
  const sql = `select strptime(substr(s, 1, 8), '%Y%m%d')::date as d, substr(s, 9)::bigint as n from s.o where length(s) = 12`;
  const [parsed] = await compiler.parse([sql]);
  if (parsed === undefined || !parsed.ok) throw new Error('it cannot be parsed');
  const result = await proveRefresh(compiler, { tree: parsed.tree, inputs, timezone: 'UTC' });
  const said = result.ok ? result.proof.keys.flatMap(({ at }) => at.map(([, key]) => key)) : [];
  expect(said).toEqual([
    `try_cast(try_strptime(substr(t."s", try_cast(cast(1 as INTEGER) as BIGINT), try_cast(cast(8 as INTEGER) as BIGINT)), '%Y%m%d') as DATE)`,
    `try_cast(substr(t."s", try_cast(cast(9 as INTEGER) as BIGINT)) as BIGINT)`,
  ]);
});
