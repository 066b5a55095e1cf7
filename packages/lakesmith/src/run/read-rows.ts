import { plainIntegers } from '../core/json.ts';
import type { CellValue, Engine, QueryRequest, Scalar } from '../engine/engine.ts';

/** A small result as rows, for people and decisions; bulk data never comes this way. */
export async function readRows(
  engine: Engine,
  request: QueryRequest,
  signal?: AbortSignal,
): Promise<{ readonly columns: readonly string[]; readonly rows: readonly (readonly Scalar[])[] }> {
  const result = await engine.query(request, signal === undefined ? {} : { signal });
  const rows: Scalar[][] = [];
  for await (const batch of result.batches) {
    for (let i = 0; i < batch.rowCount; i += 1) rows.push(batch.columns.map((column) => toScalar(column[i] ?? null)));
  }
  return { columns: result.columns.map((column) => column.name), rows };
}

function toScalar(value: CellValue): Scalar {
  if (value === null || typeof value !== 'object') return value;
  return JSON.stringify(value, plainIntegers);
}
