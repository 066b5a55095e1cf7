import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed } from '../support/command.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const ask = (...args: readonly string[]): ReturnType<typeof lakesmith> =>
  lakesmith([...args, '--project', project.folder]);

describe('the types of a bronze table', () => {
  it('stay: another declared type is refused before anything is written', async () => {
    project = await createProject({
      'bronze/o.yml': 'files: landing/*.json\ntypes:\n  o: STRUCT(a INTEGER)\n',
      'landing/1.json': '{"id":1,"o":{"a":1,"b":2}}\n',
    });
    await project.runs();
    // Fields that files added to a declared struct are no other type.
    await project.runs();
    await project.write('bronze/o.yml', 'files: landing/*.json\ntypes:\n  o: STRUCT(a BIGINT)\n  ID: VARCHAR\n');
    await project.write('landing/2.json', '{"id":2}\n');
    for (const command of ['check', 'plan', 'run']) {
      const { code, stderr } = await ask(command);
      expect(code).toBe(2);
      expect(stderr).toContain('error  LS2005  bronze/o.yml:3:3   Column o of bronze.o is declared STRUCT("a" BIGINT)');
      expect(stderr).toContain(
        'LS2005  bronze/o.yml:4:3   Column ID of bronze.o is declared VARCHAR, and the table has it as BIGINT',
      );
      expect(stderr).toContain(
        'put BIGINT back and cast it in the model that reads it, or rename this file (bronze/o_2.yml)',
      );
    }
    expect(await project.query('select id from bronze.o')).toEqual([{ id: 1 }]);
    await rm(join(project.folder, 'bronze/o.yml'));
    await project.write('bronze/o_2.yml', 'files: landing/*.json\ntypes:\n  ID: VARCHAR\n');
    await project.runs();
    expect(await project.query('select id from bronze.o_2 order by 1')).toEqual([{ ID: '1' }, { ID: '2' }]);
  });

  it('are told by the first value: a column without any is not there yet', async () => {
    project = await createProject({
      'bronze/c.yml': 'files: landing/*.csv\n',
      'bronze/j.yml': 'files: landing/*.json\n',
      'landing/1.csv': `id,n\n${'1,\n'.repeat(3)}`,
      'landing/1.json': '{"id":1,"n":null,"l":[],"o":{"k":null,"z":1}}\n',
      'silver/n.sql': 'select n from bronze.c',
    });
    const { code, stderr } = await ask('check');
    expect(code).toBe(2);
    expect(stderr).toContain('no row of bronze.c has a value for n yet: declare its type under types: in bronze/c.yml');
    await rm(join(project.folder, 'silver/n.sql'));
    await project.runs();
    await project.write('landing/2.csv', 'id,n\n2,4\n');
    await project.write('landing/2.json', '{"id":2,"n":4,"l":[{"x":1}],"o":{"k":5}}\n');
    await project.runs();
    expect(await project.query('select distinct typeof(n) as type from bronze.c')).toEqual([{ type: 'BIGINT' }]);
    expect(await project.query('select id, n, l[1].x as x, o.k as k, o.z as z from bronze.j order by id')).toEqual([
      { id: 1, n: null, x: null, k: null, z: 1 },
      { id: 2, n: 4, x: 1, k: 5, z: null },
    ]);
  });

  it('are those of the value that comes after twenty thousand rows without one', async () => {
    project = await createProject({
      'bronze/c.yml': 'files: landing/*.csv\n',
      'landing/1.csv': `id,n\n${'1,\n'.repeat(20_001)}2,7\n`,
    });
    await project.runs();
    expect(await project.query('select n, typeof(n) as type from bronze.c where id = 2')).toEqual([
      { n: 7, type: 'BIGINT' },
    ]);
  });
});

describe('JSON files', () => {
  it('are read as what they are, lines or an array, in one folder', async () => {
    project = await createProject({
      'bronze/j.yml': 'files: landing/*.json\n',
      'bronze/n.yml': 'files: landing/*.json\nformat: ndjson\n',
      'landing/1.json': '{"id":1,"v":1}\n{"id":2}\n',
      'landing/2.json': '\n [{"id":3,"v":2.5},\n{"id":4,"w":"x"}]',
      'landing/3.json': '{"id":5}\n',
    });
    await project.runs();
    for (const table of ['bronze.j', 'bronze.n']) {
      expect(await project.query(`select id, v, w, _source[-6:] as file from ${table} order by id`)).toEqual([
        { id: 1, v: 1, w: null, file: '1.json' },
        { id: 2, v: null, w: null, file: '1.json' },
        { id: 3, v: 2.5, w: null, file: '2.json' },
        { id: 4, v: null, w: 'x', file: '2.json' },
        { id: 5, v: null, w: null, file: '3.json' },
      ]);
    }
  });

  it('that are none are named with their line, in the plan as well', async () => {
    const broken = {
      nan: '{"a":1}\n{"a":NaN}\n',
      array: '[{"a":1},\n{"a":-Infinity}]\n',
      comma: '[{"a":1},\n{"a":2},\n]\n',
      comment: '{"a":1}\n// no\n',
    };
    project = await createProject(
      Object.fromEntries(
        Object.entries(broken).flatMap(([name, text]) => [
          [`bronze/${name}.yml`, `files: landing/${name}.json\n`],
          [`landing/${name}.json`, text],
        ]),
      ),
    );
    const plan = (await ask('plan')).stdout;
    const run = (await ask('run')).stdout;
    for (const [name, line] of Object.entries({ nan: 2, array: 2, comma: 3, comment: 2 })) {
      expect(run).toContain(`landing/${name}.json:${line}: this is not JSON`);
      expect(plan).toMatch(
        new RegExp(`bronze\\.${name} .*will fail: landing/${name}\\.json:${line}: this is not JSON`),
      );
    }
    expect((await ask('check')).stdout).toContain('! landing/nan.json:2: this is not JSON');
  });
});

describe('what a release says', () => {
  it('leaves out a table whose model is gone, and keeps its files', async () => {
    project = await createProject({
      'bronze/o.yml': 'files: landing/*.json\n',
      'silver/a.sql': 'select id from bronze.o',
      'silver/b.sql': 'select id from bronze.o',
      'landing/1.json': '{"id":1}\n',
    });
    await project.runs();
    await rm(join(project.folder, 'silver/b.sql'));
    expect((await ask('plan')).stdout).toMatch(/silver\.b +drop +leaves the release, its files stay/);
    const said = await project.runs();
    expect(said).toContain('release 2 ─ 2 tables');
    expect(said).toContain(
      'silver.b is not in the project any more: it left the release, and its files stay in the lake',
    );
    expect((await ask('query', 'from silver.b')).stderr).toContain('Release 2 has no table silver.b');
    expect(await succeed(['table', 'show', join(project.folder, 'lake/silver/b')])).toContain('1 row');
    expect(await project.runs()).toContain('nothing to do');
  });

  it('counts the rows that are in quarantine now, also those of earlier runs', async () => {
    project = await createProject({
      'bronze/o.yml': 'files: landing/*.json\n',
      'silver/a.sql': '/* ---\nexpect:\n  quarantine:\n    positive: n > 0\n--- */\nselect id, n from bronze.o',
      'landing/1.json': '{"id":1,"n":-1}\n{"id":2,"n":1}\n',
    });
    expect(await project.runs()).toContain('1 row is in quarantine');
    await project.write('landing/2.json', '{"id":3,"n":3}\n');
    expect(await project.runs()).toContain('1 row is in quarantine');
    await project.write('landing/3.json', '{"id":4,"n":-3}\n');
    expect(await project.runs()).toContain('2 rows are in quarantine');
  });

  it('has the changes of a table that follows a log', async () => {
    project = await createProject({
      'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: UTC\nconnections:\n  shop: sample://shop\n',
      'bronze/shop.yml': 'connection: shop\nfollow: changes\ntables:\n  people:\n    key: id\n',
      'shop/people.csv': 'id,name\n1,Ada\n',
    });
    await project.runs();
    await project.write('shop/people.csv', 'id,name\n1,Ada\n1,Eva\n');
    await project.runs();
    const changes = 'select name, _change_type as type from bronze.people__changes order by _change_number';
    const both = [
      { name: 'Ada', type: 'insert' },
      { name: 'Eva', type: 'update' },
    ];
    expect(await project.query(changes)).toEqual(both);
    const { stdout } = await ask('query', changes, '--release', '1', '--json');
    expect(JSON.parse(stdout)).toEqual(both.slice(0, 1));
    expect((await ask('query', 'from bronze.people__change')).stderr).toContain('Did you mean bronze.people__changes?');
  });
});

describe('words', () => {
  it('of a failed check count in the singular, and show where the rows came from', async () => {
    project = await createProject({
      'bronze/o.yml': 'files: landing/*.json\n',
      'silver/a.sql':
        '/* ---\nkey: id\ncheck:\n  fail:\n    references: p -> reference.people.id\n--- */\nselect id, p from bronze.o',
      'reference/people.csv': 'id,name\n1,Ada\n',
      'landing/1.json': '{"id":1,"p":1}\n{"id":2,"p":9}\n',
    });
    const { stdout } = await ask('run');
    expect(stdout).toContain('1 of 2 rows has a p that is not in reference.people');
    expect(stdout).toMatch(/id {2}p {2}from\n +2 {2}9 {2}landing\/1\.json:2\n/);
  });

  it('of a wrong question are its own: what, where, and the nearest name', async () => {
    project = await createProject({
      'bronze/o.yml': 'files: landing/*.json\n',
      'landing/1.json': '{"id":1,"name":"a"}\n',
    });
    await project.runs();
    const said = async (sql: string): Promise<string> => {
      const { code, stderr } = await ask('query', sql);
      expect([code, stderr]).toEqual([1, expect.not.stringMatching(/Binder|Catalog|LINE/)]);
      return stderr;
    };
    expect(await said('select id,\n  nam from bronze.o')).toMatch(
      /query:2:3 {3}Column nam does not exist\n.*\n.*Did you mean name\?/,
    );
    expect(await said('select id from bronze.p')).toMatch(
      /LS3003 {2}query:1:16 {3}Release 1 has no table bronze\.p\n.*\n.*Did you mean bronze\.o\?/,
    );
    expect(await said('select sum(name) from bronze.o')).toMatch(/query:1:8 {3}The query cannot be answered/);
    expect(await said('select from from')).toMatch(/query:1:\d+ {3}The query cannot be parsed/);
  });
});
