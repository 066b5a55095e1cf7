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
const loadedAt = '_ingested_at';

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
