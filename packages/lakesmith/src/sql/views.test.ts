import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngineCompiler } from '../project/engine-compiler.test-suite.ts';
import { tableReferences } from './references.ts';
import { queryOf } from './tree.ts';
import type { Step } from './vocabulary.ts';
import { putInWords } from './vocabulary.ts';
import { withNamedViews, withTablesCalled } from './views.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const parse = async (sql: string): Promise<unknown> => {
  const [parsed] = await compiler.parse([sql]);
  if (parsed === undefined || !parsed.ok) throw new Error(`cannot be parsed: ${sql}`);
  return parsed.tree;
};
const print = async (tree: unknown): Promise<string> => (await compiler.print([tree]))[0] ?? '';

/** A statement with two views, one over the other, put into it. */
async function expanded(sql: string): Promise<unknown> {
  const steps = new Map<string, Step>();
  for (const [name, body] of [
    ['silver.near', 'select id, amount from bronze.t where amount > 1'],
    ['silver.far', 'select i.id, i.amount * 2 as twice from silver.near i'],
  ] as const) {
    const plain = putInWords(await parse(body), { parameters: new Map(), macros: new Map(), steps });
    if (!plain.ok) throw new Error(plain.problem.message);
    steps.set(name, { isView: true, query: queryOf(plain.tree), written: name, uses: [...plain.uses] });
  }
  const plain = putInWords(await parse(sql), { parameters: new Map(), macros: new Map(), steps });
  if (!plain.ok) throw new Error(plain.problem.message);
  expect(plain.uses).toContain('model silver.far');
  return plain.tree;
}

const names = (tree: unknown): readonly string[] =>
  tableReferences(tree).map(({ schema, name }) => `${schema}.${name}`);

it('a view that is put in can be told from what it reads, and be named again', async () => {
  const sql = 'SELECT o.id, o.twice FROM silver.far AS o , (SELECT id FROM silver.near AS near) AS n';
  const tree = await expanded(sql);
  expect(names(tree)).toEqual(['bronze.t', 'bronze.t']);
  expect(names(withNamedViews(tree))).toEqual(['silver.far', 'silver.near']);
  expect(await print(withNamedViews(tree))).toBe(sql);
  expect(names(withNamedViews(tree, new Set(['silver.near'])))).toEqual(['silver.near', 'silver.near']);
});

it('columns of a view may be named with its layer, as those of a table', async () => {
  const bronze = new Map([
    [
      'bronze.t',
      [
        { name: 'id', type: 'long' },
        { name: 'amount', type: 'long' },
      ] as const,
    ],
  ]);
  const tree = await expanded('select silver.far.id, silver.far.twice from silver.far');
  const bound = await compiler.bind(await print(tree), bronze, 'UTC');
  expect(bound.ok && bound.columns.map(({ name }) => name)).toEqual(['id', 'twice']);
});

it.each([
  ['select t.a, b from silver.t', 'SELECT t.a, b FROM x AS t'],
  ['select silver.t.a from silver.t, gold.u', 'SELECT t.a FROM x AS t , gold.u'],
  ['select s.a from SILVER.T s where exists (select 1 from silver.t)', /FROM x AS s WHERE EXISTS\(.*FROM x AS t\)/],
  ['select t.a.b from silver.t as t', 'SELECT t.a.b FROM x AS t'],
])('reads a table under another name: %s', async (sql, expected) => {
  const text = await print(withTablesCalled(await parse(sql), new Map([['silver.t', 'x']])));
  if (typeof expected === 'string') expect(text).toBe(expected);
  else expect(text).toMatch(expected);
});
