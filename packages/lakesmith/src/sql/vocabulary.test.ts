import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Relation } from '../engine/engine.ts';
import { readMacros } from '../project/macros.ts';
import { openSqlBench } from './real-engine.test-suite.ts';
import type { SqlBench } from './real-engine.test-suite.ts';
import { plainSql, speaking } from './speaking.ts';
import type { SpeakingCompiler } from './speaking.ts';
import { castNode, textNode } from './nodes.ts';

const macros = `
create macro vat(amount, rate := 0.19) as amount * rate;
create macro gross(amount) as amount + vat(amount);
create macro bigger(list_of, limit_) as list_filter(list_of, x -> x > limit_);
create macro shadow(x) as list_transform([1, 2], x -> x * 10);
create macro share(v) as sum(v) / count(*);
create macro newest(n) as table select id, v from s.t order by id desc limit n;
create macro field(o) as o.city;
create macro top_of(t) as (select max(t.v) from s.t t where t.v < 100);
`;

let bench: SqlBench;
let compiler: SpeakingCompiler;
beforeAll(async () => {
  bench = await openSqlBench();
  const { engine } = bench;
  const plain = {
    parse: (statements: readonly string[]) => engine.parse(statements),
    print: (trees: readonly unknown[]) => engine.print(trees),
    bind: (sql: string) => engine.describe({ sql, relations: [], timezone: 'UTC' }),
    plan: (statements: readonly string[]) => engine.plan({ statements, relations: [], timezone: 'UTC' }),
  };
  const parameters = new Map([['since', castNode(textNode('2026-01-01'), 'DATE')]]);
  const read = await readMacros(new Map([['macros/m.sql', macros]]), { parameters, compiler: plain });
  if (read.diagnostics.length > 0) throw new Error(JSON.stringify(read.diagnostics));
  compiler = speaking(plain, { parameters, macros: read.macros, steps: new Map() });
});
afterAll(() => bench.engine.close());

const table: Relation = {
  name: 's.t',
  kind: 'sql',
  sql: "select * from (values (1, 10.00, {city: 'Rome'}), (2, 20.00, {city: 'Bonn'}), (3, 31.00, null)) t(id, v, place)",
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'v', type: 'decimal(10,2)' },
    {
      name: 'place',
      type: { type: 'struct', fields: [{ name: 'city', type: 'string', nullable: true, metadata: {} }] },
    },
  ],
  exact: true,
};

describe('words are put into the tree', () => {
  it.each([
    ['a default', 'select vat(v) as a from s.t', 'select v * 0.19 from s.t'],
    ['a named argument', 'select vat(v, rate := 0.5) as a from s.t', 'select v * 0.5 from s.t'],
    ['a macro of a macro', 'select gross(v) as a from s.t', 'select v + v * 0.19 from s.t'],
    ['a macro in an argument', 'select vat(vat(v, 2), 3) as a from s.t', 'select v * 2 * 3 from s.t'],
    [
      'the tree, not the text: no parenthesis is lost',
      'select vat(v + 1, 1 + 1) as a from s.t',
      'select (v + 1) * 2 from s.t',
    ],
    ['whatever the case of its letters', 'select VAT(v) as a from s.t', 'select v * 0.19 from s.t'],
    ['a lambda', 'select bigger([1, 5, 9], id) as a from s.t', 'select list_filter([1, 5, 9], x -> x > id) from s.t'],
    [
      'a parameter of a lambda stands before one of the macro',
      'select shadow(id) as a from s.t',
      'select [10, 20] from s.t',
    ],
    ['an aggregate', 'select share(v) as a from s.t', 'select sum(v) / count(*) from s.t'],
    ['rows', 'select id from newest(2)', 'select id from s.t where id > 1'],
    [
      'rows under a name, with names of columns',
      'select n.b from newest(1) as n(a, b)',
      'select v from s.t where id = 3',
    ],
    ['a field of an argument', 'select field(place) as a from s.t', 'select place.city from s.t'],
    ['a table that is called as a parameter', 'select top_of(id) as a from s.t', 'select 31.00 from s.t'],
    ['a parameter', "select $since + 1 as a, 'a $since' as b", "select date '2026-01-02', 'a $since'"],
  ])('%s', async (_, written, meant) => {
    const said = await plainSql(compiler, written);
    expect(said).not.toMatch(/vat\(|gross\(|\$since(?!')/i);
    expect(await bench.bag(said, [table])).toEqual(await bench.bag(meant, [table]));
  });

  it('a column that is only a parameter has its name', async () => {
    expect(await bench.names(await plainSql(compiler, 'select $since from s.t'), [table])).toEqual(['since']);
  });

  it('a text without words is left alone', async () => {
    expect(await plainSql(compiler, 'select  1')).toBe('select  1');
  });

  it.each([
    ['select vat() from s.t', 7, 'Macro vat is called without amount', 'LS1210'],
    ['select 1, vat(1, 2, 3)', 10, 'Macro vat takes 2 arguments, and more are given', 'LS1210'],
    ['select vat(1, pct := 3)', 7, 'Macro vat has no parameter pct', 'LS1210'],
    ['select vat(1, amount := 3)', 7, 'Parameter amount of macro vat is given twice', 'LS1210'],
    ['select vat(distinct v) from s.t', 7, 'Macro vat is called with DISTINCT', 'LS1210'],
    ['select $sinc', 7, 'Parameter $sinc is not defined', 'LS1010'],
  ])('%s', async (sql, offset, message, code) => {
    const [parsed] = await compiler.parse([sql]);
    expect(parsed).toMatchObject({ ok: false, offset, word: { code }, message: expect.stringContaining(message) });
  });
});
