import { describe, expect, it } from 'vitest';
import type { AlikeFiles } from './group-files.ts';
import { alikeFiles, sourcesOf } from './group-files.ts';

const sameColumns = (): string => '';
const grouped = (...files: readonly string[]): unknown =>
  sourcesOf(alikeFiles(files), sameColumns).groups.map(({ name, files: of }) => [name, ...of]);

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

  it('of names that are spelled otherwise are one source when they have the same columns, and it is said', () => {
    const alike = alikeFiles(['a-b.csv', 'A B.csv', 'a_b.csv', 'a_b.json']);
    const columns = ({ files: [first] }: AlikeFiles): string => (first === 'a_b.csv' ? 'id, y' : 'id, x');
    const { groups, said } = sourcesOf(alike, columns);
    expect(groups.map(({ name, files }) => [name, ...files])).toEqual([
      ['a_b', 'A B.csv', 'a-b.csv'],
      ['a_b_2', 'a_b.csv'],
      ['a_b_3', 'a_b.json'],
    ]);
    expect(said).toEqual([
      'A B.csv, a-b.csv have the same columns: they are one source, bronze.a_b',
      'a_b.csv is bronze.a_b_2: bronze.a_b is of A B.csv',
      'a_b.json is bronze.a_b_3: bronze.a_b is of A B.csv',
    ]);
  });

  it('are called after their folder, or data, when no letter of theirs can stand in a name', () => {
    expect(grouped('日本.csv', 'eu/данные.csv', '数/数.csv', 'äpfel.csv', '2024 sales.csv')).toEqual([
      ['t_2024_sales', '2024 sales.csv'],
      ['eu', 'eu/данные.csv'],
      ['apfel', 'äpfel.csv'],
      ['data', '数/数.csv'],
      ['data_2', '日本.csv'],
    ]);
  });
});
