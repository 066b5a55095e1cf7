import type { Action, AddFile, CdcFile, CommitInfo, RemoveFile } from '../actions.ts';
import { readDeletionVector } from '../dv/read.ts';
import type { RowSet } from '../dv/row-set.ts';
import { DeltaError } from '../errors.ts';
import { partitionValuesOf } from '../mapping/stored-columns.ts';
import { canonicalPath } from '../paths.ts';
import { recordCountOf } from '../scan/stats-text.ts';
import type { TableIo } from '../store.ts';

/** Rows of one file that were changed by one version. */
export interface ChangedFile {
  /** 'cdc': the file says itself what happened to each row, in `_change_type`. Otherwise that is the change of all these rows. */
  readonly kind: 'cdc' | 'insert' | 'delete';
  /** As in the log; `locate` tells where it is. */
  readonly path: string;
  /** A value for every partition column, by its name in the schema. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Some writers do not say of files that they removed. */
  readonly sizeBytes: number | undefined;
  /** Which rows of the file. */
  readonly rows: ChangedRows;
}

export type ChangedRows =
  | { readonly kind: 'all' }
  | { readonly kind: 'without'; readonly set: RowSet }
  | { readonly kind: 'only'; readonly set: RowSet };

/** What is needed besides a commit to tell what it changed. */
export interface CommitContext {
  readonly io: TableIo;
  readonly version: number;
  readonly commitInfo: CommitInfo | undefined;
  readonly partitionKeys: ReadonlyMap<string, string>;
  /** The removed file as the version before had it. */
  readonly before: (remove: RemoveFile) => Promise<AddFile | undefined>;
}

/**
 * The rows that a commit changed: what its change files say if it has any, else the rows of the files that it added and removed
 * with a change of data. Of a file that it removed and added again, those are the rows that only one deletion vector names.
 */
export async function changesOf(actions: readonly Action[], context: CommitContext): Promise<ChangedFile[]> {
  const cdc = actions.flatMap((action) => ('cdc' in action ? [action.cdc] : []));
  if (cdc.length > 0) return cdc.map((file) => changed('cdc', { file, rows: { kind: 'all' } }, context));
  if (saysNothingChanged(context.commitInfo)) return [];
  const files: ChangedFile[] = [];
  for (const [path, { add, remove }] of pairs(actions, context.version)) {
    if (add !== undefined && remove !== undefined) files.push(...(await replaced(add, remove, context)));
    else if (add !== undefined) files.push(changed('insert', { file: add, rows: await rowsOf(add, context) }, context));
    else if (remove !== undefined) {
      const file = { ...remove, path: remove.path, partitionValues: await partitionValues(remove, context) };
      files.push(changed('delete', { file, rows: await rowsOf(remove, context) }, context));
    } else throw new DeltaError('log-corrupt', `Nothing is known of ${path}.`);
  }
  return files;
}

/** A MERGE that found nothing to do may have rewritten files all the same. */
function saysNothingChanged(info: CommitInfo | undefined): boolean {
  const metrics = info?.operationMetrics;
  if (info?.operation !== 'MERGE' || typeof metrics !== 'object' || metrics === null) return false;
  return ['Inserted', 'Updated', 'Deleted'].every((what) => metrics[`numTargetRows${what}`] === '0');
}

interface Pair {
  add?: AddFile;
  remove?: RemoveFile;
}

function pairs(actions: readonly Action[], version: number): Map<string, Pair> {
  const found = new Map<string, Pair>();
  for (const action of actions) {
    const file = 'add' in action ? action.add : 'remove' in action ? action.remove : undefined;
    if (file?.dataChange !== true) continue;
    const path = canonicalPath(file.path);
    const pair = found.get(path) ?? {};
    const kind = 'add' in action ? 'add' : 'remove';
    if (pair[kind] !== undefined) {
      throw new DeltaError(
        'log-corrupt',
        `The commit of version ${version} has more than one ${kind} of ${file.path}.`,
        {
          context: { version, path: file.path },
        },
      );
    }
    found.set(
      path,
      'add' in action ? { ...pair, add: action.add } : 'remove' in action ? { ...pair, remove: action.remove } : pair,
    );
  }
  return found;
}

async function replaced(add: AddFile, remove: RemoveFile, context: CommitContext): Promise<ChangedFile[]> {
  const after = await vectorOf(add, context);
  const before = await vectorOf(remove, context);
  const deleted = before === undefined ? after : after?.minus(before);
  const restored = after === undefined ? before : before?.minus(after);
  const files: ChangedFile[] = [];
  if (deleted !== undefined && deleted.cardinality > 0) {
    files.push(changed('delete', { file: add, rows: { kind: 'only', set: deleted } }, context));
  }
  if (restored !== undefined && restored.cardinality > 0) {
    files.push(changed('insert', { file: add, rows: { kind: 'only', set: restored } }, context));
  }
  return files;
}

async function rowsOf(file: AddFile | RemoveFile, context: CommitContext): Promise<ChangedRows> {
  const set = await vectorOf(file, context);
  return set === undefined ? { kind: 'all' } : { kind: 'without', set };
}

async function vectorOf(file: AddFile | RemoveFile, { io }: CommitContext): Promise<RowSet | undefined> {
  if (file.deletionVector === undefined) return undefined;
  return readDeletionVector(io, file.deletionVector, { numRecords: recordCountOf(file.stats) });
}

async function partitionValues(
  remove: RemoveFile,
  { partitionKeys, before, version }: CommitContext,
): Promise<AddFile['partitionValues']> {
  if (remove.partitionValues !== undefined || partitionKeys.size === 0) return remove.partitionValues ?? {};
  const add = await before(remove);
  if (add !== undefined) return add.partitionValues;
  throw new DeltaError(
    'log-corrupt',
    `Version ${version} removes ${remove.path} without its partition values, and the version before does not have it.`,
    { context: { version, path: remove.path } },
  );
}

function changed(
  kind: ChangedFile['kind'],
  {
    file,
    rows,
  }: {
    readonly file: Pick<CdcFile, 'path' | 'partitionValues'> & { readonly size?: number };
    readonly rows: ChangedRows;
  },
  { partitionKeys }: CommitContext,
): ChangedFile {
  const values = partitionValuesOf(partitionKeys, file.partitionValues);
  return { kind, path: file.path, partitionValues: values, sizeBytes: file.size, rows };
}
