import type { Column } from '../../core/schema.ts';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { Relation, Scalar } from '../engine.ts';
import { rowPlacesOf } from '../row-places.ts';
import { columnTypes } from './describe.ts';
import { emptySql } from './empty.ts';
import { contractSql } from './exact-cast.ts';
import { qualifiedName, relationName } from './names.ts';
import { parquetSql } from './parquet-files.ts';
import type { Session } from './session.ts';
import { textFilesSql } from './text-files.ts';
import type { Workspace } from './workspace.ts';

/** Makes every relation a view in the session's catalog, or a table where its rows are kept, in the order given. */
export async function bindRelations(
  session: Session,
  relations: readonly Relation[],
  workspace: Workspace,
): Promise<void> {
  if (relations.length === 0) return;
  const schemas = new Set(['main']);
  const made = new Map<string, 'VIEW' | 'TABLE'>();
  // What waits goes to the engine in one call: each costs a way to another thread and back.
  let waiting: string[] = [];
  const settle = async (): Promise<void> => {
    const statements = waiting;
    waiting = [];
    if (statements.length > 0) await session.run(statements.join('; '));
  };
  await session.attach();
  for (const relation of relations) {
    const name = relationName(relation.name);
    if (!schemas.has(name.schema)) {
      schemas.add(name.schema);
      waiting.push(`CREATE SCHEMA ${quoteName(session.catalog)}.${quoteName(name.schema)}`);
    }
    // Its columns' types come from those before it.
    if (relation.kind === 'sql' && relation.exact === true) await settle();
    const sql = await relationSql(session, relation, workspace);
    const kind = relation.kind === 'sql' && relation.kept === true ? 'TABLE' : 'VIEW';
    const qualified = qualifiedName(session.catalog, name);
    const before = made.get(relation.name);
    if (before !== undefined && before !== kind) waiting.push(`DROP ${before} ${qualified}`);
    made.set(relation.name, kind);
    waiting.push(`CREATE ${before === kind ? 'OR REPLACE ' : ''}${kind} ${qualified} AS ${sql}`);
  }
  await settle();
}

async function relationSql(session: Session, relation: Relation, workspace: Workspace): Promise<string> {
  switch (relation.kind) {
    case 'parquet':
      return relation.files.length === 0 ? emptySql(allColumns(relation)) : await parquetSql(session, relation);
    case 'empty':
      return emptySql(allColumns(relation));
    case 'rows':
      return rowsSql(relation.columns, relation.rows);
    case 'sql':
      return relation.exact === true
        ? await exactSql(session, relation.columns, relation.sql)
        : castSql(relation.columns, relation.sql);
    case 'text-files':
      return await textFilesSql(relation, workspace);
  }
}

function allColumns(relation: Relation): readonly Column[] {
  const { file, position } = rowPlacesOf(relation.rowPositions) ?? {};
  const marks = [file, position].flatMap((name): Column[] => (name === undefined ? [] : [{ name, type: 'long' }]));
  return [...relation.columns, ...marks];
}

function rowsSql(columns: readonly Column[], rows: readonly (readonly Scalar[])[]): string {
  if (rows.length === 0) return emptySql(columns);
  const names = columns.map((column) => quoteName(column.name));
  const tuples = rows.map((row) => `(${columns.map((_, index) => textLiteral(row[index] ?? null)).join(', ')})`);
  const items = columns.map(
    (column, index) => `CAST(${names[index] ?? ''} AS ${toEngineType(column.type)}) AS ${names[index] ?? ''}`,
  );
  return `SELECT ${items.join(', ')} FROM (VALUES ${tuples.join(', ')}) AS _rows(${names.join(', ')})`;
}

function textLiteral(value: Scalar): string {
  return value === null ? 'CAST(NULL AS VARCHAR)' : quoteText(String(value));
}

async function exactSql(session: Session, columns: readonly Column[], sql: string): Promise<string> {
  return contractSql(sql, columns, await columnTypes(session, sql, {}));
}

/** The query's columns by position, under these names and in these types. */
function castSql(columns: readonly Column[], sql: string): string {
  const names = columns.map((column) => quoteName(column.name));
  const items = columns.map(
    (column, index) => `CAST(${names[index] ?? ''} AS ${toEngineType(column.type)}) AS ${names[index] ?? ''}`,
  );
  return `SELECT ${items.join(', ')} FROM (${sql}\n) AS _query(${names.join(', ')})`;
}
