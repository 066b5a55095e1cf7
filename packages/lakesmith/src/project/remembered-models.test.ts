import { beforeAll, describe, expect, it } from 'vitest';
import { bindProject } from './bind.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { memoryProjectFiles } from './files.ts';
import { loadProject } from './load.ts';
import { mapMemory } from './map-memory.test-suite.ts';
import type { Project } from './model.ts';
import type { SqlCompiler } from '../sql/compiler.ts';

let engine: SqlCompiler;
beforeAll(async () => {
  engine = await openEngineCompiler();
});

const files = {
  'lakesmith.yml': 'lakesmith: 1\nname: shop\nlake: ./lake\nparameters:\n  least: 5\n',
  'bronze/orders.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: DECIMAL(10,2)\n  country: VARCHAR\n',
  'silver/orders.sql':
    "/* ---\nkey: id\nexpect:\n  quarantine:\n    known: country in ('de', 'fr')\n--- */\nselect id, amount, country from bronze.orders",
  'silver/orders_x.sql': 'select id, 18446744073709551615 as big, 1.0 as exact from bronze.orders',
  'silver/large.yml': 'columns:\n  id:\n    description: The order\ncheck:\n  fail:\n    unique: id\n',
  'silver/large.sql': 'select * from silver.orders where amount > $least',
  'gold/by_country.sql': 'select country, min(tidy(country)) as name from silver.large group by country',
};
const schemas = new Map([
  [
    'bronze.orders',
    [
      { name: 'id', type: 'long' as const },
      { name: 'amount', type: 'decimal(10,2)' as const },
      { name: 'country', type: 'string' as const },
    ],
  ],
]);

/** A compiler that counts the statements it is asked to parse. */
function counting(): SqlCompiler & { parsed: string[] } {
  const parsed: string[] = [];
  return {
    parsed,
    parse: (statements) => {
      parsed.push(...statements);
      return engine.parse(statements);
    },
    print: (trees) => engine.print(trees),
    bind: (...question) => engine.bind(...question),
    plan: (...question) => engine.plan(...question),
  };
}

const plain = ({ tables, steps }: Project): unknown =>
  [...tables.values(), ...steps].map((table) => (table.kind === 'model' ? { ...table, tree: table.tree() } : table));

describe('models that are remembered', () => {
  it('are what they are when they are read', async () => {
    const memory = mapMemory();
    const load = (compiler: SqlCompiler): Promise<Project> =>
      loadProject(memoryProjectFiles(files), { environment: undefined, env: {}, compiler, memory });
    const first = await load(counting());
    const again = counting();
    const second = await load(again);
    expect(plain(second)).toEqual(plain(first));
    expect(memory.recalled()).toBeGreaterThan(2);
    // One uses a parameter of the project, and is read each time.
    expect(again.parsed.filter((sql) => sql.includes(' from '))).toEqual([
      'select * from silver.orders where amount > $least',
      'select * from silver.orders where amount > $least',
    ]);
    const bound = await bindProject(second, engine, { schemas });
    const { schemas: columns } = (await bindProject(first, engine, { schemas })).bound;
    expect(bound.bound.schemas).toEqual(columns);
    expect(columns.get('silver.orders_x')).toBeDefined();
  });

  it.each([
    ['its SQL', { 'silver/orders.sql': 'select id, country from bronze.orders' }, 'silver.orders'],
    ['its settings', { 'silver/large.yml': 'description: Otherwise\n' }, 'silver.large'],
    ['a parameter', { 'lakesmith.yml': files['lakesmith.yml'].replace('5', '6') }, 'silver.large'],
    [
      'what a name means',
      { 'silver/orders_x.sql': '-- kind\n/* ---\nkind: ephemeral\n--- */\nselect 1 as id' },
      undefined,
    ],
    ['a macro of a name in it', { 'macros/tidy.sql': 'create macro tidy(a) as trim(a)' }, 'gold.by_country'],
  ])('are read anew when %s changed', async (_, changed, name) => {
    const memory = mapMemory();
    const load = (more: object, remembers: boolean): Promise<Project> =>
      loadProject(memoryProjectFiles({ ...files, ...more }), {
        environment: undefined,
        env: {},
        compiler: engine,
        ...(remembers ? { memory } : {}),
      });
    const before = await load({}, true);
    const after = await load(changed, true);
    expect(plain(after)).toEqual(plain(await load(changed, false)));
    if (name !== undefined) expect(plain(after)).not.toEqual(plain(before));
  });
});
