import type { Predicate, Snapshot } from '@lakesmith/delta';
import type { DeltaTable } from '../lake/delta-table.ts';
import type { RowAction, RowChange } from '../lake/row-change.ts';
import { timezone } from '../lake/time-zone.ts';
import { tablePredicates } from '../sql/predicates.ts';
import type { Assignment } from './assignments.ts';
import { assignedValues, parseAssignments } from './assignments.ts';
import { checkCondition } from './condition.ts';
import type { SteadyExpression } from './steady-expression.ts';
import { steadyExpression } from './steady-expression.ts';
import { selectTree, tableName } from './table-question.ts';

/** Which rows are meant, and what becomes of them, as somebody writes it. */
export interface ChangeText {
  /** A condition in SQL. */
  readonly where?: string | undefined;
  /** `a = a + 1, b = 'x'`; absent: the rows go. */
  readonly set?: string | undefined;
}

/** Understands a change of rows: what it reads, and that it means the same for every row and every time it is asked. */
export async function bindChange(table: DeltaTable, snapshot: Snapshot, text: ChangeText): Promise<RowChange> {
  const condition = await bindWhere(table, snapshot, text.where, { mayAsk: true });
  const action: RowAction =
    text.set === undefined ? { kind: 'delete' } : { kind: 'update', set: await valuesOf(table, snapshot, text.set) };
  const isDelete = text.set === undefined;
  return {
    operation: isDelete ? 'DELETE' : 'UPDATE',
    operationParameters: { predicate: JSON.stringify(condition === undefined ? [] : [condition.sql]) },
    alias: tableName,
    matched: [],
    unmatched: [{ when: condition?.sql, action }],
    inserts: [],
    predicate: condition?.predicate,
    asks: condition?.asks === true,
    deletesWhole: isDelete && condition?.asks === false,
  };
}

/** A condition over the rows of a table, and what it tells of whole files. */
export async function bindWhere(
  table: DeltaTable,
  snapshot: Snapshot,
  where: string | undefined,
  { mayAsk }: { readonly mayAsk: boolean },
): Promise<(SteadyExpression & { readonly predicate: Predicate | undefined }) | undefined> {
  if (where === undefined) return undefined;
  const condition = await steadyExpression(table.engine, where, { nowIso: nowIso(table), mayAsk });
  await checkCondition(table.engine, condition.sql, [{ name: tableName, columns: snapshot.schema.fields }]);
  const tree = await selectTree(table.engine, `select * from ${tableName} where (${condition.sql}\n)`, [tableName]);
  const predicates = tablePredicates(
    tree,
    (name) => (name === tableName ? snapshot.schema.fields : undefined),
    timezone,
  );
  return { ...condition, predicate: predicates.get(tableName) };
}

/** The moment that a change takes for now. */
export function nowIso(table: DeltaTable): string {
  return new Date(table.io.now()).toISOString();
}

async function valuesOf(table: DeltaTable, snapshot: Snapshot, text: string): Promise<ReadonlyMap<string, string>> {
  const set: Assignment[] = [];
  for (const assignment of parseAssignments(text, tableName)) {
    const { sql } = await steadyExpression(table.engine, assignment.value, { nowIso: nowIso(table) });
    set.push({ ...assignment, value: sql });
  }
  return assignedValues(set, { alias: tableName, columns: snapshot.schema.fields });
}
