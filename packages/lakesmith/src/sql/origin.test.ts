import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Relation } from '../engine/engine.ts';
import { mainInput, simpleSources, withOrigin } from './origin.ts';
import { brokenRows, keepRows, ruleStatement } from './rules-in-tree.ts';
import { openSqlBench } from './real-engine.test-suite.ts';
import type { SqlBench } from './real-engine.test-suite.ts';

let bench: SqlBench;
let folder: string;
let orders: Relation;
beforeAll(async () => {
  bench = await openSqlBench();
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-origin-'));
  const columns = [
    { name: 'id', type: 'long' },
    { name: 'price', type: 'decimal(38,20)' },
    { name: 'note', type: 'string' },
  ] as const;
  const sql = `select * from (values (1, '0.12345678901234567890', 'a'), (2, '-1', null), (9007199254740993, '-2', '{"__ls_file":1,"__ls_position":2}'))`;
  await bench.engine.stage({
    sql,
    relations: [],
    timezone: 'UTC',
    folder,
    fileName: 'orders.parquet',
    columns,
    fieldIds: {},
    ordered: true,
  });
  orders = {
    name: 'bronze.orders',
    kind: 'parquet',
    columns,
    rowPositions: true,
    files: [{ location: join(folder, 'orders.parquet'), partitionValues: {} }],
  };
});
afterAll(async () => {
  await bench.engine.close();
  await rm(folder, { recursive: true, force: true });
});

describe('mainInput', () => {
  it.each<[string, object | undefined]>([
    ['select * from bronze.orders', { table: 'bronze.orders', alias: 'orders' }],
    ['select * from bronze.orders o left join silver.x x using (id)', { table: 'bronze.orders', alias: 'o' }],
    [
      'select o.id, i from bronze.orders o, unnest(o.l) u(i) qualify row_number() over () = 1',
      { table: 'bronze.orders', alias: 'o' },
    ],
    ['select * from bronze.a right join bronze.b using (id)', undefined],
    ['select * from bronze.a full join bronze.b using (id)', undefined],
    ['select count(*) from bronze.orders', undefined],
    ['select distinct id from bronze.orders', undefined],
    ['select * from bronze.a union all select * from bronze.b', undefined],
    ['select * from (select * from bronze.orders)', undefined],
    ['with x as (select * from bronze.orders) select * from x', undefined],
    ['select 1', undefined],
  ])('%s', async (sql, input) => {
    expect(mainInput(await bench.parse(sql))).toEqual(input);
  });
});

describe('brokenRows with an origin', () => {
  it.each([
    ['select id, price from bronze.orders o where id > 1', 'price > 0', 'o'],
    ['select * from bronze.orders', 'price > 0', 'orders'],
    [
      'select *, id + 1 as next from bronze.orders o qualify row_number() over (partition by note order by id) = 1',
      'price > 0',
      'o',
    ],
    ['select o.* from bronze.orders o join (select 1 as x) on true', 'price > 0', 'o'],
  ])('adds the input row and its place: %s', async (sql, rule, alias) => {
    const tree = brokenRows(await bench.parse(sql), [{ name: 'r', tree: await bench.parse(ruleStatement(rule)) }], {
      origin: { alias },
    });
    const printed = await bench.print(tree);
    const plain = await bench.names(sql, [{ ...orders, rowPositions: false }]);
    expect(await bench.names(printed, [orders])).toEqual([
      ...plain,
      '_reasons',
      '__ls_input',
      '__ls_file',
      '__ls_position',
    ]);
    expect(
      await bench.bag(`select id, _reasons, __ls_input, __ls_file, __ls_position from (${printed})`, [orders]),
    ).toEqual([
      '["2n",["r"],"{\\"id\\":2,\\"price\\":-1.00000000000000000000,\\"note\\":null}","0n","1n"]',
      '["9007199254740993n",["r"],"{\\"id\\":9007199254740993,\\"price\\":-2.00000000000000000000,\\"note\\":\\"{\\\\\\"__ls_file\\\\\\":1,\\\\\\"__ls_position\\\\\\":2}\\"}","0n","2n"]',
    ]);
  });

  it('keeps every digit of the input row', async () => {
    const tree = brokenRows(
      await bench.parse('select id, price from bronze.orders'),
      [{ name: 'r', tree: await bench.parse(ruleStatement('price < 0')) }],
      { origin: { alias: 'orders' } },
    );
    expect(await bench.bag(`select __ls_input from (${await bench.print(tree)})`, [orders])).toEqual([
      '["{\\"id\\":1,\\"price\\":0.12345678901234567890,\\"note\\":\\"a\\"}"]',
    ]);
  });
});

describe('withOrigin', () => {
  it.each(['select id from bronze.orders o', 'select * exclude (price, note) from bronze.orders'])(
    'adds columns of the input: %s',
    async (sql) => {
      const printed = await bench.print(withOrigin(await bench.parse(sql), ['note', '__ls_position']));
      expect(await bench.names(printed, [orders])).toEqual(['id', 'note', '__ls_position']);
      expect(await bench.bag(printed, [orders])).toContain('["2n",null,"1n"]');
    },
  );

  it('goes through a query that keepRows made', async () => {
    const rules = [{ name: 'r', tree: await bench.parse(ruleStatement('id > 1')) }];
    const kept = keepRows(await bench.parse('select id from bronze.orders'), rules);
    expect(await bench.bag(await bench.print(withOrigin(kept, ['note'])), [orders])).toHaveLength(2);
  });

  it.each([
    'select count(*) as n from bronze.orders',
    'select 1 as a union select 2',
    'select distinct id from bronze.orders',
  ])('refuses %s', async (sql) => {
    const tree = await bench.parse(sql);
    expect(() => withOrigin(tree, ['note'])).toThrow(expect.objectContaining({ code: 'LS1205' }));
  });
});

describe('simpleSources', () => {
  it.each<[string, Record<string, string>]>([
    [
      'select a, b as c, trim(d) as d, e::integer as e, lower(f) as f, g + 1 as g from s.t',
      { a: 's.t.a', c: 's.t.b', d: 's.t.d', e: 's.t.e' },
    ],
    ['select t.a, u.b, c from s.t join s.u using (k)', { a: 's.t.a', b: 's.u.b' }],
    ['select o.id, i.x, q.y from s.t o, unnest(o.l) i(x), (select 1 as y) q', { id: 's.t.id' }],
    ['select a as b, b as c from s.t', { b: 's.t.a' }],
    ['select p from s.t as t(p)', {}],
    ['with x as (select 1 as a) select a from x', {}],
    ['select a from s.t union select a from s.u', {}],
  ])('%s', async (sql, expected) => {
    const found = [...simpleSources(await bench.parse(sql))].map(([name, source]) => [
      name,
      `${source.table}.${source.column}`,
    ]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });
});
