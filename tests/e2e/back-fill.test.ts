import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import { plantRows } from '../support/planted-rows.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;

const line = (id: number, sold: string, amount: number): string => JSON.stringify({ id, sold, amount });
const day = (number: number): string => `2026-02-0${number}`;

beforeEach(async () => {
  project = await createProject(
    {
      'lakesmith.yml': 'lakesmith: 1\nname: test\nlake: ./lake\ntimezone: Europe/Berlin\n',
      'bronze/sales.yml': 'files: landing/*.json\ntypes:\n  sold: TIMESTAMP\n  amount: BIGINT\n',
      'landing/1.json': Array.from({ length: 9 }, (_, i) => line(i, `${day(i + 1)}T12:00:00Z`, (i + 1) * 10)).join(
        '\n',
      ),
      'reference/days.csv': `day\n${Array.from({ length: 9 }, (_, i) => day(i + 1)).join('\n')}\n2026-02-20\n`,
      'silver/sales.sql': 'select id, sold, amount from bronze.sales',
      'gold/days.sql':
        'select cast(sold as date) as day, count(*) as n, sum(amount)::bigint as amount from silver.sales group by 1',
      'gold/calendar.sql':
        'select c.day, count(s.id) as n from reference.days c left join silver.sales s on cast(s.sold as date) = c.day group by 1',
      'gold/total.sql': 'select sum(amount)::bigint as amount from gold.days',
      'gold/view.sql': '/* ---\nkind: view\n--- */\nselect day from gold.days',
    },
    runHere,
  );
  await project.runs();
});
afterEach(() => removeFolder(project.folder));

const amounts = async (): Promise<readonly unknown[]> =>
  (await project.query("select strftime(day, '%d') as d, amount from gold.days order by day")).map(({ d, amount }) => [
    d,
    amount,
  ]);
const right = Array.from({ length: 9 }, (_, i) => [`0${i + 1}`, (i + 1) * 10]);
const verify = async (table: string): Promise<number | null> =>
  (await runHere(['verify', table, '--project', project.folder])).code;

describe('a back-fill', () => {
  it('makes the days anew that are asked for, and no others', async () => {
    await plantRows(project.folder, 'gold.days', ['update', '--set', 'amount = -1']);
    const stdout = await project.runs('gold.days', '--from', day(3), '--to', day(6));
    expect(stdout).toContain('gold.days');
    expect(await amounts()).toEqual(right.map(([d, amount], i) => [d, i >= 2 && i < 5 ? amount : -1]));
    expect(await verify('gold.days')).toBe(1);
    await project.runs('gold.days', '--from', '2026-01-01');
    expect(await verify('gold.days')).toBe(0);
  });

  it('brings days back that are missing, and takes away what should not be there', async () => {
    await plantRows(project.folder, 'gold.days', ['delete', '--where', `day in (date '${day(2)}', date '${day(8)}')`]);
    await project.runs('gold.days', '--to', day(3));
    expect((await amounts()).map((row) => (row as unknown[])[0])).toEqual([
      '01',
      '02',
      '03',
      '04',
      '05',
      '06',
      '07',
      '09',
    ]);
    await project.runs('gold.days', '--from', day(8), '--to', day(9));
    expect(await amounts()).toEqual(right);
    // Of a day without sales nothing but the calendar tells.
    await plantRows(project.folder, 'gold.calendar', ['delete', '--where', "day = date '2026-02-20'"]);
    await project.runs('gold.calendar', '--from', '2026-02-19', '--to', '2026-02-21');
    expect(await verify('gold.calendar')).toBe(0);
  });

  it('does with it what changed elsewhere, so that the table is what its inputs give', async () => {
    await plantRows(project.folder, 'gold.days', [
      'update',
      '--set',
      'amount = -1',
      '--where',
      `day = date '${day(4)}'`,
    ]);
    await project.write('landing/2.json', line(100, `${day(7)}T09:00:00Z`, 5));
    await project.runs('gold.days', '--from', day(4), '--to', day(5));
    expect(await amounts()).toEqual(right.map(([d, amount]) => [d, d === '07' ? 75 : amount]));
    expect(await verify('gold.days')).toBe(0);
    // What is made from it follows with the next run.
    expect((await project.query('select amount from gold.total'))[0]).toEqual({ amount: 450 });
    await project.runs();
    expect((await project.query('select amount from gold.total'))[0]).toEqual({ amount: 455 });
    const { stdout } = await runHere(['run', '--project', project.folder]);
    expect(stdout).toContain('nothing to do');
  });

  it('goes by moments where rows have such, by the clock of the project', async () => {
    await plantRows(project.folder, 'silver.sales', ['update', '--set', 'amount = -1']);
    // Noon in Greenwich is one o'clock in Berlin, and the end is not with it.
    await project.runs('silver.sales', '--from', `${day(2)}T13:00`, '--to', `${day(4)}T12:00:00Z`);
    const rows = await project.query('select id from silver.sales where amount > 0 order by id');
    expect(rows.map(({ id }) => id)).toEqual([1, 2]);
    await project.runs('silver.sales', '--from', day(1), '--to', '2026-02-10');
    expect(await verify('silver.sales')).toBe(0);
  });

  it('is told by the plan', async () => {
    const plan = async (...args: readonly string[]): Promise<string> =>
      (await runHere(['plan', 'gold.days', ...args, '--project', project.folder])).stdout;
    expect(await plan('--from', day(1), '--to', day(8))).toMatch(
      /gold\.days +incremental +days 2026-02-01 … 2026-02-07 by day +asked for/,
    );
    expect(await plan('--from', day(1), '--to', day(2))).toContain('day 2026-02-01 by day');
    expect(await plan('--from', day(1))).toContain('from 2026-02-01 by day');
  });
});

describe('what is refused, before anything is written', () => {
  it.each([
    [['gold.total'], 'LS4006', 'gold.total: no column of days or times says of which rows of gold.days a row is made'],
    [
      ['gold.view', 'bronze.sales'],
      'LS4006',
      'gold.view: it is a view, which stores no rows. bronze.sales: it is loaded',
    ],
    [[], 'LS4001', 'Name the tables'],
    [['gold.days', '--column', 'n'], 'LS4006', 'gold.days: no column n of days or times'],
  ] as const)('%j', async (names, errorCode, said) => {
    const before = await project.query('select count(*) as n from system.runs');
    const { code, stderr } = await project.run(...names, '--from', day(1), '--to', day(2));
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
    expect(stderr).toContain(errorCode);
    expect(await project.query('select count(*) as n from system.runs')).toEqual(before);
  });

  it.each([
    [['--from', 'bronze.sales', '--to', '2026-02-02'], 'not one of each'],
    [['--from', '2026-02-02', '--to', '2026-02-02'], 'is not later than'],
    [['--from', '2026-02-30'], 'wants a time such as'],
    [['--from', '2026-2-3'], 'wants a day or a time'],
    [['--from', '2026-02-01T10:00'], 'day is a day: give days'],
  ] as const)('%j', async (args, said) => {
    const { code, stderr } = await project.run('gold.days', ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  });

  it('still takes tables as bounds of the graph', async () => {
    expect((await project.run('--from', 'gold.days', '--to', 'gold.total')).code).toBe(0);
  });
});
