import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import { askRows } from './ask-rows.ts';
import { bindFiles } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { keepsColumns, mostReplaced } from './kept-columns.ts';
import { columnsOf } from './relation.ts';
import type { RowChange } from './row-change.ts';
import type { Question } from './row-decisions.ts';
import { changesSql, meetsSql } from './row-sql.ts';
import type { NumberedRows } from './source-rows.ts';

/** Of fewer rows, all columns are read about as fast as it takes to ask. */
const leastRows = 1_000_000;
/** Rows of the first file that are looked at. */
const sampleRows = 1000;

/** The number of the clause, from 1 on, that is the only one for matched rows which updates them. */
export function onlyUpdate({ matched }: RowChange): number | undefined {
  const updates = matched.flatMap(({ action }, i) => (action.kind === 'update' ? [i + 1] : []));
  return updates.length === 1 ? updates[0] : undefined;
}

/**
 * A column that an update changes in every row of a sample: an amount, or a time of change. To find rows that would stay what they
 * are it is enough to read this one, unless a row has the same value in it. Undefined when there is none, or little to read, or when
 * files may keep their other columns, so that each has to be compared.
 */
export async function tellingColumn(
  table: DeltaTable,
  { target, candidates, change }: Question,
  source: NumberedRows,
): Promise<string | undefined> {
  const update = onlyUpdate(change);
  const rows = candidates.reduce((sum, { file }) => sum + (file.rows ?? 0), 0);
  if (update === undefined || rows < leastRows) return undefined;
  const row = { alias: change.alias, columns: columnsOf(target) };
  const tests = changesSql(change.matched, update - 1, row);
  const some = tests.map(({ sql }, i) => `${sql} as _${i}`).join(', ');
  const [a, b] = [quoteName(change.alias), quoteName(change.source?.alias ?? '')];
  const sample = `select ${some} from t as ${a} join source as ${b} on (${change.source?.on ?? 'false'}\n)
    where ${meetsSql(change.matched, update - 1)} limit ${sampleRows}`;
  const asked = ['bool_and', 'bool_or'].flatMap((of) => tests.map((_, i) => `${of}(_${i})`));
  const sql = `select ${asked.join(', ')} from (${sample})`;
  const relations = [bindFiles(table, 't', target, candidates.slice(0, 1)), source.relation];
  const [tells = []] = await askRows(table, { sql, relations }, change.signal);
  const telling = tests.filter((_, i) => tells[i] === true).map(({ column }) => column);
  const changing = tests.filter((_, i) => tells[tests.length + i] === true);
  if (keepsColumns(target, change) && changing.length <= row.columns.length * mostReplaced) return undefined;
  return (telling.find(isQuick) ?? telling[0])?.name;
}

/** True of values that are read without a look at each of their bytes. */
function isQuick({ type }: Column): boolean {
  return typeof type === 'string' && type !== 'string' && type !== 'binary';
}
