import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindProject } from './bind.ts';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { memoryProjectFiles } from './files.ts';
import { ProjectLineage } from './lineage.ts';
import { loadProject } from './load.ts';
import type { ModelTable, Project } from './model.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const view = '/* ---\nkind: view\n--- */\n';
const base: Readonly<Record<string, string>> = {
  'lakesmith.yml': 'lakesmith: 1\nname: shop\n',
  'bronze/orders.yml': 'files: landing/*.json\ntypes:\n  id: BIGINT\n  amount: BIGINT\n',
  'silver/step.sql': '/* ---\nkind: ephemeral\n--- */\nselect id, amount from bronze.orders where amount > 1',
  'silver/good.sql': `${view}select id, amount from silver.step`,
  'silver/better.sql': `${view}select g.id, g.amount * 2 as doubled from silver.good g`,
  'silver/best.sql': 'select id, doubled from silver.better',
  'gold/audited.sql':
    '/* ---\ncheck:\n  fail:\n    references: id -> silver.good.id\n    own: select id from silver.better where doubled < 0\n--- */\nselect id from bronze.orders',
};

const load = (change: Record<string, string> = {}): Promise<Project> =>
  loadProject(memoryProjectFiles({ ...base, ...change }), { environment: undefined, env: {}, compiler });

function model(project: Project, name: string): ModelTable {
  const table = project.tables.get(name);
  if (table?.kind !== 'model') throw new Error(`${name} is no model`);
  return table;
}

describe('a view', () => {
  it('is a table of the project, and part of what reads it', async () => {
    const project = await load();
    const found = [...project.tables.values()].map(({ name }) => name);
    expect(found).toEqual(['bronze.orders', 'silver.good', 'silver.better', 'silver.best', 'gold.audited']);
    expect(model(project, 'silver.best')).toMatchObject({ reads: ['silver.better'], inputs: ['bronze.orders'] });
    expect(model(project, 'silver.better')).toMatchObject({ reads: ['silver.good'], inputs: ['bronze.orders'] });
    expect(model(project, 'gold.audited')).toMatchObject({
      reads: ['bronze.orders'],
      auditInputs: [],
      auditViews: ['silver.good', 'silver.better'],
    });
  });

  it('has columns of its own, and is a place of lineage', async () => {
    const schemas = new Map([
      [
        'bronze.orders',
        [
          { name: 'id', type: 'long' },
          { name: 'amount', type: 'long' },
        ] as const,
      ],
    ]);
    const { bound, diagnostics } = await bindProject(await load(), compiler, { schemas });
    expect(diagnostics).toEqual([]);
    expect(bound.schemas.get('silver.better')?.map(({ name }) => name)).toEqual(['id', 'doubled']);
    const lineage = new ProjectLineage(bound);
    const from = (table: string, column: string): unknown =>
      lineage.table(table)?.columns.find(({ name }) => name === column)?.from;
    expect(from('silver.best', 'doubled')).toEqual([{ table: 'silver.better', column: 'doubled' }]);
    expect(from('silver.better', 'doubled')).toEqual([{ table: 'silver.good', column: 'amount' }]);
    // The step is no table.
    expect(from('silver.good', 'amount')).toEqual([{ table: 'bronze.orders', column: 'amount' }]);
  });

  it('changes what reads it, however far, when it or what is put into it changes', async () => {
    const before = await load();
    for (const file of ['silver/good.sql', 'silver/step.sql']) {
      const after = await load({ [file]: (base[file] ?? '').replace('amount', 'amount + 0 as amount') });
      const changed = [...before.tables.values()].flatMap(({ name, fingerprint }) =>
        after.tables.get(name)?.fingerprint === fingerprint ? [] : [name],
      );
      expect(changed).toEqual(['silver.good', 'silver.better', 'silver.best']);
    }
  });
});
