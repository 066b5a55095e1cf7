import { LakeError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';

/** A name on a command line that no table has is a mistake, and no empty answer. */
export function requireTable(table: string, tables: readonly string[]): void {
  if (tables.includes(table)) return;
  const near = nearestName(table, tables);
  const hint = near === undefined ? `name one of ${tables.join(', ')}` : `Did you mean ${near}?`;
  throw new LakeError('LS4003', `Nothing in this project is called ${table}`, { hint });
}
