import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import { plantRows } from '../support/planted-rows.ts';
import type { TestProject } from '../support/project.ts';
import { createProject } from '../support/project.ts';

let project: TestProject;

interface Status {
  readonly ok: boolean;
  readonly release: number | null;
  readonly run: { readonly run: number; readonly state: string } | null;
  readonly stuck: readonly {
    readonly table: string;
    readonly status: string;
    readonly sinceRun: number;
    readonly run: number;
    readonly blockedBy?: string;
  }[];
  readonly quality: readonly { readonly table: string; readonly name: string; readonly broken: number }[];
  readonly quarantine: Readonly<Record<string, number>>;
  readonly freshness: readonly { readonly table: string; readonly isStale: boolean }[];
  readonly foreign: readonly { readonly table: string; readonly versions: readonly unknown[] }[];
  readonly unverified: readonly string[];
  readonly verified: Readonly<Record<string, { readonly different?: { readonly how: string } }>>;
}

const at = (): readonly string[] => ['--project', project.folder];

async function status(...args: readonly string[]): Promise<{ code: number | null; status: Status }> {
  const { code, stdout } = await runHere(['status', ...args, '--json', ...at()]);
  return { code, status: JSON.parse(stdout) as Status };
}

async function text(): Promise<string> {
  return (await runHere(['status', ...at()])).stdout;
}

const row = (id: number, amount: number, country = 'de'): string =>
  JSON.stringify({ id, amount, country, seen: '2026-03-01T00:00:00Z' });

beforeEach(async () => {
  project = await createProject(
    {
      'bronze/orders.yml': 'files: landing/*.json\n',
      'landing/1.json': [row(1, 5), row(2, 7), row(3, -1), row(4, 9, 'xx')].join('\n'),
      'silver/orders.sql': `/* ---
key: id
expect:
  warn:
    known_country: country in ('de', 'fr')
  quarantine:
    positive: amount > 0
  fail:
    small: amount < 100
--- */
select id, amount, country, seen from bronze.orders`,
      'gold/total.sql': 'select country, sum(amount) as amount from silver.orders group by 1',
      'gold/count.sql': 'select count(*) as n from bronze.orders',
    },
    runHere,
  );
});
afterEach(() => removeFolder(project.folder));

describe('status', () => {
  it('says that there is no release yet', async () => {
    expect(await text()).toContain('no release yet');
    expect((await status()).code).toBe(0);
  });

  it('is right, with what is worth knowing', async () => {
    await project.runs();
    const { code, status: found } = await status();
    expect([code, found.ok, found.release, found.run?.state]).toEqual([0, true, 1, 'done']);
    expect(found.quarantine).toEqual({ 'silver.orders': 1 });
    expect(found.quality.map(({ name, broken }) => [name, broken])).toEqual(
      expect.arrayContaining([['known_country', 1]]),
    );
    expect(found.unverified).toEqual(['silver.orders', 'gold.count', 'gold.total']);
    const told = await text();
    expect(told).toContain('! silver.orders   known_country (warn): 1 of 3 rows, since run 1');
    expect(told).toContain('1 row in quarantine');
    expect(told).toContain('! 3 tables        never verified');
    expect(told.trimEnd().endsWith('nothing is wrong')).toBe(true);
  });

  it('tells what failed and what that blocks, since when, until it is right again', async () => {
    await project.runs();
    await project.write('landing/2.json', row(5, 500));
    expect((await project.run()).code).toBe(1);
    expect((await project.run()).code).toBe(1);
    const { code, status: found } = await status();
    expect(code).toBe(3);
    expect(
      found.stuck.map(({ table, status: how, sinceRun, run, blockedBy }) => [table, how, sinceRun, run, blockedBy]),
    ).toEqual([
      ['silver.orders', 'failed', 2, 3, undefined],
      ['gold.total', 'blocked', 2, 3, 'silver.orders'],
    ]);
    const told = await text();
    expect(told).toMatch(/✗ silver\.orders {3}failed since run 2 \(\d+ s ago\) {3}.*small/);
    expect(told).toMatch(/✗ gold\.total {6}blocked by silver\.orders since run 2/);
    expect((await status('gold.count')).code).toBe(0);
    // With another limit it is right, also for the tables behind it.
    const file = join(project.folder, 'silver/orders.sql');
    await writeFile(file, (await readFile(file, 'utf8')).replace('< 100', '< 1000'));
    await project.runs();
    expect((await status()).code).toBe(0);
  });

  it('forgets a failure that is taken back, though no run has made the table since', async () => {
    await project.runs();
    const file = join(project.folder, 'gold/count.sql');
    const before = await readFile(file, 'utf8');
    await writeFile(
      file,
      "select count(*) as n, (select error('broken') from bronze.orders limit 1) as e from bronze.orders",
    );
    expect((await project.run()).code).toBe(1);
    expect((await status()).status.stuck.map(({ table }) => table)).toEqual(['gold.count']);
    await writeFile(file, before);
    expect([(await status()).code, (await status()).status.stuck]).toEqual([0, []]);
  });

  it('tells of commits that no run has audited, and of tables that are not what their models give', async () => {
    await project.runs();
    const path = join(project.folder, 'lake/gold/total');
    expect((await runHere(['table', 'update', path, '--set', 'amount = 0'])).code).toBe(0);
    const { code, status: found } = await status();
    expect([code, found.foreign.map(({ table, versions }) => [table, versions.length])]).toEqual([
      3,
      [['gold.total', 1]],
    ]);
    expect(await text()).toContain('1 commit of another writer (Lakesmith');
    await project.runs();
    expect((await status()).code).toBe(0);
  });

  it('tells of a table that was not what its model gives until all of it is, or is made anew', async () => {
    await project.runs();
    const planted = (amount: string): Promise<unknown> =>
      plantRows(project.folder, 'gold.total', ['update', '--set', `amount = ${amount}`]);
    const breaks = async (): Promise<void> => {
      await planted('0');
      expect((await runHere(['verify', 'gold.total', ...at()])).code).toBe(1);
    };
    await breaks();
    const { code, status: found } = await status();
    expect([code, found.verified['gold.total']?.different?.how]).toEqual([3, 'all']);
    expect(await text()).toMatch(/✗ gold\.total {6}\d rows? not what its model gives \(version 1, verified 20/);
    await project.runs('gold.count', '--full');
    expect((await status()).code).toBe(3);
    await project.runs('gold.total', '--full');
    expect((await status()).code).toBe(0);
    await breaks();
    await planted("if(country = 'de', 12, 9)");
    expect((await status()).code).toBe(3);
    // A sample that is equal says nothing of the rows that were not.
    const sample = await runHere(['verify', 'gold.total', '--sample', '1', ...at()]);
    expect([sample.code, sample.stdout]).toEqual([0, expect.stringContaining('equal in 1 of 2 keys')]);
    expect((await status()).code).toBe(3);
    expect((await runHere(['verify', 'gold.total', ...at()])).code).toBe(0);
    expect((await status()).code).toBe(0);
  });

  it('counts how old data is by now, also when nothing was run since', async () => {
    await project.write(
      'gold/count.sql',
      '/* ---\ncheck:\n  warn:\n    fresh: seen within 1h\n--- */\nselect max(seen) as seen, count(*) as n from bronze.orders',
    );
    await project.runs();
    const { code, status: found } = await status();
    expect(found.freshness).toEqual([
      { table: 'gold.count', check: 'fresh', lagSeconds: expect.any(Number), withinSeconds: 3600, isStale: true },
    ]);
    expect(code).toBe(3);
    expect(await text()).toContain('✗ gold.count      fresh: the newest row is');
  });

  it('tells of a run that died', async () => {
    await project.runs();
    const folder = join(project.folder, 'lake/_lakesmith/runs');
    const file = join(folder, (await readdir(folder)).sort().at(-1) ?? '');
    const record = JSON.parse(await readFile(file, 'utf8')) as object;
    await writeFile(file, JSON.stringify({ ...record, state: 'running' }));
    const { code, status: found } = await status();
    expect([code, found.run?.state]).toEqual([3, 'died']);
  });
});
