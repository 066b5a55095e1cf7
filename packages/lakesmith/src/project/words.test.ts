import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindProject } from './bind.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { memoryProjectFiles } from './files.ts';
import { ProjectLineage } from './lineage.ts';
import type { LoadOptions } from './load.ts';
import { loadProject } from './load.ts';
import type { ModelTable, Project } from './model.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const base: Readonly<Record<string, string>> = {
  'lakesmith.yml': `lakesmith: 1
name: shop
parameters:
  country: DE
  rate:
    type: DECIMAL(5,2)
    default: 0.19
environments:
  dev:
    parameters:
      country: AT
`,
  'bronze/orders.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  country: VARCHAR\n  amount: DECIMAL(12,2)\n',
  'macros/money.sql': `-- what is paid
create macro vat(x) as x * $rate;
create macro gross(x) as x + vat(x);
create macro cents(x) as (x * 100)::bigint;
create macro big_orders(least) as table select id, amount from bronze.orders where amount > least;
`,
  'silver/german.sql': 'select id, amount from bronze.orders where country = $country',
  'silver/gross.sql': 'select id, gross(amount) as gross from bronze.orders',
  'silver/cents.sql': 'select id, cents(amount) as cents from bronze.orders',
  'silver/plain.sql': 'select id, amount from bronze.orders',
  'gold/big.sql': 'select b.id, b.amount as big from big_orders(10) b',
};

const load = (change: Record<string, string> = {}, options: Partial<LoadOptions> = {}): Promise<Project> =>
  loadProject(memoryProjectFiles({ ...base, ...change }), { environment: undefined, env: {}, compiler, ...options });

function model(project: Project, name: string): ModelTable {
  const table = project.tables.get(name);
  if (table?.kind !== 'model') throw new Error(`${name} is no model`);
  return table;
}

const models = ['silver.german', 'silver.gross', 'silver.cents', 'silver.plain', 'gold.big'];

/** Models whose fingerprint is another. */
async function changedBy(change: Record<string, string>, options: Partial<LoadOptions> = {}): Promise<string[]> {
  const [before, after] = [await load(), await load(change, options)];
  return models.filter((name) => model(before, name).fingerprint !== model(after, name).fingerprint);
}

describe('a word that changes makes what uses it change, and nothing else', () => {
  const edited = (file: string, from: string, to: string): Record<string, string> => {
    expect(base[file]).toContain(from);
    return { [file]: base[file]?.replace(from, to) ?? '' };
  };
  it.each([
    ['a parameter', ['lakesmith.yml', 'country: DE', 'country: FR'], ['silver.german']],
    ['a parameter of a macro of a macro', ['lakesmith.yml', '0.19', '0.20'], ['silver.gross']],
    ['the type of a parameter', ['lakesmith.yml', '5,2', '6,2'], ['silver.gross']],
    ['a macro', ['macros/money.sql', '* 100', '* 1000'], ['silver.cents']],
    ['a macro of a macro', ['macros/money.sql', 'x * $rate', '$rate * x'], ['silver.gross']],
    ['a table macro', ['macros/money.sql', 'amount > least', 'amount >= least'], ['gold.big']],
    ['white space', ['macros/money.sql', 'x * $rate', 'x  *\n $rate'], []],
  ])('%s', async (_, [file = '', from = '', to = ''], changed) => {
    expect(await changedBy(edited(file, from, to))).toEqual(changed);
  });

  it('an environment, and before it the command line', async () => {
    expect(await changedBy({}, { environment: 'dev' })).toEqual(['silver.german']);
    expect(await changedBy({}, { environment: 'dev', parameters: new Map([['country', 'DE']]) })).toEqual([]);
    expect(await changedBy({}, { parameters: new Map([['rate', '0.07']]) })).toEqual(['silver.gross']);
  });
});

describe('words are known everywhere', () => {
  const columns = { name: 'id', type: 'long' } as const;
  const schemas = new Map([
    [
      'bronze.orders',
      [columns, { name: 'country', type: 'string' }, { name: 'amount', type: 'decimal(12,2)' }] as const,
    ],
  ]);

  it('what a table macro reads is an input, with lineage', async () => {
    const project = await load();
    expect(model(project, 'gold.big').inputs).toEqual(['bronze.orders']);
    const { bound, diagnostics } = await bindProject(project, compiler, { schemas });
    expect(diagnostics).toEqual([]);
    const lineage = new ProjectLineage(bound).table('gold.big');
    expect(lineage?.columns[1]).toEqual({
      name: 'big',
      from: [{ table: 'bronze.orders', column: 'amount' }],
      same: true,
    });
    expect(lineage?.rows).toEqual([{ table: 'bronze.orders', column: 'amount' }]);
    expect(bound.schemas.get('silver.cents')?.[1]).toEqual({ name: 'cents', type: 'long' });
  });

  it('rules and checks use them', async () => {
    const project = await load({
      'silver/plain.sql': `/* ---
expect:
  drop:
    small: gross(amount) < 1000
check:
  fail:
    none_abroad: select * from silver.plain where $country = 'FR'
--- */
select id, amount from bronze.orders`,
    });
    const { diagnostics } = await bindProject(project, compiler, { schemas });
    expect(diagnostics).toEqual([]);
  });

  it('a column that does not exist is shown where it is written, whatever is put in before it', async () => {
    const project = await load({
      'silver/gross.sql': 'select id, gross(amount) as gross,\n  gross(amont) as other\nfrom bronze.orders',
    });
    const { diagnostics } = await bindProject(project, compiler, { schemas });
    expect(diagnostics).toMatchObject([
      {
        code: 'LS1204',
        place: { file: 'silver/gross.sql', line: 2, column: 9 },
        message: 'Column amont does not exist',
      },
    ]);
  });

  it('a clock or a chance in a macro is one of the model', async () => {
    const macros = {
      'macros/more.sql': 'create macro this_day() as current_date; create macro dice(a) as a + random();',
    };
    const project = await load({ ...macros, 'silver/plain.sql': 'select id, this_day() as d from bronze.orders' });
    expect(model(project, 'silver.plain').facts.usesClock).toBe(true);
    const chance = load({ ...macros, 'silver/plain.sql': 'select id, dice(id) as d from bronze.orders' });
    await expect(chance).rejects.toMatchObject({ code: 'LS1207' });
  });
});
