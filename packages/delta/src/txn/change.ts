import { featureNamed } from '../features.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import type { StructField } from '../types.ts';
import { type MetadataChange, namedFeatures } from './create.ts';
import { type CommitDetails, draftCommit, requireCommitted } from './details.ts';
import { checkStaged } from './validate.ts';
import { headActions } from './write.ts';

/** A change of what the table is, and not of its rows. */
export interface TableChange extends CommitDetails {
  /** In Spark's words: ADD COLUMNS, SET TBLPROPERTIES. */
  readonly operation: string;
  readonly change: MetadataChange & { readonly columns?: readonly StructField[] };
  /** Features that the protocol is to allow from now on. */
  readonly features?: readonly string[];
}

/** Stages a change of schema, properties or protocol; undefined when it changes nothing. */
export function stageChange(snapshot: Snapshot, change: TableChange): StagedCommit | undefined {
  requireCommitted(snapshot);
  const { configuration, named } = namedFeatures(change.change.configuration ?? {});
  const features = [...named, ...(change.features ?? []).map(featureNamed)];
  const { head, said } = headActions(snapshot, change, { change: { ...change.change, configuration }, features });
  if (head.length === 0 && said.domains === undefined) return undefined;
  const staged = draftCommit(
    {
      base: snapshot,
      operation: change.operation,
      operationParameters: {},
      operationMetrics: {},
      isBlindAppend: false,
      actions: head,
      // What is asked of rows was asked of those that are there.
      reads: { wholeTable: true, files: new Set(), appIds: new Set() },
      // Those that are told anew are the table's.
      ownsFiles: false,
    },
    said,
  );
  checkStaged(staged, snapshot, change.keeps);
  return staged;
}
