import { readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import type { Answer } from '../support/command.ts';
import { editFile } from '../support/edit-file.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;
afterEach(() => removeFolder(project.folder));

const ask = (...args: string[]): Promise<Answer> => runHere([...args, '--project', project.folder]);
const rows = async (...args: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await ask('query', ...args, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};
/** The data files in the folder of a table. */
const dataFiles = async (table: string): Promise<string[]> =>
  (await readdir(join(project.folder, 'lake', table))).filter((name) => name.endsWith('.parquet'));

/** As if the data files of tables had been written long ago. */
const age = async (...tables: readonly string[]): Promise<void> => {
  for (const table of tables)
    for (const name of await dataFiles(table)) await utimes(join(project.folder, 'lake', table, name), 0, 0);
};

const files = {
  'bronze/orders.yml': 'files: landing/*.csv\n',
  'landing/1.csv': 'id,customer\n1,1\n2,2\n',
  'reference/customers.csv': 'id\n1\n2\n',
  'silver/orders.sql': `/* ---
check:
  fail:
    references: customer -> reference.customers.id
--- */
select id, customer from bronze.orders
`,
  'silver/small.sql': '/* ---\nexpect:\n  quarantine:\n    small: id < 3\n--- */\nselect id from bronze.orders\n',
  'gold/total.sql': 'select count(*) as n from silver.orders\n',
};
const strange = 'id,customer\n3,977\n';
const orders = 'select id from silver.orders order by id';
const seen = [{ id: 1 }, { id: 2 }];
const refused = [...seen, { id: 3 }];

/** One release, and a run whose new row of silver.orders is refused. */
async function failSecondRun(more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  project = await createProject({ ...files, ...more });
  expect(await ask('run')).toMatchObject({ code: 0 });
  await project.write('landing/2.csv', strange);
  return await ask('run');
}

describe('a run whose rows were refused', () => {
  it('can be asked what it would have published, and readers see what they saw', async () => {
    const failed = await failSecondRun();
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain(`
silver.orders … 1 more: readers see what they saw before. The rejected rows are kept 7 days:
  lakesmith query --run 2 "select * from silver.orders"     see what would have been published
  lakesmith run --resume 2                                  after a fix: only the 2 tables that are missing
`);
    expect(await rows(orders)).toEqual(seen);
    // Nor does a reader of the table itself see anything.
    const log = await readdir(join(project.folder, 'lake/silver/orders/_delta_log'));
    expect(log.filter((name) => name.endsWith('.json'))).toEqual([`${'0'.repeat(20)}.json`]);
    expect(await rows('--run', '2', orders)).toEqual(refused);
    // What was loaded, what was released with it, and what was not come to.
    expect(await rows('--run', '2', 'select count(*) as n from bronze.orders')).toEqual([{ n: 3 }]);
    expect(await rows('--run', '2', 'select id from silver.small order by id')).toEqual(seen);
    expect(await rows('--run', '2', 'from gold.total')).toEqual([{ n: 2 }]);
    expect((await ask('query', '--run', '2', orders)).stdout).toMatch(/^3 rows · run 2, not released · \d+ ms$/m);
  });

  it('stays what it was when the next run is good, which is its release', async () => {
    await failSecondRun();
    await project.write('reference/customers.csv', 'id\n1\n2\n977\n');
    await project.write('landing/3.csv', 'id,customer\n4,1\n');
    expect(await ask('run')).toMatchObject({ code: 0 });
    expect(await rows('--run', '2', orders)).toEqual(refused);
    expect(await rows(orders)).toEqual([...refused, { id: 4 }]);
    expect(await rows('--run', '3', orders)).toEqual([...refused, { id: 4 }]);
    expect(await rows('--run', '1', orders)).toEqual(seen);
    expect((await ask('query', '--run', '3', orders)).stdout).toMatch(/^4 rows · run 3 · release 3 · \d+ ms$/m);
    // A run that died after its intent was finished by another, which does not write in its record.
    const record = join(project.folder, 'lake/_lakesmith/runs/00000000000000000003.json');
    await editFile(record, '"state": "done"', '"state": "running"');
    await editFile(record, '"release": 3', '"left": 3');
    expect(await rows('--run', '3', orders)).toEqual([...refused, { id: 4 }]);
  });

  it('shows all that it made where a project releases all or nothing, also in quarantine', async () => {
    const failed = await failSecondRun({ 'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\nrelease: all\n' });
    expect(failed.stdout).toMatch(/^release 1 stays what readers see\. The rejected rows are kept 7 days:$/m);
    const quarantined = 'select row_key, reasons, since_run from system.quarantine';
    expect(await rows('--run', '2', orders)).toEqual(refused);
    expect(await rows('--run', '2', quarantined)).toEqual([{ row_key: null, reasons: ['small'], since_run: 2 }]);
    expect((await ask('query', quarantined)).code).toBe(1);
    await project.write('silver/small.sql', 'select id * 10 as id from bronze.orders\n');
    await ask('run');
    expect(await rows('--run', '3', 'select sum(id) as s from silver.small')).toEqual([{ s: 60 }]);
    expect(await rows('select sum(id) as s from silver.small')).toEqual([{ s: 3 }]);
  });

  it('leaves everything to be made again where all of it waits for one', async () => {
    const failed = await failSecondRun({
      'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\nrelease: all\n',
      'silver/doubled.sql': 'select id * 2 as twice from bronze.orders\n',
    });
    expect(failed.stdout).toMatch(/^  lakesmith run --resume 2 +after a fix: only the 4 tables that are missing$/m);
    const doubled = 'select sum(twice)::int as s from silver.doubled';
    expect(await rows(doubled)).toEqual([{ s: 6 }]);
    await project.write('reference/customers.csv', 'id\n1\n2\n977\n');
    const resumed = await ask('run', '--resume', '2');
    expect(resumed.code, resumed.stdout).toBe(0);
    expect(await rows(doubled)).toEqual([{ s: 12 }]);
    expect((await ask('run')).stdout).toContain('nothing to do');
    expect(await ask('run', '--resume', 'last')).toMatchObject({ code: 2, stderr: expect.stringContaining('LS4001') });
  });

  it('leaves what came since to the next run where only what is missing is made', async () => {
    await failSecondRun();
    await project.write('landing/3.csv', 'id,customer\n4,1\n');
    await project.write('reference/customers.csv', 'id\n1\n2\n977\n');
    const resumed = await ask('run', '--resume', '2');
    expect(resumed.code, resumed.stdout).toBe(0);
    // What was mended is read, and nothing else.
    expect(await rows(orders)).toEqual(refused);
    expect(await rows('select count(*) as n from bronze.orders')).toEqual([{ n: 3 }]);
    expect(await rows('from gold.total')).toEqual([{ n: 3 }]);
    expect((await ask('run', '--resume', '2')).stdout).toContain('nothing to do');
    expect((await ask('run', '--resume', '1')).stdout).toContain('nothing to do');
    expect(await ask('run')).toMatchObject({ code: 0 });
    expect(await rows(orders)).toEqual([...refused, { id: 4 }]);
  });

  it('loads again what a run could not load', async () => {
    project = await createProject({
      ...files,
      'bronze/other.yml': 'files: other/*.csv\ntypes:\n  id: BIGINT\n',
      'other/1.csv': 'id\n1\n',
    });
    expect(await ask('run')).toMatchObject({ code: 0 });
    await project.write('landing/2.csv', 'id,customer\n3,1\n');
    await project.write('other/2.csv', 'id\nx\n');
    expect((await ask('run')).code).toBe(1);
    await project.write('landing/3.csv', 'id,customer\n4,1\n');
    await project.write('other/2.csv', 'id\n2\n');
    const resumed = await ask('run', '--resume');
    expect(resumed.code, resumed.stdout).toBe(0);
    expect(await rows('select count(*) as n from bronze.other')).toEqual([{ n: 2 }]);
    expect(await rows('select count(*) as n from bronze.orders')).toEqual([{ n: 3 }]);
  });

  it('shows a view as it would have been, over what it would have read', async () => {
    project = await createProject({
      ...files,
      'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\nrelease: all\n',
      'gold/total.sql': 'select id from bronze.orders where id < 0\n',
      'silver/good.sql':
        '/* ---\nkind: view\nexpect:\n  fail:\n    small: id < 3\n--- */\nselect id from silver.small union all select id + 1 from silver.small\n',
    });
    const failed = await ask('run');
    expect(failed.stdout).toContain(
      'no release was made: there is nothing for readers yet. The rejected rows are kept',
    );
    expect(failed.stdout).toContain('lakesmith query --run 1 "select * from silver.good"');
    expect(await rows('--run', '1', 'select sum(id) as s from silver.good')).toEqual([{ s: 8 }]);
    expect(await ask('query', 'from silver.good')).toMatchObject({ code: 1 });
  });

  it('is asked of the environment that it ran in', async () => {
    project = await createProject({ ...files, 'lakesmith.yml': withEnvironment });
    expect(await ask('run')).toMatchObject({ code: 0 });
    await project.write(
      'silver/orders.sql',
      files['silver/orders.sql'].replace('select id, customer', 'select id, customer + 1 as customer'),
    );
    const failed = await ask('run', '--env', 'vat');
    expect(failed.stdout).toContain('lakesmith query --run 1 "select * from silver.orders" --env vat');
    const customers = 'select customer from silver.orders order by 1';
    expect(await rows('--run', '1', customers, '--env', 'vat')).toEqual([{ customer: 2 }, { customer: 3 }]);
    expect(await rows(customers, '--env', 'vat')).toEqual([{ customer: 1 }, { customer: 2 }]);
    expect(await rows('--run', '1', customers)).toEqual([{ customer: 1 }, { customer: 2 }]);
    // The folder of the environment has only what was refused.
    await age('_env/vat/silver/orders');
    expect(await ask('vacuum')).toMatchObject({ code: 0 });
    expect(await rows('--run', '1', customers, '--env', 'vat')).toEqual([{ customer: 2 }, { customer: 3 }]);
    expect(await ask('vacuum', '--retain', '0s')).toMatchObject({ code: 0 });
    expect(await ask('query', '--run', '1', customers, '--env', 'vat')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('LS3010'),
    });
  });
});

const withEnvironment = 'lakesmith: 1\nname: test\nlake: ./lake\nenvironments:\n  vat:\n    base: local\n';

describe('vacuum', () => {
  // Files left their tables long ago, by the project's clock.
  const longAgo = 'lakesmith: 1\nname: test\nlake: ./lake\nclock: 2020-01-01T00:00:00Z\n';

  it('leaves what a run staged for its time, with what that is read beside, and then says that it is gone', async () => {
    await failSecondRun({ 'lakesmith.yml': longAgo });
    await project.write('reference/customers.csv', 'id\n1\n2\n977\n');
    expect(await ask('run')).toMatchObject({ code: 0 });
    await age('silver/orders', 'gold/total');
    expect(await ask('vacuum', '--keep-releases', '1')).toMatchObject({ code: 0 });
    const both = 'select n, (select count(*) from silver.orders) as orders from gold.total';
    expect(await rows('--run', '2', both)).toEqual([{ n: 2, orders: 3 }]);
    expect(await rows(both)).toEqual([{ n: 3, orders: 3 }]);
    // No release has the first file any more, to which the run would have added a second.
    expect((await ask('release', 'list')).stdout.split('\n')).toHaveLength(3);
    expect(await dataFiles('silver/orders')).toHaveLength(3);
    expect(await ask('vacuum', '--retain', '0s', '--dry-run')).toMatchObject({ code: 0 });
    expect(await rows('--run', '2', both)).toEqual([{ n: 2, orders: 3 }]);
    expect(await ask('vacuum', '--retain', '0s')).toMatchObject({ code: 0 });
    expect(await dataFiles('silver/orders')).toHaveLength(1);
    const { code, stderr } = await ask('query', '--run', '2', both);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/LS3010 .*kept for 7 days.*released is release 2\./s)]);
    expect(await rows(both)).toEqual([{ n: 3, orders: 3 }]);
  });

  it('takes what was staged for a table that was never made', async () => {
    project = await createProject({ ...files, 'landing/1.csv': strange });
    expect(await ask('run')).toMatchObject({ code: 1 });
    expect(await rows('--run', '1', orders)).toEqual([{ id: 3 }]);
    expect(await dataFiles('silver/orders')).toHaveLength(1);
    expect(await ask('vacuum', '--retain', '0s')).toMatchObject({ code: 0 });
    expect(await dataFiles('silver/orders')).toEqual([]);
  });
});

describe('a run of which there is nothing to show', () => {
  it('says why', async () => {
    await failSecondRun();
    const complain = async (...args: string[]): Promise<string> => (await ask('query', ...args)).stderr;
    expect(await complain('--run', '9', orders)).toContain('LS3003  Run 9 does not exist');
    expect(await complain('--run', '0', orders)).toContain('LS4001');
    expect(await complain('--run', '2', '--release', '1', orders)).toContain('LS4001');
    expect(await complain('--run', '2', 'from silver.nothing')).toContain('Run 2 has no table silver.nothing');
    const record = (run: number): string => `lake/_lakesmith/runs/${String(run).padStart(20, '0')}.json`;
    const common = { startedMs: 0, environment: 'local', program: 'test', steps: [] };
    await project.write(record(3), JSON.stringify({ ...common, run: 3, state: 'running' }));
    expect(await complain('--run', '3', orders)).toMatch(/LS3010 +Run 3 has nothing to show: it has not ended yet/);
    const error = { code: 'LS3301', message: 'changed' };
    await project.write(record(4), JSON.stringify({ ...common, run: 4, state: 'failed', error }));
    expect(await complain('--run', '4', orders)).toContain('it ended with LS3301');
    // Whoever vacuums a table by its path does not know of runs.
    const [first = '', second = ''] = await dataFiles('silver/orders');
    for (const name of [first, second]) await rm(join(project.folder, 'lake/silver/orders', name));
    expect(await complain('--run', '2', orders)).toContain('files of it were deleted since');
  });
});

describe('a question', () => {
  it('is asked at the moment where the clock of the project stands, by the day of its time zone', async () => {
    const settings = 'lakesmith: 1\nname: t\nlake: ./lake\ntimezone: Asia/Tokyo\n';
    project = await createProject(
      {
        'lakesmith.yml': `${settings}clock: 2024-02-28T20:00:00Z\n`,
        'gold/day.sql': '/* ---\nrefresh: full\n--- */\nselect current_date as day, now() as at_once\n',
      },
      runHere,
    );
    await project.runs();
    const sql =
      'select day = current_date as same_day, at_once = now() as same_moment, today()::varchar as today, current_date - day as days from gold.day';
    expect(await rows(sql)).toEqual([{ same_day: true, same_moment: true, today: '2024-02-29', days: 0 }]);
    expect(await rows('select current_date')).toEqual([{ current_date: '2024-02-29' }]);
    await project.write('lakesmith.yml', settings);
    expect(await rows('select current_date > day as goes from gold.day')).toEqual([{ goes: true }]);
  });
});
