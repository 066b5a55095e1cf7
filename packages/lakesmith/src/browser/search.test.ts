import { describe, expect, it } from 'vitest';
import type { ColumnsData, OverviewData, TableLine } from '../site/catalogue.ts';
import { search, searchIndex } from './search.ts';

const table = (name: string, more: Partial<TableLine> = {}): TableLine => ({
  name,
  layer: name.split('.', 1)[0] ?? '',
  file: `${name}.js`,
  kind: 'table',
  about: '',
  tags: [],
  columns: 0,
  state: 'done',
  inputs: [],
  quarantined: 0,
  ...more,
});
const overview: OverviewData = {
  project: 'p',
  environment: 'local',
  program: '',
  isNewest: true,
  releases: [],
  runs: [],
  rules: 0,
  broken: [],
  readers: [{ kind: 'dashboard', title: 'Sales', file: 'dashboards/sales.yml', tables: [1] }],
  tables: [
    table('silver.orders', { about: 'One row per order.', tags: ['finance'], owner: 'Ada' }),
    table('gold.sales'),
    table('silver.order_lines'),
  ],
};
const columns: ColumnsData = {
  tables: [
    {
      rowsBy: [],
      more: 'Cancelled ones stay.',
      columns: [
        { name: 'status', type: 'string', about: 'Where it stands' },
        { name: 'email', type: 'string', tags: [{ tag: 'pii' }] },
      ],
    },
    { rowsBy: [], columns: [{ name: 'order_status', type: 'string' }] },
    { rowsBy: [], columns: [] },
  ],
};
const found = (question: string, data?: ColumnsData): readonly string[] =>
  search(searchIndex(overview, data), question, 10).map(({ kind, name }) => `${kind} ${name}`);

describe('search', () => {
  it('finds tables by name, the one that is called so first', () => {
    expect(found('orders')).toEqual(['table silver.orders']);
    expect(found('order')).toEqual(['table silver.orders', 'table silver.order_lines']);
    expect(found('SALES')).toEqual(['table gold.sales', 'dashboard Sales']);
  });

  it('finds columns by name, description and tag, with the table as another word', () => {
    expect(found('status', columns)).toEqual(['column silver.orders.status', 'column gold.sales.order_status']);
    expect(found('silver status', columns)).toEqual(['column silver.orders.status']);
    expect(found('pii', columns)).toEqual(['column silver.orders.email']);
    expect(found('stands', columns)).toEqual(['column silver.orders.status']);
  });

  it('finds tables by owner, tag and all of their description', () => {
    expect(found('ada')).toEqual(['table silver.orders']);
    expect(found('finance')).toEqual(['table silver.orders']);
    expect(found('cancelled', columns)).toEqual(['table silver.orders']);
  });

  it('finds nothing for nothing', () => {
    expect(found('  ')).toEqual([]);
    expect(found('orders nothing')).toEqual([]);
  });
});
