import type { Relation, RowPlaces } from './engine.ts';

/** What the columns are called that say where a row lies; undefined: there are none. */
export function rowPlacesOf(rowPositions: Relation['rowPositions']): RowPlaces | undefined {
  if (rowPositions === undefined || rowPositions === false) return undefined;
  return rowPositions === true ? { file: '__ls_file', position: '__ls_position' } : rowPositions;
}
