import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed } from '../support/command.ts';
import type { Answer } from '../support/command.ts';
import { anna, forgetProject, hanna, hers, tracesOf } from '../support/forget-world.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let connection: DuckDBConnection;
const folders: string[] = [];
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(async () => {
  connection.closeSync();
  for (const folder of folders) await removeFolder(folder);
});

async function create(files: Readonly<Record<string, string>>): Promise<TestProject> {
  const project = await createProject(files);
  folders.push(project.folder);
  return project;
}

const ask = (project: TestProject, ...args: string[]): Promise<Answer> =>
  lakesmith([...args, '--project', project.folder]);

/** What is asked of the lake in the end: derived numbers, and the people who are left. */
const questions = [
  'select country, orders, amount from gold.by_country order by all',
  'select email, name from gold.mails order by all',
  'select id, email, valid_from, valid_to from silver.people order by all',
  'select email, amount from silver.by_mail order by all',
  'select email, name, country, _source from bronze.customers order by all',
  'select id, email, amount from silver.strict order by all',
];
const answers = async (project: TestProject): Promise<unknown> => {
  const all = [];
  for (const sql of questions) all.push(await project.query(sql));
  return all;
};

describe('forgetting somebody', () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await create(forgetProject());
    // Her order breaks a rule that stops the table: the record of the run shows the row.
    await project.run();
  });

  it('tells first what would go, names what is not the lake’s, and changes nothing', async () => {
    const lake = join(project.folder, 'lake');
    expect((await tracesOf(connection, lake)).join('\n')).toContain('_lakesmith/runs/');
    const { code, stdout } = await ask(project, 'forget', 'silver.customers', `email=${anna}`);
    expect(code).toBe(3);
    expect(stdout).toMatch(/bronze\.customers +2 +rows deleted/);
    expect(stdout).toMatch(/silver\.customers +1 +made anew/);
    expect(stdout).toMatch(/gold\.by_country +made anew/);
    expect(stdout).toMatch(/landing\/c\/1\.csv:2 has 1 such row/);
    expect(stdout).toMatch(/landing\/c\/2\.csv:2 has 1 such row/);
    expect(stdout).toMatch(/bronze\.orders has the value in 3 rows/);
    const all = JSON.parse(await succeed(['forget', ...hers, '--dry-run', '--json', '--project', project.folder])) as {
      readonly elsewhere: unknown;
      readonly releases: unknown;
    };
    expect(all).toMatchObject({ elsewhere: [], releases: [1] });
    expect((await ask(project, 'release', 'list')).stdout).not.toContain('forget');
  });

  it('refuses while a pin or an environment holds her rows, and what is no table of the lake’s own', async () => {
    const refusals = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await ask(project, 'forget', ...args, '--apply');
      expect(code).toBeGreaterThan(0);
      return stderr;
    };
    await succeed(['release', 'pin', '1', '--reason', 'audit', '--project', project.folder]);
    expect(await refusals(...hers)).toMatch(/LS3305.*Release 1 is pinned \(audit\)/);
    await succeed(['release', 'unpin', '1', '--project', project.folder]);
    await succeed(['env', 'create', 'pr', '--project', project.folder]);
    expect(await refusals(...hers)).toMatch(/LS3305.*environments over the lake \(pr\)/);
    expect(await refusals(...hers, '--env', 'pr')).toMatch(/LS3305.*leave --env out/);
    await succeed(['env', 'drop', 'pr', '--project', project.folder]);
    expect(await refusals('gold.mails', `email=${anna}`)).toMatch(/LS3305.*gold\.mails is a view/);
    expect(await refusals('silver.unmarked', `who=${anna}`)).toMatch(/LS3305.*who of silver\.unmarked is computed/);
    expect(await refusals('bronze.orders', 'id=x')).toMatch(/LS4001.*no value of bronze\.orders\.id/);
    expect(await refusals('bronze.orders', 'email=')).toMatch(/LS4001/);
    expect(await refusals('bronze.orders')).toMatch(/LS4001.*Which rows/);
    expect(await refusals('silver.nothing', 'a=1')).toMatch(/LS3003/);
  });

  it('leaves her nowhere in the lake, and everything else as if she had never been in its files', async () => {
    const lake = join(project.folder, 'lake');
    const { code, stdout, stderr } = await ask(project, 'forget', ...hers, '--apply', '--reference', 'ticket 7');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('nothing of it is left');
    expect(await tracesOf(connection, lake)).toEqual([]);
    expect(await tracesOf(connection, join(project.folder, '.lakesmith'))).toEqual([]);
    const other = await create(forgetProject({ without: true }));
    await other.runs();
    expect(await answers(project)).toEqual(await answers(other));
    expect((await project.quarantine()).filter((row) => row.status === 'open')).toMatchObject([
      { table: 'silver.orders', key: { id: 5 } },
    ]);
    expect(JSON.stringify(await project.query('select * from silver.customers'))).toContain(hanna);
    expect((await ask(project, 'verify')).code).toBe(0);
  });

  it('gives a certificate that names no value', async () => {
    const file = join(project.folder, 'lake/_lakesmith/erasures/00000000000000000001.certificate');
    const certificate = JSON.parse(await readFile(`${file}.json`, 'utf8')) as Record<string, unknown>;
    expect(certificate).toMatchObject({
      reference: 'ticket 7',
      releases: [1, 2],
      tables: expect.arrayContaining([
        { table: 'bronze.orders', fate: 'rows deleted', rows: 3 },
        { table: 'silver.unmarked', fate: 'made anew', rows: null },
      ]) as unknown,
      verified: { text: true, left: [] },
    });
    expect(await readFile(`${file}.txt`, 'utf8')).toContain('nothing found');
  });

  it('takes old releases away and says so', async () => {
    for (const args of [
      ['query', 'select 1 from gold.mails', '--release', '1'],
      ['release', 'back', '1'],
    ]) {
      const { code, stderr } = await ask(project, ...args);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/LS3011.*erasure 1/)]);
    }
  });

  it('has nothing to do a second time', async () => {
    const { code, stdout } = await ask(project, 'forget', ...hers, '--apply');
    expect([code, stdout]).toEqual([0, expect.stringContaining('nothing to forget: erasure 1 did it')]);
    expect(await project.runs()).toContain('nothing to do');
  });

  it('does not let a load bring her back: of a file that is read again, of a new one, of a change log', async () => {
    const lake = join(project.folder, 'lake');
    const files = forgetProject();
    await project.write('landing/c/1.csv', `${files['landing/c/1.csv'] ?? ''}di@lake.example,Di,it\n`);
    await project.write('landing/c/3.csv', `email,name,country\nel@lake.example,El,es\n${anna},Again,de\n`);
    await project.write(
      'shop/people.csv',
      `${files['shop/people.csv'] ?? ''}1,${anna},2026-02-01T00:00:00Z\n3,di@lake.example,2026-02-02T00:00:00Z\n`,
    );
    await succeed(['replay', 'silver.customers', 'silver.people', '--project', project.folder]);
    await project.runs();
    await project.runs('--full');
    expect(await tracesOf(connection, lake)).toEqual([]);
    expect(await project.query('select name from silver.customers order by name')).toEqual(
      ['Bo', 'Cy', 'Di', 'El', 'Hanna'].map((name) => ({ name })),
    );
    expect(await project.query('select id from silver.people order by id')).toEqual([{ id: 2 }, { id: 3 }]);
    expect((await ask(project, 'verify')).code).toBe(0);
    // Lines are told where every row of the file is there, and are not guessed where not.
    expect((await ask(project, 'why', 'bronze.customers', 'email=el@lake.example')).stdout).toMatch(/3\.csv$/m);
    expect((await ask(project, 'why', 'bronze.customers', 'email=cy@lake.example')).stdout).not.toMatch(/2\.csv:2/);
  });
});

describe('forgetting by a number', () => {
  it('goes by the columns that carry it, and leaves equal numbers of other columns alone', async () => {
    const project = await create({
      'bronze/a.yml': 'files: landing/*.json\n',
      'landing/1.json': '{"id": 17, "other": 1}\n{"id": 1, "other": 17}\n',
      'silver/a.sql': 'select id as key_of_a, other from bronze.a\n',
      'gold/total.sql': 'select count(*) as n, sum(other) as other from silver.a\n',
    });
    await project.runs();
    expect((await ask(project, 'forget', 'silver.a', 'key_of_a=17', '--apply')).code).toBe(0);
    expect(await project.query('select * from silver.a')).toEqual([{ key_of_a: 1, other: 17 }]);
    expect(await project.query('select * from gold.total')).toEqual([{ n: 1, other: 17 }]);
    await project.write('landing/2.json', '{"id": 17, "other": 2}\n{"id": 18, "other": 3}\n');
    await project.runs();
    expect(await project.query('select key_of_a as k from silver.a order by 1')).toEqual([{ k: 1 }, { k: 18 }]);
  });
});

describe('forgetting in a source that nothing is made of', () => {
  it('leaves no version with the rows', async () => {
    const project = await create({
      'bronze/a.yml': 'files: landing/*.csv\n',
      'landing/1.csv': `mail,n\n${anna},1\nbo@lake.example,2\n`,
    });
    await project.runs();
    expect((await ask(project, 'forget', 'bronze.a', `mail=${anna}`, '--apply')).code).toBe(0);
    expect(await tracesOf(connection, join(project.folder, 'lake'))).toEqual([]);
    expect(await project.query('select mail, n from bronze.a')).toEqual([{ mail: 'bo@lake.example', n: 2 }]);
  });
});

describe('rows that never were', () => {
  it('are no reason to take releases away; those that only an older release has are', async () => {
    const project = await create({
      'bronze/a.yml': 'files: landing/*.csv\neach_file: replaces\n',
      'landing/1.csv': 'id,n\n17,1\n18,2\n',
      'silver/a.sql': 'select id, n from bronze.a\n',
    });
    await project.runs();
    await project.write('landing/2.csv', 'id,n\n18,2\n');
    await project.runs();
    for (const last of ['--dry-run', '--apply']) {
      const { code, stderr } = await ask(project, 'forget', 'bronze.a', 'id=99', last);
      expect([code, stderr]).toEqual([1, expect.stringMatching(/LS3006.*no row of bronze\.a with id=99/)]);
      expect((await ask(project, 'forget', 'bronze.a', 'id=18', 'n=1', last)).code).toBe(1);
    }
    expect((await ask(project, 'query', '--release', '1', 'select * from silver.a')).code).toBe(0);
    expect((await ask(project, 'forget', 'bronze.a', 'id=17', '--apply')).code).toBe(0);
    expect((await ask(project, 'query', '--release', '1', 'select * from silver.a')).stderr).toContain('LS3011');
  });
});

describe('what lies about in a lake', () => {
  it('goes too: rows that are only marked as deleted, and tables that the project does not make any more', async () => {
    const lines = Array.from(
      { length: 2_000 },
      (_, id) => `{"id": ${id}, "mail": "${id === 7 ? anna : `m${id}@x.org`}"}\n`,
    );
    const project = await create({
      'bronze/a.yml': 'files: landing/*.json\n',
      'landing/1.json': lines.join(''),
      'silver/old.sql': 'select mail from bronze.a\n',
      'gold/oldest.sql': 'select mail as m from silver.old\n',
      'silver/a.sql': 'select id, mail from bronze.a\n',
    });
    const lake = join(project.folder, 'lake');
    await project.runs();
    await rm(join(project.folder, 'silver/old.sql'));
    await rm(join(project.folder, 'gold/oldest.sql'));
    await project.runs();
    await succeed(['table', 'alter', join(lake, 'bronze/a'), 'property', 'delta.enableDeletionVectors=true']);
    expect(await succeed(['table', 'delete', join(lake, 'bronze/a'), '--where', 'id = 7'])).toContain('marked');
    await project.runs();
    expect(await project.query(`select count(*) as n from silver.a where mail = '${anna}'`)).toEqual([{ n: 0 }]);
    // Rows that are marked as deleted do not hide where the others came from.
    expect((await ask(project, 'why', 'silver.a', 'id=9')).stdout).toMatch(/landing\/1\.json:10\b/);
    expect((await ask(project, 'forget', 'bronze.a', 'mail=m9@x.org')).stdout).toMatch(/landing\/1\.json.*\b10\b/);
    const { code, stdout } = await ask(project, 'forget', 'bronze.a', `mail=${anna}`, '--apply');
    expect(code).toBe(0);
    expect(stdout).toMatch(/silver\/old +removed whole/);
    expect(stdout).toMatch(/gold\/oldest +removed whole/);
    expect(await tracesOf(connection, lake)).toEqual([]);
    expect(await project.query('select count(*) as n from silver.a')).toEqual([{ n: 1_999 }]);
  });
});

describe('what cannot be made anew', () => {
  it.each([
    ['each', /silver\.a still shows rows/],
    ['all', /bronze\.a has version 1, and version 0 of it is released/],
  ])('keeps old versions until it can (release: %s), and forgetting goes on from there', async (release, why) => {
    const project = await create({
      'lakesmith.yml': `lakesmith: 1\nname: f\nlake: ./lake\nrelease: ${release}\n`,
      'bronze/a.yml': 'files: landing/*.json\n',
      'landing/1.json': `{"id": 1, "mail": "${anna}"}\n{"id": 2, "mail": "bo@lake.example"}\n`,
      'silver/a.sql':
        '/* ---\ncheck:\n  fail:\n    row_count: between 2 and 9\n--- */\nselect id, mail from bronze.a\n',
    });
    await project.runs();
    const stopped = await ask(project, 'forget', 'bronze.a', `mail=${anna}`, '--apply');
    expect([stopped.code, stopped.stderr]).toEqual([1, expect.stringContaining('LS3305')]);
    expect(stopped.stderr).toMatch(why);
    expect((await ask(project, 'query', 'select * from silver.a', '--release', '1')).stdout).toContain('2 rows');
    const doctor = await ask(project, 'doctor');
    expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining('erasure 1 of')]);
    await project.write('silver/a.sql', 'select id, mail from bronze.a\n');
    expect((await ask(project, 'forget', 'bronze.a', `mail=${anna}`, '--apply')).code).toBe(0);
    expect(await tracesOf(connection, join(project.folder, 'lake'))).toEqual([]);
    expect((await ask(project, 'doctor')).code).toBe(0);
  });
});
