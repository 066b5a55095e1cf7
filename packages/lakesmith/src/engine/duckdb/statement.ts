import { LakeError } from '../../core/errors.ts';
import { quoteName } from '../../core/sql-text.ts';
import { tableReferences } from '../../sql/references.ts';
import { isNode, nodesAt } from '../../sql/tree.ts';
import type { Relation } from '../engine.ts';
import { readFailure } from './errors.ts';
import { duckdb } from './library.ts';
import { relationName } from './names.ts';
import type { Session } from './session.ts';
import { recentTree, rememberTree } from './recent-trees.ts';
import { parseTree } from './tree-json.ts';

// A schema of this name is taken for the engine's own catalog.
const catalogNames: ReadonlySet<string> = new Set(['system', 'temp', 'memory']);

/** Whether the engine could take the name of a relation for something of its own. */
export function isAmbiguous(name: string): boolean {
  return catalogNames.has(relationName(name).schema);
}

/** SQL that the engine will take as it is meant, and the way back to offsets in the SQL that was given. */
export interface Statement {
  readonly sql: string;
  readonly originalOffset: (offset: number) => number;
}

/** Checks that this is one SELECT, and says which catalog is meant where a schema is called like one. */
export async function prepareStatement(
  session: Session,
  sql: string,
  relations: readonly Relation[],
): Promise<Statement> {
  const schemas = new Set(
    relations.filter(({ name }) => isAmbiguous(name)).map(({ name }) => relationName(name).schema),
  );
  const tree = await selectTree(session, sql);
  const offsets = schemas.size === 0 || tree === undefined ? [] : ambiguousOffsets(tree, schemas);
  const prefix = `${quoteName(session.catalog)}.`;
  let text = sql;
  for (const offset of offsets.toReversed()) text = text.slice(0, offset) + prefix + text.slice(offset);
  const originalOffset = (offset: number): number =>
    offset - prefix.length * offsets.filter((place, index) => place + (index + 1) * prefix.length <= offset).length;
  return { sql: text, originalOffset };
}

/** The tree of one SELECT; undefined for one that the engine can run but not write down. */
async function selectTree(session: Session, sql: string): Promise<unknown> {
  const known = recentTree(sql);
  if (known !== undefined && isOneStatement(known)) return known;
  const [row] = await session.rows('SELECT CAST(json_serialize_sql(CAST($sql AS VARCHAR)) AS VARCHAR) AS tree', {
    sql,
  });
  const text = String(row?.['tree']);
  const tree = text.startsWith('{"error":true') ? undefined : parseTree(text, sql);
  const single = tree === undefined ? await isOneSelect(session, sql) : isOneStatement(tree);
  if (single) {
    if (tree !== undefined) rememberTree(sql, () => tree);
    return tree;
  }
  throw new LakeError(
    'LS4004',
    'Only one SELECT can be asked here: nothing that changes data or settings, and no second statement',
  );
}

function isOneStatement(tree: unknown): boolean {
  return isNode(tree) && nodesAt(tree, 'statements').length === 1;
}

async function isOneSelect(session: Session, sql: string): Promise<boolean> {
  return await session.guard(async () => {
    const statements = await session.connection.extractStatements(sql);
    if (statements.count !== 1) return false;
    try {
      const prepared = await statements.prepare(0);
      const { statementType } = prepared;
      prepared.destroySync();
      return statementType === duckdb.StatementType.SELECT || statementType === duckdb.StatementType.EXPLAIN;
    } catch (error) {
      // What cannot even be prepared is no SELECT that could be run.
      if (readFailure(error).kind !== '') return false;
      throw error;
    }
  });
}

function ambiguousOffsets(tree: unknown, schemas: ReadonlySet<string>): readonly number[] {
  return tableReferences(tree)
    .filter(
      (reference) =>
        reference.kind === 'table' && reference.catalog === '' && schemas.has(reference.schema.toLowerCase()),
    )
    .map((reference) => reference.offset);
}
