import { describe, expect, it } from 'vitest';
import type { ColumnRef, ColumnsData } from '../site/catalogue.ts';
import { columnPath, readersOf } from './column-path.ts';

const column = (
  name: string,
  from: readonly ColumnRef[] = [],
  same = false,
): ColumnsData['tables'][0]['columns'][0] => ({
  name,
  type: 'long',
  ...(from.length === 0 ? {} : { from }),
  ...(same ? { same } : {}),
});
const table = (...columns: ColumnsData['tables'][0]['columns']): ColumnsData['tables'][0] => ({ columns, rowsBy: [] });

/** a → b → d and a → c → d: ways that part and meet again; e reads something else. */
const data: ColumnsData = {
  tables: [
    table(column('a'), column('other')),
    table(column('b', [[0, 0]], true)),
    table(column('c', [[0, 0]])),
    table(
      column('d', [
        [1, 0],
        [2, 0],
      ]),
    ),
    table(column('e', [[0, 1]])),
  ],
};

describe('the path of a column', () => {
  it('has each step once, up and down, and says which computes', () => {
    const told = (ref: ColumnRef): readonly string[] =>
      columnPath(data, ref)
        .map(({ from, to, same }) => `${from.join('.')}${same ? '=' : '-'}${to.join('.')}`)
        .sort();
    expect(told([0, 0])).toEqual(['0.0-2.0', '0.0=1.0', '1.0-3.0', '2.0-3.0']);
    expect(told([1, 0])).toEqual(['0.0=1.0', '1.0-3.0']);
    expect(told([3, 0])).toEqual(['0.0-2.0', '0.0=1.0', '1.0-3.0', '2.0-3.0']);
    expect(told([4, 0])).toEqual(['0.1-4.0']);
  });

  it('knows who reads a column', () => {
    expect(readersOf(data, [0, 0])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(readersOf(data, [3, 0])).toEqual([]);
  });

  it('comes to an end where a column is its own input', () => {
    const circle: ColumnsData = { tables: [table(column('a', [[1, 0]])), table(column('b', [[0, 0]]))] };
    expect(columnPath(circle, [0, 0])).toHaveLength(2);
  });
});
