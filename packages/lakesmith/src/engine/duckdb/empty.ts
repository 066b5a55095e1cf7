import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';

/** A SELECT with these columns and no rows. */
export function emptySql(columns: readonly Column[]): string {
  const items = columns.map((column) => `CAST(NULL AS ${toEngineType(column.type)}) AS ${quoteName(column.name)}`);
  return `SELECT ${items.join(', ')} WHERE false`;
}
