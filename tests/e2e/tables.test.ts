import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, program, removeFolder, root, succeed, temporaryFolder } from '../support/command.ts';
import { bringDay, retailDays } from '../support/retail-days.ts';

let folder = '';
let project = '';
const table = (...args: readonly string[]): Promise<string> => succeed(['table', ...args], { cwd: project });
const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse(await table(...args, '--json'));

beforeAll(async () => {
  folder = await temporaryFolder();
  project = join(folder, 'shop');
  await succeed(['init', project, '--sample']);
  await succeed(['run', '--project', project]);
  await bringDay(project, retailDays[0]);
  await succeed(['run', '--project', project]);
});
afterAll(() => removeFolder(folder));

/** Every table of the lake: folders with a log. */
async function tables(): Promise<string[]> {
  const entries = await readdir(join(project, 'lake'), { recursive: true });
  return entries
    .filter((entry) => entry.endsWith('/_delta_log'))
    .map((entry) => `lake/${entry.replace('/_delta_log', '')}`);
}

/** Lines of the landed orders, which are one order each; without the files of one week. */
async function ordersLanded(without: string): Promise<number> {
  const landing = join(project, 'landing/orders');
  let lines = 0;
  for (const name of await readdir(landing)) {
    if (without === '' || !name.startsWith(without))
      lines += (await readFile(join(landing, name), 'utf8')).trim().split('\n').length;
  }
  return lines;
}

describe('docs/delta-tables.md', () => {
  it('shows commands that work', async () => {
    const page = await readFile(join(root, 'docs/delta-tables.md'), 'utf8');
    const lines = [...page.matchAll(/^\$ lakesmith (.*)$/gm)].map(([, line = '']) => line);
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) {
      const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
      expect(await lakesmith(words, { cwd: project }), line).toMatchObject({ code: 0, stderr: '' });
    }
  });
});

describe('a table by its path', () => {
  it('is sound, when we made it: every table of the lake', async () => {
    const all = await tables();
    expect(all.length).toBeGreaterThan(15);
    for (const path of all)
      expect([path, await json('check', path, '--deep')]).toEqual([path, { ok: true, findings: [] }]);
  });

  it('is shown with what a program needs', async () => {
    expect(await json('show', 'lake/bronze/orders')).toMatchObject({
      version: 1,
      rows: await ordersLanded(''),
      files: 2,
      partitionColumns: [],
      protocol: { minReaderVersion: 1, minWriterVersion: 7 },
      features: expect.arrayContaining(['domainMetadata']),
      txns: { 'lakesmith:bronze.orders': 2 },
    });
    expect(await json('show', 'lake/bronze/orders', '--version', '0')).toMatchObject({
      version: 0,
      rows: await ordersLanded('2026-w11b'),
    });
  });

  it('is read at a version, at a time, in part and into files', async () => {
    const days = [
      'read',
      'lake/gold/sales_by_day',
      '--columns',
      'sold_on,revenue',
      '--where',
      "sold_on >= '2026-03-10'",
    ];
    expect(await json(...days, '--version', '0')).toHaveLength(1);
    const now = await json(...days);
    expect(now).toContainEqual({ sold_on: '2026-03-11', revenue: expect.stringMatching(/^\d+\.\d\d$/) });
    const text = await table(...days);
    expect(
      text
        .split('\n')
        .slice(0, 2)
        .map((line) => line.trim().split(/\s+/)),
    ).toEqual([
      ['sold_on', 'revenue'],
      ['date', expect.stringMatching(/^decimal/)],
    ]);
    const out = join(folder, 'days.ndjson');
    await table(...days, '--out', out);
    const lines = (await readFile(out, 'utf8'))
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toHaveLength((now as unknown[]).length);
  });

  it('writes a zero below zero as one', async () => {
    const path = join(folder, 'zeros');
    const from = join(folder, 'zeros.ndjson');
    const rows = '{"x":-0.0,"l":[0.5,-0.0]}\n{"x":0.0,"l":[]}\n';
    await writeFile(from, rows);
    await succeed(['table', 'create', path, '--schema', 'x double, l double[]']);
    await succeed(['table', 'append', path, '--from', from]);
    const out = join(folder, 'zeros-again.ndjson');
    await succeed(['table', 'read', path, '--out', out]);
    expect(await readFile(out, 'utf8')).toBe('{"x":-0.0,"l":[0.5,-0.0]}\n{"x":0,"l":[]}\n');
    const told = JSON.parse(await succeed(['table', 'read', path, '--json'])) as { x: number }[];
    expect(told.filter(({ x }) => Object.is(x, -0))).toHaveLength(1);
  });

  it('tells which files a condition leaves', async () => {
    const all = await json('files', 'lake/bronze/orders');
    expect(all).toEqual([
      {
        path: expect.any(String),
        sizeBytes: expect.any(Number),
        numRecords: expect.any(Number),
        deletedRecords: 0,
        partitionValues: {},
      },
      {
        path: expect.any(String),
        sizeBytes: expect.any(Number),
        numRecords: expect.any(Number),
        deletedRecords: 0,
        partitionValues: {},
      },
    ]);
    expect(await json('files', 'lake/bronze/orders', '--where', '_run = 2')).toHaveLength(1);
    expect(await table('files', 'lake/bronze/orders', '--where', '_run = 2')).toContain('1 of 2 files');
  });

  it('answers SELECTs over several tables, and only over those', async () => {
    const sql = 'select count(*) as n from o join c on c.customer_id = o.customer_id where o._run = 1';
    const named = ['--table', 'o=lake/bronze/orders', '--table', 'c=lake/silver/customers'];
    const answer = await succeed(['query', sql, ...named, '--json'], { cwd: project });
    expect(JSON.parse(answer)).toEqual([{ n: expect.any(Number) }]);
    for (const other of [
      "select * from read_csv('x.csv')",
      'select * from nope',
      'drop table o',
      'select 1; select 2',
    ]) {
      expect(await lakesmith(['query', other, ...named], { cwd: project })).toMatchObject({
        code: expect.toBeOneOf([1, 2]),
      });
    }
  });

  it('refuses in words with a code, and leaves no file', async () => {
    const out = join(folder, 'never.parquet');
    for (const args of [
      ['read', 'lake/nothing', '--out', out],
      ['read', 'lake/bronze', '--out', out],
      ['read', 'lake/bronze/orders', '--version', '99', '--out', out],
      ['read', 'lake/bronze/orders', '--columns', 'nope', '--out', out],
      ['read', 'lake/bronze/orders', '--where', 'nope > 1', '--out', out],
      ['read', 'lake/bronze/orders', '--where', '1=1) union all select * from t where (true', '--out', out],
      ['read', 'lake/bronze/orders', '--where', '_run = 2) or (true', '--out', out],
      ['files', 'lake/bronze/orders', '--where', '_run = 2) or (true'],
      ['read', 'lake/bronze/orders', '--out', join(folder, 'x.xml')],
      ['read', 'lake/bronze/orders', '--as-of', '1999-01-01', '--out', out],
      ['changes', 'lake/bronze/orders', '--from', '0', '--out', out],
    ]) {
      const answer = await lakesmith(['table', ...args], { cwd: project });
      expect(answer.code, args.join(' ')).toBeGreaterThan(0);
      expect(answer.stderr, args.join(' ')).toMatch(/^error {2}LS[34]\d{3}|^error {2}LS2101/);
      expect(existsSync(out)).toBe(false);
    }
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('ends quietly when nobody reads on', async () => {
    const { spawnSync } = await import('node:child_process');
    const ended = spawnSync(
      '/bin/sh',
      ['-c', '"$0" "$1" table read lake/bronze/clickstream --json | head -c 10 > /dev/null', process.execPath, program],
      { cwd: project, encoding: 'utf8' },
    );
    expect(ended.stderr).toBe('');
  });
});
