import type { Predicate, ScanFile, Snapshot } from '@lakesmith/delta';
import { planScan, stageRewrite } from '@lakesmith/delta';
import { quoteName } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { askRows } from './ask-rows.ts';
import { bindTable } from './bind-table.ts';
import { keepsFeed, writeChanges } from './change-files.ts';
import type { DeltaTable } from './delta-table.ts';
import type { WriteReport } from './table-rows.ts';
import { writeRows } from './table-rows.ts';
import { commitWrite, detailsOfChange } from './write-table.ts';

/** Which rows are changed, and how. */
export interface RowChange {
  /** A condition in SQL over the columns of `t`, the same whenever it is asked; absent: all rows. Rows for which it is NULL stay. */
  readonly where?: string | undefined;
  /** What the condition tells of whole files. */
  readonly predicate?: Predicate | undefined;
  /** New values by column, in SQL over the row as it is; absent: the rows go. */
  readonly set?: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal;
}

/** What a change of rows did. */
export interface ChangeReport extends WriteReport {
  readonly rowsChanged: number;
}

/** A file that holds rows to be changed. */
interface Touched {
  readonly file: ScanFile;
  readonly rows: number;
}

/**
 * Deletes or updates rows: the files that hold one are written anew, in one commit. Undefined when no row would be another; then
 * nothing is committed.
 */
export async function changeRows(
  table: DeltaTable,
  base: Snapshot,
  change: RowChange,
): Promise<ChangeReport | undefined> {
  const operation = change.set === undefined ? 'DELETE' : 'UPDATE';
  const read = new Set(planScan(base, change.predicate).files.map((file) => file.key));
  const rewrite = { ...detailsOfChange(table), operation, read };
  // What the table does not allow is refused before there are files.
  stageRewrite(base, { ...rewrite, replaced: read, files: [] });
  const touched = await findTouched(table, base, change);
  if (touched.length === 0) return undefined;
  const replaced = new Set(touched.map(({ file }) => file.key));
  const relations = [await bindOnly(table, base, replaced)];
  const files = await writeRows(table, base, { sql: rowsAfter(base, change), relations }, change.signal);
  const changes = keepsFeed(base)
    ? await writeChanges(table, base, { sql: changedRows(base, change), relations }, change.signal)
    : [];
  const rowsChanged = touched.reduce((sum, { rows }) => sum + rows, 0);
  const metric = change.set === undefined ? 'numDeletedRows' : 'numUpdatedRows';
  const staged = stageRewrite(base, {
    ...rewrite,
    replaced,
    files,
    changes,
    operationParameters: { predicate: JSON.stringify(change.where === undefined ? [] : [change.where]) },
    operationMetrics: { [metric]: String(rowsChanged) },
  });
  return { ...(await commitWrite(table, staged, { operation, files })), rowsChanged };
}

/** The files that hold rows to be changed, and how many of them. */
async function findTouched(table: DeltaTable, base: Snapshot, change: RowChange): Promise<readonly Touched[]> {
  const { relation, scan } = await bindTable(table, 't', base, { predicate: change.predicate, rowPositions: true });
  const sql = `select _file, count(*) from t where ${conditionOf(change)} group by _file`;
  const touched: Touched[] = [];
  for (const [index, rows] of await askRows(table, { sql, relations: [relation] }, change.signal)) {
    const file = scan.files[Number(index)];
    if (file !== undefined) touched.push({ file, rows: Number(rows) });
  }
  return touched;
}

/** The rows of some files of a snapshot, as `t`. */
async function bindOnly(table: DeltaTable, base: Snapshot, keys: ReadonlySet<string>): Promise<Relation> {
  const files = new Map([...base.files].filter(([key]) => keys.has(key)));
  return (await bindTable(table, 't', { ...base, files })).relation;
}

/** True of a row that is not the same afterwards. */
function conditionOf({ where, set }: RowChange): string {
  const meant = where === undefined ? 'true' : `coalesce((${where}\n), false)`;
  if (set === undefined) return meant;
  // As in the CASE that makes the new value: what cannot be mixed with the old one is refused, and not cast to compare it.
  const differs = [...set].map(
    ([name, value]) =>
      `${quoteName(name)} is distinct from case when true then (${value}\n) else ${quoteName(name)} end`,
  );
  return `(${meant} and (${differs.join(' or ')}))`;
}

function rowsAfter({ schema }: Snapshot, change: RowChange): string {
  const names = schema.fields.map((field) => field.name);
  if (change.set === undefined)
    return `select ${names.map(quoteName).join(', ')} from t where not ${conditionOf(change)}`;
  const items = names.map((name) => {
    const value = change.set?.get(name);
    return value === undefined
      ? quoteName(name)
      : `case when ${conditionOf(change)} then (${value}\n) else ${quoteName(name)} end as ${quoteName(name)}`;
  });
  return `select ${items.join(', ')} from t`;
}

/** The rows that the change feed tells, with `_change_type`. */
function changedRows({ schema }: Snapshot, change: RowChange): string {
  const names = schema.fields.map((field) => field.name);
  const before = names.map(quoteName).join(', ');
  const where = conditionOf(change);
  if (change.set === undefined) return `select ${before}, 'delete' from t where ${where}`;
  const after = names.map((name) => {
    const value = change.set?.get(name);
    return value === undefined ? quoteName(name) : `(${value}\n)`;
  });
  return `select ${before}, 'update_preimage' from t where ${where} union all select ${after.join(', ')}, 'update_postimage' from t where ${where}`;
}
