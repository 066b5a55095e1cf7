import { afterEach, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere, succeedHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const told = (...args: readonly string[]): Promise<string> => succeedHere([...args, '--project', project.folder]);

const files = {
  'bronze/o.yml': 'files: landing/o.csv\n',
  'bronze/c.yml': 'files: landing/c.csv\n',
  'landing/o.csv': 'id,cust\n1,7\n2,9\n',
  'landing/c.csv': 'id,name\n8,Bob\n7,Ann\n',
};

it('walks back to every side of a join', async () => {
  project = await createProject({
    ...files,
    'silver/v.sql': '/* ---\nkind: view\n--- */\nselect id, upper(name) as name from bronze.c\n',
    'gold/j.sql': 'select o.id, n.name from bronze.o o left join bronze.c n on n.id = o.cust\n',
    'gold/w.sql': 'select o.id, v.name from bronze.o o join silver.v v on v.id = o.cust\n',
  });
  await told('run');
  const why = await told('why', 'gold.j', 'id=1');
  expect(why).toContain('landing/o.csv:2');
  expect(why).toContain('landing/c.csv:3');
  // Nothing fitted.
  expect(await told('why', 'gold.j', 'id=2')).not.toMatch(/c\.csv|not known/);
  expect(await told('why', 'gold.w', 'id=1')).toMatch(/silver\.v \(view[^]*landing\/c\.csv:3/);
  await told('test', '--record', 'gold.j', 'id=1');
  expect(await told('test')).toMatch(/1 passed/);
});

it('says of which tables it is not known what a row is made of', async () => {
  project = await createProject({
    ...files,
    'gold/n.sql': 'select o.id, (select count(*) from bronze.c) as n from bronze.o o\n',
  });
  await told('run');
  expect(await told('why', 'gold.n', 'id=1')).toMatch(/landing\/o\.csv:2[^]*bronze\.c +it is not known which rows/);
  const json = JSON.parse(await told('why', 'gold.n', 'id=1', '--json')) as { rows: { untold: string[] }[] };
  expect(json.rows[0]?.untold).toEqual(['bronze.c']);
  const record = await runHere(['test', '--record', 'gold.n', 'id=1', '--project', project.folder]);
  expect(record).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/LS3006.*which rows of bronze\.c it is made of/),
  });
});
