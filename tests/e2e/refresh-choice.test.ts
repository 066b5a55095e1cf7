import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const rows = 120_000;

async function told(...args: readonly string[]): Promise<string> {
  const answer = await runHere([...args, '--project', project.folder]);
  expect(answer.code, answer.stdout + answer.stderr).toBe(0);
  return answer.stdout;
}

interface Step {
  readonly table: string;
  readonly strategy: string;
  readonly reason: string;
}

const recordOf = (run: number): string =>
  join(project.folder, 'lake/_lakesmith/runs', `${String(run).padStart(20, '0')}.json`);

async function stepsOf(run: number): Promise<{ readonly steps: readonly Step[] }> {
  return JSON.parse(await readFile(recordOf(run), 'utf8')) as { steps: Step[] };
}

/** What making the tables of gold took, as their newest commits have it: nothing of it is left to chance then. */
async function tookMs(took: Readonly<Record<string, unknown>>): Promise<void> {
  for (const name of ['sums', 'medians', 'few']) {
    const log = join(project.folder, 'lake/gold', name, '_delta_log');
    const newest = (await readdir(log)).filter((file) => /^\d+\.json$/.test(file)).sort();
    const path = join(log, newest.at(-1) ?? '');
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    const told = lines.map((line) => {
      const action = JSON.parse(line) as { commitInfo?: { lakesmith: { took?: unknown } } };
      if (action.commitInfo === undefined) return line;
      expect(action.commitInfo.lakesmith.took, name).toBeDefined();
      action.commitInfo.lakesmith.took = took;
      return JSON.stringify(action);
    });
    await writeFile(path, `${told.join('\n')}\n`);
  }
}

const inFull = (ms: number): Record<string, unknown> => ({ full: { ms, inputRows: rows } });

async function waysOf(run: number): Promise<Readonly<Record<string, string>>> {
  const { steps } = await stepsOf(run);
  return Object.fromEntries(
    steps
      .filter(({ table }) => table.startsWith('gold.'))
      .map(({ table, strategy, reason }) => [table, `${strategy}: ${reason.replace(/^.*; not by parts: /, '')}`]),
  );
}

/** So many orders from one on have another amount. */
const change = (name: string, from: number, some: number): Promise<void> =>
  project.write(
    `landing/${name}.csv`,
    `id,more\n${Array.from({ length: some }, (_, i) => `${from + i},${i + 1}\n`).join('')}`,
  );

it('makes a table anew where that is cheaper, by what it took before, and says why', async () => {
  const gold = (sql: string): string => `/* ---\nrefresh: auto\n--- */\n${sql}\n`;
  project = await createProject({
    'bronze/changes.yml': 'files: landing/*.csv\ntypes:\n  id: BIGINT\n  more: INTEGER\n',
    'silver/orders.sql': `/* ---
key: id
refresh: incremental
properties:
  delta.enableDeletionVectors: true
--- */
select i as id, i % 20 as few, i // 6 as many, (i % 1000 + coalesce(c.more, 0))::bigint as amount
from range(${rows}) as t(i) left join bronze.changes as c on c.id = i
`,
    'gold/sums.sql': gold('select few, count(*) as n, sum(amount) as amount from silver.orders group by few'),
    'gold/medians.sql': gold('select many, median(amount) as amount from silver.orders group by many'),
    'gold/few.sql': gold('select few, median(amount) as amount from silver.orders group by few'),
  });
  await change('1', 0, 1);
  await told('run');
  await tookMs(inFull(60_000));
  await change('2', 100, 40);
  await told('run');
  expect(await waysOf(2)).toEqual({
    'gold.sums': 'fold: silver.orders changed',
    'gold.medians': 'keyed: silver.orders changed',
    'gold.few': 'full: 100 % of its rows are concerned: all at once is cheaper',
  });
  await tookMs(inFull(1));
  await change('3', 500, 40);
  await told('run');
  const cheaper = expect.stringMatching(/^full: about \d+ rows came or went: all at once is cheaper$/) as string;
  expect(await waysOf(3)).toEqual({ 'gold.sums': cheaper, 'gold.medians': cheaper, 'gold.few': cheaper });
  // A way that took ten times as long as it should is not taken again at once.
  await tookMs({ ...inFull(600), keyed: 10 });
  await change('4', 900, 40);
  await told('run');
  expect(await waysOf(4)).toMatchObject({ 'gold.sums': 'fold: silver.orders changed', 'gold.medians': cheaper });
  await tookMs(inFull(600));
  await change('5', 1300, 40);
  await told('run');
  expect(await waysOf(5)).toMatchObject({ 'gold.medians': 'keyed: silver.orders changed' });
  await told('verify');
});
