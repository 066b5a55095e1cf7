import { ranksOf } from './ranks.ts';

/** Something to be placed; nodes of a higher floor stand further to the right. */
export interface LayoutNode {
  readonly width: number;
  readonly height: number;
  readonly floor: number;
}

export type LayoutEdge = readonly [from: number, to: number];
export type Point = readonly [x: number, y: number];

export interface Layout {
  /** Upper left corners. */
  readonly nodes: readonly Point[];
  /** For each edge, the points that it goes through: it leaves a node to the right, and comes to one from the left. */
  readonly edges: readonly (readonly Point[])[];
  readonly width: number;
  readonly height: number;
}

const [gapX, gapY, sweeps] = [72, 14, 8];

/** A place in a column: of a node, or where an edge passes. */
interface Slot {
  readonly width: number;
  readonly height: number;
  readonly before: Slot[];
  readonly after: Slot[];
  rank: number;
  order: number;
  y: number;
}

/** Places nodes in columns from left to right, so that every edge goes right and nothing lies on anything else. */
export function layOut(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): Layout {
  const ranks = ranksOf(
    nodes.map(({ floor }) => floor),
    edges,
  );
  const slots = nodes.map(({ width, height }, i) => slotAt(ranks[i] ?? 0, width, height));
  const all: Slot[] = [...slots];
  const ways = edges.map(([from, to]) => wayBetween(slots[from], slots[to], all));
  const columns: Slot[][] = [];
  for (const slot of all) (columns[slot.rank] ??= []).push(slot);
  const filled = columns.filter((column) => column.length > 0);
  arrange(filled);
  settle(filled);
  const lowest = all.reduce((least, { y, height }) => Math.min(least, y - height / 2), Infinity);
  const widths = filled.map((column) => column.reduce((most, { width }) => Math.max(most, width), 0));
  const lefts: number[] = [];
  let right = 0;
  filled.forEach((column, i) => {
    for (const slot of column) slot.rank = i;
    lefts.push(right);
    right += (widths[i] ?? 0) + gapX;
  });
  const top = (slot: Slot): number => slot.y - slot.height / 2 - lowest;
  const places = slots.map((slot): Point => [lefts[slot.rank] ?? 0, top(slot)]);
  return {
    nodes: places,
    edges: ways.map((way) =>
      way.flatMap((slot, at): Point[] => {
        const left = lefts[slot.rank] ?? 0;
        const middle = slot.y - lowest;
        if (at === 0) return [[left + slot.width, middle]];
        return at === way.length - 1
          ? [[left, middle]]
          : [
              [left, middle],
              [left + (widths[slot.rank] ?? 0), middle],
            ];
      }),
    ),
    width: Math.max(0, right - gapX),
    height: all.reduce((most, slot) => Math.max(most, top(slot) + slot.height), 0),
  };
}

function slotAt(rank: number, width: number, height: number): Slot {
  return { width, height, before: [], after: [], rank, order: 0, y: 0 };
}

/** The slots that an edge goes through: one in each column between its ends. */
function wayBetween(from: Slot | undefined, to: Slot | undefined, all: Slot[]): readonly Slot[] {
  if (from === undefined || to === undefined) return [];
  const way = [from];
  for (let rank = from.rank + 1; rank < to.rank; rank += 1) way.push(slotAt(rank, 0, 4));
  all.push(...way.slice(1));
  way.push(to);
  way.slice(1).forEach((slot, i) => {
    const previous = way[i];
    previous?.after.push(slot);
    if (previous !== undefined) slot.before.push(previous);
  });
  return way;
}

/** Orders each column by where its neighbours stand, so that edges cross less. */
function arrange(columns: readonly Slot[][]): void {
  const number = (column: readonly Slot[]): void => {
    column.forEach((slot, i) => (slot.order = (i + 0.5) / column.length));
  };
  columns.forEach(number);
  for (let i = 0; i < sweeps; i += 1) {
    const isRight = i % 2 === 0;
    for (const column of isRight ? columns : columns.toReversed()) {
      const wanted = new Map(
        column.map((slot) => [slot, mean(isRight ? slot.before : slot.after, (one) => one.order) ?? slot.order]),
      );
      column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
      number(column);
    }
  }
}

/** Moves each slot to where its neighbours are, as far as the others of its column let it. */
function settle(columns: readonly Slot[][]): void {
  for (const column of columns)
    place(
      column,
      column.map(() => 0),
    );
  for (let i = 0; i < sweeps; i += 1) {
    const isRight = i % 2 === 0;
    for (const column of isRight ? columns : columns.toReversed())
      place(
        column,
        column.map((slot) => mean([...slot.before, ...slot.after], (one) => one.y) ?? slot.y),
      );
  }
}

/** The places nearest to the wanted ones at which slots keep their order and their distance: blocks that collide meet in their middle. */
function place(column: readonly Slot[], wanted: readonly number[]): void {
  const offsets: number[] = [];
  let offset = 0;
  column.forEach((slot, i) => {
    if (i > 0) offset += (slot.height + (column[i - 1]?.height ?? 0)) / 2 + gapY;
    offsets.push(offset);
  });
  const blocks: { sum: number; size: number }[] = [];
  column.forEach((_, i) => {
    blocks.push({ sum: (wanted[i] ?? 0) - (offsets[i] ?? 0), size: 1 });
    for (let last = blocks.at(-1), above = blocks.at(-2); last !== undefined && above !== undefined;) {
      if (above.sum / above.size <= last.sum / last.size) break;
      above.sum += last.sum;
      above.size += last.size;
      blocks.pop();
      [last, above] = [blocks.at(-1), blocks.at(-2)];
    }
  });
  let i = 0;
  for (const { sum, size } of blocks)
    for (let n = 0; n < size; n += 1, i += 1) {
      const slot = column[i];
      if (slot !== undefined) slot.y = sum / size + (offsets[i] ?? 0);
    }
}

function mean(slots: readonly Slot[], of: (slot: Slot) => number): number | undefined {
  return slots.length === 0 ? undefined : slots.reduce((sum, slot) => sum + of(slot), 0) / slots.length;
}
