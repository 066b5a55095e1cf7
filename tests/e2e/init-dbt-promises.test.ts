import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Node } from '../support/dbt-import.ts';
import { DbtImport, model, seed, test } from '../support/dbt-import.ts';

let dbt: DbtImport;
beforeEach(async () => {
  dbt = await DbtImport.begin();
  await dbt.write('dbt/seeds/numbers.csv', 'n\n1\n2\n');
});
afterEach(() => dbt.end());

const from = 'select n from db.main.numbers';
const column = (name: string, ...constraints: readonly Node[]): Node => ({ [name]: { name, constraints } });
const enforced = { config: { contract: { enforced: true } } };

describe('what a dbt project says beside its tables', () => {
  it('is imported or listed, each part', async () => {
    const named = (name: string): Node => ({ [name]: { name } });
    await dbt.manifest(
      [
        seed,
        model('plain', from, { group: 'finance', access: 'private' }),
        model('made_last', from, { ...enforced, access: 'public', deprecation_date: '2030-01-01T00:00:00' }),
        model('nobodys', from, { group: 'empty' }),
        model('built', from, { config: { freshness: { build_after: { count: 4, period: 'hour' } }, group: 'ops' } }),
        { ...model('first', from), unique_id: 'analysis.shop.first', resource_type: 'analysis' },
        { ...model('second', from), unique_id: 'analysis.shop.second', resource_type: 'analysis' },
        { ...model('hook', from), unique_id: 'operation.shop.hook', resource_type: 'operation' },
      ],
      {
        exposures: named('board'),
        metrics: named('revenue'),
        semantic_models: named('orders'),
        saved_queries: { ...named('one'), ...named('two') },
        functions: named('is_even'),
        groups: {
          a: { name: 'finance', owner: { name: 'Finance team', email: 'f@shop.test' } },
          b: { name: 'ops', owner: { email: 'ops@shop.test' } },
          c: { name: 'empty', owner: {} },
        },
      },
    );
    expect(await dbt.imported()).toEqual([
      '1 hook (hook) is left out: a run does nothing besides its tables',
      '2 analyses (first, second) are left out: ask it with: lakesmith query',
      '1 exposure (board) is left out: nothing stands for what others make of a table',
      '1 metric (revenue) is left out: write it as a gold model',
      '1 semantic model (orders) is left out: write it as a gold model',
      '2 saved queries (one, two) are left out: ask it with: lakesmith query',
      '1 function (is_even) is left out: write it as a macro in macros/',
      '1 private access (plain) is left out: every model may read it; the model itself is imported',
      expect.stringMatching(/^1 contract \(made_last\) is left out: columns and types are what the SELECT says/),
      '1 date of deprecation (made_last) is left out: nothing goes by a date; say it in the description. The model itself is imported',
      '1 group without an owner (nobodys) is left out: a group stands for who answers for a model; write owner: into the model, which is imported',
      '1 build_after (built) is left out: a run makes what changed; the model itself is imported',
    ]);
    expect(await dbt.made('gold/plain.sql')).toContain('owner: Finance team\n');
    expect(await dbt.made('gold/built.sql')).toContain('owner: ops@shop.test\n');
    expect((await dbt.runs('run')).code).toBe(0);
  });

  it('has constraints of enforced contracts as checks', async () => {
    const to = { to: '"db"."main"."numbers"', to_columns: ['n'] };
    await dbt.manifest([
      seed,
      model('kept', 'select n, n as m from db.main.numbers', {
        ...enforced,
        constraints: [
          { type: 'check', expression: 'n < 2', name: 'small' },
          { type: 'unique', columns: ['n', 'm'] },
          { type: 'foreign_key', columns: ['m'], ...to },
          { type: 'foreign_key', columns: ['n'], expression: 'elsewhere (n)' },
          { type: 'custom', expression: 'x' },
        ],
        columns: column('n', { type: 'primary_key' }, { type: 'not_null' }),
      }),
      model('free', from, { constraints: [{ type: 'check', expression: 'n < 2' }] }),
      test('not_null_kept_n', 'select n from db.main.kept where n is null', {
        attached_node: 'model.shop.kept',
        test_metadata: { name: 'not_null', kwargs: { column_name: 'n' } },
      }),
    ]);
    expect((await dbt.imported()).slice(1)).toEqual([
      'constraint foreign_key of model kept is left out: it does not say to: and to_columns: of a table that is imported',
      'constraint custom of model kept is left out: custom is no promise that rows can break',
    ]);
    const written = await dbt.made('gold/kept.sql');
    expect(written).toContain('key: n\n');
    expect(written).toContain('references: m -> reference.numbers.n\n');
    expect(written).toContain('small: select * from gold.kept where (n < 2) is false\n');
    expect(written).toContain(
      'unique_n_m: select n, m from gold.kept where n is not null and m is not null group by n, m',
    );
    expect(await dbt.made('gold/free.sql')).not.toContain('check:');
    const { code, stdout } = await dbt.runs('run');
    expect([code, stdout.includes('small: 1 row')]).toEqual([1, true]);
  });

  it('has tests with their conditions and thresholds', async () => {
    const many = (name: string, config: Node): Node =>
      test(name, `select * from db.main.kept where n > 0`, { config, attached_node: 'model.shop.kept' });
    await dbt.manifest([
      seed,
      model('kept', from),
      test('some', 'select n from (select * from db.main.kept where n > 5) dbt_subquery where n is null', {
        attached_node: 'model.shop.kept',
        test_metadata: { name: 'not_null', kwargs: { column_name: 'n' } },
        config: { where: 'n > 5', severity: 'WARN' },
      }),
      many('ten', { severity: 'error', error_if: '>10' }),
      many('one', { severity: 'ERROR', error_if: '>= 2' }),
      many('loud', { severity: 'warn', warn_if: '>3' }),
      many('cut', { severity: 'error', error_if: '>10', limit: 5 }),
      many('cut_any', { severity: 'warn', limit: 5 }),
    ]);
    expect(await dbt.imported()).toEqual([
      'test cut is left out: it counts up to 5 rows, and checks count all',
      'test loud is left out: it warns when the rows are >3',
    ]);
    const written = await dbt.made('gold/kept.sql');
    expect(written).toMatch(
      /warn:\n +some: select n from \(select \* from gold\.kept where n > 5\) dbt_subquery where n is null\n +cut_any:/,
    );
    expect(written).toMatch(/warn up to 10 rows:\n +ten: select/);
    expect(written).toMatch(/warn up to 1 rows?:\n +one: select/);
    const { code, stdout } = await dbt.runs('run');
    expect([code, stdout.includes('one: 2')]).toEqual([1, true]);
  });
});
