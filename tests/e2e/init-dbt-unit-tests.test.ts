import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Node } from '../support/dbt-import.ts';
import { DbtImport, model, seed } from '../support/dbt-import.ts';

let dbt: DbtImport;
beforeEach(async () => {
  dbt = await DbtImport.begin();
});
afterEach(() => dbt.end());

describe('unit tests of dbt', () => {
  const given = { input: "ref('numbers')", rows: [{ n: 1 }] };
  const unit = (name: string, more: Node = {}): Node => ({
    [name]: {
      name,
      model: 'twice',
      given: [given],
      expect: { rows: [{ m: 2 }] },
      depends_on: { nodes: ['model.shop.twice'] },
      ...more,
    },
  });
  const depends = { nodes: ['seed.shop.numbers', 'model.shop.piece'] };

  async function importedTests(...units: readonly Node[]): Promise<readonly string[]> {
    await dbt.write('dbt/seeds/numbers.csv', 'n,name\n1,one\n');
    await dbt.manifest(
      [
        seed,
        model('piece', 'select 1 as a', { config: { materialized: 'ephemeral' } }),
        model('twice', 'select n * 2 as m, name from db.main.numbers', { depends_on: depends }),
      ],
      { unit_tests: Object.assign({}, ...units) as Node },
    );
    return await dbt.imported();
  }
  const tried = async (): Promise<unknown> => {
    const { stdout } = await dbt.runs('test', '--no-laws', '--json');
    const { passed, failed } = JSON.parse(stdout) as { passed: number; failed: number };
    return { passed, failed };
  };

  it('mean the same here: rows as blocks or SQL, columns in any case, texts that look like syntax', async () => {
    const rows = [
      { N: 1, Name: 'a, "b"' },
      { N: 2, Name: '' },
      { N: null, Name: " it's " },
    ];
    const expected = [
      { m: 4, NAME: '' },
      { m: 2, NAME: 'a, "b"' },
      { m: null, NAME: " it's " },
    ];
    const sql = "select 1::bigint as n, 'a' as name union all select 3, null;";
    const doubts = await importedTests(
      unit('blocks', { given: [{ ...given, rows }], expect: { rows: expected }, description: 'Twice: as much.' }),
      unit('sql', {
        given: [{ ...given, format: 'sql', rows: sql }],
        expect: { format: 'sql', rows: "select * from (values (2, 'a'), (6, null)) t(m, name)" },
      }),
      unit('some_columns', { given: [{ ...given, rows: [{ n: 1, name: 'other' }] }] }),
      unit('nothing', { given: [{ ...given, rows: [] }], expect: { rows: [] } }),
      unit('nulls', { given: [{ ...given, rows: [{ n: null }] }], expect: { rows: [{ m: null, name: null }] } }),
      unit('first_run', { overrides: { macros: { is_incremental: false } } }),
    );
    expect(doubts).toEqual([]);
    expect(await tried()).toEqual({ passed: 6, failed: 0 });
    expect(await dbt.made('tests/blocks.test.yml')).toContain('description: "Twice: as much."');
  });

  it('see a row that is not what is expected, and one too many', async () => {
    await importedTests(
      unit('value', { expect: { rows: [{ m: 3 }] } }),
      unit('too_few', { expect: { rows: [] } }),
      unit('twice_as_often', { given: [{ ...given, rows: [{ n: 1 }, { n: 1 }] }] }),
    );
    expect(await tried()).toEqual({ passed: 0, failed: 3 });
  });

  it.each<[string, Node, string]>([
    ['a macro', { overrides: { macros: { 'dbt.now': '1' } } }, 'in the place of the macro dbt.now'],
    ['a later run', { overrides: { macros: { is_incremental: true } } }, 'it tests what a later run adds'],
    ['a variable', { overrides: { vars: { country: 'DE' } } }, 'gives the variable country another value'],
    ['a variable outside', { overrides: { env_vars: { HOME: '/' } } }, 'gives the variable HOME another value'],
    ['an ephemeral model', { given: [{ input: "ref('piece')", rows: [] }] }, 'piece, which is ephemeral'],
    ['what is not there', { given: [{ input: "ref('gone')", rows: [] }] }, "ref('gone'), which is not imported"],
    ['SQL that reads', { given: [{ ...given, rows: 'select * from db.main.numbers' }] }, 'SQL that reads numbers'],
    ['a file', { given: [{ ...given, rows: "from read_csv('x.csv')" }] }, 'SQL that reads read_csv'],
    ['dice', { given: [{ ...given, rows: 'select random() as n' }] }, 'gives others at another time'],
    ['no SQL', { given: [{ ...given, rows: 'select (' }] }, 'DuckDB does not read the SQL of its rows'],
    ['a list', { expect: { rows: [{ m: [1] }] } }, 'column m has a value that is no single number or text'],
    ['many digits', { expect: { rows: [{ m: 2 ** 60 }] } }, 'column m has a value that is no single'],
    ['lines', { expect: { rows: [{ name: 'a\nb' }] } }, 'more than one line'],
    ['uneven rows', { expect: { rows: [{ m: 1 }, { name: 'a' }] } }, 'do not all name the same columns'],
    ['only a null', { expect: { rows: [{ m: null }] } }, 'nothing but a null is told'],
    ['another column', { expect: { rows: [{ gone: 1 }] } }, 'Column gone does not exist in gold.twice'],
    ['a model that is not there', { depends_on: { nodes: ['model.shop.gone'] } }, 'its model is not imported'],
  ])('are left out with the reason: %s', async (_, more, why) => {
    expect(await importedTests(unit('u', more), unit('good'))).toEqual([
      expect.stringMatching(/^unit test u is left out: /),
    ]);
    expect((await dbt.made('README.md')).replaceAll('\n', ' ')).toContain(why);
    expect(await tried()).toEqual({ passed: 1, failed: 0 });
  });
});
