import type { Predicate, Scan, ScanFile, Snapshot, StructField } from '@lakesmith/delta';
import { planScan, rowIdentityColumns, storedColumns } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import type { FileRows, ReachableTable } from './bind-table.ts';
import { bindFiles, readDeletionVectors } from './bind-table.ts';
import { columnsOf } from './relation.ts';

/** The columns of data files in which moved rows keep their id, and the version that made them what they are. */
export interface IdentityFields {
  readonly rowId: StructField;
  readonly rowCommitVersion: StructField;
}

/** These columns of a table; undefined when its rows need not keep who they are. */
export function identityFields(snapshot: Snapshot): IdentityFields | undefined {
  const names = rowIdentityColumns(snapshot);
  return names && { rowId: whole(names.rowId), rowCommitVersion: whole(names.rowCommitVersion) };
}

/** The columns that files of moved rows have: the table's, and those that keep who rows are where they do. */
export function movedColumns(snapshot: Snapshot): readonly StructField[] {
  const identity = identityFields(snapshot);
  return identity === undefined
    ? snapshot.schema.fields
    : [...snapshot.schema.fields, identity.rowId, identity.rowCommitVersion];
}

/**
 * Files of a snapshot as rows that are to be moved: the last of the relations has the columns of `movedColumns`, and where that is
 * asked for `__ls_file` and `__ls_position` besides.
 */
export function bindMoved(
  table: ReachableTable,
  name: string,
  snapshot: Snapshot,
  { files, rowPositions = false }: { readonly files: readonly FileRows[]; readonly rowPositions?: boolean },
): readonly Relation[] {
  const identity = identityFields(snapshot);
  if (identity !== undefined)
    return identified(table, name, snapshot, { files, rowPositions, identity, names: identity });
  const relation = bindFiles(table, name, snapshot, files);
  return [rowPositions ? { ...relation, rowPositions } : relation];
}

/** What questions call them. */
const asked: IdentityFields = { rowId: whole('_row_id'), rowCommitVersion: whole('_row_commit_version') };

/**
 * A snapshot as the engine reads it, with the id of each row (`_row_id`), and the version that made it what it is
 * (`_row_commit_version`). LS4001 when the table does not keep them.
 */
export async function bindIdentified(
  table: ReachableTable,
  name: string,
  snapshot: Snapshot,
  predicate?: Predicate,
): Promise<{ readonly relations: readonly Relation[]; readonly scan: Scan }> {
  const identity = identityFields(snapshot);
  const taken = snapshot.schema.fields.find((field) => field.name.toLowerCase() in askedNames);
  if (identity === undefined || taken !== undefined)
    throw new LakeError(
      'LS4001',
      taken === undefined
        ? 'The table does not keep the ids of rows: `alter PATH property delta.enableRowTracking=true` begins with it.'
        : `The ids of rows cannot be shown: the table has a column ${taken.name} of its own.`,
    );
  const scan = planScan(snapshot, predicate);
  const deleted = await readDeletionVectors(table.io, scan.files);
  const files = scan.files.map((file, i) => ({ file, deleted: deleted.get(i) }));
  return { relations: identified(table, name, snapshot, { files, rowPositions: false, identity, names: asked }), scan };
}

const askedNames: Readonly<Record<string, true>> = { _row_id: true, _row_commit_version: true };

function identified(
  table: ReachableTable,
  name: string,
  snapshot: Snapshot,
  {
    files,
    rowPositions,
    identity: { rowId, rowCommitVersion },
    names,
  }: {
    readonly files: readonly FileRows[];
    readonly rowPositions: boolean;
    readonly identity: IdentityFields;
    /** What the two are called then. */
    readonly names: IdentityFields;
  },
): readonly Relation[] {
  // No column of the table is called like one that keeps who rows are, so none is called like these.
  const base = whole(`${rowId.name} of the file`);
  const version = whole(`${rowCommitVersion.name} of the file`);
  const stored = storedColumns(snapshot);
  const more = [rowId, rowCommitVersion, base, version];
  const relation = bindFiles(table, `${name}_files`, snapshot, files);
  const inFiles: Relation = {
    ...relation,
    columns: [...columnsOf(snapshot), ...more],
    partitionColumns: [...snapshot.metadata.partitionColumns, base.name, version.name],
    stored: { resolve: stored.resolve, fields: [...stored.fields, ...more] },
    rowPositions: true,
    files: relation.files.map((file, i) => ({
      ...file,
      partitionValues: { ...file.partitionValues, ...defaultsOf(files[i]?.file, base, version) },
    })),
  };
  const places: readonly Column[] = rowPositions ? [whole('__ls_file'), whole('__ls_position')] : [];
  const columns: readonly Column[] = [...columnsOf(snapshot), names.rowId, names.rowCommitVersion, ...places];
  const items = [
    ...columnsOf(snapshot).map((column) => quoteName(column.name)),
    `coalesce(${quoteName(rowId.name)}, ${quoteName(base.name)} + __ls_position)`,
    `coalesce(${quoteName(rowCommitVersion.name)}, ${quoteName(version.name)})`,
    ...places.map((column) => column.name),
  ];
  return [inFiles, { name, kind: 'sql', columns, sql: `select ${items.join(', ')} from ${name}_files` }];
}

function defaultsOf(file: ScanFile | undefined, base: StructField, version: StructField): Record<string, string> {
  const { path = '', baseRowId, defaultRowCommitVersion } = file?.add ?? {};
  if (baseRowId === undefined || defaultRowCommitVersion === undefined)
    throw new LakeError(
      'LS3004',
      `The table says that it knows the ids of its rows, and not those of ${path}: its log is damaged.`,
      { context: { file: path } },
    );
  return { [base.name]: String(baseRowId), [version.name]: String(defaultRowCommitVersion) };
}

function whole(name: string): StructField {
  return { name, type: 'long', nullable: true, metadata: {} };
}
