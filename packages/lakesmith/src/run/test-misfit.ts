import type { Diagnostic } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteText } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { Engine } from '../engine/engine.ts';
import type { RowBlock } from '../project/row-block.ts';
import { readRows } from './read-rows.ts';

/** The first value that is none of its column's type. Only asked when something failed: looking costs more than a test. */
export async function misfitIn(
  blocks: readonly RowBlock[],
  columns: readonly Column[],
  { engine, timezone }: { readonly engine: Engine; readonly timezone: string },
): Promise<Diagnostic | undefined> {
  for (const block of blocks) {
    for (const [i, { name }] of block.columns.entries()) {
      const type = columns.find((column) => column.name === name)?.type;
      if (type === undefined) continue;
      const engineType = toEngineType(type);
      for (const { cells, place } of block.rows) {
        const cell = cells[i] ?? null;
        if (cell === null) continue;
        const sql = `select try_cast(${quoteText(cell)} as ${engineType}) is null`;
        const { rows } = await readRows(engine, { sql, relations: [], timezone });
        if (rows[0]?.[0] === true)
          return { code: 'LS2004', message: `${cell} is no ${engineType}, which ${name} is`, place };
      }
    }
  }
  return undefined;
}
