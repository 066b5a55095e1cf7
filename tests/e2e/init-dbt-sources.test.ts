import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Node } from '../support/dbt-import.ts';
import { DbtImport, people, relation, seed, test } from '../support/dbt-import.ts';

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
    ['unseen', { strategy: 'check', check_cols: ['city'] }, "select id, city from 'people.csv'", '_ingested_at'],
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
});
