import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { listErasures, readSalt, subjectSql } from './erasure.ts';

/**
 * SQL that is true of rows of a source which the lake was told to forget; undefined when there are none. A source without a column
 * by which its rows are told any more is refused: its files may bring them back.
 */
export async function forgottenRows(
  store: ObjectStore,
  table: string,
  columns: readonly Column[],
): Promise<string | undefined> {
  const subjects = (await listErasures(store)).flatMap((one) => one.subjects).filter((one) => one.table === table);
  if (subjects.length === 0) return undefined;
  const names = new Set(columns.map(({ name }) => name));
  const absent = subjects.flatMap((one) => one.columns).find((column) => !names.has(column));
  if (absent !== undefined)
    throw new LakeError(
      'LS3305',
      `${table} has no column ${absent} any more, by which the lake knows the rows that it was told to forget: nothing was loaded. Give the column back its name.`,
      { context: { table, column: absent } },
    );
  const salt = (await readSalt(store)) ?? '';
  return [...new Set(subjects.map((subject) => subjectSql(salt, subject)))].join(' or ');
}
