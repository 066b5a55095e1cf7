import type { DuckDBPreparedStatement } from '@duckdb/node-api';
import type { QueryRequest } from '../engine.ts';
import { duckdb } from './library.ts';
import type { Session } from './session.ts';
import { isAmbiguous } from './statement.ts';

/**
 * A statement that is one SELECT beyond doubt, ready to run; let go of it. Undefined for every other, also when it is wrong: then somebody has to
 * look closer, and to say why.
 */
export async function preparedSelect(
  session: Session,
  { sql, relations }: Pick<QueryRequest, 'sql' | 'relations'>,
): Promise<DuckDBPreparedStatement | undefined> {
  if (session.cancelled || relations.some(({ name }) => isAmbiguous(name))) return undefined;
  let prepared: DuckDBPreparedStatement | undefined;
  try {
    // More than one statement cannot be prepared.
    prepared = await session.connection.prepare(sql);
  } catch {
    return undefined;
  }
  if (prepared.statementType === duckdb.StatementType.SELECT) return prepared;
  prepared.destroySync();
  return undefined;
}

/** The types of what is one SELECT beyond doubt, and has no parameters. Undefined for every other, and where the library could write one otherwise. */
export async function selectTypes(
  session: Session,
  request: Pick<QueryRequest, 'sql' | 'relations'>,
): Promise<readonly string[] | undefined> {
  const prepared = await preparedSelect(session, request);
  try {
    return prepared === undefined ? undefined : typesOf(prepared);
  } finally {
    prepared?.destroySync();
  }
}

/** The types of a statement as the engine writes them; undefined where the library could write one otherwise. */
export function typesOf(prepared: DuckDBPreparedStatement): readonly string[] | undefined {
  const types = Array.from({ length: prepared.columnCount }, (_, i) => prepared.columnType(i));
  const isPlain = types.every((type) => type.alias === undefined && plainType.test(type.toString()));
  return isPlain ? types.map(String) : undefined;
}

const plainType = /^[A-Z_ ]+(\(\d+,\d+\))?$/;
