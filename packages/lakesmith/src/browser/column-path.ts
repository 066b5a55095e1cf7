import type { ColumnRef, ColumnsData } from '../site/catalogue.ts';

/** A column that another one comes from. */
export interface ColumnEdge {
  readonly from: ColumnRef;
  readonly to: ColumnRef;
  /** The value itself, and not computed from it. */
  readonly same: boolean;
}

const known = new WeakMap<ColumnsData, ReadonlyMap<string, readonly ColumnRef[]>>();

/** The columns that have something of this one. */
export function readersOf(columns: ColumnsData, ref: ColumnRef): readonly ColumnRef[] {
  const all = known.get(columns) ?? allReaders(columns);
  known.set(columns, all);
  return all.get(keyOf(ref)) ?? [];
}

function allReaders({ tables }: ColumnsData): ReadonlyMap<string, readonly ColumnRef[]> {
  const readers = new Map<string, ColumnRef[]>();
  tables.forEach(({ columns }, table) => {
    columns.forEach(({ from = [] }, column) => {
      for (const ref of from) {
        const found = readers.get(keyOf(ref)) ?? [];
        found.push([table, column]);
        readers.set(keyOf(ref), found);
      }
    });
  });
  return readers;
}

/** Everything that a column comes from, and everything that comes from it: each step of the way once. */
export function columnPath(data: ColumnsData, start: ColumnRef): readonly ColumnEdge[] {
  const edges = new Map<string, ColumnEdge>();
  const sourcesOf = (ref: ColumnRef): readonly ColumnRef[] => data.tables[ref[0]]?.columns[ref[1]]?.from ?? [];
  const isSame = (ref: ColumnRef): boolean => data.tables[ref[0]]?.columns[ref[1]]?.same === true;
  const follow = (next: (ref: ColumnRef) => readonly ColumnRef[], isUp: boolean): void => {
    const waiting = [start];
    const seen = new Set([keyOf(start)]);
    for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
      for (const other of next(ref)) {
        const [from, to] = isUp ? [other, ref] : [ref, other];
        edges.set(`${keyOf(from)} ${keyOf(to)}`, { from, to, same: isSame(to) });
        if (seen.has(keyOf(other))) continue;
        seen.add(keyOf(other));
        waiting.push(other);
      }
    }
  };
  follow(sourcesOf, true);
  follow((ref) => readersOf(data, ref), false);
  return [...edges.values()];
}

export function keyOf([table, column]: ColumnRef): string {
  return `${table}.${column}`;
}
