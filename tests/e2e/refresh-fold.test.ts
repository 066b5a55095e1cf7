import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { lakesmith, removeFolder } from '../support/command.ts';
import { runHere, succeedHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const kept = (sql: string, more = ''): string => `/* ---\nrefresh: incremental\n${more}--- */\n${sql}\n`;
const source =
  'files: landing/*.json\neach_file: replaces\ntypes:\n  id: BIGINT\n  a: VARCHAR\n  n: BIGINT\n  d: DECIMAL(12,2)\n';

async function told(...args: readonly string[]): Promise<string> {
  const answer = await runHere([...args, '--project', project.folder]);
  expect(answer.code, answer.stdout + answer.stderr).toBe(0);
  return answer.stdout;
}

const rows = async (sql: string): Promise<unknown> => JSON.parse(await told('query', sql, '--json'));

/** How each table was made in a run, and why. */
async function steps(
  run: number,
): Promise<Readonly<Record<string, { readonly strategy: string; readonly reason: string }>>> {
  const path = join(project.folder, 'lake/_lakesmith/runs', `${String(run).padStart(20, '0')}.json`);
  const { steps: all } = JSON.parse(await readFile(path, 'utf8')) as {
    steps: { table: string; strategy: string; reason: string }[];
  };
  return Object.fromEntries(all.map(({ table, strategy, reason }) => [table, { strategy, reason }]));
}

async function ways(run: number): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries(Object.entries(await steps(run)).map(([table, { strategy }]) => [table, strategy]));
}

type Order = readonly [id: number, a: string | null, n: number | null, d: string | null];

/** All rows from now on. */
const load = (name: string, ...orders: readonly Order[]): Promise<void> =>
  project.write(`landing/${name}.json`, orders.map(([id, a, n, d]) => `${JSON.stringify({ id, a, n, d })}\n`).join(''));

it('adds to sums what came and takes away what went, and what is made of them follows', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/sums.sql': kept(
      'select a, count(*) as rows, sum(n) as n, sum(d) as d from bronze.t where id > 0 group by a',
    ),
    'gold/all.sql': kept(
      'select count(*) as groups, sum(rows) as rows, sum(n) as n, coalesce(sum(d), 0) as d from silver.sums',
    ),
    'gold/large.sql': kept('select a, n from silver.sums where n > 5'),
  });
  const all = async (): Promise<unknown> => [
    await rows('select a, rows, n, cast(d as varchar) as d from silver.sums order by a nulls first'),
    await rows('select groups, rows, n, cast(d as varchar) as d from gold.all'),
    await rows('select a, n from gold.large order by a'),
  ];
  await load(
    '1',
    [1, 'x', 4, '1.25'],
    [2, 'x', null, '2.00'],
    [3, 'y', 7, null],
    [4, null, 1, '0.10'],
    [5, 'z', 3, '3.00'],
  );
  await told('run');
  // A group goes, one comes, that of NULL changes, and of one only values that are NULL are left.
  await load(
    '2',
    [1, 'x', null, '1.25'],
    [2, 'x', null, '2.50'],
    [3, 'y', 9, null],
    [4, null, 2, '0.20'],
    [6, 'w', 8, '0.01'],
  );
  expect(await told('plan')).toMatch(/silver\.sums +incremental +sums by a +bronze\.t changed/);
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.sums': 'fold', 'gold.all': 'fold' });
  expect(await all()).toEqual([
    [
      { a: null, rows: 1, n: 2, d: '0.20' },
      { a: 'w', rows: 1, n: 8, d: '0.01' },
      { a: 'x', rows: 2, n: null, d: '3.75' },
      { a: 'y', rows: 1, n: 9, d: null },
    ],
    [{ groups: 4, rows: 5, n: 19, d: '3.96' }],
    [
      { a: 'w', n: 8 },
      { a: 'y', n: 9 },
    ],
  ]);
  // Nothing is left: the groups go, and the total stays.
  await load('3', [-1, 'x', 1, '1.00']);
  await told('run');
  expect(await ways(3)).toMatchObject({ 'silver.sums': 'fold', 'gold.all': 'fold' });
  expect(await all()).toEqual([[], [{ groups: 0, rows: null, n: null, d: '0.00' }], []]);
  await load('4', [7, 'x', 6, '0.50']);
  await told('run');
  expect(await ways(4)).toMatchObject({ 'silver.sums': 'fold', 'gold.all': 'fold' });
  expect(await all()).toEqual([
    [{ a: 'x', rows: 1, n: 6, d: '0.50' }],
    [{ groups: 1, rows: 1, n: 6, d: '0.50' }],
    [{ a: 'x', n: 6 }],
  ]);
  await told('verify');
});

it('looks at all rows of a group whose sum does not tell whether some are left', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/sums.sql': kept('select a, sum(n) as n from bronze.t group by a'),
  });
  const others: readonly Order[] = [
    [7, 'w', 0, null],
    [8, 'u', 2, null],
    [9, 't', 2, null],
    [10, 's', 2, null],
    [11, 'r', 2, null],
  ];
  await load(
    '1',
    [1, 'x', 0, null],
    [2, 'x', 3, null],
    [3, 'y', 4, null],
    [4, 'z', 5, null],
    [5, 'z', null, null],
    [6, 'v', 1, null],
    ...others,
  );
  await told('run');
  // x has a 0 left, y nothing, z a value that is NULL.
  await load('2', [1, 'x', 0, null], [5, 'z', null, null], [6, 'v', 2, null], ...others);
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.sums': 'fold' });
  expect(await rows("select * from silver.sums where a in ('x', 'y', 'z', 'v', 'w') order by a")).toEqual([
    { a: 'v', n: 2 },
    { a: 'w', n: 0 },
    { a: 'x', n: 0 },
    { a: 'z', n: null },
  ]);
  expect(await told('plan', '--explain', 'silver.sums')).toMatch(/by sums +open +sums by a/);
});

it('tells what changed of sums, and of those that come out the same nothing', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/sums.sql': kept('select a, count(*) as rows, sum(n) as n from bronze.t group by a'),
  });
  await load('1', [1, 'x', 4, null], [2, 'x', 5, null], [3, 'y', 7, null]);
  await told('run');
  await load('2', [1, 'x', 5, null], [2, 'x', 4, null], [3, 'y', 8, null]);
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.sums': 'fold' });
  const { stdout } = await runHere([
    'table',
    'changes',
    join(project.folder, 'lake/silver/sums'),
    '--from',
    '1',
    '--json',
  ]);
  const changes = JSON.parse(stdout) as { a: string; rows: number; n: number; _change_type: string }[];
  expect(changes.map(({ a, n, _change_type: what }) => `${what} ${a} ${n}`).sort()).toEqual([
    'delete y 7',
    'insert y 8',
  ]);
});

it('keeps the smallest while rows only come, and looks for it when some go', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/ends.sql': kept('select a, min(n) as low, max(n) as high from bronze.t group by a'),
  });
  await load('1', [1, 'x', 4, null], [2, 'y', 5, null]);
  await told('run');
  await load('2', [1, 'x', 4, null], [2, 'y', 5, null], [3, 'x', 2, null], [4, 'w', 1, null]);
  await told('run');
  expect(await ways(2)).toMatchObject({ 'silver.ends': 'fold' });
  expect(await rows('select * from silver.ends order by a')).toEqual([
    { a: 'w', low: 1, high: 1 },
    { a: 'x', low: 2, high: 4 },
    { a: 'y', low: 5, high: 5 },
  ]);
  await load('3', [1, 'x', 4, null], [2, 'y', 5, null], [4, 'w', 1, null]);
  await told('run');
  expect(await ways(3)).toMatchObject({ 'silver.ends': 'keyed' });
  expect(await rows("select * from silver.ends where a = 'x'")).toEqual([{ a: 'x', low: 4, high: 4 }]);
});

it('leaves sums of which rules take some out to another way', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/good.sql': kept(
      'select a, count(*) as rows, sum(n) as n from bronze.t group by a',
      'key: a\nexpect:\n  quarantine:\n    positive: n > 0\n',
    ),
  });
  await load('1', [1, 'x', 4, null], [2, 'y', 5, null]);
  await told('run');
  await load('2', [1, 'x', 4, null], [2, 'y', 5, null], [3, 'x', -9, null]);
  await told('run');
  await load('3', [1, 'x', 4, null], [2, 'y', 5, null], [3, 'x', 1, null]);
  await told('run');
  expect(await ways(3)).toMatchObject({ 'silver.good': 'keyed' });
  expect(await rows('select * from silver.good order by a')).toEqual([
    { a: 'x', rows: 2, n: 5 },
    { a: 'y', rows: 1, n: 5 },
  ]);
});

it('makes sums anew when days are those of another time zone', async () => {
  const settings = (timezone: string): string => `lakesmith: 1\nname: test\nlake: ./lake\ntimezone: ${timezone}\n`;
  project = await createProject({
    'lakesmith.yml': settings('UTC'),
    'bronze/t.yml':
      'files: landing/*.json\neach_file: replaces\ntypes:\n  id: BIGINT\n  ts: TIMESTAMP WITH TIME ZONE\n',
    'silver/days.sql': kept(
      'select cast(ts as date) as day, count(*) as rows, sum(id) as ids from bronze.t group by 1',
    ),
  });
  const late = (id: number): string => `{"id": ${id}, "ts": "2026-03-01T23:30:00Z"}\n`;
  const early = (id: number): string => `{"id": ${id}, "ts": "2026-03-01T10:00:00Z"}\n`;
  await project.write('landing/1.json', late(1) + late(2) + early(3));
  await told('run');
  await project.write('lakesmith.yml', settings('Europe/Berlin'));
  expect(await told('plan')).toMatch(/silver\.days +full .*timezone changed/);
  await told('run');
  expect(await rows('select cast(day as varchar) as day, rows from silver.days order by day')).toEqual([
    { day: '2026-03-01', rows: 1 },
    { day: '2026-03-02', rows: 2 },
  ]);
  expect(await told('plan')).toContain('nothing to do');
  await project.write('lakesmith.yml', settings('UTC'));
  await project.write('landing/2.json', late(1) + early(3));
  await told('run');
  expect((await steps(3))['silver.days']).toMatchObject({
    strategy: 'full',
    reason: 'timezone changed',
  });
  expect(await rows('select cast(day as varchar) as day, rows, ids from silver.days order by day')).toEqual([
    { day: '2026-03-01', rows: 2, ids: 4 },
  ]);
});

it('makes anew what another engine made, when its inputs change, and says so before', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/sums.sql': kept('select a, count(*) as rows from bronze.t group by a'),
  });
  await load('1', [1, 'x', 1, null]);
  await told('run');
  const lake = join(project.folder, 'lake');
  for (const path of await readdir(lake, { recursive: true })) {
    if (!path.endsWith('.json')) continue;
    const text = await readFile(join(lake, path), 'utf8');
    await writeFile(join(lake, path), text.replaceAll(/(?<said>"under": ?")[^" ]+ UTC"/g, '$<said>0.0.1 UTC"'));
  }
  // A process of its own has read none of these files before.
  const fresh = async (...args: readonly string[]): Promise<string> =>
    (await lakesmith([...args, '--project', project.folder])).stdout;
  expect(await fresh('plan')).toContain('nothing to do');
  await load('2', [1, 'x', 1, null], [2, 'x', 1, null]);
  expect(await fresh('plan')).toMatch(/silver\.sums +full .*the engine is another than then/);
  await fresh('run');
  expect((await steps(2))['silver.sums']).toMatchObject({ strategy: 'full' });
  await load('3', [1, 'y', 1, null]);
  await fresh('run');
  expect((await steps(3))['silver.sums']).toMatchObject({ strategy: 'fold' });
});

it('refuses a sum that is too large as it does where all of it is made', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/sums.sql': kept('select a, sum(n) as n from bronze.t group by a'),
  });
  const large = '9000000000000000000';
  const row = (id: number): string => `{"id": ${id}, "a": "x", "n": ${large}, "d": null}\n`;
  await project.write('landing/1.json', row(1));
  await told('run');
  await project.write('landing/2.json', row(1) + row(2));
  const answer = await runHere(['run', '--project', project.folder]);
  expect(answer.code).toBe(1);
  expect(answer.stdout).toContain('silver.sums');
  expect(await rows('select a, cast(n as varchar) as n from silver.sums')).toEqual([{ a: 'x', n: large }]);
});

it('tells how a table was made also where it is refused then', async () => {
  project = await createProject({
    'bronze/t.yml': source,
    'silver/sums.sql': kept(
      'select a, count(*) as rows, sum(n) as n from bronze.t group by a',
      'expect:\n  fail:\n    few: rows < 3\n',
    ),
  });
  await load('1', [1, 'x', 1, null], [2, 'y', 2, null]);
  await told('run');
  await load('2', [1, 'x', 1, null], [2, 'x', 2, null], [3, 'x', 4, null]);
  expect((await runHere(['run', '--project', project.folder])).code).toBe(1);
  expect((await steps(2))['silver.sums']).toEqual({ strategy: 'fold', reason: 'bronze.t changed' });
  await succeedHere(['table', 'vacuum', join(project.folder, 'lake/bronze/t'), '--retain', '0s', '--force']);
  expect((await runHere(['run', '--project', project.folder])).code).toBe(1);
  expect((await steps(3))['silver.sums']).toEqual({
    strategy: 'full',
    reason: expect.stringMatching(/; not by parts: The data file .* cannot be read/),
  });
});
