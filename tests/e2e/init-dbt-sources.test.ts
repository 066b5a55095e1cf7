import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Node } from '../support/dbt-import.ts';
import { DbtImport, model, people, relation, seed, test } from '../support/dbt-import.ts';

let dbt: DbtImport;
beforeEach(async () => {
  dbt = await DbtImport.begin();
});
afterEach(() => dbt.end());

describe('snapshots of dbt', () => {
  const snapshot = (name: string, config: Node, sql = "select * from 'people.csv'"): Node => ({
    ...relation(name),
    unique_id: `snapshot.shop.${name}`,
    resource_type: 'snapshot',
    name,
    compiled_code: sql,
    config: { materialized: 'snapshot', unique_key: 'id', ...config },
  });
  const header = 'id,name,city,changed_at\n';
  const versions = async (table: string): Promise<unknown> => {
    const sql = `select id, name, city, (valid_to is null) as now from ${table} order by id, valid_from`;
    const { stdout } = await dbt.runs('query', sql, '--json');
    return (JSON.parse(stdout) as Record<string, unknown>[]).map((row) => Object.values(row).join(' '));
  };

  it('keep versions from now on, told apart as dbt tells them', async () => {
    await dbt.write('dbt/people.csv', `${header}1,Ada,Rome,2026-01-01\n2,Bob,Bonn,2026-01-01\n`);
    await dbt.manifest(
      [
        snapshot('by_time', { strategy: 'timestamp', updated_at: 'changed_at' }),
        snapshot('by_city', { strategy: 'check', check_cols: ['city'] }),
        snapshot('by_all', { strategy: 'check', check_cols: 'all', unique_key: ['id'] }),
      ],
      { sources: { people } },
    );
    const doubts = await dbt.imported();
    expect(doubts).toHaveLength(3);
    expect(doubts[0]).toContain('snapshot by_time keeps versions from the first run on');
    expect(await dbt.made('silver/by_all.sql')).toContain('track: [name, city, changed_at]');
    const run = async (): Promise<number | null> => (await dbt.runs('run')).code;
    expect(await run()).toBe(0);
    // Nothing new; a name and a later time; a city and the same time.
    await dbt.write(
      'shop/landing/people/later.csv',
      `${header}1,Ada,Rome,2026-01-01\n2,Rob,Bonn,2026-02-01\n1,Ada,Oslo,2026-01-01\n`,
    );
    expect(await run()).toBe(0);
    expect(await versions('silver.by_time')).toEqual(['1 Ada Oslo true', '2 Bob Bonn false', '2 Rob Bonn true']);
    expect(await versions('silver.by_city')).toEqual(['1 Ada Rome false', '1 Ada Oslo true', '2 Bob Bonn true']);
    expect(await versions('silver.by_all')).toEqual([
      '1 Ada Rome false',
      '1 Ada Oslo true',
      '2 Bob Bonn false',
      '2 Rob Bonn true',
    ]);
    expect((await dbt.runs('verify')).code).toBe(0);
  });

  it('keep versions of a plain list of columns, dated by when a row was loaded', async () => {
    await dbt.write('dbt/people.csv', `${header}1,Ada,Rome,2026-01-01\n`);
    const sql = "select id, extract(year from p.changed_at) as year, city, -- where\n from 'people.csv' as p";
    await dbt.manifest([snapshot('listed', { strategy: 'check', check_cols: ['city'] }, sql)], { sources: { people } });
    expect(await dbt.imported()).toHaveLength(1);
    expect((await dbt.runs('run')).code).toBe(0);
    await dbt.write('shop/landing/people/later.csv', `${header}1,Ada,Oslo,2026-01-01\n`);
    expect((await dbt.runs('run')).code).toBe(0);
    const { stdout } = await dbt.runs(
      'query',
      'select id, year, city, is_current from silver.listed order by valid_from',
      '--json',
    );
    expect(JSON.parse(stdout)).toEqual([
      { id: 1, year: 2026, city: 'Rome', is_current: false },
      { id: 1, year: 2026, city: 'Oslo', is_current: true },
    ]);
  });

  it('are read by models by the names that dbt gives to times', async () => {
    await dbt.write('dbt/people.csv', `${header}1,Ada,Rome,2026-01-01\n1,Ada,Oslo,2026-02-01\n`);
    const from = '"db"."main"."states"';
    const timed = { strategy: 'timestamp', updated_at: 'changed_at' };
    await dbt.manifest(
      [
        snapshot('states', timed),
        snapshot('renamed', {
          ...timed,
          snapshot_meta_column_names: { dbt_valid_to: 'until' },
          dbt_valid_to_current: "timestamptz '9999-12-31 00:00:00+00'",
        }),
        model('current', `select id, city, states.dbt_valid_from as since from ${from} where dbt_valid_to is null`),
        model('all_of_it', `select * from ${from} as s`),
        model('last', 'select a.id, dbt_updated_at, dbt_valid_to from db.main.all_of_it as a'),
        model('until', 'select id, until from "db"."main"."renamed"'),
        model('cities', `select city, count(*) as n from ${from} group by city`),
        model('ids', `select dbt_scd_id from ${from}`),
      ],
      { sources: { people } },
    );
    expect((await dbt.imported()).filter((doubt) => doubt.includes('left out'))).toEqual([
      expect.stringMatching(/^model ids is left out: Column dbt_scd_id does not exist/),
    ]);
    expect(await dbt.made('gold/cities.sql')).toContain('from silver.states group by city');
    expect((await dbt.runs('run')).code).toBe(0);
    const asked = async (sql: string): Promise<unknown> => JSON.parse((await dbt.runs('query', sql, '--json')).stdout);
    expect(await asked("select id, city, strftime(since, '%m') as since from gold.current")).toEqual([
      { id: 1, city: 'Oslo', since: '02' },
    ]);
    const ends = [{ ended: '02' }, { ended: null }];
    expect(await asked("select strftime(dbt_valid_to, '%m') as ended from gold.last order by dbt_updated_at")).toEqual(
      ends,
    );
    expect(await asked("select strftime(until, '%Y') as until from gold.until order by 1")).toEqual([
      { until: '2026' },
      { until: '9999' },
    ]);
  });

  it.each<[string, Node, string | undefined, string]>([
    ['ends', { strategy: 'timestamp', updated_at: 'changed_at', hard_deletes: 'invalidate' }, undefined, 'it ends'],
    ['ends', { strategy: 'check', check_cols: 'all', invalidate_hard_deletes: true }, undefined, 'it ends'],
    ['key', { unique_key: "id || ''", strategy: 'check', check_cols: 'all' }, undefined, 'its unique_key is no column'],
    ['time', { strategy: 'timestamp', updated_at: 'now()' }, undefined, 'its updated_at is no column: now()'],
    ['own', { strategy: 'ours' }, undefined, 'its strategy is ours'],
    ['of_seed', { strategy: 'check', check_cols: 'all' }, 'select * from db.main.numbers', 'of reference.numbers'],
    [
      'groups',
      { strategy: 'timestamp', updated_at: 'changed_at' },
      "select id, max(changed_at) as changed_at from 'people.csv' group by 1",
      'must be a plain SELECT over one bronze table',
    ],
    [
      'distinct',
      { strategy: 'check', check_cols: ['city'] },
      "select distinct id, city from 'people.csv'",
      '_ingested_at',
    ],
  ])('are left out with the reason: %s', async (name, config, sql, why) => {
    await dbt.write('dbt/seeds/numbers.csv', 'n\n1\n');
    await dbt.write('dbt/people.csv', `${header}1,Ada,Rome,2026-01-01\n`);
    await dbt.manifest([seed, snapshot(name, config, sql)], { sources: { people } });
    expect(await dbt.imported()).toEqual([expect.stringContaining(`snapshot ${name} is left out: `)]);
    expect(await dbt.made('README.md')).toContain(why);
    expect(await readdir(join(dbt.folder, 'shop/silver'))).toEqual([]);
  });
});

describe('sources of dbt', () => {
  it('are checked by the tests that dbt has of them', async () => {
    await dbt.write('dbt/people.csv', 'id\n1\n');
    const of = (name: string): Node => ({
      depends_on: { nodes: ['source.shop.crm.people'] },
      test_metadata: {
        name,
        kwargs: { column_name: 'id', model: "{{ get_where_subquery(source('crm', 'people')) }}" },
      },
    });
    await dbt.manifest(
      [
        test('u', "select id from 'people.csv' group by id having count(*) > 1", of('unique')),
        test('n', "select id from 'people.csv' where id is null", of('not_null')),
        test('positive', "select * from 'people.csv' where id < 0"),
      ],
      { sources: { people } },
    );
    expect(await dbt.imported()).toEqual([]);
    expect(await dbt.made('bronze/people.yml')).toContain(
      'check:\n  fail:\n    unique: id\n    not_null: id\n    positive: select * from bronze.people where id < 0\n',
    );
    const run = async (): Promise<number | null> => (await dbt.runs('run')).code;
    expect(await run()).toBe(0);
    await dbt.write('shop/landing/people/more.csv', 'id\n1\n');
    expect(await run()).toBe(1);
  });

  it('of a file at an absolute path are copied, and read by their table', async () => {
    const path = join(dbt.folder, 'elsewhere/people.csv');
    await dbt.write('elsewhere/people.csv', 'id\n1\n2\n');
    await dbt.manifest([model('stg_people', `select people.id from '${path}'`)], {
      sources: { people: { ...people, relation_name: `'${path}'` } },
    });
    expect(await dbt.imported()).toEqual([]);
    expect(await dbt.made('landing/people/people.csv')).toBe('id\n1\n2\n');
    expect(await dbt.made('silver/stg_people.sql')).not.toContain(dbt.folder);
    expect((await dbt.runs('run')).code).toBe(0);
  });

  it('are as fresh as dbt wants them, which never keeps a load out', async () => {
    await dbt.write('dbt/people.csv', 'id,at\n1,2026-01-01T00:00:00Z\n');
    const warn = { count: 12, period: 'hour' };
    const source = (name: string, more: Node): Node => ({
      ...people,
      ...{ unique_id: `source.shop.crm.${name}`, name, identifier: name },
      ...more,
    });
    await dbt.manifest([], {
      sources: {
        a: source('aged', {
          loaded_at_field: 'at',
          freshness: { warn_after: warn, error_after: { count: 2, period: 'day' }, filter: null },
        }),
        b: source('newer', {
          freshness: { warn_after: { count: null, period: null } },
          config: { freshness: { warn_after: warn }, loaded_at_field: 'at' },
        }),
        c: source('untold', { freshness: { error_after: warn, warn_after: { count: null, period: null } } }),
        d: source('part', { loaded_at_field: 'at', freshness: { warn_after: warn, filter: 'id > 1' } }),
        e: source('cast', { loaded_at_field: 'at::timestamp', freshness: { warn_after: warn } }),
        f: source('wrong', { loaded_at_field: 'gone', freshness: { warn_after: warn } }),
        g: source('none', { freshness: { warn_after: { count: null, period: null }, error_after: null } }),
        h: source('asked', { loaded_at_query: 'select 1', freshness: { warn_after: warn } }),
      },
    });
    const how = ': write check: warn: fresh: COLUMN within 12 hours';
    expect(await dbt.imported()).toEqual([
      `freshness of source crm.part is left out: it looks at some rows only (id > 1)${how}`,
      `freshness of source crm.cast is left out: its loaded_at_field is no column: at::timestamp${how}`,
      `freshness of source crm.asked is left out: its loaded_at_query is no column${how}`,
      expect.stringMatching(/^freshness of source crm.wrong is left out: .*gone/),
    ]);
    expect(await dbt.made('bronze/aged.yml')).toContain(
      'check:\n  warn:\n    fresh: at within 12 hours\n    fresh_error: at within 2 days\n',
    );
    expect(await dbt.made('bronze/newer.yml')).toContain('fresh: at within 12 hours');
    expect(await dbt.made('bronze/untold.yml')).toContain('fresh_error: _ingested_at within 12 hours');
    expect(await dbt.made('bronze/none.yml')).not.toContain('check:');
    expect((await dbt.runs('run')).code).toBe(0);
    const { code, stdout } = await dbt.runs('status', 'bronze.aged');
    expect([code, stdout.includes('fresh_error')]).toEqual([3, true]);
  });
});
