import type { Predicate, Scan, Snapshot } from '@lakesmith/delta';
import { readSnapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import { sqlTokens } from '../core/sql-tokens.ts';
import type { Engine, QueryRequest, Relation } from '../engine/engine.ts';
import { bindTable } from '../lake/bind-table.ts';
import type { DeltaTable } from '../lake/delta-table.ts';
import { bindIdentified } from '../lake/row-identity.ts';
import { timezone } from '../lake/time-zone.ts';
import { isSingleSelect } from '../sql/gate.ts';
import { tablePredicates } from '../sql/predicates.ts';
import { tableReferences } from '../sql/references.ts';
import { placeInQuestion, questionError } from './question-error.ts';

/** Binds one SELECT to the newest version of tables that were given names. */
export async function bindTables(
  engine: Engine,
  tables: ReadonlyMap<string, DeltaTable>,
  sql: string,
): Promise<QueryRequest> {
  const tree = await selectTree(engine, sql, [...tables.keys()]);
  const asked = new Set(referencedNames(tree).map((name) => name.toLowerCase()));
  const opened = new Map<string, { readonly table: DeltaTable; readonly snapshot: Snapshot }>();
  for (const [name, table] of tables) {
    if (asked.has(name.toLowerCase()))
      opened.set(name.toLowerCase(), { table, snapshot: await readSnapshot(table.io) });
  }
  const predicates = tablePredicates(tree, (name) => opened.get(name.toLowerCase())?.snapshot.schema.fields, timezone);
  const relations: Relation[] = [];
  for (const name of new Set(referencedNames(tree))) {
    const found = opened.get(name.toLowerCase());
    if (found === undefined || relations.some((relation) => relation.name.toLowerCase() === name.toLowerCase()))
      continue;
    const predicate = predicates.get(name);
    const others = referencedNames(tree).some((other) => other !== name && other.toLowerCase() === name.toLowerCase());
    const { relation } = await bindTable(found.table, name, found.snapshot, others ? {} : { predicate });
    relations.push(relation);
  }
  return { sql, relations, timezone };
}

/** What is wanted of one table. */
export interface TableRead {
  readonly columns?: readonly string[] | undefined;
  /** A condition in SQL over its columns. */
  readonly where?: string | undefined;
  readonly limit?: number | undefined;
  /** With the columns of `bindIdentified`, which the condition can speak of too. */
  readonly rowIds?: boolean | undefined;
}

/** Binds a read of one state of a table. */
export async function bindTableRead(
  table: DeltaTable,
  snapshot: Snapshot,
  read: TableRead,
): Promise<{ readonly request: QueryRequest; readonly scan: Scan }> {
  const { where, limit } = read;
  const { relations, scan } = await bindCondition(table, snapshot, read);
  const known = relations.at(-1)?.columns ?? [];
  const columns = read.columns?.map((name) => quoteName(columnName(known, name))).join(', ') ?? '*';
  const condition = where === undefined ? '' : ` where (${where}\n)`;
  const sql = `select ${columns} from ${tableName}${condition}${limit === undefined ? '' : ` limit ${limit}`}`;
  return { request: { sql, relations, timezone }, scan };
}

/** The files of a state that may hold rows which meet a condition. */
export async function bindCondition(
  table: DeltaTable,
  snapshot: Snapshot,
  { where, rowIds = false }: Pick<TableRead, 'where' | 'rowIds'>,
): Promise<{ readonly relations: readonly Relation[]; readonly scan: Scan }> {
  const predicate = where === undefined ? undefined : await predicateOf(table, snapshot, where);
  if (rowIds) return await bindIdentified(table, tableName, snapshot, predicate);
  const { relation, scan } = await bindTable(table, tableName, snapshot, { predicate });
  return { relations: [relation], scan };
}

async function predicateOf(table: DeltaTable, snapshot: Snapshot, where: string): Promise<Predicate | undefined> {
  checkBrackets(where);
  const tree = await selectTree(table.engine, `select * from ${tableName} where (${where}\n)`, [tableName]);
  const predicates = tablePredicates(
    tree,
    (name) => (name === tableName ? snapshot.schema.fields : undefined),
    timezone,
  );
  return predicates.get(tableName);
}

export const tableName = 't';

export function columnName(columns: readonly Pick<Column, 'name'>[], wanted: string): string {
  const names = columns.map((column) => column.name);
  const found =
    names.find((name) => name === wanted) ?? names.find((name) => name.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  const near = nearestName(wanted, names);
  throw new LakeError(
    'LS3003',
    `The table has no column ${wanted}${near === undefined ? `: it has ${names.join(', ')}.` : `; did you mean ${near}?`}`,
  );
}

/** An expression stands in brackets in our SQL: one that closes them would say more than a condition (LS4001). */
export function checkBrackets(expression: string): void {
  if (!sqlTokens(expression).closed)
    throw new LakeError('LS4001', `"${expression.trim()}" is no expression: a bracket does not fit.`);
}

/** The tree of one SELECT that reads these tables and nothing else. */
export async function selectTree(engine: Engine, sql: string, known: readonly string[]): Promise<unknown> {
  const [parsed] = await engine.parse([sql]);
  if (parsed?.ok !== true) {
    const message = `The query cannot be parsed: ${parsed?.message ?? 'it is empty'}`;
    throw questionError({ code: 'LS2101', message, ...placeInQuestion(sql, parsed?.offset ?? 0) });
  }
  if (!isSingleSelect(parsed.tree)) throw new LakeError('LS4004', 'Only one SELECT can be asked here.');
  const names = known.map((name) => name.toLowerCase());
  for (const reference of tableReferences(parsed.tree)) {
    const name = reference.schema === '' ? reference.name : `${reference.schema}.${reference.name}`;
    const place = placeInQuestion(sql, reference.offset);
    if (reference.kind === 'function') {
      if (!reference.readsOutside) continue;
      throw questionError({
        code: 'LS4004',
        message: `${name}() reads from outside the tables that were given`,
        ...place,
      });
    }
    if (reference.catalog === '' && names.includes(name.toLowerCase())) continue;
    const near = nearestName(name, known);
    const hint = near === undefined ? `--table ${name}=PATH gives it one` : `Did you mean ${near}?`;
    throw questionError({ code: 'LS3003', message: `There is no table ${name}`, hint, ...place });
  }
  return parsed.tree;
}

function referencedNames(tree: unknown): readonly string[] {
  return tableReferences(tree).flatMap(({ kind, schema, name }) =>
    kind === 'function' ? [] : [schema === '' ? name : `${schema}.${name}`],
  );
}
