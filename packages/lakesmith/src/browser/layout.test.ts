import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayoutEdge, LayoutNode } from './layout.ts';
import { layOut } from './layout.ts';

/** Nodes of any size on some floors, and edges between any of them, circles too. */
const graphs = fc.integer({ min: 2, max: 30 }).chain((size) =>
  fc.record({
    nodes: fc.array(
      fc.record({
        width: fc.integer({ min: 20, max: 250 }),
        height: fc.integer({ min: 10, max: 300 }),
        floor: fc.integer({ min: 0, max: 3 }),
      }),
      { minLength: size, maxLength: size },
    ),
    edges: fc.uniqueArray(
      fc
        .tuple(fc.integer({ min: 0, max: size - 1 }), fc.integer({ min: 0, max: size - 1 }))
        .filter(([a, b]) => a !== b),
      { selector: (edge) => edge.join(' '), maxLength: 60 },
    ),
  }),
);

/** The same without circles: edges go to later nodes, which stand on no lower floor. */
const ways = graphs.map(({ nodes, edges }) => ({
  nodes: nodes.toSorted((a, b) => a.floor - b.floor),
  edges: edges.filter(([from, to]) => from < to),
}));

const overlaps = (a: number, sizeA: number, b: number, sizeB: number): boolean => a < b + sizeB && b < a + sizeA;

describe('the layout', () => {
  it('lays nothing on anything else, and nothing outside of the picture', () => {
    fc.assert(
      fc.property(graphs, ({ nodes, edges }) => {
        const { nodes: places, width, height } = layOut(nodes, edges);
        places.forEach(([x, y], i) => {
          const node = nodes[i] as LayoutNode;
          expect([x >= 0, y >= -1e-6, x + node.width <= width, y + node.height <= height + 1e-6]).toEqual(
            Array(4).fill(true),
          );
          places.slice(i + 1).forEach(([x2, y2], k) => {
            const other = nodes[i + 1 + k] as LayoutNode;
            const isOver =
              overlaps(x, node.width, x2, other.width) && overlaps(y, node.height - 1, y2, other.height - 1);
            expect(isOver).toBe(false);
          });
        });
      }),
    );
  });

  it('draws every edge to the right, from the side of one node to the side of the other', () => {
    fc.assert(
      fc.property(ways, ({ nodes, edges }) => {
        const layout = layOut(nodes, edges);
        edges.forEach(([from, to], i) => {
          const points = layout.edges[i] ?? [];
          const xs = points.map(([x]) => x);
          expect(xs).toEqual(xs.toSorted((a, b) => a - b));
          expect(xs[0]).toBe((layout.nodes[from]?.[0] ?? 0) + (nodes[from]?.width ?? 0));
          expect(xs.at(-1)).toBe(layout.nodes[to]?.[0]);
          expect(xs.at(-1)).toBeGreaterThan(xs[0] ?? Infinity);
        });
      }),
    );
  });

  it('stands each floor to the right of those below it', () => {
    fc.assert(
      fc.property(ways, ({ nodes, edges }) => {
        const { nodes: places } = layOut(nodes, edges);
        const isBefore = (a: LayoutNode, i: number, k: number): boolean =>
          (places[i]?.[0] ?? 0) + a.width < (places[k]?.[0] ?? 0);
        const pairs = nodes.flatMap((a, i) => nodes.map((b, k) => a.floor >= b.floor || isBefore(a, i, k)));
        expect(pairs).not.toContain(false);
      }),
    );
  });

  it('goes straight where it can', () => {
    const box = { width: 100, height: 40 };
    const nodes = [0, 0, 1, 1].map((floor) => ({ ...box, floor }));
    const crossed: LayoutEdge[] = [
      [0, 3],
      [1, 2],
    ];
    const { nodes: places } = layOut(nodes, crossed);
    expect(places[0]?.[1]).toBe(places[3]?.[1]);
    expect(places[1]?.[1]).toBe(places[2]?.[1]);
  });

  it('is the same each time, and takes a thousand tables', () => {
    const nodes = Array.from({ length: 1000 }, (_, i) => ({ width: 150, height: 44, floor: Math.floor(i / 350) }));
    const edges = nodes.flatMap((_, i): LayoutEdge[] => (i < 350 ? [] : [2, 8].map((n) => [Math.floor(i / n), i])));
    expect(layOut(nodes, edges)).toEqual(layOut(nodes, edges));
  });
});
