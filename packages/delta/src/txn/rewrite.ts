import type { Action, AddFile, DeletionVector } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { parseJson, serializeJson } from '../json.ts';
import { encodePath } from '../paths.ts';
import { recordCountOf } from '../scan/stats-text.ts';
import type { Predicate } from '../scan/predicate.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import type { MetadataChange } from './create.ts';
import { type CommitDetails, type NewFile, addOf, draftCommit, requireCommitted } from './details.ts';
import { checkStaged } from './validate.ts';
import { headActions, removeOf } from './write.ts';

/** Files in place of others, whose rows were changed, removed or only laid out anew. */
export interface Rewrite extends CommitDetails {
  /** In Spark's words: DELETE, UPDATE, MERGE, OPTIMIZE. */
  readonly operation: string;
  /** Keys of the files that are replaced. */
  readonly replaced: ReadonlySet<string>;
  readonly files: readonly NewFile[];
  /** Live files of which more rows are deleted now, by their keys, each with its new vector in place of any that it has. */
  readonly vectors?: ReadonlyMap<string, DeletionVector>;
  /** New columns that come with the rows, or another order of them. */
  readonly change?: MetadataChange;
  /** Files that tell which rows changed; only where the table keeps a change feed. */
  readonly changes?: readonly NewFile[];
  /** False when the table has the same rows before and after. Default: true. */
  readonly dataChange?: boolean;
  /** Keys of the files that the rows were computed from, besides those replaced. */
  readonly read?: ReadonlySet<string>;
  /** What the rows that were looked for meet: what others add is in the way only if it may. Absent: any row. */
  readonly predicate?: Predicate | undefined;
}

/** Stages files in place of others. */
export function stageRewrite(snapshot: Snapshot, rewrite: Rewrite): StagedCommit {
  requireCommitted(snapshot);
  const { head, partitionNames, said } = headActions(snapshot, rewrite, { change: rewrite.change });
  const {
    replaced,
    files,
    vectors = new Map(),
    changes = [],
    dataChange = true,
    read = new Set<string>(),
    predicate,
  } = rewrite;
  const touched = new Set([...replaced, ...vectors.keys()]);
  const removes = [...touched].map((key): Action => ({
    remove: removeOf(liveFile(snapshot, key), rewrite.nowMs, dataChange),
  }));
  const adds = files.map((file): Action => ({ add: addOf(file, partitionNames, dataChange) }));
  const marked = [...vectors].map(([key, vector]): Action => ({
    add: { ...withVector(liveFile(snapshot, key), vector), dataChange },
  }));
  const cdc = changes.map((file): Action => ({
    cdc: {
      path: encodePath(file.path),
      partitionValues: file.partitionValues ?? {},
      size: file.sizeBytes,
      dataChange: false,
    },
  }));
  const staged = draftCommit(
    {
      base: snapshot,
      operation: rewrite.operation,
      operationParameters: {},
      operationMetrics: { numRemovedFiles: replaced.size, numAddedFiles: files.length },
      isBlindAppend: false,
      // Where no row is another, none that is added meanwhile is missed.
      ...(dataChange ? {} : { isolationLevel: 'SnapshotIsolation' }),
      actions: [...head, ...removes, ...marked, ...adds, ...cdc],
      reads: {
        wholeTable: dataChange && predicate === undefined,
        files: new Set([...read, ...touched]),
        appIds: new Set(),
        predicate,
      },
    },
    said,
  );
  checkStaged(staged, snapshot, rewrite.keeps);
  return staged;
}

function liveFile(snapshot: Snapshot, key: string): AddFile {
  const add = snapshot.files.get(key);
  if (add === undefined) throw new DeltaError('invalid-value', `The file ${key} is not in the table.`);
  return add;
}

/** The file with a vector. Its statistics are those of all its rows from now on: bounds, and no longer tight ones. */
function withVector(add: AddFile, deletionVector: DeletionVector): AddFile {
  const { stats } = add;
  if (stats === undefined || recordCountOf(stats) === undefined) {
    throw new DeltaError(
      'invalid-value',
      `The file ${add.path} cannot have a deletion vector: its statistics do not tell how many rows it has.`,
      { context: { path: add.path } },
    );
  }
  const known = Object.fromEntries(Object.entries(parseJson(stats) ?? {}));
  return { ...add, deletionVector, stats: serializeJson({ ...known, tightBounds: false }) };
}
