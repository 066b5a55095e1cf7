import type { Action } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { encodePath } from '../paths.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import { type CommitDetails, type NewFile, addOf, draftCommit, partitionNamesOf, requireCommitted } from './details.ts';
import { checkStaged } from './validate.ts';
import { removeOf } from './write.ts';

/** Files in place of others, whose rows were changed, removed or only laid out anew. */
export interface Rewrite extends CommitDetails {
  /** In Spark's words: DELETE, UPDATE, MERGE, OPTIMIZE. */
  readonly operation: string;
  /** Keys of the files that are replaced. */
  readonly replaced: ReadonlySet<string>;
  readonly files: readonly NewFile[];
  /** Files that tell which rows changed; only where the table keeps a change feed. */
  readonly changes?: readonly NewFile[];
  /** False when the table has the same rows before and after. Default: true. */
  readonly dataChange?: boolean;
  /** Keys of the files that the rows were computed from, besides those replaced. */
  readonly read?: ReadonlySet<string>;
}

/** Stages files in place of others. */
export function stageRewrite(snapshot: Snapshot, rewrite: Rewrite): StagedCommit {
  requireCommitted(snapshot);
  const partitionNames = partitionNamesOf(snapshot);
  const { replaced, files, changes = [], dataChange = true, read = new Set<string>() } = rewrite;
  const removes = [...replaced].map((key): Action => {
    const add = snapshot.files.get(key);
    if (add === undefined) throw new DeltaError('invalid-value', `The file ${key} is not in the table.`);
    return { remove: removeOf(add, rewrite.nowMs, dataChange) };
  });
  const adds = files.map((file): Action => ({ add: addOf(file, partitionNames, dataChange) }));
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
      readVersion: snapshot.version,
      operation: rewrite.operation,
      operationParameters: {},
      operationMetrics: { numRemovedFiles: replaced.size, numAddedFiles: files.length },
      isBlindAppend: false,
      isolationLevel: 'WriteSerializable',
      actions: [...removes, ...adds, ...cdc],
      reads: { wholeTable: false, files: new Set([...read, ...replaced]), appIds: new Set() },
    },
    rewrite,
  );
  checkStaged(staged, snapshot, rewrite.keeps);
  return staged;
}
