import { afterEach, expect, it } from 'vitest';
import { Dice } from '../../packages/lakesmith/src/core/dice.ts';
import { removeFolder } from '../support/command.ts';
import { differingTables } from '../support/differing-tables.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';
import { tpchQueries, tpchTables } from '../support/tpch/queries.ts';
import { TpchRows } from '../support/tpch/rows.ts';
import { tpchWays } from '../support/tpch/ways.ts';
import { waysOfRun } from '../support/ways-of-run.ts';

let project: TestProject | undefined;
afterEach(async () => {
  if (project !== undefined) await removeFolder(project.folder);
});

async function told(folder: string, ...args: readonly string[]): Promise<string> {
  const answer = await runHere([...args, '--project', folder]);
  expect(answer.code, answer.stdout + answer.stderr).toBe(0);
  return answer.stdout;
}

const ofQuestions = (of: (name: string) => string | undefined): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.keys(tpchQueries).map((name) => [name, of(name)]));

const selects = new Map(Object.entries(tpchQueries).map(([name, sql]) => [`gold.${name}`, sql]));

it('keeps the questions of TPC-H up while their tables change', async () => {
  const files: Record<string, string> = {};
  for (const [name, columns] of Object.entries(tpchTables)) {
    const types = Object.entries(columns).map(([column, type]) => `  ${column}: ${type}\n`);
    files[`bronze/${name}.yml`] = `files: landing/${name}/*.csv\neach_file: replaces\ntypes:\n${types.join('')}`;
  }
  for (const [name, sql] of Object.entries(tpchQueries))
    files[`gold/${name}.sql`] = `/* ---\nrefresh: incremental\n--- */\n${sql}\n`;
  project = await createProject(files);
  const { folder } = project;
  const rows = new TpchRows(new Dice(22));
  const rowsIn: Record<string, number> = {};
  for (let round = 0; round < 3; round++) {
    if (round > 0) rows.change(round === 2 ? Object.keys(tpchTables) : ['orders', 'lineitem']);
    for (const name of rows.changed()) await project.write(`landing/${name}/${round}.csv`, rows.csv(name));
    await told(folder, 'run');
    expect(await differingTables(folder, selects), `round ${round}`).toEqual([]);
    if (round === 0) continue;
    const ways = await waysOfRun(folder, round + 1);
    const when = round === 1 ? 'orders' : 'all';
    expect(ofQuestions((name) => ways.get(`gold.${name}`))).toEqual(ofQuestions((name) => tpchWays[name]?.[when]));
  }
  for (const name of Object.keys(tpchQueries)) {
    const [{ n } = { n: 0 }] = JSON.parse(
      await told(folder, 'query', `select count(*) as n from gold.${name}`, '--json'),
    ) as { n: number }[];
    rowsIn[name] = n;
  }
  // A question whose answer is empty proves little.
  expect(Object.entries(rowsIn).filter(([, n]) => n === 0)).toEqual([]);
}, 600_000);
