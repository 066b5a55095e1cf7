import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Relation } from '../engine/engine.ts';
import { brokenRows, keepRows, looksAtAllRows, ruleExpression, ruleStatement } from './rules-in-tree.ts';
import type { TreeRule } from './rules-in-tree.ts';
import { openSqlBench } from './real-engine.test-suite.ts';
import type { SqlBench } from './real-engine.test-suite.ts';

let bench: SqlBench;
beforeAll(async () => {
  bench = await openSqlBench();
});
afterAll(() => bench.engine.close());

const t: Relation = {
  name: 'silver.t',
  kind: 'rows',
  columns: [
    { name: 'id', type: 'long' },
    { name: 'k', type: 'string' },
    { name: 'status', type: 'string' },
    { name: 'qty', type: 'integer' },
    { name: 'seq', type: 'integer' },
  ],
  rows: [
    [1, 'a', ' OK', 5, 1],
    [1, 'a', 'bad', -1, 2],
    [2, 'a', 'ok ', 0, 1],
    [2, 'a', null, 7, 3],
    [3, 'b', 'Ok', null, 1],
    [3, 'b', 'OK', 2, 2],
    [4, 'b', 'nope', 9, 1],
    [4, 'b', 'nope', 9, 1],
    [5, null, 'ok', 1, 1],
    [5, null, 'ok', 1, 1],
  ],
};
const u: Relation = {
  name: 'silver.u',
  kind: 'rows',
  columns: [
    { name: 'k', type: 'string' },
    { name: 'factor', type: 'integer' },
    { name: 'qty', type: 'integer' },
  ],
  rows: [
    ['a', 2, 100],
    ['b', 3, -100],
  ],
};
const lists: Relation = {
  name: 'silver.l',
  kind: 'sql',
  columns: [
    { name: 'id', type: 'long' },
    { name: 'items', type: { type: 'array', elementType: 'integer', containsNull: true } },
  ],
  sql: 'select * from (values (1, [1, -2]), (2, []), (3, null), (4, [3, null]))',
};
const relations = [t, u, lists];

async function rules(...texts: readonly string[]): Promise<TreeRule[]> {
  return await Promise.all(
    texts.map(async (sql, index) => ({ name: `r${index + 1}`, tree: await bench.parse(ruleStatement(sql)) })),
  );
}

async function kept(sql: string, ...texts: readonly string[]): Promise<readonly string[]> {
  return await bench.bag(await bench.print(keepRows(await bench.parse(sql), await rules(...texts))), relations);
}

async function broken(sql: string, ...texts: readonly string[]): Promise<readonly string[]> {
  return await bench.bag(await bench.print(brokenRows(await bench.parse(sql), await rules(...texts))), relations);
}

/** A query, rules over its output, and the rows to keep as somebody would write them by hand. */
const shapes: readonly (readonly [name: string, sql: string, rules: readonly string[], keep: string])[] = [
  ['a plain select', 'select id, qty from silver.t', ['qty > 0'], 'select id, qty from silver.t where qty > 0'],
  [
    'two rules',
    'select id, qty, k from silver.t',
    ['qty > 0', "k = 'a'"],
    "select id, qty, k from silver.t where qty > 0 and k = 'a'",
  ],
  [
    'or inside a rule',
    'select id, qty from silver.t where id < 4',
    ['qty > 5 or qty < 0', 'id > 0'],
    'select id, qty from silver.t where id < 4 and (qty > 5 or qty < 0) and id > 0',
  ],
  [
    'an alias that shadows an input column',
    'select lower(trim(status)) as status, qty from silver.t',
    ["status = 'ok'"],
    "select lower(trim(status)) as status, qty from silver.t where lower(trim(status)) = 'ok'",
  ],
  [
    'a swap of names',
    'select seq as qty, qty as seq from silver.t',
    ['qty > 1'],
    'select seq as qty, qty as seq from silver.t where silver.t.seq > 1',
  ],
  [
    'a star',
    'select *, qty * 2 as twice from silver.t',
    ['twice > 2', 'id < 3'],
    'select *, qty * 2 as twice from silver.t where qty * 2 > 2 and id < 3',
  ],
  [
    'a replaced star',
    'select * replace (-qty as qty) from silver.t',
    ['qty > 0'],
    'select * replace (-qty as qty) from silver.t where -silver.t.qty > 0',
  ],
  [
    'a renamed star',
    'select * rename (qty as amount) from silver.t',
    ['amount > 0'],
    'select * rename (qty as amount) from silver.t where silver.t.qty > 0',
  ],
  [
    'a join',
    'select t.id, u.qty from silver.t t join silver.u u using (k)',
    ['qty > 0'],
    'select t.id, u.qty from silver.t t join silver.u u using (k) where u.qty > 0',
  ],
  [
    'aliases built on aliases',
    'select id, qty + 1 as a, a * 2 as b from silver.t',
    ['b > 4'],
    'select id, qty + 1 as a, a * 2 as b from silver.t where (qty + 1) * 2 > 4',
  ],
  [
    'groups',
    'select k, sum(qty) as qty from silver.t group by k',
    ['qty > 10'],
    'select k, sum(qty) as qty from silver.t group by k having sum(silver.t.qty) > 10',
  ],
  [
    'groups by all with an alias',
    'select upper(k) as k, count(*) as n from silver.t group by all',
    ["k = 'A' and n > 1"],
    "select upper(k) as k, count(*) as n from silver.t t group by upper(t.k) having upper(t.k) = 'A' and count(*) > 1",
  ],
  [
    'an aggregate without groups',
    'select max(qty) as top from silver.t',
    ['top > 100'],
    'select max(qty) as top from silver.t having max(qty) > 100',
  ],
  [
    'distinct',
    'select distinct k, seq from silver.t',
    ['seq = 1'],
    'select distinct k, seq from silver.t where seq = 1',
  ],
  [
    'qualify',
    'select id, status, seq from silver.t qualify row_number() over (partition by id order by seq desc) = 1',
    ["status <> 'bad'"],
    "select id, status, seq from silver.t where status <> 'bad' qualify row_number() over (partition by id order by seq desc) = 1",
  ],
  [
    'qualify and a shadowing alias',
    'select id, lower(trim(status)) as status, seq from silver.t qualify row_number() over (partition by id order by seq desc) = 1',
    ["status = 'ok'"],
    "select id, lower(trim(status)) as status, seq from silver.t where lower(trim(status)) = 'ok' qualify row_number() over (partition by id order by seq desc) = 1",
  ],
  [
    'qualify, with OR in the query and in the rules',
    'select id, seq, qty from silver.t where id < 3 or id > 4 qualify row_number() over (partition by id order by seq desc) = 1',
    ['qty > 5 or qty = 0', 'seq < 3 or id = 5'],
    'select id, seq, qty from silver.t where (id < 3 or id > 4) and (qty > 5 or qty = 0) and (seq < 3 or id = 5) qualify row_number() over (partition by id order by seq desc) = 1',
  ],
  [
    'qualify over a star',
    'select * from silver.t qualify row_number() over (partition by id order by seq desc) = 1',
    ['qty > 0'],
    'select * from silver.t where qty > 0 qualify row_number() over (partition by id order by seq desc) = 1',
  ],
  [
    'qualify over a renamed star',
    'select * rename (qty as n) from silver.t qualify row_number() over (partition by id order by seq desc) = 1',
    ['n > 0'],
    'select * rename (qty as n) from silver.t where qty > 0 qualify row_number() over (partition by id order by seq desc) = 1',
  ],
  [
    'qualify over the star of one table of a join',
    'select t.*, u.factor from silver.t t join silver.u u using (k) qualify row_number() over (partition by id order by seq desc) = 1',
    ['qty > 0'],
    'select t.*, u.factor from silver.t t join silver.u u using (k) where t.qty > 0 qualify row_number() over (partition by id order by seq desc) = 1',
  ],
  [
    'qualify and aliases built on aliases',
    'select id, qty + 1 as a, a * 2 as b from silver.t qualify row_number() over (partition by id order by seq desc) = 1',
    ['b > 4'],
    'select id, qty + 1 as a, a * 2 as b from silver.t where (qty + 1) * 2 > 4 qualify row_number() over (partition by id order by seq desc) = 1',
  ],
  [
    'qualify over groups',
    'select k, id, sum(qty) as total from silver.t group by k, id qualify row_number() over (partition by k order by sum(qty) desc, id) = 1',
    ['total < 10'],
    'select k, id, sum(qty) as total from silver.t group by k, id having sum(qty) < 10 qualify row_number() over (partition by k order by sum(qty) desc, id) = 1',
  ],
  [
    'limit',
    'select id, seq, qty from silver.t order by id, seq limit 3',
    ['qty > 0'],
    'select id, seq, qty from silver.t where qty > 0 order by id, seq limit 3',
  ],
  [
    'distinct on',
    'select distinct on (id) id, qty, seq from silver.t order by id, seq desc',
    ['qty > 0'],
    'select distinct on (id) id, qty, seq from silver.t where qty > 0 order by id, seq desc',
  ],
  [
    'a window that no rule judges',
    'select id, seq, qty, sum(qty) over (partition by id) as total from silver.t',
    ['qty > 0'],
    'select id, seq, qty, sum(qty) over (partition by id) as total from silver.t where qty > 0',
  ],
  [
    'a rule over a window',
    'select id, seq, row_number() over (partition by id order by seq, qty) as n from silver.t',
    ['n = 1'],
    'select id, seq, n from (select id, seq, row_number() over (partition by id order by seq, qty) as n from silver.t) where n = 1',
  ],
  [
    'union',
    'select k, qty from silver.t union select k, qty from silver.u',
    ['qty > 1'],
    'select * from (select k, qty from silver.t union select k, qty from silver.u) where qty > 1',
  ],
  [
    'union with limit',
    'select k, qty from silver.t union all select k, qty from silver.u order by qty desc nulls last, k limit 2',
    ['qty < 9'],
    'select * from (select k, qty from silver.t union all select k, qty from silver.u) where qty < 9 order by qty desc nulls last, k limit 2',
  ],
  [
    'with',
    'with x as (select id, qty from silver.t where qty > 0) select id, qty as q from x',
    ['q < 9'],
    'select id, qty from silver.t where qty > 0 and qty < 9',
  ],
  [
    'with and qualify',
    'with x as (select * from silver.t) select id, seq from x qualify row_number() over (partition by id order by seq) = 1',
    ['seq > 1'],
    'select id, seq from silver.t where seq > 1 qualify row_number() over (partition by id order by seq) = 1',
  ],
  [
    'unnest in the select list',
    'select id, unnest(items) as item from silver.l',
    ['item > 0'],
    'select id, item from (select id, unnest(items) as item from silver.l) where item > 0',
  ],
  [
    'unnest in from',
    'select l.id, i.n as id2, i.item from silver.l l, unnest(l.items) with ordinality as i (item, n)',
    ['item > 0'],
    'select l.id, i.n, i.item from silver.l l, unnest(l.items) with ordinality as i (item, n) where i.item > 0',
  ],
  [
    'a lambda in a rule',
    'select id, items from silver.l',
    ['len(list_filter(items, id -> id > 0)) > 0'],
    'select id, items from silver.l where id in (1, 4)',
  ],
  [
    'a lambda whose parameter is called like a column, under qualify',
    'select id, items from silver.l qualify row_number() over (order by id) < 10',
    ['len(list_filter(items, id -> id > 0)) > 0'],
    'select id, items from silver.l where id in (1, 4)',
  ],
  [
    'a struct field',
    "select id, {'q': qty} as s from silver.t qualify row_number() over (partition by id order by seq desc) = 1",
    ['s.q > 0'],
    "select id, {'q': qty} as s from silver.t where qty > 0 qualify row_number() over (partition by id order by seq desc) = 1",
  ],
  [
    'a pivot',
    'select * from (pivot (select k, seq, qty from silver.t where k is not null) on seq in (1, 2, 3) using sum(qty)) p',
    ['"1" > 10'],
    'select * from (pivot (select k, seq, qty from silver.t where k is not null) on seq in (1, 2, 3) using sum(qty)) p where "1" > 10',
  ],
];

describe('keepRows', () => {
  it.each(shapes)('%s', async (_, sql, texts, keep) => {
    expect(await kept(sql, ...texts)).toEqual(await bench.bag(keep, relations));
  });

  it.each(shapes)('keeps the names of columns: %s', async (_, sql, texts) => {
    const tree = keepRows(await bench.parse(sql), await rules(...texts));
    expect(await bench.names(await bench.print(tree), relations)).toEqual(await bench.names(sql, relations));
  });

  it('changes nothing without rules', async () => {
    const tree = await bench.parse('select 1 as a');
    expect(keepRows(tree, [])).toBe(tree);
  });

  it.each([
    [
      'a window under QUALIFY',
      'select id, sum(qty) over (partition by id) as s from silver.t qualify row_number() over (partition by id order by seq) = 1',
      's > 0',
    ],
    [
      'an alias of a window under LIMIT',
      'select id, sum(qty) over (partition by id) as s, s + 1 as more from silver.t limit 3',
      'more > 0',
    ],
    [
      'a column without a name under QUALIFY',
      'select id, qty + 1 from silver.t qualify row_number() over (partition by id order by seq) = 1',
      '"(qty + 1)" > 0',
    ],
    [
      'an input name that HAVING would take for an output',
      'select upper(k) as k, count(*) as n from silver.t group by 1 qualify row_number() over (order by n) < 9',
      "k = 'A'",
    ],
  ])('refuses %s', async (_, sql, rule) => {
    await expect(kept(sql, rule)).rejects.toMatchObject({ code: 'LS1102' });
  });

  it('refuses a sub-select in a rule that removes rows', async () => {
    await expect(kept('select k from silver.t', 'k in (select k from silver.u)')).rejects.toMatchObject({
      code: 'LS1104',
    });
  });
});

describe('brokenRows', () => {
  const bagsOnly = shapes.filter(([, sql]) => !/limit|distinct|qualify|over \(/i.test(sql));

  it.each(bagsOnly)('is what keepRows leaves out: %s', async (_, sql, texts) => {
    const left = (await broken(sql, ...texts)).map((row) =>
      JSON.stringify((JSON.parse(row) as unknown[]).slice(0, -1)),
    );
    expect([...(await kept(sql, ...texts)), ...left].sort()).toEqual(await bench.bag(sql, relations));
  });

  it('names every broken rule, in order, and counts NULL as broken', async () => {
    const rows = await broken('select id, seq, qty, status from silver.t', 'qty > 0', "status = 'ok'", 'id > 0');
    expect(rows).toContain('["2n",3,7,null,["r2"]]');
    expect(rows).toContain('["1n",2,-1,"bad",["r1","r2"]]');
    expect(rows).not.toContain('["5n",1,1,"ok",[]]');
  });

  it('judges rows that QUALIFY would hide', async () => {
    const sql = 'select id, seq from silver.t qualify row_number() over (partition by id order by seq desc) = 1';
    expect(await broken(sql, 'seq > 1')).toHaveLength(7);
  });

  it('gives a row that stands twice twice, also under DISTINCT', async () => {
    expect(await broken('select distinct id, status from silver.t', "status <> 'nope'", 'id <> 4')).toEqual([
      '["2n",null,["r1"]]',
      '["4n","nope",["r1","r2"]]',
      '["4n","nope",["r1","r2"]]',
    ]);
  });
});

describe('ruleExpression', () => {
  it.each(['1 = 1, 2 = 2', 'a > 0 from x', 'a as b', '*', 'a > 0 limit 1', 'a > 0 order by 1'])(
    'refuses %s',
    async (text) => {
      const tree = await bench.parse(ruleStatement(text));
      expect(() => ruleExpression({ name: 'r', tree })).toThrow(expect.objectContaining({ code: 'LS1102' }));
    },
  );
});

it('a LIMIT may have enough before all rows are looked at, and nothing else', async () => {
  const looks = async (sql: string): Promise<boolean> => looksAtAllRows(await bench.parse(sql));
  expect(await looks('select id from silver.t limit 3')).toBe(false);
  expect(await looks('select id from silver.t limit 10%')).toBe(false);
  expect(await looks('select id from silver.t union all select id from silver.t limit 3')).toBe(false);
  expect(await looks('select distinct id from (select id from silver.t limit 3) order by id')).toBe(true);
});
