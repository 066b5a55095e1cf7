import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const ask = (...args: readonly string[]): ReturnType<typeof runHere> => runHere([...args, '--project', project.folder]);

const commits = async (table: string): Promise<number> => {
  const log = await readdir(join(project.folder, `lake/bronze/${table}/_delta_log`));
  return log.filter((name) => name.endsWith('.json')).length;
};

/** Files of NDJSON with the rows that they hold. */
const lines = (...rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const types = 'types:\n  id: BIGINT\n  n: BIGINT\n';
const source = (promises: string): string => `files: landing/*.json\n${types}${promises}`;
const ids = async (): Promise<unknown> =>
  (await project.query('select id from bronze.o order by 1')).map(({ id }) => id);
const brokenIn = async (run: number): Promise<readonly string[]> => {
  const found = await project.query(
    `select name, broken, rows from system.quality where run = ${run} and table_name = 'bronze.o' and broken > 0 order by 1`,
  );
  return found.map(({ name, broken, rows }) => `${String(name)} ${String(broken)} of ${String(rows)}`);
};

describe('what a source promises', () => {
  it('keeps a load out that breaks it, whole, until the file is right', async () => {
    project = await createProject(
      {
        'bronze/o.yml': source('expect:\n  fail:\n    positive: o.n > 0\n'),
        'silver/s.sql': 'select id from bronze.o',
        'landing/1.json': lines({ id: 1, n: 1 }),
      },
      runHere,
    );
    await project.runs();
    await project.write('landing/2.json', lines({ id: 2, n: 2 }, { id: 3, n: -3 }));
    const wrong = await readFile(join(project.folder, 'landing/2.json'), 'utf8');
    for (const _ of ['once', 'and again']) {
      const { code, stdout } = await project.run();
      expect(code).toBe(1);
      expect(stdout).toMatch(/bronze\.o +failed, nothing was committed +positive: 1 of 2 rows breaks the rule/);
      expect(stdout).toMatch(/id +n +from\n +3 +-3 +landing\/2\.json:2\n/);
      expect(stdout).toMatch(/silver\.s +blocked by bronze\.o/);
      expect(await ids()).toEqual([1]);
      expect(await commits('o')).toBe(1);
      expect(await readFile(join(project.folder, 'landing/2.json'), 'utf8')).toBe(wrong);
    }
    await project.write('landing/2.json', lines({ id: 2, n: 2 }, { id: 3, n: 3 }));
    await project.runs();
    expect(await ids()).toEqual([1, 2, 3]);
    expect(await project.query('select count(*)::int as n from silver.s')).toEqual([{ n: 3 }]);
    expect(await project.runs()).toContain('nothing to do');
  });

  it('is told by what a load brings: rows that are there were taken, whatever is thought of them since', async () => {
    project = await createProject(
      {
        'bronze/o.yml': source(''),
        'landing/1.json': lines({ id: 1, n: -1 }, { id: 1, n: -1 }, { id: 2, n: null }),
      },
      runHere,
    );
    await project.runs();
    const judged =
      'expect:\n  warn up to 50 %:\n    positive: n > 0\ncheck:\n  fail:\n    not_null: n\n    unique: id\n';
    await project.write('bronze/o.yml', source(judged));
    await project.write('landing/2.json', lines({ id: 3, n: 3 }, { id: 4, n: -4 }));
    expect(await project.runs()).toContain('! positive 1');
    expect(await brokenIn(2)).toEqual(['positive 1 of 2']);
    await project.write('landing/3.json', lines({ id: 2, n: 5 }));
    const twice = await project.run();
    expect([twice.code, twice.stdout]).toEqual([
      1,
      expect.stringContaining('unique: 1 value of id stands in more than one row'),
    ]);
    await project.write('landing/3.json', lines({ id: 5, n: -5 }, { id: 6, n: -6 }, { id: 7, n: 7 }));
    expect((await project.run()).stdout).toContain('positive: 2 of 3 rows break the rule, more than 50 %');
    expect(await ids()).toEqual([1, 1, 2, 3, 4]);
  });

  it('counts the table as it would be, and all of it where the file is the table', async () => {
    project = await createProject(
      {
        'bronze/o.yml': source(
          'each_file: replaces\nexpect:\n  fail:\n    positive: n > 0\ncheck:\n  fail:\n    row_count: between 2 and 3\n    last: select * from bronze.o where n = 13\n',
        ),
        'landing/1.json': lines({ id: 1, n: 1 }, { id: 2, n: 1 }),
      },
      runHere,
    );
    await project.runs();
    const refuses = async (file: number, rows: readonly object[], why: string): Promise<void> => {
      await project.write(`landing/${file}.json`, lines(...rows));
      const { code, stdout } = await project.run();
      expect([code, stdout]).toEqual([1, expect.stringContaining(why)]);
      expect(await ids()).toEqual([1, 2]);
    };
    await refuses(2, [{ id: 1, n: 1 }], 'row_count: 1 row is outside the bounds');
    await refuses(
      3,
      [
        { id: 1, n: 13 },
        { id: 2, n: 1 },
      ],
      'last: 1 row is wrong',
    );
    await refuses(
      4,
      [
        { id: 1, n: 1 },
        { id: 2, n: 0 },
      ],
      'positive: 1 of 2 rows breaks the rule',
    );
    await project.write('landing/5.json', lines({ id: 7, n: 1 }, { id: 8, n: 1 }, { id: 9, n: 1 }));
    await project.runs();
    expect(await ids()).toEqual([7, 8, 9]);
  });

  it('may be about other tables, which are made before it', async () => {
    project = await createProject(
      {
        'bronze/o.yml': source('check:\n  fail:\n    references: n -> silver.people.id\n'),
        'bronze/people.yml': `files: people/*.json\n${types}`,
        'silver/people.sql': 'select distinct id from bronze.people',
        'landing/1.json': lines({ id: 1, n: 7 }),
      },
      runHere,
    );
    expect((await ask('plan')).stdout).toMatch(/bronze\.o .*silver\.people has no data yet/);
    await project.runs();
    await project.write('people/1.json', lines({ id: 7, n: 0 }));
    await project.runs();
    expect(await ids()).toEqual([1]);
    await project.write('landing/2.json', lines({ id: 2, n: 8 }));
    const { stdout } = await project.run();
    expect(stdout).toContain('references: 1 of 1 row has a n that is not in silver.people');
    expect(stdout).toMatch(/id +n +from\n +2 +8 +landing\/2\.json:1\n/);
    await project.write('people/2.json', lines({ id: 8, n: 0 }));
    await project.runs();
    expect(await ids()).toEqual([1, 2]);
  });

  it('keeps out changes of a log: neither the table nor the log of its changes has them', async () => {
    const shop = (promises: string): string =>
      `connection: shop\nfollow: changes\ntables:\n  people:\n    key: id\n${promises}`;
    project = await createProject(
      {
        'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: UTC\nconnections:\n  shop: sample://shop\n',
        'bronze/shop.yml': shop("    expect:\n      fail:\n        named: name <> ''\n"),
        'shop/people.csv': 'id,name\n1,Ada\n',
      },
      runHere,
    );
    await project.runs();
    await project.write('shop/people.csv', 'id,name\n1,Ada\n1,Eva\n2,""\n');
    const { code, stdout } = await project.run();
    expect([code, stdout]).toEqual([1, expect.stringContaining('named: 1 of 2 rows breaks the rule')]);
    const changes = 'select name from bronze.people__changes order by _change_number';
    expect(await project.query(changes)).toEqual([{ name: 'Ada' }]);
    expect([await commits('people'), await commits('people__changes')]).toEqual([1, 1]);
    await project.write('shop/people.csv', 'id,name\n1,Ada\n1,Eva\n2,Bo\n');
    await project.runs();
    expect(await project.query('select id, name from bronze.people order by 1')).toEqual([
      { id: 1, name: 'Eva' },
      { id: 2, name: 'Bo' },
    ]);
    expect(await project.query(changes)).toEqual([{ name: 'Ada' }, { name: 'Eva' }, { name: 'Bo' }]);
  });

  it('is in the plan with what it costs, and in what the tools tell', async () => {
    project = await createProject(
      {
        'bronze/o.yml': source(
          'expect:\n  warn:\n    positive: n > 0\n    recent: n < year(current_date)\ncheck:\n  warn:\n    unique: id\n    row_count: at least 1\n',
        ),
        'landing/1.json': lines({ id: 1, n: -1 }),
      },
      runHere,
    );
    const { stdout: told } = await ask('plan', '--explain', 'bronze.o');
    expect(told).toMatch(
      /judged by {2}positive +warn +new rows\n +recent +warn +each row\n +unique +warn +changed keys\n +row_count +warn +statistics\n/,
    );
    await project.runs();
    expect((await ask('quality')).stdout).toMatch(/bronze\.o +positive +warn +1 of 1/);
    await project.write('bronze/o.yml', source('check:\n  warn:\n    not_null: m\n'));
    expect((await ask('check')).stderr).toContain(
      'LS1106  bronze/o.yml:7:15   Check "not_null" of bronze.o names column m, which bronze.o does not have',
    );
  });
});
