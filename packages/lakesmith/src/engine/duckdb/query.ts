import type { DuckDBPreparedStatement, DuckDBResult } from '@duckdb/node-api';
import type { Column } from '../../core/schema.ts';
import { fromEngineType, toEngineType } from '../../core/type-policy.ts';
import { LakeError } from '../../core/errors.ts';
import type { AskRequest, Batch, QueryRequest, QueryResult } from '../engine.ts';
import { columnTypes } from './describe.ts';
import { contractSql } from './exact-cast.ts';
import { parameterTypes, parameterValues } from './parameters.ts';
import { preparedSelect, typesOf } from './prepared-select.ts';
import type { Session } from './session.ts';
import { prepareStatement } from './statement.ts';
import { cellConverter } from './values.ts';

/** Starts the query; its rows come block by block. The session must stay open until they are read. */
export async function startQuery(session: Session, request: AskRequest): Promise<QueryResult> {
  const prepared = await preparedSelect(session, request);
  try {
    if (prepared !== undefined && hasColumns(prepared, request.columns))
      return answer(session, request, await started(session, prepared, request));
  } finally {
    prepared?.destroySync();
  }
  const { sql } = await prepareStatement(session, request.sql, request.relations);
  return answer(session, request, await streamed(session, request, await exactly(session, sql, request)));
}

/** Whether the statement gives these columns as they are. */
function hasColumns(prepared: DuckDBPreparedStatement, columns: AskRequest['columns']): boolean {
  if (columns === undefined) return true;
  const types = typesOf(prepared);
  return types?.length === columns.length && columns.every(({ type }, i) => toEngineType(type) === types[i]);
}

async function exactly(session: Session, sql: string, { columns, parameters = {} }: AskRequest): Promise<string> {
  return columns === undefined ? sql : contractSql(sql, columns, await columnTypes(session, sql, parameters));
}

async function started(
  session: Session,
  prepared: DuckDBPreparedStatement,
  { parameters = {} }: QueryRequest,
): Promise<DuckDBResult> {
  return await session.guard(async () => {
    const values = parameterValues(parameters);
    if (values !== undefined) prepared.bind(values, parameterTypes(parameters));
    return await prepared.stream();
  });
}

async function streamed(session: Session, { parameters = {} }: QueryRequest, sql: string): Promise<DuckDBResult> {
  return await session.guard(() =>
    session.connection.stream(sql, parameterValues(parameters), parameterTypes(parameters)),
  );
}

function answer(session: Session, { columns: named }: AskRequest, result: DuckDBResult): QueryResult {
  const columns = result
    .columnNames()
    .map((name, index): Column => ({ name, type: typeOfResult(result.columnType(index).toString(), name) }));
  return { columns: named ?? columns, batches: batchesOf(session, result) };
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
