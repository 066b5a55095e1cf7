import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeFolder, succeed, temporaryFolder } from '../support/command.ts';

/**
 * A large project of dbt as its users have it: a folder with a manifest of `dbt compile` for DuckDB. None is kept here, since such
 * projects are other people's; without one there is nothing to test. What was left out is written to LARGE_DBT_REPORT.
 */
const project = process.env['LARGE_DBT_PROJECT'];

interface Manifest {
  readonly nodes: Readonly<
    Record<
      string,
      { readonly resource_type: string; readonly name: string; readonly config: { materialized?: string } }
    >
  >;
}

let folder = '';
let told = '';
const large = (): string => join(folder, 'large');

describe.skipIf(project === undefined)('a large project of dbt, imported', () => {
  beforeAll(async () => {
    folder = await temporaryFolder();
    told = await succeed(['init', 'large', '--from', 'dbt', project ?? ''], { cwd: folder });
    const report = process.env['LARGE_DBT_REPORT'];
    if (report !== undefined) await writeFile(report, told);
  });
  afterAll(() => removeFolder(folder));

  it('has every model, or says why not', async () => {
    const manifest = JSON.parse(await readFile(join(project ?? '', 'target/manifest.json'), 'utf8')) as Manifest;
    // dbt has put the others into the SQL of those that read them.
    const models = Object.values(manifest.nodes).filter(
      ({ resource_type: type, config }) => type === 'model' && config.materialized !== 'ephemeral',
    );
    const files = [...(await readdir(join(large(), 'silver'))), ...(await readdir(join(large(), 'gold')))];
    const imported = new Set(files.filter((file) => file.endsWith('.sql')).map((file) => file.replace(/\.sql$/, '')));
    const left = [...told.matchAll(/model (\S+) is left out: \S/g)].map(([, name]) => name ?? '');
    expect(models.length).toBeGreaterThanOrEqual(100);
    expect(imported.size + new Set(left).size).toBe(models.length);
    expect(imported.size).toBeGreaterThanOrEqual(100);
  });

  it('is right, can be planned, and each of its tables explained', async () => {
    expect(await succeed(['check'], { cwd: large() })).toMatch(/^ok · \d+ tables/);
    const plan = JSON.parse(await succeed(['plan', '--json'], { cwd: large() })) as {
      readonly tables: readonly { readonly table: string }[];
    };
    expect(plan.tables.length).toBeGreaterThanOrEqual(100);
    // Each is a command of its own, so one in so many.
    for (const { table } of plan.tables.filter((_, i) => i % 25 === 0)) {
      const explained = await succeed(['plan', '--explain', table], { cwd: large() });
      expect(explained).toContain(table);
      expect(explained).toMatch(/why {2,}/);
    }
  });
});
