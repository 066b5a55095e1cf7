import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';

/** A SELECT with these columns and no rows. */
export function emptySql(columns: readonly Column[]): string {
  const items = columns.map((column) => `CAST(NULL AS ${toEngineType(column.type)}) AS ${quoteName(column.name)}`);
  return `SELECT ${items.join(', ')} WHERE false`;
}

/** The columns of a table, as the statement that makes it wants them. */
export function columnsSql(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${quoteName(name)} ${toEngineType(type)}`).join(', ');
}
