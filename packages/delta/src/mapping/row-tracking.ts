import type { Metadata } from '../actions.ts';

/** Columns of data files in which rows that were moved keep who they are. */
export interface RowIdentityColumns {
  /** Where it is absent or NULL, a row's id is the file's `baseRowId` plus its position. */
  readonly rowId: string | undefined;
  /** Where it is absent or NULL, the version is the file's `defaultRowCommitVersion`. */
  readonly rowCommitVersion: string | undefined;
}

/** The columns of a table with row tracking; undefined when it has none (PROTOCOL.md, Row Tracking). */
export function rowIdentityColumns(metadata: Metadata): RowIdentityColumns | undefined {
  const { configuration } = metadata;
  if (configuration['delta.enableRowTracking']?.toLowerCase() !== 'true') return undefined;
  return {
    rowId: configuration['delta.rowTracking.materializedRowIdColumnName'],
    rowCommitVersion: configuration['delta.rowTracking.materializedRowCommitVersionColumnName'],
  };
}
