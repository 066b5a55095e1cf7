import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { randomNumbers } from '../../packages/lakesmith/src/core/random-numbers.ts';
import { outputOf, removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject as createWith } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const createProject = async (files: Readonly<Record<string, string>>): Promise<TestProject> =>
  await createWith(files, runHere);
const succeed = async (args: readonly string[]): Promise<string> => outputOf(args, await runHere(args));
const at = (): readonly string[] => ['--project', project.folder];
const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const events = 'files: landing/e/*.json\ntypes:\n  id: BIGINT\n  n: BIGINT\n';
const stream = (sql: string, settings = ''): string => `/* ---\nkind: stream\n${settings}--- */\n${sql}\n`;
const bring = async (name: string, ...rows: readonly object[]): Promise<void> =>
  await project.write(`landing/e/${name}.json`, lines(rows));
const rowsOf = async (sql: string): Promise<readonly unknown[][]> =>
  (await project.query(sql)).map((row) => Object.values(row));
const table = async (command: string, path: string, ...args: readonly string[]): Promise<string> =>
  await succeed(['table', command, join(project.folder, 'lake', path), ...args]);
const lastStep = async (): Promise<string> => {
  const [[reason] = []] = await rowsOf(
    `select reason from system.steps where table_name = 'silver.s' order by run desc limit 1`,
  );
  return String(reason);
};

describe('a stream', () => {
  it('takes each new row once, and keeps what rows made that changed or went', async () => {
    project = await createProject({
      'bronze/e.yml': events,
      'silver/s.sql': stream('select id, n * 2 as m from bronze.e'),
    });
    await bring('b', { id: 1, n: 1 }, { id: 2, n: 2 });
    await project.runs();
    // A late file, by its name before the other.
    await bring('a', { id: 3, n: 3 });
    await project.runs();
    await table('delete', 'bronze/e', '--where', 'id = 1');
    await table('update', 'bronze/e', '--set', 'n=20', '--where', 'id = 2');
    await bring('c', { id: 4, n: 4 });
    await project.runs();
    expect(await rowsOf('select id, m from silver.s order by all')).toEqual([
      [1, 2],
      [2, 4],
      [3, 6],
      [4, 8],
    ]);
    expect(await lastStep()).toContain('2 rows of bronze.e went or changed: what they made stays');
    const why = (key: string): Promise<string> => succeed(['why', 'silver.s', key, '--project', project.folder]);
    expect(await why('id=3')).toMatch(/m=6\n +made once, of what is this now:\n +bronze\.e .*a\.json:1\n +id=3 +n=3/);
    expect(await why('id=2')).toMatch(/m=4\n +made once; nothing that its input has now gives it\n$/);
    expect(await project.runs()).toContain('nothing to do');
    // Nothing but rows that went: it is up to date after one run.
    await table('delete', 'bronze/e', '--where', 'id = 4');
    await project.runs();
    expect(await project.runs()).toContain('nothing to do');
    expect(await rowsOf('select count(*) from silver.s')).toEqual([[4]]);
  });

  it('does not take what a model writes anew for new rows', async () => {
    project = await createProject({
      'bronze/e.yml': events,
      'silver/latest.sql':
        '/* ---\nkey: id\n--- */\nselect id, n, count(*) over (partition by id) as times from bronze.e qualify row_number() over (partition by id order by n desc) = 1\n',
      'silver/plain.sql': '/* ---\nrefresh: full\n--- */\nselect id, n, now() as at from bronze.e\n',
      'silver/s.sql': stream('select id, n from silver.latest'),
      'silver/t.sql': stream('select id, n from silver.plain'),
    });
    await bring('a', { id: 1, n: 1 }, { id: 1, n: 1 }, { id: 2, n: 2 });
    await project.runs();
    await bring('b', { id: 1, n: 5 }, { id: 3, n: 3 });
    await project.runs();
    expect(await rowsOf('select id, n from silver.s order by all')).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(await rowsOf('select id, n from silver.t order by all')).toEqual([
      [1, 1],
      [1, 1],
      [1, 5],
      [2, 2],
      [3, 3],
    ]);
  });

  it('joins others as they are in the run, or as they were when the rows were committed', async () => {
    const joined = 'select e.id, c.name from bronze.e as e left join bronze.c as c on c.id = e.n';
    project = await createProject({
      'bronze/e.yml': events,
      'bronze/c.yml': 'files: landing/c/*.csv\neach_file: replaces\n',
      'silver/then.sql': stream(joined, 'joins: as_of\nfollows: bronze.e\n'),
      'silver/now.sql': stream(joined),
    });
    const name = async (file: string, text: string): Promise<void> =>
      await project.write(`landing/c/${file}.csv`, `id,name\n1,${text}\n`);
    await name('1', 'one');
    await bring('1', { id: 1, n: 1 });
    await project.runs();
    for (const step of [2, 3]) {
      await name(String(step), `name ${step}`);
      await bring(String(step), { id: step, n: 1 });
      await project.runs('bronze');
    }
    await name('4', 'name 4');
    await bring('4', { id: 4, n: 1 });
    await project.runs();
    expect(await rowsOf('select id, name from silver.then order by id')).toEqual([
      [1, 'one'],
      [2, 'name 2'],
      [3, 'name 3'],
      [4, 'name 4'],
    ]);
    expect(await rowsOf('select id, name from silver.now order by id')).toEqual([
      [1, 'one'],
      [2, 'name 4'],
      [3, 'name 4'],
      [4, 'name 4'],
    ]);
  });

  it('goes on by a changed text, and is made anew only by its own name', async () => {
    project = await createProject({
      'bronze/e.yml': events,
      'silver/s.sql': stream('select n, id from bronze.e'),
      'gold/all.sql': 'select * from silver.s\n',
    });
    await bring('a', { id: 1, n: 1 });
    await project.runs();
    await table('delete', 'bronze/e', '--where', 'id = 1');
    await bring('b', { id: 2, n: 2 });
    await project.write('silver/s.sql', stream("select 'new' as note, id from bronze.e"));
    expect(await succeed(['plan', ...at()])).toMatch(
      /silver\.s +incremental +new rows of bronze\.e; what it made stays +model changed\n +\+ note/,
    );
    await project.runs();
    const both = [
      [1, 1, null],
      [null, 2, 'new'],
    ];
    expect(await rowsOf('select n, id, note from silver.s order by id')).toEqual(both);
    expect(await rowsOf('select * from gold.all order by id')).toEqual(both);
    await project.runs('--full');
    expect(await rowsOf('select n, id, note from silver.s order by id')).toEqual(both);
    await project.write('silver/s.sql', stream('select id::varchar as id from bronze.e'));
    const refused = await project.run();
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('LS1216')]);
    await project.write('gold/all.sql', 'select id from silver.s\n');
    await project.runs('silver.s', '--full');
    expect(await rowsOf('select * from silver.s')).toEqual([['2']]);
  });

  it('is not made a table unasked', async () => {
    project = await createProject({ 'bronze/e.yml': events, 'silver/s.sql': stream('select id from bronze.e') });
    await bring('a', { id: 1, n: 1 });
    await project.runs();
    await table('delete', 'bronze/e', '--where', 'id = 1');
    await bring('b', { id: 2, n: 1 });
    await project.write('silver/s.sql', 'select id from bronze.e\n');
    expect((await project.run()).code).toBe(3);
    expect(await rowsOf('select * from silver.s')).toEqual([[1]]);
    // Back again, it goes on where it was.
    await project.write('silver/s.sql', stream('select id from bronze.e'));
    await project.runs();
    expect(await rowsOf('select * from silver.s order by id')).toEqual([[1], [2]]);
  });

  it('says that its place is lost, and writes nothing', async () => {
    project = await createProject({ 'bronze/e.yml': events, 'silver/s.sql': stream('select id from bronze.e') });
    await bring('a', { id: 1, n: 1 });
    await project.runs();
    await bring('b', { id: 2, n: 2 });
    await project.runs();
    await table('restore', 'bronze/e', '--version', '0');
    const refusal = async (): Promise<readonly unknown[]> => {
      const { code, stdout, stderr } = await runHere(['run', ...at()]);
      return [code, stdout + stderr];
    };
    expect(await refusal()).toEqual([
      1,
      expect.stringMatching(/restored to version 0.*lakesmith run silver\.s --full/s),
    ]);
    expect(await rowsOf('select * from silver.s order by id')).toEqual([[1], [2]]);
    await project.runs('silver.s', '--full');
    // What came is put together with the rest, and where it lay is cleaned up before the stream has seen it.
    await bring('c', { id: 3, n: 3 });
    await project.runs('bronze');
    await table('optimize', 'bronze/e');
    await table('vacuum', 'bronze/e', '--retain', '0h', '--force');
    expect(await refusal()).toEqual([
      1,
      expect.stringMatching(/cannot go on where it was in bronze\.e: .*cannot be read/s),
    ]);
    await project.runs('silver.s', '--full');
    const other = await createProject({ 'bronze/e.yml': events });
    for (let step = 0; step < 9; step += 1) {
      await other.write(`landing/e/${step}.json`, lines([{ id: step, n: 1 }]));
      await other.runs();
    }
    await rm(join(project.folder, 'lake/bronze/e'), { recursive: true });
    await cp(join(other.folder, 'lake/bronze/e'), join(project.folder, 'lake/bronze/e'), { recursive: true });
    await removeFolder(other.folder);
    expect(await refusal()).toEqual([1, expect.stringContaining('another table by the same name')]);
    expect(await rowsOf('select id from silver.s order by id')).toEqual([[1], [2], [3]]);
    expect(await rowsOf('select count(*) from system.steps where status = $$failed$$')).toEqual([[3]]);
  });

  it('follows a release back with its input, and what was restored to where it had not come', async () => {
    project = await createProject({ 'bronze/e.yml': events, 'silver/s.sql': stream('select id from bronze.e') });
    await bring('a', { id: 1, n: 1 });
    await project.runs();
    await bring('b', { id: 2, n: 2 });
    await project.runs();
    await succeed(['release', 'back', '1', ...at()]);
    await project.runs();
    expect(await rowsOf('select id from silver.s order by id')).toEqual([[1], [2]]);
    await bring('c', { id: 3, n: 3 });
    await project.runs('bronze');
    await bring('d', { id: 4, n: 4 });
    await project.runs('bronze');
    const [[before] = []] = await rowsOf(`select max(version) - 1 from system.steps where table_name = 'bronze.e'`);
    await table('restore', 'bronze/e', '--version', String(before));
    await project.runs();
    expect(await rowsOf('select id from silver.s order by id')).toEqual([[1], [2], [3], [4]]);
  });

  it('puts rows aside that break a rule, and judges new rows alone', async () => {
    project = await createProject({
      'bronze/e.yml': events,
      'silver/s.sql': stream('select id, n from bronze.e', 'expect:\n  quarantine:\n    positive: n > 0\n'),
    });
    await bring('a', { id: 1, n: 1 }, { id: 2, n: -1 });
    await project.runs();
    await bring('b', { id: 3, n: 3 }, { id: 4, n: -1 });
    await project.runs();
    await bring('c', { id: 5, n: 5 });
    await project.runs();
    // Nothing new to judge says nothing of what was put aside.
    await table('delete', 'bronze/e', '--where', 'id = 2');
    await project.runs();
    const origins = (await project.quarantine()).map(
      ({ status, origin }) => `${status} ${origin?.source}:${origin?.line}`,
    );
    expect(origins.sort()).toEqual(['open landing/e/a.json:2', 'open landing/e/b.json:2']);
    const rule = 'expect:\n  quarantine:\n    positive: n > 0\n  fail:\n    large: n > 4\n';
    await project.write('silver/s.sql', stream('select id, n from bronze.e', rule));
    await bring('d', { id: 6, n: 6 });
    await project.runs();
    await bring('e', { id: 7, n: 2 });
    expect((await project.run()).code).toBe(1);
    expect(await rowsOf('select id from silver.s order by id')).toEqual([[1], [3], [5], [6]]);
    await project.write('silver/s.sql', stream('select id, n from bronze.e', 'expect:\n  drop:\n    large: n > 4\n'));
    await bring('f', { id: 8, n: 8 });
    await project.runs();
    expect(await rowsOf('select id from silver.s order by id')).toEqual([[1], [3], [5], [6], [8]]);
  });

  it('follows what was taken back and brought back again, and begins anew where no release has it any more', async () => {
    project = await createProject({
      'bronze/e.yml': events,
      'silver/s.sql': stream('select id, n from bronze.e'),
    });
    await bring('a', { id: 1, n: 1 });
    await project.runs();
    for (const id of [11, 12]) {
      await project.write('more.ndjson', lines([{ id, n: id }]));
      await table('append', 'bronze/e', '--from', join(project.folder, 'more.ndjson'));
    }
    await table('restore', 'bronze/e', '--version', '0');
    await table('restore', 'bronze/e', '--version', '2');
    await project.runs();
    expect(await rowsOf('select id from silver.s order by id')).toEqual([[1], [11], [12]]);
    await bring('b', { id: 2, n: 2 });
    await project.write('silver/late.sql', stream('select id from bronze.e'));
    await project.runs();
    await succeed(['release', 'back', '2', ...at()]);
    await project.runs();
    const late = await rowsOf('select id from silver.late order by id');
    expect(late).toEqual(await rowsOf('select id from bronze.e order by id'));
    const { code, stderr } = await runHere(['run', 'silver.s', '--from', '2026-01-01', ...at()]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('silver.s: it is a stream')]);
  });

  it('leaves rows aside that it was refused, whatever becomes of the rule, and says that they are not replayed', async () => {
    project = await createProject({
      'bronze/e.yml': events,
      'silver/s.sql': stream('select id, n from bronze.e', 'expect:\n  quarantine:\n    positive: n > 0\n'),
    });
    await bring('a', { id: 1, n: 1 }, { id: 2, n: -1 });
    await project.runs();
    await project.write('silver/s.sql', stream('select id, n from bronze.e'));
    await project.runs();
    expect((await project.quarantine()).map(({ status }) => status)).toEqual(['open']);
    expect(await succeed(['quarantine', ...at()])).not.toContain('lakesmith replay');
    expect(await succeed(['replay', ...at()])).toContain('rows of silver.s stay');
    const { code, stderr } = await runHere(['replay', 'silver.s', ...at()]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('LS2204')]);
    await project.runs('silver.s', '--full');
    expect((await project.quarantine()).map(({ status }) => status)).toEqual(['resolved']);
  });

  it('is not made anew to forget rows', async () => {
    project = await createProject({ 'bronze/e.yml': events, 'silver/s.sql': stream('select id from bronze.e') });
    await bring('a', { id: 1, n: 1 });
    await project.runs();
    const refused = await runHere(['forget', 'bronze.e', 'id=1', '--apply', ...at()]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/LS3305.*silver\.s is a stream/s)]);
    expect(await rowsOf('select id from silver.s')).toEqual([[1]]);
  });

  it('goes on in an environment, from where it is in the base', async () => {
    project = await createProject({
      'lakesmith.yml': 'lakesmith: 1\nname: t\nlake: ./lake\ntimezone: UTC\nenvironments:\n  dev: { base: local }\n',
      'bronze/e.yml': events,
      'silver/s.sql': stream('select id, n from bronze.e'),
    });
    await bring('a', { id: 1, n: 1 });
    await project.runs();
    await bring('b', { id: 2, n: 2 });
    await project.runs('--env', 'dev', '--load');
    await bring('c', { id: 3, n: 3 });
    await project.runs('--env', 'dev', '--load');
    const shown = async (...env: readonly string[]): Promise<unknown> =>
      JSON.parse(await succeed(['query', 'select id from silver.s order by id', '--json', ...env, ...at()]));
    expect(await shown('--env', 'dev')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(await shown()).toEqual([{ id: 1 }]);
    await project.runs();
    expect(await shown()).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  });

  it('goes on in an environment whose input is made anew there, and says how it is made anew itself', async () => {
    project = await createProject({
      'lakesmith.yml': 'lakesmith: 1\nname: t\nlake: ./lake\ntimezone: UTC\nenvironments:\n  dev: { base: local }\n',
      'bronze/e.yml': events,
      'reference/r.csv': 'id,name\n1,one\n',
      'silver/i.sql': 'select id, n from bronze.e\n',
      'silver/s.sql': stream('select id, n, now() as made from silver.i'),
      'silver/t.sql': stream('select id, name from reference.r'),
    });
    await bring('a', { id: 1, n: 1 }, { id: 2, n: 2 });
    await project.runs();
    await project.write('silver/i.sql', 'select id, n * 10 as n from bronze.e where id > 1\n');
    await project.write('reference/r.csv', 'id,name\n1,one\n2,two\n');
    expect(await succeed(['plan', '--env', 'dev', ...at()])).toMatch(/silver\.s +incremental +new rows of silver\.i/);
    await project.runs('--env', 'dev');
    const shown = async (sql: string, ...env: readonly string[]): Promise<unknown> =>
      JSON.parse(await succeed(['query', sql, '--json', ...env, ...at()]));
    const all = 'select id, n from silver.s order by all';
    const before = [
      { id: 1, n: 1 },
      { id: 2, n: 2 },
    ];
    expect(await shown(all, '--env', 'dev')).toEqual([...before, { id: 2, n: 20 }]);
    expect(await shown('select id from silver.t order by id', '--env', 'dev')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await shown(all)).toEqual(before);
    // All that is followed is made anew once more, and nothing of it is new.
    await project.runs('--env', 'dev', '--full');
    expect(await shown(all, '--env', 'dev')).toEqual([...before, { id: 2, n: 20 }]);
    expect(await project.runs('--env', 'dev')).toContain('nothing to do');
    // The base comes to the same by itself.
    await project.runs();
    expect(await shown(all)).toEqual([...before, { id: 2, n: 20 }]);
    expect(await shown('select id from silver.t order by id')).toEqual([{ id: 1 }, { id: 2 }]);
    await table('restore', '_env/dev/silver/i', '--version', '0');
    const refused = await runHere(['run', '--env', 'dev', ...at()]);
    expect([refused.code, refused.stdout + refused.stderr]).toEqual([
      1,
      expect.stringContaining('`lakesmith run silver.s --full --env dev`'),
    ]);
  });

  it.each([1, 2, 3])(
    'has each row that was ever inserted once, whatever happens to its input (seed %i)',
    async (seed) => {
      const random = randomNumbers(seed);
      const upTo = (n: number): number => Math.floor(random() * n);
      project = await createProject({ 'bronze/e.yml': events, 'silver/s.sql': stream('select id, n from bronze.e') });
      const inserted: string[] = [];
      let next = 0;
      for (let step = 0; step < 12; step += 1) {
        const what = upTo(5);
        if (what < 3 || step === 0) {
          const rows = Array.from({ length: 1 + upTo(3) }, () => ({ id: (next += 1), n: upTo(3) }));
          inserted.push(...rows.map(({ id, n }) => `${id} ${n}`));
          await bring(String(upTo(1000)).padStart(3, '0') + String(step), ...rows);
          await project.runs('bronze');
        } else if (what === 3)
          await runHere(['table', 'delete', join(project.folder, 'lake/bronze/e'), '--where', `id % 4 = ${upTo(4)}`]);
        else
          await runHere([
            'table',
            'update',
            join(project.folder, 'lake/bronze/e'),
            '--set',
            'n=n+10',
            '--where',
            `id % 3 = ${upTo(3)}`,
          ]);
        if (upTo(4) === 0) await runHere(['table', 'optimize', join(project.folder, 'lake/bronze/e')]);
        if (upTo(2) === 0) await project.runs();
      }
      await project.runs();
      const rows = await project.query(`select id || ' ' || n as line from silver.s`);
      expect(rows.map(({ line }) => String(line)).sort()).toEqual(inserted.sort());
    },
    60_000,
  );
});
