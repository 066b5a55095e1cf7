import type { DuckDBResult } from '@duckdb/node-api';
import type { Column } from '../../core/schema.ts';
import { fromEngineType } from '../../core/type-policy.ts';
import { LakeError } from '../../core/errors.ts';
import type { Batch, QueryRequest, QueryResult } from '../engine.ts';
import { parameterTypes, parameterValues } from './parameters.ts';
import type { Session } from './session.ts';
import { prepareStatement } from './statement.ts';
import { cellConverter } from './values.ts';

/** Starts the query; its rows come block by block. The session must stay open until they are read. */
export async function startQuery(session: Session, request: QueryRequest): Promise<QueryResult> {
  const { sql } = await prepareStatement(session, request.sql, request.relations);
  const parameters = request.parameters ?? {};
  const result = await session.guard(() =>
    session.connection.stream(sql, parameterValues(parameters), parameterTypes(parameters)),
  );
  const columns = result
    .columnNames()
    .map((name, index): Column => ({ name, type: typeOfResult(result.columnType(index).toString(), name) }));
  return { columns, batches: batchesOf(session, result) };
}

// What tables cannot store may still be looked at: it is shown as text.
function typeOfResult(engineType: string, name: string): Column['type'] {
  if (engineType === 'TIMESTAMP') return 'timestamp_ntz';
  try {
    return fromEngineType(engineType, name);
  } catch (error) {
    if (error instanceof LakeError && error.code === 'LS1401') return 'string';
    throw error;
  }
}

async function* batchesOf(session: Session, result: DuckDBResult): AsyncGenerator<Batch> {
  const converters = result.columnTypes().map(cellConverter);
  for (;;) {
    const chunk = await session.guard(() => result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    yield {
      rowCount: chunk.rowCount,
      columns: converters.map((convert, index) => chunk.getColumnValues(index).map(convert)),
    };
  }
}
