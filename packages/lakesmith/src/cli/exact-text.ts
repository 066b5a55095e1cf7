import { plainIntegers } from '../core/json.ts';
import type { Exact } from '../run/quarantine-list.ts';

/** A value as a cell of a table, or as what a user types to mean it. */
export function exactText(value: Exact): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value, plainIntegers) : String(value);
}
