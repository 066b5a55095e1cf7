import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../core/schema.ts';
import { bindProject } from './bind.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { memoryProjectFiles, nodeProjectFiles } from './files.ts';
import type { ProjectFiles } from './files.ts';
import { loadProject } from './load.ts';
import type { ModelTable, Project } from './model.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(async () => {
  await compiler.engine.close();
});

const retail = fileURLToPath(new URL('../../../../samples/retail', import.meta.url));
const load = (files: ProjectFiles): Promise<Project> =>
  loadProject(files, { environment: undefined, env: {}, compiler });

function model(project: Project, name: string): ModelTable {
  const table = project.tables.get(name);
  if (table?.kind !== 'model') throw new Error(`${name} is no model`);
  return table;
}

const provenance: readonly Column[] = [
  { name: '_source', type: 'string' },
  { name: '_ingested_at', type: 'timestamp' },
];

/** What the sample's files hold, as the engine infers it, with declared types over it. */
async function inferred(project: Project): Promise<ReadonlyMap<string, readonly Column[]>> {
  const files = nodeProjectFiles(retail);
  const csv = { type: 'csv', header: true } as const;
  const schemas = new Map<string, readonly Column[]>();
  for (const table of project.tables.values()) {
    if (table.kind === 'model') continue;
    const remote =
      table.kind === 'source' && table.from.kind === 'connection' ? [`shop/${table.from.remoteTable}.csv`] : undefined;
    const folder =
      table.kind === 'source' && table.from.kind === 'files' ? path.posix.dirname(table.from.pattern) : undefined;
    const paths = table.kind === 'reference' ? [table.csv] : (remote ?? (await files.list(folder ?? '')));
    // The sample's .json files hold a value per line, which a load finds out by looking.
    const isJson = table.kind === 'source' && table.from.kind === 'files' && table.from.format !== 'csv';
    const format = isJson ? ({ type: 'ndjson' } as const) : csv;
    const columns = await compiler.engine.infer({
      format,
      locations: paths.map((file) => path.join(retail, file)),
      timezone: 'UTC',
    });
    const typed = columns.map(({ name, type }) => ({ name, type: table.types.get(name) ?? type }));
    schemas.set(table.name, table.kind === 'source' ? [...typed, ...provenance] : typed);
  }
  return schemas;
}

describe('the retail sample', () => {
  it('loads, inputs before what is made of them', async () => {
    const project = await load(nodeProjectFiles(retail));
    const names = [...project.tables.keys()];
    expect(names).toHaveLength(18);
    for (const table of project.tables.values()) {
      if (table.kind !== 'model') continue;
      for (const input of [...table.inputs, ...table.auditInputs])
        expect(names.indexOf(input)).toBeLessThan(names.indexOf(table.name));
    }
    const { tests, readers, ...extras } = project.extras;
    expect(readers.map(({ kind, title, queries }) => [kind, title, queries.length])).toEqual([
      ['alert', '{rows} products are about to run out', 1],
      ['dashboard', 'Sales', 7],
    ]);
    expect(tests.map(({ table }) => table)).toEqual(['silver.customers', 'gold.inventory_alerts', 'silver.orders']);
    expect(extras).toEqual({
      jobs: 2,
      dashboards: 1,
      alerts: 1,
      publications: [
        {
          name: 'publish.sales',
          file: 'publish/sales.yml',
          targets: new Map([
            ['gold.sales_by_day', 'reporting.sales_by_day'],
            ['gold.sales_by_region', 'reporting.sales_by_region'],
          ]),
          connection: 'warehouse',
        },
      ],
    });
    expect(model(project, 'silver.orders')).toMatchObject({
      inputs: ['bronze.orders'],
      auditInputs: ['reference.regions', 'silver.customers'],
      key: ['order_id'],
      description: 'One row per order: cleaned, and only its latest state.',
      facts: { shape: 'latest row per order_id', usesClock: false },
    });
    expect(model(project, 'silver.orders').rules.map(({ name, severity }) => `${name} ${severity}`)).toEqual([
      'known_status quarantine',
      'has_items quarantine',
      'not_in_the_future quarantine',
      'known_country warn',
    ]);
    expect(model(project, 'silver.customers')).toMatchObject({
      modelKind: 'history',
      history: { validFrom: 'updated_at', track: ['name', 'email', 'country', 'tier'], firstValidFrom: undefined },
      facts: { shape: 'history by customer_id' },
    });
    expect(model(project, 'gold.customer_segments').facts.usesClock).toBe(true);
    expect(project.tables.get('reference.regions')).toMatchObject({ rowCount: 9, key: ['country'] });
  });

  it('binds, with nothing to complain about', async () => {
    const project = await load(nodeProjectFiles(retail));
    const { bound, diagnostics } = await bindProject(project, compiler, { schemas: await inferred(project) });
    expect(diagnostics).toEqual([]);
    expect([...bound.schemas].filter(([, columns]) => columns === undefined)).toEqual([]);
    expect(bound.schemas.get('silver.customers')?.slice(-3)).toEqual([
      { name: 'valid_from', type: 'timestamp' },
      { name: 'valid_to', type: 'timestamp' },
      { name: 'is_current', type: 'boolean' },
    ]);
    expect(bound.schemas.get('gold.sales_by_day')).toMatchObject([
      { name: 'sold_on', type: 'date' },
      { name: 'orders', type: 'long' },
      { name: 'units', type: 'long' },
      {},
      {},
    ]);
  });

  it('stays unbound above a source whose columns are not known, and only there', async () => {
    const project = await load(nodeProjectFiles(retail));
    const known = new Map(await inferred(project));
    known.delete('bronze.clickstream');
    const { bound, diagnostics } = await bindProject(project, compiler, { schemas: known });
    expect(diagnostics).toEqual([]);
    expect([...bound.schemas].filter(([, columns]) => columns === undefined).map(([name]) => name)).toEqual([
      'bronze.clickstream',
      'silver.clicks',
    ]);
  });
});

describe('a fingerprint', () => {
  const files = (sql: string, settings = 'key: id'): ProjectFiles =>
    memoryProjectFiles({
      'lakesmith.yml': 'lakesmith: 1\nname: x\n',
      'reference/r.csv': 'id,n\n1,2\n',
      'silver/t.sql': `/* ---\n${settings}\n--- */\n${sql}`,
    });
  const prints = async (sql: string, settings?: string): Promise<readonly string[]> => {
    const table = model(await load(files(sql, settings)), 'silver.t');
    return [table.fingerprint, table.rulesFingerprint];
  };

  it('does not change with white space, comments, descriptions or letters of keywords', async () => {
    const [made, rules] = await prints('select id, n from reference.r where n > 1');
    expect(
      await prints(
        '-- why\nSELECT id,\n  n FROM reference.r\nwhere n > 1;',
        'key: id\ndescription: T\ncolumns:\n  id:\n    tags: [a]',
      ),
    ).toEqual([made, rules]);
  });

  it('changes with the SELECT, and with kind', async () => {
    const [made] = await prints('select id, n from reference.r where n > 1');
    expect((await prints('select id, n from reference.r where n > 2'))[0]).not.toBe(made);
    expect((await prints('select n, id from reference.r where n > 1'))[0]).not.toBe(made);
  });

  it('of rules changes with rules, checks and key, and only then', async () => {
    const sql = 'select id, n from reference.r';
    const all = await Promise.all(
      [
        'key: id',
        'key: n',
        'expect:\n  warn:\n    a: n > 0',
        'expect:\n  fail:\n    a: n > 0',
        'expect:\n  warn:\n    a: n > 1',
        'check:\n  warn:\n    unique: n',
      ].map((settings) => prints(sql, settings)),
    );
    expect(new Set(all.map(([made]) => made)).size).toBe(1);
    expect(new Set(all.map(([, rules]) => rules)).size).toBe(6);
    expect(await prints(sql, 'expect:\n  warn:\n    a:   n   >   0')).toEqual(all[2]);
  });
});

describe('settings', () => {
  it('may stand in a .yml beside the SQL, and rules point there', async () => {
    const project = await load(
      memoryProjectFiles({
        'lakesmith.yml': 'lakesmith: 1\nname: x\n',
        'reference/r.csv': 'id,note\n1,"a\nb"\n2,c\n',
        'silver/t.sql': '/* ---\nkey: id\n--- */\nselect id from reference.r',
        'silver/t.yml': 'expect:\n  warn:\n    positive: id > 0\n',
      }),
    );
    expect(model(project, 'silver.t')).toMatchObject({
      key: ['id'],
      rules: [{ name: 'positive', place: { file: 'silver/t.yml', line: 3, column: 15, length: 6 } }],
    });
    expect(project.tables.get('reference.r')).toMatchObject({ rowCount: 2 });
  });
});
