import type { Action, Metadata, Protocol } from '../actions.ts';
import { protocolFor } from '../features.ts';
import { withIdentityColumns } from '../mapping/row-tracking.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import { type CommitDetails, draftCommit, requireCommitted } from './details.ts';
import { withLaterCounts } from './identity-counts.ts';
import { idsOverlap, withoutRowIds } from './row-ids.ts';
import { checkStaged } from './validate.ts';
import { removeOf } from './write.ts';

/**
 * Stages the table as it was in `old`: files that it had and that are gone come back, files that it did not have go, and
 * schema, properties and domains are as they were. The protocol stays: features are not taken back. The data files of `old`
 * must still exist; whoever calls this checks that. Applications' own progress (txn) stays too, and so does how
 * far columns have counted that number their rows: `between` says it of columns that `countsAreLost` between the two.
 */
export function stageRestore(
  current: Snapshot,
  old: Snapshot,
  { between = [], ...details }: CommitDetails & { readonly between?: readonly Metadata[] },
): StagedCommit {
  requireCommitted(current);
  requireCommitted(old);
  const kept = [...old.files.keys()].flatMap((key) => current.files.get(key) ?? []);
  const back = [...old.files].filter(([key]) => !current.files.has(key)).map(([, add]) => add);
  const added = idsOverlap([...kept, ...back]) ? back.map(withoutRowIds) : back;
  const removed = [...current.files].filter(([key]) => !old.files.has(key)).map(([, add]) => add);
  const protocol = protocolOf(current, old);
  const schemaString = [...between, current.metadata].reduce(
    (text, later) => withLaterCounts(text, later.schemaString),
    old.metadata.schemaString,
  );
  const metadata = withIdentityColumns({ ...old.metadata, schemaString }, protocol, current.metadata);
  const actions: Action[] = [
    ...(protocol === current.protocol ? [] : [{ protocol }]),
    ...(JSON.stringify(metadata) === JSON.stringify(current.metadata) ? [] : [{ metaData: metadata }]),
    ...domainChanges(current, old),
    ...removed.map((add): Action => ({ remove: removeOf(add, details.nowMs) })),
    ...added.map((add): Action => ({ add: { ...add, dataChange: true } })),
  ];
  const size = (files: typeof added): number => files.reduce((sum, file) => sum + file.size, 0);
  const staged = draftCommit(
    {
      base: current,
      operation: 'RESTORE',
      operationParameters: { version: old.version, timestamp: null },
      operationMetrics: {
        numRestoredFiles: added.length,
        restoredFilesSize: size(added),
        numRemovedFiles: removed.length,
        removedFilesSize: size(removed),
        numOfFilesAfterRestore: old.files.size,
        tableSizeAfterRestore: size([...old.files.values()]),
      },
      isBlindAppend: false,
      // Rows that others appended meanwhile are not part of the state to go back to.
      isolationLevel: 'Serializable',
      actions,
      reads: { wholeTable: true, files: new Set(current.files.keys()), appIds: new Set() },
      ownsFiles: false,
    },
    details,
  );
  checkStaged(staged, current, details.keeps);
  return staged;
}

function protocolOf(current: Snapshot, old: Snapshot): Protocol {
  const needs = {
    configuration: old.metadata.configuration,
    schema: old.schema,
    domains: old.domains.size > 0 || current.domains.size > 0,
  };
  return protocolFor(needs, {
    protocol: current.protocol,
    before: { configuration: current.metadata.configuration, schema: current.schema },
  });
}

function domainChanges(current: Snapshot, old: Snapshot): Action[] {
  const actions: Action[] = [];
  for (const [domain, configuration] of old.domains) {
    if (current.domains.get(domain) !== configuration) {
      actions.push({ domainMetadata: { domain, configuration, removed: false } });
    }
  }
  for (const [domain, configuration] of current.domains) {
    if (!old.domains.has(domain)) actions.push({ domainMetadata: { domain, configuration, removed: true } });
  }
  return actions;
}
