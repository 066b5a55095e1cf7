import { sqlTokens } from '../../../core/sql-tokens.ts';
import { validityColumns } from '../../../project/bind.ts';
import { isOwnColumn } from '../../../project/own-columns.ts';
import type { DbtNode } from './manifest.ts';

/** How a snapshot tells the versions of a row apart, in the words of a history. */
export interface SnapshotHistory {
  readonly key: readonly string[];
  /** The column that dates a version. */
  readonly validFrom: string;
  /** The columns whose change makes a version; undefined: all. */
  readonly track: readonly string[] | undefined;
}

const plain = /^[a-z_]\w*$/i;
/** When dbt would have looked: no column of the source says it. */
export const loadedAt = '_ingested_at';

/** A history that has the versions which the snapshot would have from now on; or why there is none. */
export function historyOfSnapshot({ config }: DbtNode): SnapshotHistory | { readonly why: string } {
  const { strategy = '', unique_key: key = [], updated_at: updatedAt = '', check_cols: checked = [] } = config;
  if (key.length === 0 || !key.every((column) => plain.test(column)))
    return { why: 'its unique_key is no column, or list of columns' };
  const ends = config.invalidate_hard_deletes === true || !/^(ignore|)$/.test(config.hard_deletes ?? '');
  if (ends)
    return {
      why: 'it ends versions of rows that are gone, which files do not tell: kind: history does with a connection that it follows',
    };
  if (updatedAt !== '' && !plain.test(updatedAt)) return { why: `its updated_at is no column: ${updatedAt}` };
  const validFrom = updatedAt === '' ? loadedAt : updatedAt;
  switch (strategy) {
    case 'timestamp':
      return updatedAt === '' ? { why: 'it has no updated_at' } : { key, validFrom, track: [updatedAt] };
    case 'check':
      if (checked.length === 0 || !checked.every((column) => plain.test(column)))
        return { why: 'its check_cols are no columns' };
      return { key, validFrom, track: checked.join() === 'all' ? undefined : checked };
    default:
      return { why: `its strategy is ${strategy === '' ? 'not told' : strategy}` };
  }
}

/** The SELECT of a snapshot, with what dates its versions where it lists its columns and that is none of them. */
export function withDate(sql: string, { validFrom }: SnapshotHistory): string {
  if (validFrom !== loadedAt) return sql;
  const { tokens } = sqlTokens(sql);
  const [select, first] = tokens;
  const from = tokens.findIndex((token) => token.depth === 0 && token.text.toLowerCase() === 'from');
  const last = tokens[from - 1];
  const listed = tokens.slice(1, from);
  if (select?.text.toLowerCase() !== 'select' || first?.text.toLowerCase() === 'distinct' || last === undefined)
    return sql;
  if (listed.some(({ text, depth }) => depth === 0 && (text === '*' || text === loadedAt))) return sql;
  return `${sql.slice(0, last.end)}${last.text === ',' ? '' : ','} ${loadedAt}${sql.slice(last.end)}`;
}

/**
 * A snapshot as dbt's models read it: with dbt's names of when a version began and ended. undefined: the SQL names none of its
 * columns so, and takes not all of them.
 */
export function asDbtReadsIt({ config }: DbtNode, table: string, reader: string): string | undefined {
  const { dbt_valid_to_current: current = '', snapshot_meta_column_names: renamed = {} } = config;
  const nameOf = (column: string): string => renamed[column] || column;
  const [from, to, updated] = ['dbt_valid_from', 'dbt_valid_to', 'dbt_updated_at'].map(nameOf);
  const { tokens } = sqlTokens(reader);
  const isRead = tokens.some(({ text }, at) => {
    const word = text.replaceAll('"', '').toLowerCase();
    if (text === '*') return !/^count$/i.test(tokens[at - 2]?.text ?? '');
    return [from, to, updated].some((name) => name?.toLowerCase() === word);
  });
  if (!isRead) return undefined;
  const end = current === '' ? 'valid_to' : `coalesce(valid_to, ${current})`;
  const own = validityColumns.map(({ name }) => name).join(', ');
  return `(select * exclude (${own}), valid_from as ${from}, valid_from as ${updated}, ${end} as ${to} from ${table})`;
}

/** The settings of such a model, of which these columns are known. */
export function historySettings(
  { key, validFrom, track }: SnapshotHistory,
  columns: readonly string[],
): Readonly<Record<string, unknown>> {
  // What the program adds to a row says nothing of it.
  const added = new Set([validFrom, ...key, ...validityColumns.map(({ name }) => name)]);
  const all = columns.filter((name) => !isOwnColumn(name) && !added.has(name));
  const list = (names: readonly string[]): unknown => (names.length === 1 ? names[0] : names);
  return {
    kind: 'history',
    key: list(key),
    valid_from: validFrom,
    first_valid_from: validFrom,
    ...(track === undefined && all.length === 0 ? {} : { track: list(track ?? all) }),
  };
}
