import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere, succeedHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';
import { waysOfRun } from '../support/ways-of-run.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const told = (...args: readonly string[]): Promise<string> => succeedHere([...args, '--project', project.folder]);
const rows = async (sql: string): Promise<unknown> => JSON.parse(await told('query', sql, '--json'));
const model = (select: string, ...lines: readonly string[]): string =>
  `/* ---\nkey: id\nrefresh: incremental\n${lines.map((line) => `${line}\n`).join('')}--- */\n${select}\n`;
const load = (name: string, text: string): Promise<void> => project.write(`landing/${name}.csv`, `id,v\n${text}\n`);

beforeEach(async () => {
  project = await createProject({
    'bronze/e.yml': 'files: landing/*.csv\ntypes:\n  id: BIGINT\n  v: BIGINT\n',
    'silver/r.sql': model(
      'select id, max(v) as v from bronze.e group by id',
      'properties:',
      '  delta.enableDeletionVectors: true',
    ),
    'gold/d.sql': model('select id, v + 1 as w from silver.r'),
  });
  await load('1', Array.from({ length: 400 }, (_, id) => `${id},1`).join('\n'));
  await told('run');
});

it('goes back to a release of whose rows some are marked as deleted, as long as the marks are there', async () => {
  for (const id of [5, 6]) {
    await load(`${id}`, `${id},2`);
    await told('run');
  }
  expect(
    JSON.parse(await succeedHere(['table', 'files', join(project.folder, 'lake/silver/r'), '--json'])),
  ).toContainEqual(expect.objectContaining({ deletedRecords: 2 }));
  expect(await told('doctor')).toContain('all files are there');
  await told('release', 'back', '2');
  expect(await rows('select id from silver.r where v = 2')).toEqual([{ id: 5 }]);
  const folder = join(project.folder, 'lake/silver/r');
  for (const name of await readdir(folder)) if (name.endsWith('.bin')) await rm(join(folder, name));
  const doctor = await runHere(['doctor', '--project', project.folder]);
  expect(doctor.stdout).toMatch(/unreadable: silver\.r \(data file \S+\.bin is gone\)/);
  const back = await runHere(['release', 'back', '3', '--project', project.folder]);
  expect(back.stderr).toMatch(/silver\.r cannot go back to version 2: its data file \S+\.bin was removed/);
});

it('makes a table in full that cannot follow a column that came and went since', async () => {
  const before = model('select id, max(v) as v from bronze.e group by id');
  await project.write('silver/r.sql', before.replace(' as v', ' as v, min(v) as x'));
  await told('run', 'silver');
  await load('2', '5,2');
  await told('run', 'silver');
  await project.write('silver/r.sql', before);
  await told('run', 'silver', '--apply');
  await load('3', '6,3');
  await told('run');
  expect(await rows('select id, w from gold.d where w > 2 order by id')).toEqual([
    { id: 5, w: 3 },
    { id: 6, w: 4 },
  ]);
  expect(await waysOfRun(project.folder, 5)).toContainEqual(['gold.d', 'full']);
});

it('has in quarantine again what rules had put aside, so that each row is in one of both', async () => {
  const judged = (rule: string): string =>
    `/* ---\nkey: id\nexpect:\n  quarantine:\n    ok: ${rule}\n--- */\nselect id, v from bronze.e\n`;
  const standing = async (): Promise<unknown> => [
    await rows('select count(*)::int as n from silver.o'),
    await rows("select row_key, status from system.quarantine where status = 'open'"),
  ];
  // Before there was a quarantine.
  await project.write('silver/o.sql', 'select id, v from bronze.e\n');
  await told('run');
  const none = [[{ n: 400 }], []];
  await project.write('silver/o.sql', judged('id <> 7'));
  await told('run');
  const one = [[{ n: 399 }], [{ row_key: '{"id":7}', status: 'open' }]];
  expect(await standing()).toEqual(one);
  await project.write('silver/o.sql', judged('id >= 0'));
  await told('run');
  expect(await standing()).toEqual(none);
  await told('vacuum', '--retain', '0d');

  await told('release', 'back', '3');
  await project.write('silver/o.sql', judged('id <> 7'));
  expect(await told('run')).toContain('nothing to do');
  expect(await standing()).toEqual(one);
  await project.write('silver/o.sql', judged('id >= 0'));
  expect(await told('replay')).toContain('+1 ');
  expect(await standing()).toEqual(none);

  await told('release', 'back', '3');
  expect(await standing()).toEqual(one);
  await told('release', 'back', '2');
  expect(await standing()).toEqual(none);
});
