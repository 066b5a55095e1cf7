import { afterEach, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere, succeedHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';
import { waysOfRun } from '../support/ways-of-run.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const kept = (sql: string, ...more: readonly string[]): string =>
  `/* ---\n${['refresh: incremental', ...more].join('\n')}\n--- */\n${sql}\n`;

const told = (...args: readonly string[]): Promise<string> => succeedHere([...args, '--project', project.folder]);

const names = [
  '__file',
  '__POSITION',
  '_file',
  '_more',
  '_lost',
  '_side',
  '_count',
  '_here',
  '_one',
  '__time',
  '__more',
];
const columns = names.map((name) => `"${name}"`).join(', ');

/** A row with this key, and this in all other columns. */
const row = (id: number, n: number): string =>
  `${JSON.stringify({ id, ...Object.fromEntries(names.map((name) => [name, n])) })}\n`;

it('keeps tables by parts whose columns are called what is known of rows elsewhere', async () => {
  project = await createProject({
    'bronze/t.yml': `files: landing/*.json\neach_file: replaces\ntypes:\n  id: BIGINT\n${names.map((name) => `  "${name}": BIGINT\n`).join('')}`,
    'silver/bag.sql': kept(`select ${columns} from bronze.t where id > 0`),
    'silver/keyed.sql': kept(`select id, ${columns} from bronze.t`, 'key: id'),
    'silver/window.sql': kept(`select ${columns}, max(id) over (partition by "__file") as top from bronze.t`),
    'silver/one.sql': kept('select id, "_one" from bronze.t where id <> 3', 'key: id'),
    'gold/bag.sql': kept(`select ${columns} from silver.bag`),
    'gold/joined.sql': kept(
      `select l.id, ${names.map((name) => `r."${name}"`).join(', ')}
from bronze.t as l join silver.keyed as r using (id)`,
      'key: id',
    ),
  });
  const tables = ['silver.bag', 'silver.keyed', 'silver.window', 'silver.one', 'gold.bag', 'gold.joined'];
  await project.write('landing/1.json', row(1, 5) + row(2, 5) + row(3, 5) + row(4, 8));
  await told('run');
  // One of rows that are alike goes, another changes, and one comes.
  await project.write('landing/2.json', row(1, 5) + row(2, 6) + row(4, 8) + row(5, 8));
  await told('run');
  expect(Object.fromEntries(await waysOfRun(project.folder, 2))).toEqual({
    'bronze.t': 'replace',
    'silver.bag': 'bag',
    'silver.keyed': 'keyed',
    'silver.window': 'keyed',
    'silver.one': 'keyed',
    'gold.bag': 'bag',
    'gold.joined': 'keyed',
  });
  for (const table of tables) expect(await told('verify', table), table).toContain('equal to its model');
  expect(JSON.parse(await told('query', 'select "_one" as n from silver.one order by id', '--json'))).toEqual(
    [5, 6, 8, 8].map((n) => ({ n })),
  );
  const diff = await runHere(['diff', '1', '2', '--table', 'silver.keyed', '--json', '--project', project.folder]);
  expect(JSON.parse(diff.stdout), diff.stderr).toMatchObject({
    tables: [{ rows: { added: 1, removed: 1, changed: 1 } }],
  });
});
