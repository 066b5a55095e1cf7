import { inputsFirst } from './inputs-first.ts';
import type { Layer } from './model.ts';

/** In the order in which they come first. */
export const layers: readonly Layer[] = ['bronze', 'reference', 'silver', 'gold'];

/** Inputs first; among tables that are ready, by layer and name. */
export function tablesInOrder<T extends { readonly name: string }>(
  tables: readonly T[],
  reads: (table: T) => readonly string[],
): readonly T[] {
  const layerOf = (name: string): number => layers.findIndex((layer) => name.startsWith(`${layer}.`));
  const ranked = tables
    .map((table) => ({ table, rank: `${layerOf(table.name)} ${table.name}` }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return inputsFirst(
    ranked.map(({ table }) => table),
    reads,
  );
}
