import { nearestName } from '../core/nearest-name.ts';

/** By table: columns that stand in its files and have no value in any of them, and where types are declared. */
export type Untold = ReadonlyMap<string, { readonly file: string; readonly columns: readonly string[] }>;

/** Why a column that the user sees in the files is not in the table; undefined when it is not in the files either. */
export function untoldHint(untold: Untold | undefined, tables: Iterable<string>, column: string): string | undefined {
  for (const table of tables) {
    const found = untold?.get(table);
    if (found?.columns.some((name) => name.toLowerCase() === column.toLowerCase()) === true)
      return `no row of ${table} has a value for ${column} yet: declare its type under types: in ${found.file}`;
  }
  return undefined;
}

/** 'reference.regions has: country, region. Did you mean region?' */
export function columnHint(table: string, columns: readonly string[], wanted: string): string {
  const near = nearestName(wanted, columns);
  return `${table} has: ${columns.join(', ')}.${near === undefined ? '' : ` Did you mean ${near}?`}`;
}
