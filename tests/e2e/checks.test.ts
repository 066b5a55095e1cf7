import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

const good = { id: 1, status: 'open', amount: 10, code: 'ABC', customer: 7 };
const rows = (...more: readonly object[]): string =>
  [good, { ...good, id: 2 }, ...more].map((row) => `${JSON.stringify(row)}\n`).join('');

const model = (severity: 'warn' | 'fail'): string => `/* ---
check:
  ${severity}:
    unique: id
    not_null: [status, customer]
    accepted: status in ('open', 'closed')
    range: [amount between 0 and 100, id > 0]
    pattern: regexp_matches(code, '^[A-Z]{3}$')
    references: customer -> reference.customers.customer
    row_count: between 2 and 3
    nothing_lost: select id from bronze.o except select id from silver.t
--- */
select id::bigint as id, status, amount, code, customer from bronze.o
`;

let project: TestProject;
beforeAll(async () => {
  project = await createProject({
    'bronze/o.yml':
      'files: landing/*.json\ntypes:\n  id: BIGINT\n  status: VARCHAR\n  amount: BIGINT\n  code: VARCHAR\n  customer: BIGINT\neach_file: replaces\n',
    'silver/t.sql': model('warn'),
    'reference/customers.csv': 'customer\n7\n8\n',
    'landing/00.json': rows(),
  });
});
afterAll(() => removeFolder(project.folder));

let file = 0;
async function broken(...more: readonly object[]): Promise<readonly string[]> {
  file += 1;
  await project.write(`landing/${String(file).padStart(2, '0')}.json`, rows(...more));
  await project.runs();
  const found = await project.query(
    `select name, broken from system.quality where broken > 0 and run = (select max(run) from system.runs) order by 1`,
  );
  return found.map(({ name, broken: count }) => `${String(name)} ${String(count)}`);
}

describe('a check finds', () => {
  it.each([
    ['nothing where all is right', {}, []],
    ['values that stand there twice', { id: 1 }, ['unique 1']],
    ['values that are missing', { customer: null }, ['not_null 1']],
    ['values that are not accepted', { status: 'lost' }, ['accepted 1']],
    ['values out of their range', { amount: 101 }, ['range 1']],
    ['values out of a second range', { id: -3 }, ['range_2 1']],
    ['texts of another pattern', { code: 'abc' }, ['pattern 1']],
    ['references to what is not there', { customer: 9 }, ['references 1']],
  ])('%s, and nothing else', async (_, bad, found) => {
    expect(await broken({ ...good, id: 3, ...bad })).toEqual(found);
  });

  it('too many rows', async () => {
    expect(await broken({ ...good, id: 3 }, { ...good, id: 4 })).toEqual(['row_count 1']);
  });

  it('no fault in what is NULL, unless it must not be', async () => {
    expect(await broken({ ...good, id: 3, amount: null, code: null })).toEqual([]);
  });

  it('what fails the table, and shows the rows', async () => {
    await project.write('silver/t.sql', model('fail'));
    await project.write('landing/98.json', rows());
    await project.runs();
    await project.write('landing/99.json', rows({ ...good, id: 3, status: 'lost' }));
    const { code, stdout } = await project.run();
    expect(code).toBe(1);
    expect(stdout).toContain('accepted: 1 row is wrong');
    expect(stdout).toContain('lost');
    expect(await project.query('select count(*) as n from silver.t')).toEqual([{ n: 2 }]);
  });
});
