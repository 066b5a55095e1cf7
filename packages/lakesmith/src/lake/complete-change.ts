import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { DeltaTable } from './delta-table.ts';
import type { Numbering } from './identity.ts';
import { numberingOf } from './identity.ts';
import type { Promises } from './promises.ts';
import { promisesOf } from './promises.ts';
import type { RowChange } from './row-change.ts';

/** A change in which every column has its value. */
export interface CompleteChange {
  readonly change: RowChange;
  /** Columns that number the rows which are added: NULL until all of these are known. */
  readonly numbered: readonly Numbering[];
  /** What the table promises of its rows. */
  readonly promises: Promises;
}

/**
 * A change with the values that the table gives itself: defaults, numbers, and what is computed from other columns, where one of
 * these changes. Values for the latter two that the change brings are refused.
 */
export async function completeChange(table: DeltaTable, target: Snapshot, change: RowChange): Promise<CompleteChange> {
  const promises = await promisesOf(table, target);
  const sets = [...change.matched, ...change.unmatched].flatMap(({ action }) =>
    action.kind === 'update' ? [action.set] : [],
  );
  for (const values of [...sets, ...change.inserts.map((clause) => clause.values)]) refuseOwn(values, promises);
  const rows = { alias: change.alias, target, promises };
  return {
    numbered: numberingOf(promises.identity, change.inserts),
    promises,
    change: {
      ...change,
      matched: change.matched.map((clause) => withComputed(clause, rows)),
      unmatched: change.unmatched.map((clause) => withComputed(clause, rows)),
      inserts: change.inserts.map(({ when, values }) => ({ when, values: filled(values, rows) })),
    },
  };
}

interface Rows {
  readonly alias: string;
  readonly target: Snapshot;
  readonly promises: Promises;
}

type Clause = RowChange['matched'][number];

function refuseOwn(values: ReadonlyMap<string, string>, { generated, identity }: Promises): void {
  const own = [...values.keys()].find((name) => generated.has(name) || identity.get(name)?.allowsExplicit === false);
  if (own === undefined) return;
  const how = generated.has(own) ? 'computes them' : 'numbers rows itself';
  throw new LakeError(
    'LS2106',
    `Column ${own} cannot hold values that are given, since the table ${how}: leave it out.`,
    {
      context: { column: own },
    },
  );
}

/** What is computed from a column that is set has to be computed again. */
function withComputed(clause: Clause, { alias, target, promises }: Rows): Clause {
  const { when, action } = clause;
  if (action.kind !== 'update' || promises.generated.size === 0) return clause;
  const after = target.schema.fields.map(({ name }) => ({
    name,
    sql: action.set.get(name) ?? `${quoteName(alias)}.${quoteName(name)}`,
  }));
  const set = new Map(action.set);
  for (const [name, { sql, columns }] of promises.generated)
    if (columns.some((column) => action.set.has(column))) set.set(name, computedFrom(sql, after));
  return { when, action: { kind: 'update', set } };
}

function filled(values: ReadonlyMap<string, string>, { target, promises }: Rows): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  for (const { name, type } of target.schema.fields) {
    all.set(name, values.get(name) ?? promises.defaults.get(name)?.sql ?? `CAST(NULL AS ${toEngineType(type)})`);
  }
  const brought = [...all].flatMap(([name, sql]) =>
    promises.generated.has(name) || (promises.identity.has(name) && !values.has(name)) ? [] : [{ name, sql }],
  );
  for (const [name, { sql }] of promises.generated) all.set(name, computedFrom(sql, brought));
  return all;
}

/** An expression over a row of which each value is SQL of its own. */
function computedFrom(sql: string, row: readonly { readonly name: string; readonly sql: string }[]): string {
  // Named outside: inside, `a + 1 AS a` would speak of itself.
  const values = row.map((column) => `(${column.sql}\n)`).join(', ');
  return `(SELECT ${sql} FROM (SELECT ${values}) AS _row(${quoteNames(row.map(({ name }) => name))}))`;
}
