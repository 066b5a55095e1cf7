import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import { openEngineCompiler } from '../../project/engine-compiler.test-suite.ts';
import { occurrenceName } from './occurrences.ts';
import { proveRefresh } from './proof.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
let connection: DuckDBConnection;
beforeAll(async () => {
  compiler = await openEngineCompiler();
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run('create schema s; create table s.o (id bigint, k bigint, t bigint, x varchar, f double)');
});
afterAll(async () => {
  connection.closeSync();
  await compiler.engine.close();
});

const columns: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'k', type: 'long' },
  { name: 't', type: 'long' },
  { name: 'x', type: 'string' },
  { name: 'f', type: 'double' },
];

/** 'row_number 1': one group of rows is equal in the order of row_number and not otherwise. */
async function ties(sql: string, rows: readonly string[]): Promise<string> {
  const [parsed] = await compiler.parse([sql]);
  if (parsed === undefined || !parsed.ok) throw new Error('it cannot be parsed');
  const inputs = new Map([['s.o', { columns, unique: [] }]]);
  const result = await proveRefresh(compiler, { tree: parsed.tree, inputs, timezone: 'UTC' });
  if (!result.ok) throw new Error(result.why);
  const { proof } = result;
  const values = rows.length === 0 ? '' : `insert into s.o values ${rows.map((row) => `(${row})`).join(', ')}`;
  await connection.run(`delete from s.o; ${values}`);
  // As a refresh does: of each mention only what is read of it.
  for (const occurrence of proof.occurrences.keys()) {
    const read = new Set(proof.leaves.flatMap((leaf) => (leaf.occurrence === occurrence ? leaf.columns : [])));
    await connection.run(
      `create or replace temp view ${occurrenceName(occurrence)} as select ${[...read].join(', ')} from s.o`,
    );
  }
  const told: string[] = [];
  const numberOf = async (question: string): Promise<number> =>
    Number((await connection.runAndReadAll(question)).getRows()[0]?.[0]);
  for (const { what, sql: question, first } of proof.ties) {
    const found = await numberOf(question);
    // Who asks first whether there may be any is not misled.
    if (found > 0 && first !== undefined) expect(await numberOf(first)).toBeGreaterThan(0);
    told.push(`${what} ${found}`);
  }
  const asked = new Set(proof.ties.map(({ what }) => what));
  const unasked = proof.obstacles.filter(({ kind, what }) => kind === 'ties' && !asked.has(what));
  return [...told, ...unasked.map(({ what }) => `${what} ?`)].join('; ');
}

const newest = 'select k, x from s.o qualify row_number() over (partition by k order by t desc) = 1';

describe('rows that are equal in an order', () => {
  it.each<readonly [what: string, sql: string, rows: readonly string[], expected: string]>([
    ['none', newest, ["1, 1, 1, 'a', 0", "2, 1, 2, 'b', 0", "3, 2, 2, 'c', 0"], 'row_number 0'],
    ['no rows at all', newest, [], 'row_number 0'],
    ['two that differ', newest, ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0"], 'row_number 1'],
    ['two that are the same in all that is read', newest, ["1, 1, 1, 'a', 0", "2, 1, 1, 'a', 5"], 'row_number 0'],
    [
      'two of which none can be the first',
      newest,
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0", "3, 1, 2, 'c', 0"],
      'row_number 0',
    ],
    [
      'the same where each number is shown',
      'select k, x, row_number() over (partition by k order by t desc) as n from s.o',
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0", "3, 1, 2, 'c', 0"],
      'row_number 1',
    ],
    [
      '… and where the first and another are asked for',
      'select k, x, row_number() over (partition by k order by t desc) as n from s.o qualify row_number() over (partition by k order by t desc) = 1',
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0", "3, 1, 2, 'c', 0"],
      'row_number 1',
    ],
    [
      '… or the second',
      `${newest.slice(0, -1)}2`,
      ["1, 1, 2, 'a', 0", "2, 1, 2, 'b', 0", "3, 1, 1, 'c', 0"],
      'row_number 1',
    ],
    [
      'up to some',
      `${newest.slice(0, -3)}<= 2`,
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0", "3, 1, 2, 'c', 0"],
      'row_number 1',
    ],
    ['NULL is equal to NULL', newest, ["1, null, null, 'a', 0", "2, null, null, 'b', 0"], 'row_number 1'],
    ['NULL is not the word', newest, ['1, 1, 1, null, 0', "2, 1, 1, 'NULL', 0"], 'row_number 1'],
    [
      'a zero and its negative are equal, and not the same',
      'select k, f from s.o qualify row_number() over (partition by k order by t) = 1',
      ["1, 1, 1, 'a', 0.0", "2, 1, 1, 'a', '-0.0'::double"],
      'row_number 1',
    ],
    [
      'what goes before is not looked at',
      "select k, x from s.o where x <> 'b' qualify row_number() over (partition by k order by t) = 1",
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0"],
      'row_number 0',
    ],
    [
      'in a CTE that reads one',
      `with u as (select k, t, upper(x) as y from s.o), v as (select k, y, row_number() over (partition by k order by t) as n from u) select k, y from v where n = 1`,
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'A', 0", "3, 2, 1, 'a', 0", "4, 2, 1, 'b', 0"],
      'row_number 1',
    ],
    [
      'in both branches',
      `select k, x from (${newest}) union all select t, x from s.o qualify row_number() over (partition by t order by k) = 1`,
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0", "3, 2, 5, 'b', 0"],
      'row_number 2',
    ],
    [
      'where a CTE has the name of one that comes after',
      'with a as (select k, x, t from s.o), b as (with a as (select k, x, 1 as t from a) select k, x, row_number() over (partition by k order by t) as n from a) select * from b',
      ["1, 1, 1, 'a', 0", "2, 1, 2, 'b', 0"],
      'row_number 1',
    ],
    [
      '… and where it reads one of that name from around it',
      'with z as (select k, x, t from s.o) select k, x from (with c as (select k, x, row_number() over (partition by k order by t) as n from z), z as (select 1 as k, null as x, 1 as t) select c.k, c.x from c, z)',
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0"],
      'row_number 1',
    ],
    [
      'in the rows of groups',
      'select k, x, row_number() over (partition by k order by count(*) desc) as n from s.o group by k, 2',
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'a', 0", "3, 1, 1, 'b', 0", "4, 2, 1, 'a', 0", "5, 2, 1, 'b', 0"],
      'row_number 1',
    ],
    [
      'in a window that sums row by row',
      'select k, sum(id) over (partition by k order by t rows unbounded preceding) as s from s.o',
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0"],
      'aggregate 1',
    ],
    [
      'of DISTINCT ON',
      'select distinct on (k) k, x from s.o order by k, t',
      ["1, 1, 1, 'a', 0", "2, 1, 1, 'b', 0", "3, 2, 1, 'b', 0"],
      'DISTINCT ON 1',
    ],
    [
      '… by names that the SELECT gives',
      'select distinct on (q) k % 2 as q, -t as t, x from s.o order by q, t',
      ["1, 1, 1, 'a', 0", "2, 3, 1, 'b', 0", "3, 3, 0, 'b', 0"],
      'DISTINCT ON 1',
    ],
    [
      'of an aggregate: only what it is given',
      'select k, any_value(x) as x from s.o group by k',
      ["1, 1, 1, 'a', 0", "2, 1, 2, 'a', 0"],
      'any_value 0',
    ],
    [
      '… that differs',
      'select k, any_value(x) as x from s.o group by 1',
      ["1, 1, 1, 'a', 0", "2, 1, 2, 'b', 0"],
      'any_value 1',
    ],
    [
      '… in an order',
      'select k, array_agg(x order by t) as x from s.o group by all',
      ["1, 1, 1, 'a', 0", "2, 1, 2, 'b', 0"],
      'array_agg 0',
    ],
    [
      '… that does not tell',
      'select k % 2 as q, list(x order by t) as x from s.o group by q',
      ["1, 1, 1, 'a', 0", "2, 3, 1, 'b', 0"],
      'list 1',
    ],
    [
      '… of a part of the rows',
      'select k, first(x) filter (where t > 1) as x from s.o group by k',
      ["1, 1, 1, 'a', 0", "2, 1, 2, 'b', 0"],
      'first 0',
    ],
    [
      '… by what is largest',
      'select k, max_by(id, t) as i from s.o group by k',
      ["1, 1, 2, 'a', 0", "2, 1, 2, 'a', 0"],
      'max_by 1',
    ],
    [
      '… over everything',
      'select first(x order by t) as x from s.o',
      ["1, 1, 2, 'a', 0", "2, 1, 2, 'b', 0"],
      'first 1',
    ],
    ['… in several grouping sets: nobody asks', 'select k, first(x) as x from s.o group by rollup (k)', [], 'first ?'],
    [
      'in a subquery of a row: nobody asks',
      'select k, (select y from (select p.x as y, row_number() over (order by p.t) as n from s.o p where p.id = o.k) where n = 1) as z from s.o as o',
      [],
      'row_number ?',
    ],
  ])('%s', async (_, sql, rows, expected) => {
    expect(await ties(sql, rows)).toBe(expected);
  });
});
