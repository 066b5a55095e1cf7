import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed, temporaryFolder } from '../support/command.ts';

let folder = '';
const ask = (...args: string[]): ReturnType<typeof lakesmith> => lakesmith(args, { cwd: folder });

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), text);
}

/** Of each hundred rows, `bad` have no amount, and one is a test. */
async function bring(file: string, first: number, bad: number): Promise<void> {
  const rows = Array.from({ length: 100 }, (_, i) => ({
    id: first + i,
    amount: i < bad ? null : i,
    kind: i === 99 ? 'test' : 'real',
  }));
  await write(`landing/${file}`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

const model = (limits: { quarantine: string; drop?: string; warn?: string }): Promise<void> =>
  write(
    'silver/orders.sql',
    `/* ---
key: id
expect:
  quarantine${limits.quarantine}:
    has_amount: amount is not null
  drop${limits.drop ?? ''}:
    real: kind = 'real'
  warn${limits.warn ?? ''}:
    small: amount < 97
--- */
select id, amount, kind from bronze.orders
`,
  );

const quality = async (run: number): Promise<unknown> =>
  JSON.parse(
    await succeed(
      [
        'query',
        `select name, severity, broken, rows from system.quality where run = ${run} and kind = 'rule' order by 1`,
        '--format',
        'json',
      ],
      { cwd: folder },
    ),
  );

beforeAll(async () => {
  folder = await temporaryFolder();
  await write('lakesmith.yml', 'lakesmith: 1\nname: t\nlake: ./lake\n');
  await write('bronze/orders.yml', 'files: landing/*.json\n');
});
afterAll(() => removeFolder(folder));

describe('how many rows may break a rule', () => {
  it('is as many as one likes when nothing is said, and each rule tells how many rows it took out', async () => {
    await bring('1.json', 0, 5);
    await model({ quarantine: '' });
    expect(await ask('run')).toMatchObject({ code: 0, stdout: expect.stringContaining('5 quarantined') });
    expect(await quality(1)).toEqual([
      { name: 'has_amount', severity: 'quarantine', broken: 5, rows: 100 },
      { name: 'real', severity: 'drop', broken: 1, rows: 100 },
      // 97 and 98; the row that is a test was dropped.
      { name: 'small', severity: 'warn', broken: 2, rows: 94 },
    ]);
  });

  it('can be a share: up to it rows are put aside, beyond it the table fails and stays what it was', async () => {
    await model({ quarantine: ' up to 5 %' });
    expect(await ask('run')).toMatchObject({ code: 0 });
    await model({ quarantine: ' up to 4.9%' });
    const { code, stdout } = await ask('run');
    expect(code).toBe(1);
    expect(stdout).toContain('has_amount: 5 of 100 rows were put aside, more than 4.9 %');
    expect((await ask('quality')).stdout).toMatch(/has_amount +fail +5 of 100/);
    expect(await ask('query', 'select count(*) as n from silver.orders', '--format', 'json')).toMatchObject({
      stdout: expect.stringMatching(/"n": ?94/),
    });
    expect((await ask('quarantine')).stdout.match(/has_amount/g)).toHaveLength(5);
  });

  it('counts the new rows alone when rows are added', async () => {
    await model({ quarantine: ' up to 5.5%' });
    expect(await ask('run')).toMatchObject({ code: 0 });
    // 6 of these 100, and 11 of all 200.
    await bring('2.json', 1000, 6);
    const { code, stdout } = await ask('run');
    expect(code, stdout).toBe(1);
    expect(stdout).toContain('has_amount: 6 of 100 rows were put aside, more than 5.5 %');
    expect(await ask('run', '--full')).toMatchObject({ code: 0 });
  });

  it('can be a number, of rows that are dropped or only told', async () => {
    await model({ quarantine: '', drop: ' up to 1 row' });
    expect((await ask('run')).stdout).toContain('real: 2 of 200 rows were dropped, more than 1 row');
    await model({ quarantine: '', drop: ' up to 2', warn: ' up to 3' });
    const warned = await ask('run');
    expect([warned.code, warned.stdout]).toEqual([
      1,
      expect.stringContaining('small: 4 of 187 rows break the rule, more than 3 rows'),
    ]);
    expect((await ask('quality')).stdout).toMatch(/small +fail +4 of 187/);
    await model({ quarantine: '', drop: ' up to 2', warn: ' up to 4' });
    expect(await ask('run')).toMatchObject({ code: 0, stdout: expect.stringContaining('! small 4') });
    expect((await ask('quality')).stdout).toMatch(/small +warn +4 of 187/);
  });
});
