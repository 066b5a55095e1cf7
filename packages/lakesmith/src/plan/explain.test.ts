import { describe, expect, it } from 'vitest';
import { explainPlan } from './explain.ts';
import { makePlan } from './make.ts';
import {
  applied,
  connectionSource,
  model,
  newWorld,
  pendingFiles,
  project,
  reference,
  rowWise,
  settledWorld,
  source,
} from './sketch.test-suite.ts';

const golds = ['customer_segments', 'inventory_alerts', 'sales_by_day', 'sales_by_product', 'sales_by_region'];
const tables = [
  source('orders'),
  connectionSource('customers', 'changes'),
  reference('regions'),
  model('silver.customers', ['bronze.customers'], {
    modelKind: 'history',
    facts: { ...rowWise, shape: 'history by customer_id' },
  }),
  model('silver.orders', ['bronze.orders'], {
    facts: {
      ...rowWise,
      rowWise: { proven: false, why: 'row_number() looks at other rows' },
      shape: 'latest row per order_id',
    },
  }),
  model('gold.sales', ['silver.orders', 'reference.regions', 'silver.customers']),
  ...golds.map((name) => model(`gold.${name}`, ['gold.sales'])),
];
const bound = project(tables, {
  connections: new Map([
    ['shop', { name: 'shop', url: 'postgres://me:secret@db/shop?password=secret', scheme: 'postgres' }],
    ['warehouse', { name: 'warehouse', url: 'none', scheme: 'none' }],
  ]),
  extras: {
    tests: [],
    jobs: 0,
    dashboards: 0,
    alerts: 0,
    publications: [{ name: 'publish.sales', file: 'publish/sales.yml', targets: new Map(), connection: 'warehouse' }],
    readers: [],
  },
});

describe('a plan for people', () => {
  it('of a new lake', () => {
    const world = newWorld(bound);
    const sources = new Map([...world.sources, ['bronze.orders', { ...pendingFiles(7, 6900), fresh: true }]]);
    expect(`\n${explainPlan(makePlan(bound, { ...world, sources }), bound)}\n`).toBe(`
lake ./lake (local, new) · release none · 11 tables

  bronze.orders              load      7 files, 48 kB            new source
  bronze.customers           load      snapshot, then changes    new source   postgres://db/shop
  reference.regions          load      9 rows
  silver.customers           full      history by customer_id    new table
  silver.orders              full      latest row per order_id   new table
  gold.sales … 5 more        full                                new tables
  publish.sales              skip      connection warehouse is none

nothing was changed · \`lakesmith run\` does this
`);
  });

  it('of one new file', () => {
    const settled = settledWorld(bound, makePlan);
    const plan = makePlan(bound, {
      ...settled,
      sources: new Map([...settled.sources, ['bronze.orders', pendingFiles(1, 3000)]]),
    });
    expect(`\n${explainPlan(plan, bound)}\n`).toBe(`
lake ./lake (local) · release 1 · 11 tables

  bronze.orders              load      1 file, 3 kB
  silver.orders              full      latest row per order_id            bronze.orders changed
  gold.sales                 full      few rows: all at once is cheaper   silver.orders changed
  gold.customer_segments     full      few rows: all at once is cheaper   gold.sales changed
  gold.inventory_alerts      full      few rows: all at once is cheaper   gold.sales changed
  gold.sales_by_day          full      few rows: all at once is cheaper   gold.sales changed
  gold.sales_by_product      full      few rows: all at once is cheaper   gold.sales changed
  gold.sales_by_region       full      few rows: all at once is cheaper   gold.sales changed
  publish.sales              skip      connection warehouse is none
  … 3 unchanged

nothing was changed · \`lakesmith run\` does this
`);
  });

  it('of nothing to do', () => {
    const settled = settledWorld(bound, makePlan);
    expect(explainPlan(makePlan(bound, settled), bound)).toBe(
      'lake ./lake (local) · release 1 · 11 tables\n\nnothing to do · 11 tables unchanged since release 1',
    );
  });

  it('of a held table', () => {
    const before = project([
      source('orders'),
      model('silver.orders', ['bronze.orders']),
      model('gold.sales', ['silver.orders']),
    ]);
    const settled = applied(before, newWorld(before), makePlan(before, newWorld(before)));
    const held = project(
      [
        source('orders'),
        model('silver.orders', ['bronze.orders'], { fingerprint: 'm2' }),
        model('gold.sales', ['silver.orders']),
      ],
      {
        onRebuild: 'hold',
        lake: 's3://acme/shop',
      },
    );
    expect(`\n${explainPlan(makePlan(held, settled), held)}\n`).toBe(`
lake s3://acme/shop · release 1 · 3 tables

  silver.orders     held         model changed
  gold.sales        blocked      waits for silver.orders
  … 1 unchanged

1 table held · \`lakesmith run --apply\` rebuilds it
`);
  });
});
