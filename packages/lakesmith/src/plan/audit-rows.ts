import { quoteName } from '../core/sql-text.ts';
import type { AuditQuestion, AuditSubject } from './audit-question.ts';
import type { Cost, Judged } from './cost.ts';

/** Under which name an audit reads the rows that a step adds. */
export const addedRows = '_added_rows';

/** The rows that a rule or a check is asked of. */
export interface RowsFor {
  /** What a query of its own reads. */
  readonly relation: string;
  /** The same, under the table's name: columns may be written with it. */
  readonly from: string;
  /** They are not the whole table. */
  readonly isPart: boolean;
  readonly cost: Cost | undefined;
  /** The column that holds of how many rows they are a share. */
  readonly among: AuditQuestion['among'];
}

/** The rows that have to be read for one rule or check of the table. */
export function rowsFor(subject: AuditSubject, of: Judged['of'], name?: string): RowsFor {
  const { table, judged, isLoad } = subject;
  const cost = judged.find((one) => one.of === of && (name === undefined || one.name === name))?.cost;
  const isPart = cost === 'new rows' || cost === 'changed keys';
  if (!isPart) return { relation: table, from: table, isPart, cost, among: 'rows_total' };
  const word = table.slice(table.indexOf('.') + 1);
  const from = `${addedRows} as ${quoteName(word)}`;
  return { relation: addedRows, from, isPart, cost, among: isLoad ? 'rows_added' : 'rows_total' };
}
