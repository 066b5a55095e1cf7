import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { outputOf, removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const plain = 'select id, a from bronze.o where a > 5 and b > 1';
const reworded =
  'with good as (select x.id, x.a as amount from bronze.o as x where (x.b > 1) and x.a > 5) select id, amount as a from good';
const wider = 'select id, a, a - b as margin from bronze.o where a > 5 and b > 1';
const fewer = 'select id, a from bronze.o where a > 15 and b > 1';

async function start(settings = ''): Promise<void> {
  project = await createProject(
    {
      'bronze/o.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  a: BIGINT\n  b: BIGINT\n',
      'landing/1.json': '{"id":1,"a":10,"b":3}\n{"id":2,"a":20,"b":4}\n{"id":3,"a":1,"b":4}\n',
      'silver/t.sql': settings + plain,
      'gold/total.sql': 'select count(*) as n, sum(a) as a from silver.t',
      'gold/wide.sql': 'select * from silver.t',
      'gold/ids.sql': 'select id from gold.wide',
    },
    runHere,
  );
  await project.runs();
}

const say = async (command: string, ...args: readonly string[]): Promise<string> => {
  const words = [command, ...args, '--project', project.folder];
  return outputOf(words, await runHere(words));
};

/** By table, what the plan would do and how; only what it would do. */
async function planned(...args: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const words = ['plan', ...args, '--json', '--project', project.folder];
  const { stdout } = await runHere(words);
  const { tables } = JSON.parse(stdout) as { tables: { table: string; action: string; strategy: string }[] };
  const acting = tables.filter(({ action }) => action !== 'skip');
  return Object.fromEntries(acting.map(({ table, action, strategy }) => [table, `${action} ${strategy}`.trim()]));
}

/** The newest commit of a table, its actions by name. */
async function lastCommit(table: string): Promise<readonly string[]> {
  const log = join(project.folder, 'lake', table, '_delta_log');
  const names = (await readdir(log)).filter((name) => /^\d+\.json$/.test(name)).sort();
  const text = await readFile(join(log, names.at(-1) ?? ''), 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : Object.keys(JSON.parse(line) as object)));
}

const equal = async (): Promise<void> =>
  expect(await say('verify')).toContain('4 tables equal to what their models give');

describe('a model whose text changed', () => {
  it('keeps its rows when it means the same, and nothing is made of them again', async () => {
    await start();
    await project.write('silver/t.sql', reworded);
    expect(await say('plan')).toMatch(
      /silver\.t +alter +its text changed, its rows stay +model changed\n +… 4 unchanged/,
    );
    await project.runs();
    expect(await lastCommit('silver/t')).toEqual(['commitInfo']);
    expect(await project.runs()).toContain('nothing to do');
    await equal();
    await project.write('silver/t.sql', plain);
    expect(await planned()).toEqual({ 'silver.t': 'alter same' });
    await project.runs();
    await project.write('landing/2.json', '{"id":4,"a":40,"b":4}\n');
    await project.runs();
    expect(await project.query('from gold.total')).toEqual(
      [{ n: '3', a: '70' }].map(({ n, a }) => ({ n: Number(n), a: Number(a) })),
    );
    await equal();
  });

  it('and whose settings changed as well, or its rules, settles at once', async () => {
    await start();
    const fail = '  fail:\n    known: id is not null\n';
    for (const [settings, sql, strategy] of [
      ['cluster_by: id\nproperties:\n  owner: sales\n', reworded, 'same'],
      [`cluster_by: a\nproperties:\n  owner: shop\nexpect:\n${fail}`, plain, 'judged'],
    ] as const) {
      await project.write('silver/t.sql', `/* ---\n${settings}--- */\n${sql}`);
      expect(await planned()).toEqual({ 'silver.t': `alter ${strategy}` });
      expect(await say('plan')).toMatch(/recluster: rewrites 1 file; properties: owner .*; cluster_by changed/);
      await project.runs();
      expect(await lastCommit('silver/t')).toEqual(expect.arrayContaining(['metaData', 'remove', 'add']));
      expect(await project.runs()).toContain('nothing to do');
    }
    const { stdout } = await runHere(['table', 'show', join(project.folder, 'lake/silver/t'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ properties: { owner: 'shop' } });
    await equal();
  });

  it('is kept up with what came in the same run', async () => {
    await start();
    await project.write('silver/t.sql', 'select x.id, x.a from bronze.o as x where (x.b > 1) and 5 < x.a');
    await project.write('landing/2.json', '{"id":4,"a":40,"b":4}\n');
    const plan = await say('plan');
    expect(plan).toMatch(/silver\.t +incremental +new rows are added +bronze\.o and its text changed/);
    await project.runs();
    expect(await project.runs()).toContain('nothing to do');
    await equal();
  });

  it('is made anew where it means something else, where that is asked for, and where it is not known', async () => {
    await start();
    await project.write('silver/t.sql', fewer);
    expect((await planned())['silver.t']).toBe('full full');
    expect(await say('plan', '--explain', 'silver.t')).toMatch(
      /why +model changed\n +its rows are chosen, joined or grouped otherwise/,
    );
    await project.write('silver/t.sql', reworded);
    expect((await planned('silver.t', '--full'))['silver.t']).toBe('full full');
    for (const folder of ['lake/silver/t/_delta_log', 'lake/_lakesmith/releases']) {
      const path = join(project.folder, folder);
      for (const name of (await readdir(path)).filter((one) => one.endsWith('.json'))) {
        const text = await readFile(join(path, name), 'utf8');
        await writeFile(join(path, name), text.replaceAll('"meaning":', '"forgotten":'));
      }
    }
    expect((await planned())['silver.t']).toBe('full full');
    expect(await say('plan', '--explain', 'silver.t')).toContain('what it meant before is not known');
    await project.runs();
    await project.write('silver/t.sql', plain);
    expect(await planned()).toEqual({ 'silver.t': 'alter same' });
  });

  it('is made anew when it reads another table as well, or the same text gives another type', async () => {
    await start();
    await project.write('silver/t.sql', `${plain} and id not in (select id from gold.other)`);
    await project.write('gold/other.sql', 'select 9::bigint as id');
    expect(await say('plan', '--explain', 'silver.t')).toContain('it reads gold.other as well');
    await project.write('silver/t.sql', plain.replace('select id, a', 'select id, a::integer as a'));
    expect(await say('plan', '--explain', 'silver.t')).toContain('a is computed otherwise');
    await project.write('silver/t.sql', plain.replace('id, a', 'a, id'));
    expect(await say('plan', '--explain', 'silver.t')).toContain('its columns stand in another order');
  });

  it('is judged where its rules changed as well, and left as it was when one is broken', async () => {
    await start();
    await project.write('silver/t.sql', `/* ---\nexpect:\n  warn:\n    small: a < 15\n--- */\n${reworded}`);
    expect(await say('plan')).toMatch(/silver\.t +alter +judged again, its rows stay +model changed; rules changed/);
    await project.write('silver/t.sql', `/* ---\nexpect:\n  fail:\n    small: a < 15\n--- */\n${reworded}`);
    expect((await project.run()).code).toBe(1);
    expect((await planned())['silver.t']).toBe('alter judged');
    await project.write('silver/t.sql', `/* ---\nexpect:\n  fail:\n    small: a < 25\n--- */\n${reworded}`);
    await project.runs();
    expect(await lastCommit('silver/t')).toEqual(['commitInfo']);
    expect(await project.runs()).toContain('nothing to do');
  });

  it('is no reason to write to the base of an environment', async () => {
    await start();
    await project.write(
      'lakesmith.yml',
      'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: UTC\nenvironments:\n  pr: {}\n',
    );
    await say('env', 'create', 'pr');
    await project.write('silver/t.sql', reworded);
    expect((await planned('--env', 'pr'))['silver.t']).toBe('full full');
    const before = await readdir(join(project.folder, 'lake/silver/t/_delta_log'));
    await project.runs('--env', 'pr');
    expect(await readdir(join(project.folder, 'lake/silver/t/_delta_log'))).toEqual(before);
    // What lies in the environment is its own.
    await project.write('silver/t.sql', plain);
    expect((await planned('--env', 'pr'))['silver.t']).toBe('alter same');
    expect(await project.runs()).toContain('nothing to do');
  });
});

describe('a model that gets a column', () => {
  it('is written anew, and what reads the others keeps its rows', async () => {
    await start();
    await project.write('silver/t.sql', wider);
    const plan = await say('plan');
    expect(plan).toMatch(/silver\.t +full +1 new column, the others stay +model changed/);
    expect(plan).toMatch(/gold\.total +alter +nothing of what it reads changed +silver\.t has other columns/);
    expect(plan).toMatch(/gold\.wide +full +1 new column, the others stay +columns changed/);
    expect(plan).toMatch(/gold\.ids +alter +nothing of what it reads changed +gold\.wide has other columns/);
    await project.runs();
    expect(await lastCommit('gold/total')).toEqual(['commitInfo']);
    expect(await lastCommit('gold/ids')).toEqual(['commitInfo']);
    expect(await project.query('select id, margin from gold.wide order by id')).toEqual([
      { id: 1, margin: 7 },
      { id: 2, margin: 16 },
    ]);
    expect(await project.runs()).toContain('nothing to do');
    await equal();
    await project.write('silver/t.sql', plain);
    expect(await say('plan')).toMatch(/silver\.t +full +one column goes, the others stay/);
    await project.runs();
    expect(await lastCommit('gold/total')).toEqual(['commitInfo']);
    expect(await project.runs()).toContain('nothing to do');
    await equal();
  });

  it('lets what was not part of that run keep its rows in a later one, until they change', async () => {
    await start();
    await project.write('silver/t.sql', wider);
    await project.runs('silver.t');
    expect(await planned()).toMatchObject({ 'gold.total': 'alter same', 'gold.wide': 'full full' });
    await project.write('landing/2.json', '{"id":4,"a":40,"b":4}\n');
    await project.runs('silver.t');
    expect(await planned()).toMatchObject({ 'gold.total': 'full full' });
    await project.runs();
    await equal();
  });

  it('is no column that stays where it is computed otherwise, comes back as another, or is chance', async () => {
    await start();
    await project.write('silver/t.sql', wider);
    await project.runs();
    await project.write('silver/t.sql', plain);
    await project.runs('silver.t');
    await project.write('silver/t.sql', wider.replace('a - b', 'a + b'));
    await project.runs('silver.t');
    expect((await planned())['gold.wide']).toBe('full full');
    await project.write('silver/t.sql', plain.replace('id, a', 'id, a, row_number() over (order by b) as n'));
    expect(await say('plan', '--explain', 'silver.t')).toContain('its rows may come out otherwise: row_number');
    expect((await planned())['gold.total']).toBe('full full');
    await project.runs();
    await equal();
  });
});

describe('on_rebuild: hold', () => {
  const hold = '/* ---\non_rebuild: hold\n--- */\n';

  it('holds what means something else or loses a column, and nothing else', async () => {
    await start(hold);
    await project.write('silver/t.sql', hold + reworded);
    expect(await planned()).toEqual({ 'silver.t': 'alter same' });
    await project.write('silver/t.sql', hold + wider);
    expect(await planned()).toMatchObject({ 'silver.t': 'full full', 'gold.total': 'alter same' });
    await project.runs();
    await project.write('silver/t.sql', hold + plain);
    expect((await planned())['silver.t']).toBe('held');
    await project.write('silver/t.sql', hold + fewer);
    expect((await planned())['silver.t']).toBe('held');
    expect((await project.run()).code).toBe(3);
    await project.runs('--apply');
    await equal();
  });
});
