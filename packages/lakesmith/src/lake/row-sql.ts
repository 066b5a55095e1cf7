import type { Column, StructField } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import { holdsFloat, identityItems } from './row-equality.ts';
import type { InsertClause, RowAction, RowClause } from './row-change.ts';

/** True when a condition is met: neither false nor NULL. */
function met(when: string | undefined): string {
  return when === undefined ? 'true' : `coalesce((${when}\n), false)`;
}

/** The number of the first clause that a row meets, the first being `first`; 0 when it meets none. */
function firstMet(clauses: readonly { readonly when?: string | undefined }[], numberOf: (i: number) => string): string {
  if (clauses.length === 0) return '0';
  return `case ${clauses.map(({ when }, i) => `when ${met(when)} then ${numberOf(i)}`).join(' ')} else 0 end`;
}

/** A row of the table, and what is looked at to know whether an update changes it. */
export interface ComparedRow {
  readonly alias: string;
  readonly columns: readonly Column[];
  /** The only column that is compared; where it stays, nobody knows yet. Absent: all that are set. */
  readonly telling?: string | undefined;
}

/** What `clauseSql` says of a row that is the same in the column that was compared. */
export const undecided = -1;

/** The number of the clause that changes a row; 0 when none does but `held`, or when it would be what it is. */
export function clauseSql(
  clauses: readonly RowClause[],
  first: number,
  row: ComparedRow & { readonly held?: number | undefined },
): string {
  const same = row.telling === undefined ? 0 : undecided;
  return firstMet(clauses, (i) => {
    const action = clauses[i]?.action;
    if (first + i === row.held) return `${same}`;
    return action?.kind === 'update'
      ? `case when ${differs(action.set, row)} then ${first + i} else ${same} end`
      : `${first + i}`;
  });
}

/**
 * A row as the clause with this number (from 0 on) leaves it, as a struct with a field for each column; NULL for a row that meets
 * a clause before it or not this one, and for one that would be what it is, as far as is compared.
 */
export function afterSql(clauses: readonly RowClause[], number: number, row: ComparedRow): string {
  const { action } = clauses[number] ?? {};
  if (action?.kind !== 'update') return 'NULL';
  const values = row.columns.map(({ name }) => updatedItem(action.set, name, row.alias));
  const fields = values.map((value, i) => `c${i} := ${value}`).join(', ');
  const changed = `case when ${differs(action.set, row)} then struct_pack(${fields}) end`;
  const tests = clauses
    .slice(0, number + 1)
    .map(({ when }, i) => `when ${met(when)} then ${i < number ? 'NULL' : changed}`);
  return `case ${tests.join(' ')} end`;
}

/** What the update of the clause with this number (from 0 on) does: SQL for each column that it sets, true where it changes the row. */
export function changesSql(
  clauses: readonly RowClause[],
  number: number,
  row: ComparedRow,
): readonly { readonly column: Column; readonly sql: string }[] {
  const { action } = clauses[number] ?? {};
  if (action?.kind !== 'update') return [];
  return row.columns
    .filter(({ name }) => action.set.has(name))
    .map((column) => ({ column, sql: differs(action.set, { ...row, telling: column.name }) }));
}

/** A bit for each column of the row, as BIGINT: set where the update of the clause with this number (from 0 on) changes it; -1 when not all are compared. */
export function changedBits(clauses: readonly RowClause[], number: number, row: ComparedRow): string {
  if (row.telling !== undefined || row.columns.length > mostBits) return 'cast(-1 as bigint)';
  const tests = changesSql(clauses, number, row).map(
    ({ column, sql }) => `case when ${sql} then ${2n ** BigInt(row.columns.indexOf(column))} else 0 end`,
  );
  return `cast(${['0', ...tests].join(' + ')} as bigint)`;
}

/** One is left, so that no number is negative. */
const mostBits = 63;

/** The condition of rows that the clause with this number (from 0 on) is the first to be met by. */
export function meetsSql(clauses: readonly RowClause[], number: number): string {
  return `${firstMet(clauses, (i) => `${i + 1}`)} = ${number + 1}`;
}

/** The condition of rows that some clause may change; undefined when that is any row. */
export function someMet(clauses: readonly RowClause[]): string | undefined {
  const conditions = clauses.flatMap(({ when }) => (when === undefined ? [] : [`(${when}\n)`]));
  return conditions.length < clauses.length ? undefined : conditions.join(' or ');
}

/**
 * True when some value is another than before. First as the two are when they stand side by side, so that what cannot be mixed is
 * refused; then as the column would hold it, since side by side a large number may lose digits.
 */
function differs(set: ReadonlyMap<string, string>, { alias, columns, telling }: ComparedRow): string {
  const tests = columns.flatMap((column) => {
    const { name, type } = column;
    const value = set.get(name);
    if (value === undefined || (telling !== undefined && telling !== name)) return [];
    const old = `${quoteName(alias)}.${quoteName(name)}`;
    const mixed = `${old} is distinct from case when true then (${value}\n) else ${old} end`;
    const held = `try_cast((${value}\n) as ${toEngineType(type)})`;
    // Of numbers with a point the engine takes -0.0 for 0.0.
    const texts = holdsFloat(type) ? [differsItem(identityItems(column, old), identityItems(column, held))] : [];
    return [mixed, `${old} is distinct from ${held}`, ...texts];
  });
  return tests.length === 0 ? 'false' : `(${tests.join(' or ')})`;
}

function differsItem(one: readonly string[], other: readonly string[]): string {
  return `(${one.map((item, i) => `${item} is distinct from ${other[i] ?? ''}`).join(' or ')})`;
}

/** The columns of a row after an update, in order. */
export function updatedItems(
  action: RowAction,
  { alias, columns }: { readonly alias: string; readonly columns: readonly Column[] },
): string {
  const set = action.kind === 'update' ? action.set : new Map<string, string>();
  return columns.map(({ name }) => updatedItem(set, name, alias)).join(', ');
}

function updatedItem(set: ReadonlyMap<string, string>, name: string, alias: string): string {
  const value = set.get(name);
  return value === undefined ? `${quoteName(alias)}.${quoteName(name)}` : `(${value}\n)`;
}

/** The rows that one clause adds, of those in `from`. */
export function insertedSql(
  clauses: readonly InsertClause[],
  number: number,
  { from, fields }: { readonly from: string; readonly fields: readonly StructField[] },
): string {
  const values = clauses[number]?.values ?? new Map<string, string>();
  const items = fields.map(({ name }) => `(${values.get(name) ?? 'NULL'}\n)`);
  const isAny = clauses.length === 1 && clauses[0]?.when === undefined;
  const where = isAny ? '' : ` where ${firstMet(clauses, (i) => `${i + 1}`)} = ${number + 1}`;
  return `select ${items.join(', ')} from ${from}${where}`;
}
