import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { outputOf, removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const rows = (...numbers: readonly number[]): string => numbers.map((n) => `{"n":${n}}\n`).join('');
const judged = async (rules: string): Promise<void> =>
  await project.write('silver/t.sql', `/* ---\nexpect:\n${rules}--- */\nselect n from bronze.o\n`);
const warn = (rule: string): string => `  quarantine:\n    positive: n > 0\n  warn:\n    small: ${rule}\n`;

async function start(): Promise<void> {
  project = await createProject(
    {
      'bronze/o.yml': 'files: landing/*.json\ntypes:\n  n: BIGINT\n',
      'gold/sum.sql': 'select sum(n) as n from silver.t\n',
      'landing/1.json': rows(1, 2, 3, -1),
    },
    runHere,
  );
  await judged(warn('n < 5'));
  await project.runs();
}

/** The newest commit of a table, its actions by name. */
async function lastCommit(table: string): Promise<readonly string[]> {
  const log = join(project.folder, 'lake', table, '_delta_log');
  const names = (await readdir(log)).filter((name) => /^\d+\.json$/.test(name)).sort();
  const text = await readFile(join(log, names.at(-1) ?? ''), 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : Object.keys(JSON.parse(line) as object)));
}

const steps = async (): Promise<readonly unknown[]> =>
  (
    await project.query(
      'select table_name, strategy from system.steps where run = (select max(run) from system.steps) order by 1',
    )
  ).map(({ table_name, strategy }) => [table_name, strategy]);
const small = async (): Promise<unknown> =>
  (
    await project.query(
      "select broken, rows from system.quality where name = 'small' and run = (select max(run) from system.quality)",
    )
  ).map(({ broken, rows: of }) => [broken, of]);

describe('rules that changed', () => {
  it('judge the rows that there are, and nothing is written or made of them again', async () => {
    await start();
    await judged(warn('n < 3'));
    const plan = outputOf(['plan'], await runHere(['plan', '--project', project.folder]));
    expect(plan).toMatch(/silver\.t +alter +judged again, its rows stay +rules changed/);
    expect(plan).not.toContain('gold.sum');
    await project.runs();
    expect(await lastCommit('silver/t')).toEqual(['commitInfo']);
    expect(await steps()).toEqual([['silver.t', 'judged']]);
    expect(await small()).toEqual([[1, 3]]);
    const broken = async (): Promise<string> =>
      outputOf(['quality'], await runHere(['quality', '--project', project.folder]));
    expect(await broken()).toContain('small');
    expect((await project.quarantine()).map(({ status }) => status)).toEqual(['open']);
    expect(await project.runs()).toContain('nothing to do');
    // What a rule found that is gone is history: `system.quality` has it.
    await judged('  quarantine:\n    positive: n > 0\n');
    await project.runs();
    expect(await broken()).not.toContain('small');
  });

  it('leave a table as it was that breaks one of them', async () => {
    await start();
    await judged('  quarantine:\n    positive: n > 0\n  fail:\n    small: n < 3\n');
    const refused = await project.run();
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('small: 1 of 3 rows')]);
    expect(await lastCommit('silver/t')).toContain('add');
    expect((await project.run()).code).toBe(1);
    await judged(warn('n < 5'));
    expect(await project.runs()).toContain('nothing to do');
  });

  it('judge all rows also where others come: what passed under a name before says nothing', async () => {
    await start();
    await judged(warn('n < 3'));
    await project.write('landing/2.json', rows(1));
    await project.runs();
    expect(await steps()).toContainEqual(['silver.t', 'append']);
    expect(await small()).toEqual([[1, 4]]);
  });

  it('take rows out, or bring them back, as all of it made anew', async () => {
    await start();
    await judged('  quarantine:\n    positive: n > 1\n');
    await project.runs();
    expect(await project.query('select n from silver.t order by n')).toEqual([{ n: 2 }, { n: 3 }]);
    await judged('  warn:\n    positive: n > 1\n');
    await project.runs();
    expect(await project.query('select n from gold.sum')).toEqual([{ n: 5 }]);
    expect((await project.quarantine()).map(({ status }) => status)).toEqual(['resolved', 'resolved']);
  });
});
