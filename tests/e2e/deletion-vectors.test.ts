import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { outputOf, removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject | undefined;
afterEach(async () => {
  if (project !== undefined) await removeFolder(project.folder);
  project = undefined;
});

interface FileAction {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string>>;
  readonly deletionVector?: { readonly cardinality: number };
}

type Actions = Readonly<Record<'add' | 'remove' | 'cdc', readonly FileAction[]>> & {
  readonly properties: Readonly<Record<string, string>> | undefined;
};

/** The newest commit of a table. */
async function newest(folder: string, table: string): Promise<Actions> {
  const log = join(folder, 'lake', table, '_delta_log');
  const names = (await readdir(log)).filter((name) => /^\d{20}\.json$/.test(name)).sort();
  const lines = (await readFile(join(log, names.at(-1) ?? ''), 'utf8')).trim().split('\n');
  const all = lines.map((line) => JSON.parse(line) as Record<string, never>);
  const of = (kind: string): FileAction[] =>
    all.flatMap((action) => (action[kind] === undefined ? [] : [action[kind]]));
  const [metadata] = all.flatMap(({ metaData }): { configuration: Record<string, string> }[] =>
    metaData === undefined ? [] : [metaData],
  );
  return { add: of('add'), remove: of('remove'), cdc: of('cdc'), properties: metadata?.configuration };
}

const ask = async (...args: readonly string[]): Promise<string> => outputOf(args, await runHere(args));
const head = (...lines: readonly string[]): string => `/* ---\n${lines.join('\n')}\n--- */\n`;
const marks = (on: boolean): readonly string[] => ['properties:', `  delta.enableDeletionVectors: ${on}`];
const line = (id: number, day: number, amount: number): string =>
  `${JSON.stringify({ id, sold_at: new Date(Date.UTC(2026, 0, 1 + day, 12)).toISOString(), amount })}\n`;
const source = 'files: landing/*.json\ntypes:\n  id: BIGINT\n  sold_at: TIMESTAMP\n  amount: BIGINT\n';

it('a row that is thirty days late changes only the files that it concerns, and the feed says just that', async () => {
  const byDay =
    'select cast(sold_at as date) as day, count(*) as n, sum(amount)::bigint as amount from silver.sales group by all';
  project = await createProject(
    {
      'bronze/sales.yml': source,
      'silver/sales.sql': `${head('key: id', 'refresh: incremental', ...marks(true))}select id, max(sold_at) as sold_at, max(amount) as amount from bronze.sales group by id\n`,
      'gold/days.sql': `${head('key: day', 'refresh: strict', 'partition_by: day')}${byDay}\n`,
      'gold/marked.sql': `${head('key: day', 'refresh: strict', ...marks(true))}${byDay}\n`,
      'landing/first.json': Array.from({ length: 1200 }, (_, i) => line(i, i % 60, 10)).join(''),
    },
    runHere,
  );
  const { folder } = project;
  await project.runs('--full');
  expect((await newest(folder, 'gold/days')).add).toHaveLength(60);
  const day = '2026-01-31';
  await project.write('landing/late.json', line(5000, 30, 7));
  await project.runs();

  const silver = await newest(folder, 'silver/sales');
  expect(silver.remove).toEqual([]);
  expect(silver.add).toHaveLength(1);
  const days = await newest(folder, 'gold/days');
  expect([...days.remove, ...days.add].map(({ partitionValues }) => partitionValues)).toEqual([{ day }, { day }]);
  const marked = await newest(folder, 'gold/marked');
  const [kept] = marked.remove;
  expect(marked.remove).toHaveLength(1);
  expect(marked.add.map(({ path, deletionVector }) => [path === kept?.path, deletionVector?.cardinality])).toEqual([
    [true, 1],
    [false, undefined],
  ]);
  for (const table of ['days', 'marked']) {
    const at = join(folder, 'lake/gold', table);
    const versions = JSON.parse(await ask('table', 'history', at, '--json')) as { version: number }[];
    const last = String(Math.max(...versions.map(({ version }) => version)));
    const rows = JSON.parse(await ask('table', 'changes', at, '--from', last, '--json')) as Record<string, unknown>[];
    const shown = rows.map((row) => [row['_change_type'], String(row['day']).slice(0, 10), row['n'], row['amount']]);
    expect(
      shown.toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))),
      table,
    ).toEqual([
      ['delete', day, 20, 200],
      ['insert', day, 21, 207],
    ]);
  }
  const [a, b] = ['gold.days', 'gold.marked'].map((name) => `select day, n, amount from ${name}`);
  expect(await project.query(`(${a} except all ${b}) union all (${b} except all ${a})`)).toEqual([]);
  expect(await ask('verify', '--project', folder)).toContain('equal');
}, 120_000);

it('small files that refreshes leave are put together in the commit of a later one', async () => {
  project = await createProject(
    {
      'bronze/sales.yml': source,
      'gold/people.sql': `${head('refresh: strict', ...marks(true))}select id, sum(amount)::bigint as amount from bronze.sales group by id\n`,
      'landing/000.json': Array.from({ length: 4000 }, (_, i) => line(i, 0, 1)).join(''),
    },
    runHere,
  );
  const { folder } = project;
  await project.runs();
  const live = async (): Promise<number> =>
    (JSON.parse(await ask('table', 'files', join(folder, 'lake/gold/people'), '--json')) as unknown[]).length;
  let [most, rounds] = [0, 0];
  let together: Actions | undefined;
  for (let round = 1; round <= 18 && together === undefined; round += 1) {
    await project.write(
      `landing/${String(round).padStart(3, '0')}.json`,
      line(round, 0, 1) + line(10_000 + round, 0, 1),
    );
    await project.runs();
    rounds = round;
    most = Math.max(most, await live());
    const commit = await newest(folder, 'gold/people');
    if (commit.remove.length > 2) together = commit;
  }
  expect(most).toBe(17);
  expect(together?.remove.length).toBe(17);
  expect(await live()).toBe(3);
  expect(together?.cdc).toHaveLength(1);
  expect(await project.query('select count(*) as n, sum(amount)::int as s from gold.people')).toEqual([
    { n: 4000 + rounds, s: 4000 + 2 * rounds },
  ]);
  expect(await ask('verify', 'gold.people', '--project', folder)).toContain('equal');
}, 120_000);

it('are begun with where a large table is made anew, unless it says otherwise, and plan and doctor say so', async () => {
  const grouped = 'select id, count(*) as n from silver.ids group by id';
  project = await createProject(
    {
      'silver/ids.sql': 'select range::bigint as id from range(1000000)\n',
      'gold/large.sql': `${grouped}\n`,
      'gold/plain.sql': `${head(...marks(false))}${grouped}\n`,
      'gold/anew.sql': `${head('refresh: full')}${grouped}\n`,
      'gold/small.sql': 'select id % 10 as id, count(*) as n from silver.ids group by all\n',
    },
    runHere,
  );
  const { folder } = project;
  const at = ['--project', folder];
  expect(await ask('plan', '--explain', 'gold.large', ...at)).toContain(
    'deletion vectors once it is made anew with a million rows or more',
  );
  await project.runs();
  const property = async (table: string): Promise<string | undefined> =>
    (await newest(folder, table)).properties?.['delta.enableDeletionVectors'];
  expect(await property('gold/large')).toBe('true');
  expect(await property('gold/plain')).toBe('false');
  expect(await property('gold/anew')).toBeUndefined();
  expect(await property('gold/small')).toBeUndefined();
  expect(await property('silver/ids')).toBeUndefined();
  expect(await ask('doctor', ...at)).toMatch(/deletion vectors: gold\.large; readers need table features/);

  await project.write('gold/plain.sql', `${grouped}\n`);
  await project.runs();
  expect(await property('gold/plain')).toBeUndefined();
  expect(await ask('doctor', ...at)).toContain('gold.plain (1000000 rows) has no deletion vectors');
  await project.runs('gold.plain', '--full');
  expect(await property('gold/plain')).toBe('true');
  expect(await ask('doctor', ...at)).not.toContain('has no deletion vectors');
}, 120_000);
