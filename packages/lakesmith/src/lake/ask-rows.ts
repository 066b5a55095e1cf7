import type { CellValue, Relation } from '../engine/engine.ts';
import type { DeltaTable } from './delta-table.ts';
import { timezone } from './time-zone.ts';

/** The few rows that a question about a table's rows has. */
export async function askRows(
  table: DeltaTable,
  question: { readonly sql: string; readonly relations: readonly Relation[] },
  signal?: AbortSignal,
): Promise<CellValue[][]> {
  const { batches } = await table.engine.query({ ...question, timezone }, signal === undefined ? {} : { signal });
  const rows: CellValue[][] = [];
  for await (const { rowCount, columns } of batches)
    for (let i = 0; i < rowCount; i += 1) rows.push(columns.map((column) => column[i] ?? null));
  return rows;
}
