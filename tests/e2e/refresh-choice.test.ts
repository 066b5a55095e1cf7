import { readFile, writeFile } from 'node:fs/promises';
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
  elapsedMs: number;
}

const recordOf = (run: number): string =>
  join(project.folder, 'lake/_lakesmith/runs', `${String(run).padStart(20, '0')}.json`);

async function stepsOf(run: number): Promise<{ readonly steps: readonly Step[] }> {
  return JSON.parse(await readFile(recordOf(run), 'utf8')) as { steps: Step[] };
}

/** What each step of gold took, as the journal has it: nothing of it is left to chance then. */
async function tookMs(elapsedMs: number, ...runs: readonly number[]): Promise<void> {
  for (const run of runs) {
    const record = await stepsOf(run);
    for (const step of record.steps) if (step.table.startsWith('gold.')) step.elapsedMs = elapsedMs;
    await writeFile(recordOf(run), JSON.stringify(record));
  }
}

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
  await tookMs(60_000, 1);
  await change('2', 100, 40);
  await told('run');
  expect(await waysOf(2)).toEqual({
    'gold.sums': 'fold: silver.orders changed',
    'gold.medians': 'keyed: silver.orders changed',
    'gold.few': 'full: 100 % of its rows are concerned: all at once is cheaper',
  });
  await tookMs(1, 1, 2);
  await change('3', 500, 40);
  await told('run');
  const cheaper = expect.stringMatching(/^full: about \d+ rows came or went: all at once is cheaper$/) as string;
  expect(await waysOf(3)).toEqual({ 'gold.sums': cheaper, 'gold.medians': cheaper, 'gold.few': cheaper });
  await told('verify');
});
