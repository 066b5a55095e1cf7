import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Node } from '../support/dbt-import.ts';
import { DbtImport, model, relation, seed, test } from '../support/dbt-import.ts';
import { runHere } from '../support/in-process.ts';

let dbt: DbtImport;
let folder = '';
beforeEach(async () => {
  dbt = await DbtImport.begin();
  ({ folder } = dbt);
});
afterEach(() => dbt.end());
const manifest = (nodes: readonly Node[], more?: Node): Promise<void> => dbt.manifest(nodes, more);

describe('init --from dbt', () => {
  it('finds a layer for each model, and a name for each table', async () => {
    await dbt.write('dbt/seeds/numbers.csv', 'n\n1\n');
    const from = 'select n from db.main.numbers';
    await manifest([
      seed,
      model('stg_numbers', from),
      model('clean', from, { fqn: ['shop', 'marts', 'finance', 'intermediate', 'clean'] }),
      model('Sales By-Day', from, { fqn: ['shop', 'marts', 'Sales By-Day'] }),
      model('read', from),
      model(
        'last',
        'select r.n, dim.n as m from db.main.read as r join "db"."main"."dim_v2" on true'.replace('dim.n', 'dim_v2.n'),
        {
          depends_on: { nodes: ['model.shop.read', 'model.shop.dim'] },
        },
      ),
      model('dim', from, { ...relation('dim_v2'), version: 2, name: 'dim' }),
      model('now', 'select n, now() as at from db.main.numbers'),
    ]);
    expect(await dbt.imported()).toEqual([]);
    const files = [...(await readdir(join(folder, 'shop/silver'))), ...(await readdir(join(folder, 'shop/gold')))];
    expect(files).toEqual([
      'clean.sql',
      'dim_v2.sql',
      'read.sql',
      'stg_numbers.sql',
      'last.sql',
      'now.sql',
      'sales_by_day.sql',
    ]);
    expect(await dbt.made('gold/now.sql')).toBe(
      '/* ---\nrefresh: full\n--- */\nselect n, now() as at from reference.numbers\n',
    );
    expect(await dbt.made('gold/last.sql')).toContain('from silver.read as r join silver.dim_v2 on true');
    expect((await dbt.runs('run')).code).toBe(0);
  });

  it('says of everything that it leaves out why', async () => {
    await dbt.write('dbt/seeds/numbers.csv', 'n\n1\n');
    await manifest(
      [
        seed,
        {
          ...seed,
          ...relation('gone'),
          unique_id: 'seed.shop.gone',
          name: 'gone',
          original_file_path: 'seeds/gone.csv',
        },
        { ...seed, ...relation('semi'), unique_id: 'seed.shop.semi', name: 'semi', config: { delimiter: ';' } },
        model('good', 'select n from db.main.numbers', {
          columns: { gone: { name: 'gone', description: 'Was there.' } },
        }),
        model('snake', null, { language: 'python' }),
        model('late', null),
        model('odd', 'select 1 as a', { config: { materialized: 'stored_procedure' } }),
        model('other', 'select `a` from x.y.z limit 1 by a'),
        model('unknown', 'select * from db.other.thing'),
        model('file', "select * from read_parquet('x.parquet')"),
        model('own', 'select n from db.main.own'),
        model('dice', 'select random() as r'),
        model('wrong', 'select m from db.main.numbers'),
        model('above', 'select * from db.main.wrong'),
        model('old', 'select * from db.main.versions'),
        { ...relation('versions'), unique_id: 'snapshot.shop.versions', resource_type: 'snapshot', name: 'versions' },
        test('sees_wrong', 'select * from db.main.wrong'),
        test('misses', 'select nothing from db.main.good'),
        test('holds', 'select n from db.main.good where n > 5'),
        model('timed', "select '2026-01-01' as d", { raw_code: "select '{{ run_started_at }}' as d" }),
        model('piece', 'select 1 as a', {
          raw_code: '{% if is_incremental() %}',
          config: { materialized: 'incremental' },
        }),
      ],
      { metrics: { m: { name: 'revenue' } } },
    );
    const compile = 'dbt compile --full-refresh';
    expect(await dbt.imported()).toEqual([
      'model snake is left out: it is Python: write it as a SELECT',
      `model late is left out: it has no compiled SQL: make it with: ${compile}`,
      'model odd is left out: it is materialized as stored_procedure, which its SQL alone does not say',
      expect.stringContaining('model other is left out: DuckDB does not read its SQL'),
      'model unknown is left out: it reads db.other.thing, which is no table of the dbt project',
      "model file is left out: it reads read_parquet('x.parquet'), which is no table of the dbt project",
      `model own is left out: its SQL is that of a later run, which reads its own table: make it with: ${compile}`,
      'model dice is left out: random gives another result in each run',
      `snapshot versions is left out: it has no compiled SQL: make it with: ${compile}`,
      '1 metric (revenue) is left out: write it as a gold model',
      'seed gone is left out: seeds/gone.csv is not there',
      'seed semi is left out: its values stand between ";": save it with commas',
      'model old is left out: it reads silver.versions, which is not imported',
      'model wrong is left out: Column m does not exist (reference.numbers has: n)',
      'model above is left out: it reads gold.wrong, which is not imported',
      'test sees_wrong is left out: it reads gold.wrong, which is not imported',
      expect.stringContaining('test misses is left out: Check "misses" of gold.good cannot be bound'),
      'model timed reads run_started_at: its value is that of the day when dbt compiled it',
      `model piece is incremental, and may be compiled as on a later run: make it with: ${compile}`,
    ]);
    expect(await dbt.made('gold/good.sql')).toContain('holds: select n from gold.good where n > 5');
    expect(await dbt.made('gold/good.sql')).not.toContain('columns:');
    expect((await dbt.runs('run')).code).toBe(0);
  });

  it('makes anew in each run what reads the moment, itself or through views', async () => {
    await manifest([
      model('clock', 'select current_timestamp as t', { config: { materialized: 'view' } }),
      model('later', 'select t + interval 1 hour as t from db.main.clock', { config: { materialized: 'view' } }),
      model('kept', 'select t from db.main.later', { config: { materialized: 'table' } }),
      model('beside', 'select t from db.main.kept', { config: { materialized: 'table' } }),
    ]);
    expect((await dbt.imported()).filter((doubt) => doubt.includes('left out'))).toEqual([]);
    expect(await dbt.made('gold/kept.sql')).toContain('refresh: full');
    // A table stands still between two runs.
    expect(await dbt.made('gold/beside.sql')).not.toContain('refresh: full');
  });

  it('reads a seed where dbt calls it a source', async () => {
    await dbt.write('dbt/seeds/numbers.csv', 'n\n1\n');
    const source = {
      ...seed,
      unique_id: 'source.shop.till.numbers',
      resource_type: 'source',
      identifier: 'Numbers',
      source_name: 'till',
    };
    await manifest([seed, model('stg_numbers', 'select n from db.main.numbers')], { sources: { s: source } });
    expect(await dbt.imported()).toEqual([]);
    expect(await readdir(join(folder, 'shop/bronze'))).toEqual([]);
    expect(await dbt.made('silver/stg_numbers.sql')).toBe('select n from reference.numbers\n');
  });

  it('is sure of an incremental model when dbt was told to make it anew', async () => {
    await manifest([
      model('piece', 'select 1 as a', {
        raw_code: '{% if is_incremental() %}',
        config: { materialized: 'incremental' },
      }),
    ]);
    const results = { metadata: { invocation_id: 'now' }, args: { full_refresh: true } };
    await dbt.write('dbt/target/run_results.json', JSON.stringify(results));
    expect(await dbt.imported()).toEqual([]);
  });

  it.each<[string, () => Promise<void>, string]>([
    ['no manifest', async () => undefined, 'target/manifest.json is no file that can be read'],
    ['no JSON', () => dbt.write('dbt/target/manifest.json', '{'), 'is no JSON'],
    ['another file', () => dbt.write('dbt/target/manifest.json', '{"metadata": {}}'), 'is no manifest of dbt'],
    ['nothing compiled', () => manifest([model('a', null)]), 'has no compiled SQL'],
  ])('refuses %s, and writes nothing', async (_, prepare, message) => {
    await prepare();
    const { code, stderr } = await runHere(['init', join(folder, 'shop'), '--from', 'dbt', join(folder, 'dbt')]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain('dbt compile --full-refresh');
    expect(await readdir(folder)).not.toContain('shop');
  });

  it('takes two folders after --from dbt only', async () => {
    const { code, stderr } = await runHere(['init', join(folder, 'a'), join(folder, 'b')]);
    expect([code, stderr.includes('LS4001')]).toEqual([2, true]);
  });
});
