import type { Metadata, Protocol } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { isSupported } from '../features.ts';
import { parseJson } from '../json.ts';
import { type TableShape, storedColumns } from './stored-columns.ts';

/** Where a table keeps the highest row id that it gave (PROTOCOL.md, Row Tracking). */
export const ROW_TRACKING_DOMAIN = 'delta.rowTracking';

const ENABLED = 'delta.enableRowTracking';
const SUSPENDED = 'delta.rowTrackingSuspended';
const ROW_ID_COLUMN = 'delta.rowTracking.materializedRowIdColumnName';
const ROW_COMMIT_VERSION_COLUMN = 'delta.rowTracking.materializedRowCommitVersionColumnName';

/** Properties that a table has only because of row tracking. */
export const rowTrackingProperties: readonly string[] = [ENABLED, SUSPENDED, ROW_ID_COLUMN, ROW_COMMIT_VERSION_COLUMN];

/** Columns of data files in which rows that were moved keep who they are. */
export interface RowIdentityColumns {
  /** Where it is absent or NULL, a row's id is the file's `baseRowId` plus its position. */
  readonly rowId: string;
  /** Where it is absent or NULL, the version is the file's `defaultRowCommitVersion`. */
  readonly rowCommitVersion: string;
}

/**
 * The columns of a table whose rows keep who they are; undefined when they need not. 'invalid-schema' where the table says that
 * they do, and not in which columns.
 */
export function rowIdentityColumns(table: TableShape): RowIdentityColumns | undefined {
  const { configuration } = table.metadata;
  if (!keepsRowIds(table)) return undefined;
  const { [ROW_ID_COLUMN]: rowId, [ROW_COMMIT_VERSION_COLUMN]: rowCommitVersion } = configuration;
  if (isOn(table.metadata, SUSPENDED)) throw invalid(`${SUSPENDED} is true as well`);
  if (rowId === undefined) throw invalid(`it has no ${ROW_ID_COLUMN}`);
  if (rowCommitVersion === undefined) throw invalid(`it has no ${ROW_COMMIT_VERSION_COLUMN}`);
  const names = [...table.schema.fields, ...storedColumns(table).fields].map(({ name }) => name.toLowerCase());
  const taken = [rowId, rowCommitVersion].find((name) => names.includes(name.toLowerCase()));
  if (taken !== undefined) throw invalid(`a column of its own is called ${taken}, like one that keeps who rows are`);
  return { rowId, rowCommitVersion };
}

type Table = Pick<TableShape, 'protocol' | 'metadata'>;

/** Whether rows keep who they are when they are moved and updated. */
export function keepsRowIds({ protocol, metadata }: Table): boolean {
  return isOn(metadata, ENABLED) && isSupported(protocol, 'rowTracking');
}

/** Whether a writer gives every new file a `baseRowId` and a `defaultRowCommitVersion`; 'suspended': none may have them. */
export function givesRowIds({ protocol, metadata }: Table): 'yes' | 'no' | 'suspended' {
  if (!isSupported(protocol, 'rowTracking')) return 'no';
  return isOn(metadata, SUSPENDED) ? 'suspended' : 'yes';
}

/**
 * The metadata with names for the columns in which rows keep who they are: those that it has, else those of `before`, else new
 * ones. Without them where the protocol does not know them. The very same object when nothing changes.
 */
export function withIdentityColumns(metadata: Metadata, protocol: Protocol, before?: Metadata): Metadata {
  if (!isSupported(protocol, 'rowTracking')) return withoutIdentityColumns(metadata);
  const { [ROW_ID_COLUMN]: rowId, [ROW_COMMIT_VERSION_COLUMN]: version, ...others } = metadata.configuration;
  const known = before?.configuration ?? {};
  const names = {
    [ROW_ID_COLUMN]: known[ROW_ID_COLUMN] ?? rowId ?? `_row-id-col-${crypto.randomUUID()}`,
    [ROW_COMMIT_VERSION_COLUMN]:
      known[ROW_COMMIT_VERSION_COLUMN] ?? version ?? `_row-commit-version-col-${crypto.randomUUID()}`,
  };
  if (names[ROW_ID_COLUMN] === rowId && names[ROW_COMMIT_VERSION_COLUMN] === version) return metadata;
  return { ...metadata, configuration: { ...others, ...names } };
}

/** The metadata without these names; the very same object when it has none. */
export function withoutIdentityColumns(metadata: Metadata): Metadata {
  const { [ROW_ID_COLUMN]: rowId, [ROW_COMMIT_VERSION_COLUMN]: version, ...others } = metadata.configuration;
  return rowId === undefined && version === undefined ? metadata : { ...metadata, configuration: others };
}

/** The highest row id that a table gave, by the text of its domain; -1 when it gave none. */
export function rowIdHighWaterMark(configuration: string | undefined): bigint {
  if (configuration === undefined) return -1n;
  let value: unknown;
  try {
    value = parseJson(configuration);
  } catch {
    // What is not JSON names no id.
    value = undefined;
  }
  const mark =
    typeof value === 'object' && value !== null && 'rowIdHighWaterMark' in value ? value.rowIdHighWaterMark : undefined;
  if (typeof mark === 'bigint' || Number.isSafeInteger(mark)) return BigInt(String(mark));
  throw new DeltaError('invalid-schema', `The table's ${ROW_TRACKING_DOMAIN} cannot be understood.`);
}

function isOn({ configuration }: Metadata, key: string): boolean {
  return configuration[key]?.toLowerCase() === 'true';
}

function invalid(why: string): DeltaError {
  return new DeltaError('invalid-schema', `The table cannot keep who its rows are (${ENABLED}): ${why}.`, {
    context: { features: 'rowTracking' },
  });
}
