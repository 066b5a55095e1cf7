import type { Action, AddFile, Metadata, RemoveFile } from '../actions.ts';
import { protocolFor } from '../features.ts';
import { CLUSTERING_DOMAIN, clusteringConfiguration, keepClusteringColumns } from '../mapping/clustering.ts';
import { withIdentityColumns } from '../mapping/row-tracking.ts';
import type { TableShape } from '../mapping/stored-columns.ts';
import type { ReadSet, Snapshot, StagedCommit } from '../snapshot.ts';
import { type MetadataChange, changedMetadata } from './create.ts';
import {
  type CommitDetails,
  type NewFile,
  addOf,
  draftCommit,
  partitionNamesOf,
  requireCommitted,
  usesDomains,
} from './details.ts';
import { readsRows } from './read-set.ts';
import { checkStaged } from './validate.ts';

export interface Append extends CommitDetails {
  readonly files: readonly NewFile[];
  /** What the rows were computed from in this very table. Absent: nothing, and then no append of others is in the way. */
  readonly reads?: Partial<ReadSet>;
  readonly change?: MetadataChange;
}

/** Stages files on top of what the table has. */
export function stageAppend(snapshot: Snapshot, append: Append): StagedCommit {
  requireCommitted(snapshot);
  const { head, metadata, partitionNames, said } = headActions(snapshot, append, { change: append.change });
  const reads: ReadSet = { wholeTable: false, files: new Set(), appIds: new Set(), ...append.reads };
  const staged = draftCommit(
    {
      base: snapshot,
      operation: 'WRITE',
      operationParameters: { mode: 'Append', partitionBy: JSON.stringify(metadata.partitionColumns) },
      operationMetrics: written(append.files),
      isBlindAppend: !readsRows(reads),
      actions: [...head, ...append.files.map((file): Action => ({ add: addOf(file, partitionNames) }))],
      reads,
    },
    said,
  );
  checkStaged(staged, snapshot, append.keeps);
  return staged;
}

export interface Overwrite extends CommitDetails {
  readonly files: readonly NewFile[];
  /** Keys of the files that are replaced; absent: everything that the table has. */
  readonly replaced?: ReadonlySet<string>;
  /** A new schema, partitioning or properties that come with the rows. */
  readonly change?: MetadataChange;
}

/** Stages files in place of everything that the table has, or of some of its files. */
export function stageOverwrite(snapshot: Snapshot, overwrite: Overwrite): StagedCommit {
  requireCommitted(snapshot);
  const { head, metadata, partitionNames, said } = headActions(snapshot, overwrite, { change: overwrite.change });
  const { replaced } = overwrite;
  const gone = [...snapshot.files].filter(([key]) => replaced?.has(key) ?? true).map(([, add]) => add);
  const removes = gone.map((add): Action => ({ remove: removeOf(add, overwrite.nowMs) }));
  const adds = overwrite.files.map((file): Action => ({ add: addOf(file, partitionNames) }));
  const staged = draftCommit(
    {
      base: snapshot,
      operation: 'WRITE',
      operationParameters: { mode: 'Overwrite', partitionBy: JSON.stringify(metadata.partitionColumns) },
      operationMetrics: { ...written(overwrite.files), ...removedFrom(gone) },
      isBlindAppend: false,
      actions: [...head, ...removes, ...adds],
      reads: { wholeTable: true, files: new Set(snapshot.files.keys()), appIds: new Set() },
    },
    said,
  );
  checkStaged(staged, snapshot, overwrite.keeps);
  return staged;
}

/** The remove action of a live file; it keeps what vacuum and change readers need to know of it. */
export function removeOf(add: AddFile, nowMs: number, dataChange = true): RemoveFile {
  return {
    path: add.path,
    deletionTimestamp: nowMs,
    dataChange,
    extendedFileMetadata: true,
    partitionValues: add.partitionValues,
    size: add.size,
    ...(add.stats === undefined ? {} : { stats: add.stats }),
    ...(add.tags === undefined ? {} : { tags: add.tags }),
    ...(add.deletionVector === undefined ? {} : { deletionVector: add.deletionVector }),
    ...(add.baseRowId === undefined ? {} : { baseRowId: add.baseRowId }),
    ...(add.defaultRowCommitVersion === undefined ? {} : { defaultRowCommitVersion: add.defaultRowCommitVersion }),
  };
}

/** Protocol and metadata actions, as far as the commit changes them, and what the commit says besides. */
export function headActions(
  snapshot: Snapshot,
  details: CommitDetails,
  { change, features = [] }: { readonly change: MetadataChange | undefined; readonly features?: readonly string[] },
): { head: Action[]; metadata: Metadata; partitionNames: readonly string[]; said: CommitDetails } {
  const { metadata: asked, schema } =
    change === undefined
      ? { metadata: snapshot.metadata, schema: snapshot.schema }
      : changedMetadata(snapshot, change, details.keeps);
  const isClustered = (change?.clusterBy ?? []).length > 0;
  const named = isClustered ? [...features, 'clustering'] : features;
  const needs = { configuration: asked.configuration, schema, domains: usesDomains(details), named };
  const protocol = protocolFor(needs, {
    protocol: snapshot.protocol,
    before: { configuration: snapshot.metadata.configuration, schema: snapshot.schema },
  });
  const isSame = asked === snapshot.metadata && protocol === snapshot.protocol;
  const metadata = isSame ? asked : withIdentityColumns(asked, protocol, snapshot.metadata);
  const head: Action[] = [
    ...(protocol === snapshot.protocol ? [] : [{ protocol }]),
    ...(metadata === snapshot.metadata ? [] : [{ metaData: metadata }]),
  ];
  const shape = { protocol, metadata, schema };
  if (change?.clusterBy === undefined) keepClusteringColumns(snapshot, shape);
  const said = change?.clusterBy === undefined ? details : clustered(snapshot, details, shape, change.clusterBy);
  return { head, metadata, partitionNames: partitionNamesOf(shape), said };
}

function clustered(
  { domains }: Snapshot,
  details: CommitDetails,
  shape: TableShape,
  columns: NonNullable<MetadataChange['clusterBy']>,
): CommitDetails {
  const before = domains.get(CLUSTERING_DOMAIN);
  const configuration = clusteringConfiguration(shape, columns);
  const isSame = before === undefined ? columns.length === 0 : before === configuration;
  if (isSame) return details;
  return {
    ...details,
    domains: { ...details.domains, set: { ...details.domains?.set, [CLUSTERING_DOMAIN]: configuration } },
  };
}

function written(files: readonly NewFile[]): Record<string, number> {
  return { numFiles: files.length, numOutputBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0) };
}

function removedFrom(files: Iterable<AddFile>): Record<string, number> {
  let numRemovedFiles = 0;
  let numRemovedBytes = 0;
  for (const { size } of files) {
    numRemovedFiles += 1;
    numRemovedBytes += size;
  }
  return { numRemovedFiles, numRemovedBytes };
}
