import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lineage } from './lineage.ts';
import { columnLineage, writtenLineage } from './lineage.ts';
import type { SqlBench } from './real-engine.test-suite.ts';
import { openSqlBench } from './real-engine.test-suite.ts';

let bench: SqlBench;
beforeAll(async () => {
  bench = await openSqlBench();
});
afterAll(async () => bench.engine.close());

/** Columns with what they hold in a few rows, and the same otherwise. */
const tables: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  t: {
    id: ['r', 'r + 100'],
    a: ['r * 3', 'r * 7 + 1'],
    b: ["'b' || r", "'other' || r * 2"],
    c: ['r % 2', '(r + 1) % 2'],
    s: ["{'x': r, 'y': 'y' || r, 'deep': {'z': r * 2}}", "{'x': r + 50, 'y': 'n' || r, 'deep': {'z': -r}}"],
    l: ['[r, r + 1]', '[r + 9]'],
  },
  u: { id: ['r + 1', 'r - 1'], x: ['r * 11', 'r * 13'], y: ["'y' || r % 2", "'z' || r % 3"] },
};

function columnsOf(table: string): readonly string[] | undefined {
  const columns = tables[table.toLowerCase()];
  return columns === undefined ? undefined : Object.keys(columns);
}

/** The tables, one column of one of them changed, and a question to them. */
function asked(sql: string, changed = ''): string {
  const ctes = Object.entries(tables).map(([table, columns]) => {
    const items = Object.entries(columns).map(
      ([name, [usual, other]]) => `${changed === `${table}.${name}` ? other : usual} as ${name}`,
    );
    return `${table} as (select ${items.join(', ')} from range(6) as _(r))`;
  });
  return `with ${ctes.join(', ')} ${sql}`;
}

async function lineageOf(sql: string): Promise<Lineage> {
  const names = await bench.names(asked(`select * from (${sql})`), []);
  const tree = await bench.parse(sql);
  const lineage = columnLineage(tree, columnsOf, names);
  // What is read off without the engine is the same, or left to it.
  const written = writtenLineage(tree, columnsOf);
  if (written !== undefined) expect(written).toEqual(lineage);
  return lineage;
}

describe('names that stand in the SQL', () => {
  it.each([
    'select ID, T.B, U.Y as z from t join u using (Id)',
    'with q as (select ID as Foo, a + 1 as more from t) select * from q',
    'select * from t left join u using (ID)',
    'select p.*, u.x from (select id, A from t) p join u on p.id = u.id',
    'select id from t union all select x from u',
    'select r.* from t r(first, "Second")',
    'select s.x as f, list_transform(l, lambda v: v + a) as m from t',
  ])('are those that the engine gives: %s', async (sql) => {
    const written = writtenLineage(await bench.parse(sql), columnsOf);
    expect(written?.columns.map(({ name }) => name)).toEqual(await bench.names(asked(`select * from (${sql})`), []));
    await lineageOf(sql);
  });

  it.each([
    'select a + 1 from t',
    'select id, ID from t',
    'select s.x from t',
    'select t.id, u.id from t join u on t.id = u.id',
    'select * from (select * from t join u on t.id = u.id)',
    'select unnest(s) as k from t',
    'select columns(c -> true) from t',
    'select * exclude (id) from t',
    'select nowhere as n from t',
    'select id from t where nowhere > 1',
    'select id from elsewhere',
    'select * from t natural join u',
    'select id from t union all by name select x from u',
    'select v as w from range(3) as r(v)',
    'select t from t',
    'from (values (1)) v(x) select x',
  ])('are for the engine to say: %s', async (sql) => {
    expect(writtenLineage(await bench.parse(sql), columnsOf)).toBeUndefined();
  });
});

/** 'name <- t.a, t.b'; with '=' where the value is the column's own; and '| ' with what decides on rows. */
async function told(sql: string): Promise<readonly string[]> {
  const { columns, rows } = await lineageOf(sql);
  const list = (uses: Lineage['rows']): string => uses.map(({ table, column }) => `${table}.${column}`).join(', ');
  return [
    ...columns.map(({ name, from, same }) => `${name} ${same ? '=' : '<-'} ${list(from)}`.trim()),
    ...(rows.length === 0 ? [] : [`| ${list(rows)}`]),
  ];
}

// A hash or a count of a value does not show it; anything else could.
it.each<readonly [string, readonly string[]]>([
  ['select md5(b) as h, count(*) as n, b is null as e from t group by all', ['h', 'e']],
  ['select md5(b || a) as h, a from t', ['h']],
  ['select md5(b) || b as both from t', []],
  [
    'with c as (select md5(b) as h, b from t) select upper(h) as h, count(b) over (partition by a) as n from c join t using (b)',
    ['h', 'n'],
  ],
  ['select count(b) over () as n, first(b) over () as f from t', ['n']],
  ['select (select count(u.y) from u where u.x = t.a) as n from t', []],
  ["select {'h': sha256(b), 'b': b} as s from t", []],
  ["select s.h from (select {'h': sha256(b), 'b': b} as s from t)", ['h']],
  ['select md5(b) as v from t union all select y from u', []],
])('%s: tells nothing of values in %j', async (sql, expected) => {
  const { columns } = await lineageOf(sql);
  expect(
    columns.filter(({ from }) => from.length > 0 && from.every(({ veiled }) => veiled)).map(({ name }) => name),
  ).toEqual(expected);
});

describe('the columns that a column comes from', () => {
  it.each<readonly [string, readonly string[]]>([
    ['select a, b as name, a + 1 as n from t', ['a = t.a', 'name = t.b', 'n <- t.a']],
    ['select a::varchar as a, 1 as one from t where c = 0', ['a = t.a', 'one <-', '| t.c']],
    ['select * from u', ['id = u.id', 'x = u.x', 'y = u.y']],
    ['select * exclude (y) replace (x || y as x) rename (id as key) from u', ['key = u.id', 'x <- u.x, u.y']],
    ['select u.*, t.a from t join u on t.id = u.id', ['id = u.id', 'x = u.x', 'y = u.y', 'a = t.a', '| t.id, u.id']],
    ['select id, x, t.a from t join u using (id)', ['id = t.id, u.id', 'x = u.x', 'a = t.a', '| t.id, u.id']],
    ['select u.id from t left join u using (id)', ['id = u.id', '| t.id, u.id']],
    ['select a + 1 as n, n * 2 as m from t', ['n <- t.a', 'm <- t.a']],
    ['with w as (select a as k, b from t), v as (select k from w) select k from v', ['k = t.a']],
    ['with w(p, q) as (select a, b from t) select q, p from w', ['q = t.b', 'p = t.a']],
    ['with t as (select x as a from u) select a from t', ['a = u.x']],
    ['select p.q from (select a as q from t) as p', ['q = t.a']],
    ['select a from t union all select x from u', ['a = t.a, u.x']],
    ['select a, 1 as k from t union all by name select x as k, id as a from u', ['a = t.a, u.id', 'k <- u.x']],
    ['select sum(a) as a, count(*) as n from t group by c', ['a <- t.a', 'n <-', '| t.c']],
    ['select c, sum(a) over (partition by b order by id) as s from t', ['c = t.c', 's <- t.a, t.b, t.id']],
    ['select b from t qualify row_number() over (partition by c order by a) = 1', ['b = t.b', '| t.a, t.c']],
    ['select s.x, s.deep.z as z, (s).y as y from t', ['x = t.s.x', 'z = t.s.deep.z', 'y = t.s.y']],
    ["select w.p, w.q from (select {'p': a, 'q': b} as w from t)", ['p = t.a', 'q = t.b']],
    ['select list_transform(l, e -> e + a) as l from t', ['l <- t.a, t.l']],
    ['select v.e, b from t, unnest(t.l) as v(e)', ['e <- t.l', 'b = t.b', '| t.l']],
    ['select b, (select max(x) from u where u.id = t.id) as m from t', ['b = t.b', 'm <- t.id, u.id, u.x']],
    ['select b from t where exists (select 1 from u where u.id = t.id)', ['b = t.b', '| t.id, u.id']],
    ['select b from t semi join u on t.id = u.id', ['b = t.b', '| t.id, u.id']],
    ['select distinct b from t', ['b = t.b', '| t.b']],
    ['select distinct on (c) b from t order by c, a', ['b = t.b', '| t.a, t.c']],
    ['select b from t order by a limit 2', ['b = t.b', '| t.a']],
    ['select b from t order by a', ['b = t.b']],
    ['select m.a from t, lateral (select t.a + u.x as a from u) as m', ['a <- t.a, u.x']],
    ['select p, q from (values (1, 2)) as v(p, q)', ['p <-', 'q <-']],
    ['select current_date - max(a)::integer as k, current_timestamp as now from t', ['k <- t.a', 'now <-']],
    ['select case when c = 0 then a else id end as k from t', ['k <- t.a, t.c, t.id']],
  ])('%s', async (sql, expected) => {
    expect(await told(sql)).toEqual(expected);
  });

  it('of a table that nobody knows are all of its columns', async () => {
    const tree = await bench.parse('select k, z.* from z');
    expect(columnLineage(tree, columnsOf, ['k', 'k', 'm']).columns).toEqual(
      ['k', 'k', 'm'].map((name) => ({ name, from: [{ table: 'z', column: '*' }], same: false })),
    );
  });
});

describe('a column that another is not said to come from', () => {
  it.each([
    'select * from t join u using (id)',
    'select *, a + x as more from t natural join u',
    'select t.*, u.y from t left join u on t.a = u.x and t.c = 0',
    'select t as whole, u.x from t, u where t.id = u.id',
    "select columns('[ab]'), c from t",
    'select min(columns(*)) from u',
    'select min(columns(* exclude (b, s, l))) from t group by c',
    'with recursive r(n, k) as (select a, 0 from t union all select n + 1, k + 1 from r where k < 2) select n, k from r',
    'with recursive r(i, p, q) as (select 0, a, id from t union all select i + 1, q, p from r where i < 2) select p, q from r',
    'select a from t union select x from u',
    'select a, c from t except select x, id from u',
    'select a from t intersect select id * 3 from u',
    "select c, sum(a) filter (where b > 'b2') as n from t group by all having count(*) > 0",
    'select c, list(b order by a) as l from t group by c',
    'select b, lag(a) over (order by id) as before, first_value(s.x) over w as f from t window w as (partition by c order by a)',
    'select k, v from (select b, a, id from t) unpivot (v for k in (a, id))',
    'select * from (select c, a, b from t) pivot (sum(a) for c in (0, 1))',
    'select e.unnest, b from t cross join unnest(l) as e',
    'select unnest(l) as e, b from t',
    'select unnest(s) from t',
    'select list_filter(l, (e, i) -> e > i + a) as l, [e + x for e in [1, 2]] as m from t, u',
    "select to_json(s) ->> 'x' as j, b from t",
    "select struct_pack(p := a, q := {'r': b}) as w, (w).q.r as r, (w).p as p from t",
    'select x from (select s.x as x, c from t) where c in (select id from u)',
    'select (select count(*) from u where u.x < t.a) as n, b from t',
    'select a, b from t where id > all (select id from u where x > 60)',
    'select t1.b, t2.a from t t1 asof join t t2 on t1.a >= t2.id',
    'select p.b, u.x from t as p positional join u',
    'select grouping(c) as g, c, sum(a) as a from t group by rollup (c)',
    'select coalesce(u.y, t.b) as k, count(distinct u.x) as n from t full join u on t.id = u.id group by 1',
    'select #1 as first, b from (select a, b from t)',
    'from t select b, c',
    'select v.* from (select id, x from u) as v(p, q)',
    'select main.a from (select a from t) as main',
    'select x.b, x.x as id from (select b, id as x from t) as x',
    'select i, a from t, range(2) as g(i)',
    'select arg_max(b, a) as b, c from t group by c',
    'select if(c = 0, b, y) as k from t join u on t.id = u.id',
    "select a between t.id and c as k, b like '%1' as m, b in (y) as n from t, u",
  ])('does not change when that one does: %s', async (sql) => {
    const { columns, rows } = await lineageOf(sql);
    const key = (column: string): string => column.split('.')[0] ?? column;
    const deciding = new Set(rows.map(({ table, column }) => `${table}.${key(column)}`));
    let compared = 0;
    for (const [table, names] of Object.entries(tables)) {
      for (const name of Object.keys(names)) {
        const changed = `${table}.${name}`;
        if (deciding.has(changed)) continue;
        const others = columns.flatMap(({ from }, i) =>
          from.some((use) => `${use.table}.${key(use.column)}` === changed) ? [] : [i],
        );
        if (others.length === 0) continue;
        compared += 1;
        const aliases = columns.map((_, i) => `o${i}`).join(', ');
        const question = `select ${others.map((i) => `o${i}`).join(', ')} from (${sql}) as q(${aliases})`;
        expect(await bench.bag(asked(question, changed), []), changed).toEqual(await bench.bag(asked(question), []));
      }
    }
    // One that has everything from everywhere would be true and of no use.
    expect(compared).toBeGreaterThan(0);
  });
});
