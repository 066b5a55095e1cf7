import { describe, expect, it } from 'vitest';
import { groupFiles } from './group-files.ts';

const grouped = (...files: readonly string[]): unknown => groupFiles(files).map(({ name, files: of }) => [name, ...of]);

describe('files of one source', () => {
  it('differ by dates and numbers only', () => {
    expect(grouped('orders-2026-02.json', 'orders-2026-01.json', 'Orders 2026 w05.json', 'order_lines_1.csv')).toEqual([
      ['orders', 'Orders 2026 w05.json', 'orders-2026-01.json', 'orders-2026-02.json'],
      ['order_lines', 'order_lines_1.csv'],
    ]);
    expect(grouped('a20260101.csv', 'a20260102.csv', 'part-0001.csv')).toEqual([
      ['a', 'a20260101.csv', 'a20260102.csv'],
      ['data', 'part-0001.csv'],
    ]);
  });

  it('are called after their folder when their names say nothing, and never alike', () => {
    expect(grouped('orders/2026-01.json', 'orders/2026-w02.json', 'x/orders.json', 'x/orders.csv')).toEqual([
      ['orders', 'orders/2026-01.json', 'orders/2026-w02.json'],
      ['orders_2', 'x/orders.csv'],
      ['orders_3', 'x/orders.json'],
    ]);
  });
});
