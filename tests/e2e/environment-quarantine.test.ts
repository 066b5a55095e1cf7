import { afterEach, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere, succeedHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

interface Told {
  readonly key: unknown;
  readonly table: string;
}

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const model = (settings: string): string =>
  `/* ---\nkey: id\n${settings}expect:\n  quarantine:\n    pos: qty > 0\n--- */\n`;
const told = (...args: readonly string[]): Promise<string> => succeedHere([...args, '--project', project.folder]);
const env = (...args: readonly string[]): Promise<string> => told(...args, '--env', 'v');

async function aside(ask: typeof told): Promise<readonly string[]> {
  const rows = JSON.parse(await ask('quarantine', '--json')) as readonly Told[];
  return rows.map(({ table, key }) => `${table} ${JSON.stringify(key)}`).sort();
}

async function ids(table: string): Promise<readonly unknown[]> {
  return JSON.parse(await env('query', `select id from ${table} order by id`, '--json')) as readonly unknown[];
}

it("an environment has what its base put aside of the tables that are the base's, and keeps it as it makes them its own", async () => {
  project = await createProject(
    {
      'bronze/o.yml': 'files: landing/*.csv\ntypes:\n  id: BIGINT\n  qty: BIGINT\n',
      'silver/added.sql': `${model('')}select id, qty from bronze.o\n`,
      'silver/parts.sql': `${model('refresh: incremental\n')}select id, max(qty) as qty from bronze.o group by id\n`,
      'silver/still.sql': `${model('')}select id + 10 as id, qty from bronze.o\n`,
      'landing/1.csv': 'id,qty\n1,1\n2,-1\n',
    },
    runHere,
  );
  await project.runs();
  await told('env', 'create', 'v');
  const base = ['silver.added {"id":2}', 'silver.parts {"id":2}', 'silver.still {"id":12}'];
  expect(await aside(env)).toEqual(base);

  await project.write('landing/2.csv', 'id,qty\n3,3\n4,-4\n');
  await env('run', 'silver.added', 'silver.parts', 'bronze', '--load');
  const both = [...base, 'silver.added {"id":4}', 'silver.parts {"id":4}'].sort();
  expect(await aside(env)).toEqual(both);
  expect(await ids('silver.added')).toEqual([{ id: 1 }, { id: 3 }]);
  expect(await ids('silver.parts')).toEqual([{ id: 1 }, { id: 3 }]);
  // What is the base's own changes nothing here any more.
  expect(await aside(told)).toEqual(base);
  await project.runs();
  expect(await aside(told)).toEqual([...both, 'silver.still {"id":14}'].sort());
  expect(await aside(env)).toEqual(both);

  await project.write('silver/added.sql', `${model('').replace('> 0', '> -2')}select id, qty from bronze.o\n`);
  const dry = await env('replay', 'silver.added', '--dry-run');
  expect(dry).toMatch(/1 row would land/);
  await env('replay', 'silver.added');
  expect(await ids('silver.added')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
  expect(await aside(env)).toEqual(both.filter((row) => row !== 'silver.added {"id":2}'));

  // Back where no table is its own yet.
  await env('release', 'back', '1');
  expect(await aside(env)).toEqual(base);
  await env('release', 'back', '2');
  expect(await aside(env)).toEqual(both);
  await told('env', 'refresh', 'v');
  expect(await aside(env)).toEqual([...both, 'silver.still {"id":14}'].sort());
});
