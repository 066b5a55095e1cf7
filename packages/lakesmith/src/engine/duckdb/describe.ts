import type { Column } from '../../core/schema.ts';
import { fromEngineType } from '../../core/type-policy.ts';
import { LakeError } from '../../core/errors.ts';
import type { DescribeResult, QueryRequest } from '../engine.ts';
import { readFailure } from './errors.ts';
import type { Parameters } from './parameters.ts';
import { preparedSelect, selectTypes, typesOf } from './prepared-select.ts';
import type { Session } from './session.ts';
import { prepareStatement } from './statement.ts';
import { characterOffsets, fromCodePoints } from './tree-json.ts';

/** Column names and the engine's own types of a statement, without running it. */
async function describeStatement(
  session: Session,
  sql: string,
  parameters: Parameters,
): Promise<readonly { readonly name: string; readonly engineType: string }[]> {
  const rows = await session.rows(`DESCRIBE ${sql}`, parameters);
  return rows.map((row) => ({ name: String(row['column_name']), engineType: String(row['column_type']) }));
}

/** The engine's own types of a query's columns, without running it. */
export async function columnTypes(session: Session, sql: string, parameters: Parameters): Promise<readonly string[]> {
  const types = Object.keys(parameters).length === 0 ? await preparedTypes(session, sql) : undefined;
  return types ?? (await describeStatement(session, sql, parameters)).map(({ engineType }) => engineType);
}

/** What is one SELECT, as the engine takes it as it is meant, and the engine's own types of its columns. */
export async function typedSelect(
  session: Session,
  request: QueryRequest,
): Promise<{ readonly sql: string; readonly types: readonly string[] }> {
  const parameters = request.parameters ?? {};
  const known = Object.keys(parameters).length === 0 ? await selectTypes(session, request) : undefined;
  if (known !== undefined) return { sql: request.sql, types: known };
  const { sql } = await prepareStatement(session, request.sql, request.relations);
  return { sql, types: await columnTypes(session, sql, parameters) };
}

/** Faster, for a SELECT without any doubt. Undefined for every other, also when it is wrong: then somebody has to say why. */
async function plainColumns(session: Session, request: QueryRequest): Promise<readonly Column[] | undefined> {
  if (Object.keys(request.parameters ?? {}).length > 0) return undefined;
  const prepared = await preparedSelect(session, request);
  if (prepared === undefined) return undefined;
  try {
    const types = typesOf(prepared)?.map((type, i) => ({ name: prepared.columnName(i), type }));
    return types?.map(({ name, type }): Column => ({ name, type: fromEngineType(type, name) }));
  } catch {
    return undefined;
  } finally {
    prepared.destroySync();
  }
}

/** Faster, and only for types of which the library says what the engine says. Undefined also when the query is wrong. */
async function preparedTypes(session: Session, sql: string): Promise<readonly string[] | undefined> {
  try {
    const prepared = await session.connection.prepare(sql);
    try {
      return typesOf(prepared);
    } finally {
      prepared.destroySync();
    }
  } catch {
    return undefined;
  }
}

const describePrefix = 'DESCRIBE '.length;

/** What columns the query has, or why the engine refuses it. */
export async function describeQuery(session: Session, request: QueryRequest): Promise<DescribeResult> {
  const plain = await plainColumns(session, request);
  if (plain !== undefined) return { ok: true, columns: plain };
  let statement: Awaited<ReturnType<typeof prepareStatement>> | undefined;
  try {
    statement = await prepareStatement(session, request.sql, request.relations);
    const described = await describeStatement(session, statement.sql, request.parameters ?? {});
    const columns = described.map(({ name, engineType }): Column => ({ name, type: fromEngineType(engineType, name) }));
    return { ok: true, columns };
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    if (error.code === 'LS1401') {
      const name = error.context['column'];
      return {
        ok: false,
        problem: 'type',
        message: error.message,
        ...(typeof name === 'string' ? { name } : {}),
        candidates: [],
      };
    }
    if (error.code === 'LS4004') return { ok: false, problem: 'parse', message: error.message, candidates: [] };
    if (error.code !== 'LS2101' || error.cause === undefined) throw error;
    return refusal(error.cause, request.sql, statement);
  }
}

function refusal(
  cause: unknown,
  sql: string,
  statement: Awaited<ReturnType<typeof prepareStatement>> | undefined,
): DescribeResult {
  const failure = readFailure(cause);
  const problem = problemOf(failure.kind, failure.subtype, failure.message);
  const missing = missingName(failure.message) ?? failure.name;
  const candidates = failure.candidates.length > 0 ? failure.candidates : quotedCandidates(failure.message);
  const offset = failure.position === undefined ? undefined : offsetIn(failure.position, sql, statement);
  return {
    ok: false,
    problem,
    message: failure.message,
    ...(offset === undefined ? {} : { offset }),
    ...(missing === undefined || (problem !== 'column' && problem !== 'table') ? {} : { name: missing }),
    candidates,
  };
}

function offsetIn(
  position: number,
  sql: string,
  statement: { sql: string; originalOffset(offset: number): number } | undefined,
): number | undefined {
  if (statement === undefined) return fromCodePoints(sql, position);
  const offset = statement.originalOffset(characterOffsets(`DESCRIBE ${statement.sql}`)(position) - describePrefix);
  return offset < 0 ? undefined : offset;
}

function problemOf(kind: string, subtype: string, message: string): 'column' | 'table' | 'bind' | 'parse' {
  if (kind === 'Parser' || kind === 'Syntax') return 'parse';
  if (subtype === 'COLUMN_NOT_FOUND' || /does not have a column named|^Referenced column|^Column "/.test(message))
    return 'column';
  if (/^Table with name|^Referenced table|^Catalog "|^Schema with name/.test(message)) return 'table';
  return 'bind';
}

function missingName(message: string): string | undefined {
  const patterns = [
    /does not have a column named "([^"]+)"/,
    /^Referenced column "([^"]+)"/,
    /^Column "([^"]+)" .*not found/,
    /^Table with name "?([^\s"]+)"? does not exist/,
    /^Referenced table "([^"]+)"/,
  ];
  return patterns.map((pattern) => pattern.exec(message)?.[1]).find((name) => name !== undefined);
}

function quotedCandidates(message: string): readonly string[] {
  const [, list = ''] = /Candidate (?:bindings|tables|columns): ?:?(.*)$|Did you mean (.*)\?$/.exec(message) ?? [];
  return [...list.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
}
