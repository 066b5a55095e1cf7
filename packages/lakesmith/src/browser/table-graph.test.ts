import { describe, expect, it } from 'vitest';
import { around, reach, tableGraph } from './table-graph.ts';

// 0 → 1 → 3 → 4, and 2 → 3
const graph = tableGraph([[], [0], [], [1, 2], [3]].map((inputs) => ({ inputs })));

const sorted = (tables: Iterable<number>): readonly number[] => [...tables].sort((a, b) => a - b);

describe('the graph of tables', () => {
  it('knows both directions', () => {
    expect(graph.down).toEqual([[1], [3], [3], [4], []]);
  });

  it('goes so many steps and no further', () => {
    expect(sorted(reach(graph.up, 4, 1))).toEqual([3, 4]);
    expect(sorted(reach(graph.up, 4, 2))).toEqual([1, 2, 3, 4]);
    expect(sorted(reach(graph.up, 4, Infinity))).toEqual([0, 1, 2, 3, 4]);
  });

  it('shows what leads to a table and what comes from it, and not what stands beside it', () => {
    expect(sorted(around(graph, 1, 2))).toEqual([0, 1, 3, 4]);
  });
});
