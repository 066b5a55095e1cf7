import type { TableLine } from '../site/catalogue.ts';

/** By table, the tables that it is made from, and those that are made from it. */
export interface TableGraph {
  readonly up: readonly (readonly number[])[];
  readonly down: readonly (readonly number[])[];
}

export function tableGraph(tables: readonly Pick<TableLine, 'inputs'>[]): TableGraph {
  const down: number[][] = tables.map(() => []);
  tables.forEach(({ inputs }, table) => {
    for (const input of inputs) down[input]?.push(table);
  });
  return { up: tables.map(({ inputs }) => inputs), down };
}

/** Tables that one leads to in at most so many steps, itself among them. */
export function reach(next: readonly (readonly number[])[], start: number, steps: number): ReadonlySet<number> {
  const found = new Set([start]);
  let edge = [start];
  for (let i = 0; i < steps && edge.length > 0; i += 1) {
    edge = [...new Set(edge.flatMap((table) => next[table] ?? []))].filter((table) => !found.has(table));
    for (const table of edge) found.add(table);
  }
  return found;
}

/** What a table is made from and what is made from it, so many steps away. */
export function around({ up, down }: TableGraph, table: number, steps: number): ReadonlySet<number> {
  return new Set([...reach(up, table, steps), ...reach(down, table, steps)]);
}
