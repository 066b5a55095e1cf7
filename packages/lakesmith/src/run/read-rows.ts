import { cellText } from '../engine/cell-text.ts';
import type { AskRequest, Engine, Relation, Scalar } from '../engine/engine.ts';

/** A small result as rows, for people and decisions; bulk data never comes this way. */
export async function readRows(
  engine: Engine,
  request: AskRequest,
  signal?: AbortSignal,
): Promise<{ readonly columns: readonly string[]; readonly rows: readonly (readonly Scalar[])[] }> {
  const result = await engine.query(request, signal === undefined ? {} : { signal });
  const rows: Scalar[][] = [];
  for await (const batch of result.batches) {
    for (let i = 0; i < batch.rowCount; i += 1) rows.push(batch.columns.map((column) => cellText(column[i] ?? null)));
  }
  return { columns: result.columns.map((column) => column.name), rows };
}

/** How many rows a relation has; it is the last of those that are given. */
export async function countRows(
  engine: Engine,
  relations: readonly Relation[],
  { timezone, signal }: { readonly timezone: string; readonly signal?: AbortSignal },
): Promise<number> {
  const sql = `select count(*) from ${relations.at(-1)?.name ?? ''}`;
  return Number((await readRows(engine, { sql, relations, timezone }, signal)).rows[0]?.[0]);
}
