import { afterEach, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere, succeedHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';
import { waysOfRun } from '../support/ways-of-run.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const incremental = (sql: string, key = ''): string => `/* ---\nrefresh: incremental\n${key}--- */\n${sql}\n`;
const source =
  'files: landing/*.json\neach_file: replaces\ntypes:\n  id: BIGINT\n  a: BIGINT\n  b: BIGINT\n  f: DOUBLE\n';

const told = (...args: readonly string[]): Promise<string> => succeedHere([...args, '--project', project.folder]);

const rows = async (sql: string): Promise<unknown> => JSON.parse(await told('query', sql, '--json'));

/** How each table was made in a run. */
async function ways(run: number): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(await waysOfRun(project.folder, run));
}

const load = (name: string, ...lines: readonly string[]): Promise<void> =>
  project.write(`landing/${name}.json`, `${lines.join('\n')}\n`);

it('looks at the columns of every mention of a table', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/pairs.sql': incremental('select x.id, x.a, y.b from bronze.t x join bronze.t y on x.id = y.id'),
  });
  await load('1', '{"id": 1, "a": 1, "b": 1, "f": 0.5}', '{"id": 2, "a": 1, "b": 1, "f": 0.5}');
  await told('run');
  await load('2', '{"id": 1, "a": 1, "b": 5, "f": 0.5}', '{"id": 2, "a": 1, "b": 1, "f": 0.5}');
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.pairs': 'bag' });
  expect(await rows('select * from silver.pairs order by id')).toEqual([
    { id: 1, a: 1, b: 5 },
    { id: 2, a: 1, b: 1 },
  ]);
});

it('knows a column that nobody looks at from one that somebody does', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/some.sql': incremental('select id, a from bronze.t'),
    'gold/sums.sql': incremental('select a, count(*) as n from silver.some group by a'),
  });
  await load('1', '{"id": 1, "a": 1, "b": 1, "f": 0.5}', '{"id": 2, "a": 2, "b": 1, "f": 0.5}');
  await told('run');
  await load('2', '{"id": 1, "a": 1, "b": 9, "f": 7.5}', '{"id": 2, "a": 2, "b": 9, "f": 7.5}');
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.some': 'same', 'gold.sums': 'same' });
  await told('run');
  expect(await told('plan')).toContain('nothing to do');
});

it('takes rows that came and went between two refreshes for none', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/t.sql': incremental('select id, a, b from bronze.t', 'key: id\n'),
    'gold/more.sql': incremental('select id, a + 1 as more from silver.t', 'key: id\n'),
    'gold/sums.sql': incremental('select a % 2 as odd, count(*) as n, sum(a) as a from silver.t group by 1'),
    'gold/ends.sql': incremental('select b, max(a) as a from silver.t group by b'),
  });
  const line = (id: number, a: number): string => `{"id": ${id}, "a": ${a}, "b": 1, "f": 0.5}`;
  const others = Array.from({ length: 8 }, (_, i) => line(10 + i, i));
  await load('1', line(1, 4), line(2, 6), ...others);
  await told('run');
  // Files of which only some rows change, so that the feed tells of each row.
  for (const [i, a] of [50, 9].entries()) {
    await load(String(i + 2), line(1, a), line(2, 60), ...others);
    await told('run', '--to', 'silver.t');
  }
  await told('run');
  expect(await ways(4)).toMatchObject({ 'gold.more': 'keyed', 'gold.sums': 'fold', 'gold.ends': 'keyed' });
  expect(await rows('select * from gold.more where id < 10 order by id')).toEqual([
    { id: 1, more: 10 },
    { id: 2, more: 61 },
  ]);
  expect(await rows('select odd, n, a from gold.sums order by odd')).toEqual([
    { odd: 0, n: 5, a: 72 },
    { odd: 1, n: 5, a: 25 },
  ]);
  expect(await rows('select * from gold.ends')).toEqual([{ b: 1, a: 60 }]);
  await told('verify');
});

it('tells a zero from one with another sign', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/signs.sql': incremental('select id, f, signbit(f) as is_negative from bronze.t', 'key: id\n'),
  });
  await load('1', '{"id": 1, "a": 1, "b": 1, "f": 0.0}');
  await told('run');
  await load('2', '{"id": 1, "a": 1, "b": 1, "f": -0.0}');
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.signs': 'keyed' });
  expect(await rows('select is_negative, cast(f as varchar) as f from silver.signs')).toEqual([
    { is_negative: true, f: '-0.0' },
  ]);
});

it('leaves a zero its sign in a table that is clustered by it', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/signs.sql': '/* ---\ncluster_by: f\n--- */\nselect id, f from bronze.t',
  });
  await load('1', '{"id": 1, "a": 1, "b": 1, "f": -0.0}', '{"id": 2, "a": 1, "b": 1, "f": 1.5}');
  await told('run');
  expect(await rows('select id, cast(f as varchar) as f from silver.signs order by id')).toEqual([
    { id: 1, f: '-0.0' },
    { id: 2, f: '1.5' },
  ]);
});

it('goes on from releases that were gone back to, and from inputs with other columns', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/sums.sql': incremental('select a, sum(b) as b from bronze.t group by a'),
  });
  const sums = (): Promise<unknown> => rows('select * from silver.sums order by a');
  await load('1', '{"id": 1, "a": 1, "b": 1, "f": 1}', '{"id": 2, "a": 2, "b": 2, "f": 1}');
  await told('run');
  await load('2', '{"id": 1, "a": 1, "b": 10, "f": 1}', '{"id": 3, "a": 3, "b": 3, "f": 1}');
  await told('run');
  await told('release', 'back', '1');
  expect(await sums()).toEqual([
    { a: 1, b: 1 },
    { a: 2, b: 2 },
  ]);
  await load('3', '{"id": 1, "a": 1, "b": 7, "f": 1}', '{"id": 2, "a": 2, "b": 2, "f": 1}');
  await told('run');
  expect(await sums()).toEqual([
    { a: 1, b: 7 },
    { a: 2, b: 2 },
  ]);
  await load('4', '{"id": 1, "a": 1, "b": 8, "f": 1, "more": "x"}');
  await told('run');
  expect(await sums()).toEqual([{ a: 1, b: 8 }]);
});

it('puts rows aside that break a rule, and takes them back, while it makes others', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/good.sql': incremental(
      'select id, a, b from bronze.t',
      'key: id\nexpect:\n  quarantine:\n    positive: b > 0\n',
    ),
  });
  const open = async (): Promise<unknown> =>
    (JSON.parse(await told('quarantine', '--json')) as { key: unknown }[]).map(({ key }) => key);
  await load('1', '{"id": 1, "a": 1, "b": 1, "f": 1}', '{"id": 2, "a": 2, "b": -2, "f": 1}');
  await told('run');
  await load('2', '{"id": 1, "a": 1, "b": -1, "f": 1}', '{"id": 2, "a": 2, "b": 2, "f": 1}');
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.good': 'keyed' });
  expect(await rows('select id, b from silver.good')).toEqual([{ id: 2, b: 2 }]);
  expect(await open()).toEqual([{ id: 1 }]);
});

it('keeps an environment apart from its base', async () => {
  project = await createProject({
    'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: UTC\nenvironments:\n  dev:\n    base: local\n',
    'bronze/t.yml': source,
    'silver/sums.sql': incremental('select a, sum(b) as b from bronze.t group by a'),
  });
  await load('1', '{"id": 1, "a": 1, "b": 1, "f": 1}', '{"id": 2, "a": 2, "b": 2, "f": 1}');
  await told('run');
  await told('run', '--env', 'dev');
  await load('2', '{"id": 1, "a": 1, "b": 5, "f": 1}', '{"id": 2, "a": 2, "b": 2, "f": 1}');
  await told('run', '--env', 'dev', '--load');
  const there = JSON.parse(await told('query', 'select * from silver.sums order by a', '--json', '--env', 'dev'));
  expect(there).toEqual([
    { a: 1, b: 5 },
    { a: 2, b: 2 },
  ]);
  expect(await rows('select * from silver.sums order by a')).toEqual([
    { a: 1, b: 1 },
    { a: 2, b: 2 },
  ]);
});

it('refuses to make a table anew that is strict', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'bronze/u.yml': source.replace('landing/', 'landing/u/'),
    'silver/sums.sql': `/* ---\nrefresh: strict\n--- */\nselect t.a, sum(t.b) as b from bronze.t t where t.a not in (select a from bronze.u) group by t.a`,
  });
  await load('1', '{"id": 1, "a": 1, "b": 1, "f": 1}');
  await load('u/1', '{"id": 1, "a": 7, "b": 1, "f": 1}');
  await told('run');
  await load('2', '{"id": 1, "a": 2, "b": 1, "f": 1}');
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.sums': 'fold' });
  await load('u/2', '{"id": 1, "a": 8, "b": 1, "f": 1}');
  await load('3', '{"id": 1, "a": 3, "b": 1, "f": 1}');
  const { code, stdout } = await runHere(['run', '--project', project.folder]);
  expect(code).toBe(1);
  expect(stdout).toContain(
    'silver.sums would have to be made anew: no column of it says which rows of bronze.u a row is made of. It stays as it is; change its SELECT',
  );
  expect(await rows('select * from silver.sums')).toEqual([{ a: 2, b: 1 }]);
  await told('run', 'silver.sums', '--full');
  expect(await rows('select * from silver.sums')).toEqual([{ a: 3, b: 1 }]);
});

it('keeps rows that are the first by keys while no two are equal in the order, and says so when some are', async () => {
  project = await createProject({
    'bronze/t.yml': source.replace('each_file: replaces\n', ''),
    'silver/newest.sql': incremental(
      'select id, a, b from bronze.t qualify row_number() over (partition by id order by a desc) = 1',
    ),
  });
  await load('1', '{"id": 1, "a": 1, "b": 1}', '{"id": 1, "a": 2, "b": 2}', '{"id": 2, "a": 1, "b": 3}');
  await told('run');
  await load('2', '{"id": 1, "a": 3, "b": 4}', '{"id": 2, "a": 1, "b": 3}');
  expect(await told('plan')).toMatch(/silver\.newest +incremental +latest row per id/);
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.newest': 'keyed' });
  // The same row twice is one to the SELECT; another that is equal in the order is not.
  expect(await rows('select * from silver.newest order by id')).toEqual([
    { id: 1, a: 3, b: 4 },
    { id: 2, a: 1, b: 3 },
  ]);
  await load('3', '{"id": 2, "a": 1, "b": 5}');
  await told('run');
  expect(await ways(3)).toMatchObject({ 'silver.newest': 'full' });
  await load('4', '{"id": 3, "a": 1, "b": 5}');
  expect(await told('plan', '--explain', 'silver.newest')).toContain(
    'row_number: there is 1 group of rows that are equal in its order and not otherwise',
  );
  await told('run');
  await load('5', '{"id": 2, "a": 2, "b": 5}');
  await told('run');
  expect(await ways(5)).toMatchObject({ 'silver.newest': 'full' });
  await load('6', '{"id": 3, "a": 2, "b": 6}');
  await told('run');
  expect(await ways(6)).toMatchObject({ 'silver.newest': 'keyed' });
  await told('verify', 'silver.newest');
});
