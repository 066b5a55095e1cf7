import { describe, expect, it } from 'vitest';
import { LakeError } from '../core/errors.ts';
import { asksFailed, changedAgainst, selectTables } from './selection.ts';
import { connectionSource, model, project, source } from './sketch.test-suite.ts';

const { project: shop } = project([
  source('orders'),
  connectionSource('customers', 'changes'),
  connectionSource('inventory', 'full'),
  model('silver.orders', ['bronze.orders'], { columnNotes: new Map([['email', { tags: ['pii'] }]]) }),
  model('silver.customers', ['bronze.customers'], { tags: ['pii'] }),
  model('gold.sales', ['silver.orders', 'silver.customers']),
  model('gold.sales_by_day', ['gold.sales']),
]);

const select = (...words: string[]): string[] => [...selectTables(shop, words)].sort();

describe('a selection', () => {
  it.each([
    ['gold.sales', ['gold.sales']],
    ['+gold.sales', ['bronze.customers', 'bronze.orders', 'gold.sales', 'silver.customers', 'silver.orders']],
    ['silver.orders+', ['gold.sales', 'gold.sales_by_day', 'silver.orders']],
    [
      '+gold.sales+',
      ['bronze.customers', 'bronze.orders', 'gold.sales', 'gold.sales_by_day', 'silver.customers', 'silver.orders'],
    ],
    ['silver', ['silver.customers', 'silver.orders']],
    ['bronze.shop', ['bronze.customers', 'bronze.inventory']],
    ['tag:pii', ['silver.customers', 'silver.orders']],
    ['1+gold.sales_by_day', ['gold.sales', 'gold.sales_by_day']],
    ['2+gold.sales_by_day', ['gold.sales', 'gold.sales_by_day', 'silver.customers', 'silver.orders']],
    ['silver.orders+1', ['gold.sales', 'silver.orders']],
    ['1+silver.orders+1', ['bronze.orders', 'gold.sales', 'silver.orders']],
    ['0+gold.sales+0', ['gold.sales']],
    ['gold.sales_*', ['gold.sales_by_day']],
    ['*.orders', ['bronze.orders', 'silver.orders']],
    ['silver/orders.sql', ['silver.orders']],
  ])('%s', (word, tables) => {
    expect(select(word)).toEqual(tables);
  });

  it('of what failed, or is defined otherwise, is what the world says', () => {
    const facts = {
      failed: new Set(['silver.orders', 'gold.gone']),
      changed: new Map([
        ['', new Set(['gold.sales'])],
        ['main', new Set(['silver.customers'])],
      ]),
    };
    const asked = (...words: string[]): string[] => [...selectTables(shop, words, facts)].sort();
    expect(asked('failed')).toEqual(['silver.orders']);
    expect(asked('failed+1')).toEqual(['gold.sales', 'silver.orders']);
    expect(asked('changed+')).toEqual(['gold.sales', 'gold.sales_by_day']);
    expect(asked('changed:main')).toEqual(['silver.customers']);
    expect(select('failed', 'changed')).toEqual([]);
    expect([...changedAgainst(['+changed', 'gold.sales', 'changed:main+2'])]).toEqual(['', 'main']);
    expect([asksFailed(['1+failed']), asksFailed(['changed'])]).toEqual([true, false]);
  });

  it('of several words is all of them', () => {
    expect(select('silver', 'gold.sales')).toEqual(['gold.sales', 'silver.customers', 'silver.orders']);
  });

  it('of nothing says what may have been meant', () => {
    expect(() => select('gold.sale')).toThrow(LakeError);
    try {
      select('gold.sale');
    } catch (error) {
      expect(error instanceof LakeError ? [error.code, error.diagnostics[0]?.hint] : error).toEqual([
        'LS4003',
        'Did you mean gold.sales?',
      ]);
    }
  });
});
