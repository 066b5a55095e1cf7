import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;

interface Days {
  readonly table: string;
  readonly column?: string;
  readonly why?: string;
  readonly unfollowed?: readonly string[];
  readonly days?: readonly {
    readonly day: string | null;
    readonly rows: number;
    readonly changed?: { readonly run?: number; readonly version: number };
    readonly waiting: number;
  }[];
}

async function days(...args: readonly string[]): Promise<ReadonlyMap<string, Days>> {
  const { stdout } = await runHere(['status', '--json', ...args, '--project', project.folder]);
  const { tables } = JSON.parse(stdout) as { tables: Days[] };
  return new Map(tables.map((one) => [one.table, one]));
}

/** What is told of each day: rows, the run that changed it last, rows that wait. */
const told = (one: Days | undefined): readonly unknown[] =>
  (one?.days ?? []).map(({ day, rows, changed, waiting }) => [day, rows, changed?.run ?? null, waiting]);

const line = (id: number, sold: string, amount: number): string => JSON.stringify({ id, sold, amount });

beforeAll(async () => {
  project = await createProject(
    {
      'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: Europe/Berlin\n',
      'bronze/sales.yml': 'files: landing/*.json\ntypes:\n  sold: TIMESTAMP\n',
      'landing/1.json': [
        line(1, '2026-02-01T08:00:00Z', 10),
        // By the clock of Berlin this is the second.
        line(2, '2026-02-01T23:30:00Z', 20),
        line(3, '2026-02-05T12:00:00Z', 30),
        line(4, '2026-03-01T12:00:00Z', 40),
      ].join('\n'),
      'gold/days.sql':
        '/* ---\nrefresh: incremental\n--- */\nselect cast(sold as date) as day, count(*) as n, sum(amount) as amount from bronze.sales group by 1',
      'gold/total.sql': 'select count(*) as n from bronze.sales',
    },
    runHere,
  );
  await project.runs();
  await project.write('landing/2.json', line(5, '2026-02-05T13:00:00Z', 5));
  await project.runs();
});
afterAll(() => removeFolder(project.folder));

describe('status --by day', () => {
  it('tells of each day its rows and the run that changed it last, by the clock of the project', async () => {
    const found = await days('--by', 'day');
    expect([...found.keys()]).toEqual(['bronze.sales', 'gold.days']);
    expect(found.get('gold.days')?.column).toBe('day');
    expect(told(found.get('gold.days'))).toEqual([
      ['2026-02-01', 1, 1, 0],
      ['2026-02-02', 1, 1, 0],
      ['2026-02-05', 1, 2, 0],
      ['2026-03-01', 1, 1, 0],
    ]);
    expect(told(found.get('bronze.sales'))).toEqual([
      ['2026-02-01', 1, 1, 0],
      ['2026-02-02', 1, 1, 0],
      ['2026-02-05', 2, 2, 0],
      ['2026-03-01', 1, 1, 0],
    ]);
  });

  it('shows gaps, and says why a table has no days', async () => {
    const { stdout } = await runHere(['status', 'gold', '--by', 'day', '--project', project.folder]);
    expect(stdout).toMatch(/gold\.days by day of day/);
    expect(stdout).toMatch(/ {2}2026-02-03 … 2026-02-04 +no rows\n {2}2026-02-05 +1 row {3}run 2, \d+ s ago/);
    expect(stdout).toMatch(/ {2}2026-02-06 … 2026-02-28 +no rows/);
    expect(stdout).toMatch(/gold\.total {3}it has no column of days or times/);
  });

  it('goes by hour and by month', async () => {
    expect(told((await days('bronze.sales', '--by', 'hour')).get('bronze.sales'))[1]).toEqual([
      '2026-02-02 00:00',
      1,
      1,
      0,
    ]);
    expect(told((await days('gold.days', '--by', 'month')).get('gold.days'))).toEqual([
      ['2026-02', 3, 2, 0],
      ['2026-03', 1, 1, 0],
    ]);
  });

  it('is of the column that is named', async () => {
    const found = await days('bronze.sales', '--by', 'day', '--column', 'amount');
    expect(found.get('bronze.sales')?.why).toBe('amount is no column of days or times; sold is');
    const { code, stderr } = await runHere(['status', '--column', 'sold', '--project', project.folder]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('give --by, too')]);
  });

  it('tells of rows that wait: of days that are there, and of days that are not', async () => {
    await project.write(
      'landing/3.json',
      [line(6, '2026-02-05T14:00:00Z', 1), line(7, '2026-02-05T15:00:00Z', 1), line(8, '2026-02-09T15:00:00Z', 1)].join(
        '\n',
      ),
    );
    await project.runs('bronze.sales');
    const found = await days('--by', 'day');
    expect(told(found.get('gold.days'))).toEqual([
      ['2026-02-01', 1, 1, 0],
      ['2026-02-02', 1, 1, 0],
      ['2026-02-05', 1, 2, 2],
      ['2026-02-09', 0, null, 1],
      ['2026-03-01', 1, 1, 0],
    ]);
    await project.runs();
    expect((await days('gold', '--by', 'day')).get('gold.days')?.days?.every(({ waiting }) => waiting === 0)).toBe(
      true,
    );
  });
});
