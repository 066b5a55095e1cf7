import { StatementType } from '@duckdb/node-api';
import { LakeError } from '../../core/errors.ts';
import { quoteName } from '../../core/sql-text.ts';
import { tableReferences } from '../../sql/references.ts';
import type { Relation } from '../engine.ts';
import { readFailure } from './errors.ts';
import { relationName } from './names.ts';
import type { Session } from './session.ts';
import { parseTree } from './tree-json.ts';

// A schema of this name is taken for the engine's own catalog.
const catalogNames: ReadonlySet<string> = new Set(['system', 'temp', 'memory']);

/** SQL that the engine will take as it is meant, and the way back to offsets in the SQL that was given. */
export interface Statement {
  readonly sql: string;
  readonly originalOffset: (offset: number) => number;
}

/** Checks that this is one SELECT, and says which catalog is meant where a schema is called like one. */
export async function prepareStatement(session: Session, sql: string, relations: readonly Relation[]): Promise<Statement> {
  await requireSelect(session, sql);
  const schemas = new Set(relations.map((relation) => relationName(relation.name).schema).filter((schema) => catalogNames.has(schema)));
  const offsets = schemas.size === 0 ? [] : await ambiguousOffsets(session, sql, schemas);
  const prefix = `${quoteName(session.catalog)}.`;
  let text = sql;
  for (const offset of offsets.toReversed()) text = text.slice(0, offset) + prefix + text.slice(offset);
  const originalOffset = (offset: number): number =>
    offset - prefix.length * offsets.filter((place, index) => place + (index + 1) * prefix.length <= offset).length;
  return { sql: text, originalOffset };
}

async function requireSelect(session: Session, sql: string): Promise<void> {
  await session.guard(async () => {
    const statements = await session.connection.extractStatements(sql);
    const only = statements.count === 1 ? await typeOfFirst(statements) : undefined;
    if (only !== undefined && only !== StatementType.SELECT && only !== StatementType.EXPLAIN) throw notOneSelect();
    if (statements.count !== 1) throw notOneSelect();
  });
}

// What cannot be bound has no type yet: the error comes with its reason when it is run.
async function typeOfFirst(statements: { prepare(index: number): Promise<{ statementType: StatementType; destroySync(): void }> }): Promise<StatementType | undefined> {
  try {
    const prepared = await statements.prepare(0);
    const { statementType } = prepared;
    prepared.destroySync();
    return statementType;
  } catch (error) {
    if (['Binder', 'Catalog', 'Conversion', 'Invalid Input', 'IO', 'Parameter Not Resolved'].includes(readFailure(error).kind)) return undefined;
    throw error;
  }
}

function notOneSelect(): LakeError {
  return new LakeError('LS4004', 'Only one SELECT can be asked here: nothing that changes data or settings, and no second statement');
}

async function ambiguousOffsets(session: Session, sql: string, schemas: ReadonlySet<string>): Promise<readonly number[]> {
  const [row] = await session.rows('SELECT CAST(json_serialize_sql(CAST($sql AS VARCHAR)) AS VARCHAR) AS tree', { sql });
  const text = String(row?.['tree']);
  if (text.startsWith('{"error":true')) return [];
  return tableReferences(parseTree(text, sql))
    .filter((reference) => reference.kind === 'table' && reference.catalog === '' && schemas.has(reference.schema.toLowerCase()))
    .map((reference) => reference.offset);
}
