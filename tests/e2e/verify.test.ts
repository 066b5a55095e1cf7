import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lakesmith, removeFolder, succeed } from '../support/command.ts';
import { createProject } from '../support/project.ts';
import type { TestProject } from '../support/project.ts';

let project: TestProject;

interface Verified {
  readonly table: string;
  readonly problems: readonly string[];
  readonly foreign?: readonly Record<string, unknown>[];
  readonly again: { readonly state: string; readonly why?: string; readonly rows?: Record<string, unknown> };
}

async function verified(
  ...args: readonly string[]
): Promise<{ code: number | null; tables: ReadonlyMap<string, Verified> }> {
  const { code, stdout } = await lakesmith(['verify', ...args, '--json', '--project', project.folder]);
  const { tables } = JSON.parse(stdout) as { tables: Verified[] };
  return { code, tables: new Map(tables.map((one) => [one.table, one])) };
}

/** Lets the newest release say something else of a table. */
async function falsify(
  table: string,
  change: (released: Record<string, unknown>) => void,
): Promise<() => Promise<void>> {
  const folder = join(project.folder, 'lake/_lakesmith/releases');
  const file = join(folder, (await readdir(folder)).sort().at(-1) ?? '');
  const before = await readFile(file, 'utf8');
  const release = JSON.parse(before) as { tables: Record<string, Record<string, unknown>> };
  change(release.tables[table] ?? {});
  await writeFile(file, JSON.stringify(release));
  return () => writeFile(file, before);
}

const day = (first: number): string =>
  Array.from({ length: 20 }, (_, i) =>
    JSON.stringify({ id: first + i, kind: i % 3 === 0 ? 'a' : 'b', amount: (i * 7) / 10 - 1 }),
  ).join('\n');

beforeAll(async () => {
  project = await createProject({
    'bronze/events.yml': 'files: landing/*.json\n',
    'landing/1.json': day(0),
    'reference/kinds.csv': 'kind,label\na,first\nb,second\n',
    'silver/events.sql':
      '/* ---\nkey: id\nexpect:\n  quarantine:\n    positive: amount >= 0\n--- */\nselect id, kind, amount, current_date as seen from bronze.events\n',
    'silver/moments.sql': '/* ---\nrefresh: full\n--- */\nselect id, now() as at_time from bronze.events\n',
    'gold/kinds.sql':
      '/* ---\nkey: kind\n--- */\nselect kind, label, sum(amount) as amount, avg(amount) as mean from silver.events join reference.kinds using (kind) group by all\n',
    'gold/bag.sql': 'select kind, amount / 3 as third from silver.events\n',
    // Columns that are called as what is counted of rows, and zeros of which either may stand for both.
    'gold/marks.sql': 'select kind as _more, amount as _side, kind as _row from silver.events\n',
    'gold/zeros.sql':
      "select distinct z, z * 0.1 as tenth from (select if(id % 2 = 0, 0.0, '-0.0'::double) as z from silver.events union all select 'nan'::double)\n",
  });
  await project.runs();
  await project.write('landing/2.json', day(100));
  await project.runs();
});
afterAll(() => removeFolder(project.folder));

describe('a release that is right', () => {
  it('is equal to what its models give', async () => {
    const { code, tables } = await verified();
    expect(code).toBe(0);
    const states = [...tables.values()].map(({ table, again, problems }) => [table, again.state, problems.length]);
    expect(states).toEqual([
      ['bronze.events', 'unknown', 0],
      ['reference.kinds', 'unknown', 0],
      ['silver.events', 'equal', 0],
      ['silver.moments', 'unknown', 0],
      ['gold.bag', 'equal', 0],
      ['gold.kinds', 'equal', 0],
      ['gold.marks', 'equal', 0],
      ['gold.zeros', 'equal', 0],
    ]);
    expect(tables.get('silver.moments')?.again.why).toContain('now()');
  });

  it('stays so as it was, when it is an earlier one', async () => {
    const { code, tables } = await verified('gold.kinds', '--release', '1');
    expect([code, tables.get('gold.kinds')?.again.state]).toEqual([0, 'equal']);
  });
});

describe('what is wrong', () => {
  it('shows, when a table is not what its model gives', async () => {
    for (const [table, key] of [
      ['gold.kinds', ['kind']],
      ['gold.bag', []],
      ['silver.events', ['id']],
    ] as const) {
      const restore = await falsify(table, (released) => (released['version'] = Number(released['version']) - 1));
      try {
        const { code, tables } = await verified(table);
        const { again } = tables.get(table) ?? {};
        expect([code, again?.state, again?.rows?.['key']]).toEqual([1, 'different', key]);
      } finally {
        await restore();
      }
    }
  });

  it('shows, when counts and loads do not fit', async () => {
    const restore = await falsify('bronze.events', (released) => (released['rows'] = 39));
    const { code, tables } = await verified('bronze', '--quick');
    expect([code, tables.get('bronze.events')?.problems]).toEqual([1, ['the release says 39 rows, the table has 40']]);
    await restore();
  });

  it('is not claimed of a model that changed since', async () => {
    const old = await readFile(join(project.folder, 'gold/bag.sql'), 'utf8');
    await project.write('gold/bag.sql', 'select kind, amount / 2 as third from silver.events\n');
    const { code, tables } = await verified('gold.bag');
    expect([code, tables.get('gold.bag')?.again.why]).toEqual([0, 'the model has changed since it was made']);
    await project.write('gold/bag.sql', old);
  });

  it('names the commit of another writer after which a table is not what was loaded', async () => {
    const table = join(project.folder, 'lake/bronze/events');
    await succeed(['table', 'delete', table, '--where', 'id = 3']);
    await project.runs();
    const { tables } = await verified('bronze', '--quick');
    const { foreign, problems } = tables.get('bronze.events') ?? {};
    expect(problems).toEqual(['40 rows of 2 files were loaded, and the table has 39']);
    expect(foreign).toMatchObject([{ version: 2, operation: 'DELETE', by: expect.stringContaining('Lakesmith') }]);
    const { stdout } = await lakesmith(['verify', 'bronze', '--quick', '--project', project.folder]);
    expect(stdout).toMatch(/version 2, \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ, is no run's: \S*lakesmith\S*.*: DELETE\n/i);
  });

  it('shows, when a file is gone', async () => {
    const folder = join(project.folder, 'lake/gold/kinds');
    const files = (await readdir(folder)).filter((name) => name.endsWith('.parquet'));
    for (const name of files) await rm(join(folder, name));
    const { code, tables } = await verified('gold.kinds');
    expect(code).toBe(1);
    expect(tables.get('gold.kinds')?.problems).toEqual([expect.stringMatching(/^part-.* is not there$/)]);
    expect(tables.get('gold.kinds')?.again.state).toBe('unknown');
  });
});
