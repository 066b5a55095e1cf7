import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEngineCompiler } from './engine-compiler.test-suite.ts';
import { examineProject } from './examine.ts';
import { memoryProjectFiles } from './files.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
beforeAll(async () => {
  compiler = await openEngineCompiler();
});
afterAll(() => compiler.engine.close());

const files: Readonly<Record<string, string>> = {
  'lakesmith.yml': 'lakesmith: 1\nname: shop\n',
  'bronze/orders.yml': 'files: landing/*.json\ntypes: {id: BIGINT, day: DATE}\n',
  'gold/days.sql': 'select day, count(*) as orders from bronze.orders group by day\n',
};

async function findingsOf(more: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const columns = [
    { name: 'id', type: 'long' },
    { name: 'day', type: 'date' },
  ] as const;
  const { diagnostics } = await examineProject(memoryProjectFiles({ ...files, ...more }), {
    environment: undefined,
    env: {},
    compiler,
    sight: () => Promise.resolve({ schemas: new Map([['bronze.orders', columns]]), diagnostics: [] }),
  });
  return diagnostics.map(({ code, place }) => `${code} ${place?.file}:${place?.line}`);
}

it('judges the queries of dashboards and alerts as check does', async () => {
  expect(await findingsOf({ 'dashboards/d.yml': 'tiles:\n  - bar: from gold.days\n' })).toEqual([]);
  const dashboard = 'tiles:\n  - bar: select dy from gold.days\n  - number: from gold.days\n  - bar: from gold.day\n';
  expect(await findingsOf({ 'dashboards/d.yml': dashboard })).toEqual([
    'LS1204 dashboards/d.yml:2',
    'LS1004 dashboards/d.yml:3',
    'LS1203 dashboards/d.yml:4',
  ]);
});

it('says nothing of a query over a model that is wrong itself', async () => {
  const wrong = {
    'gold/days.sql': 'select from where\n',
    'dashboards/d.yml': 'tiles:\n  - bar: select dy from gold.days\n',
  };
  expect(await findingsOf(wrong)).toEqual(['LS1201 gold/days.sql:1']);
});
