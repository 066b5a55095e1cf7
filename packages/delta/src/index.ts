/**
 * The Delta Lake protocol: what a table's log means and how it goes on. It performs no I/O of its own: a `TableIo` is passed in.
 * Reading gives a `Snapshot`; `stage…` functions are pure and give a `StagedCommit`; `commitStaged` makes it visible.
 */
export type * from './actions.ts';
export type * from './snapshot.ts';
export type * from './store.ts';
export type * from './types.ts';
export { DeltaError, deltaErrorCodes, type DeltaErrorCode } from './errors.ts';
export { type Json, type JsonObject, RawNumber, parseJson, serializeJson } from './json.ts';
export { canonicalPath, decodePath, encodePath, fileKey, locate } from './paths.ts';
export type { FilePlace, TrustedPlaces } from './paths.ts';
export { deletionVectorPath, readDeletionVector } from './dv/read.ts';
export { type RowSet, rowSetOfBitmap } from './dv/row-set.ts';
export { deletionVectorFile, writesDeletionVectors } from './dv/write.ts';
export {
  type StoredColumns,
  type TableShape,
  partitionKeys,
  storedColumns,
  storedPath,
} from './mapping/stored-columns.ts';
export { checkTypeChanges } from './mapping/type-changes.ts';
export { type RowIdentityColumns, rowIdentityColumns } from './mapping/row-tracking.ts';
export { parseSchema, serializeSchema } from './schema.ts';
export { type ColumnSpec, fieldIds } from './field-ids.ts';
export { type ColumnPlace, type SchemaEdit, editSchema, fieldAt } from './schema-edit.ts';
export { type Identity, type RowPromises, constraintProperty, rowFeatures, rowPromises } from './row-promises.ts';
export { type ColumnStatistics, type FileStatistics, buildStats, replaceStats } from './stats.ts';
export { statsColumns } from './stats-columns.ts';
export { clusteringPaths } from './mapping/clustering.ts';
export type { Predicate } from './scan/predicate.ts';
export type { Constant } from './scan/values.ts';
export { type Scan, type ScanFile, countBytes, countRows, planScan } from './scan/plan.ts';
export { type ChangeOptions, type ChangePlan, type VersionChanges, planChanges } from './changes/plan.ts';
export { stagedChanges } from './changes/staged.ts';
export type { ChangePoint, ChangeRange } from './changes/range.ts';
export type { ChangedFile, ChangedRows } from './changes/commit-changes.ts';
export { type FeatureState, describeFeatures } from './features.ts';
export { type FeatureKind, type Peer, peers } from './feature-list.ts';
export { type HistoryEntry, readHistory, versionAt } from './time-travel.ts';
export { type ReadOptions, latestVersion, readSnapshot } from './table.ts';
export { followSnapshot } from './log/head.ts';
export { isSameMark, markOf, requireStanding } from './log/standing.ts';
export type { CommitDetails, NewFile } from './txn/details.ts';
export { type MetadataChange, type NewTable, stageCreate } from './txn/create.ts';
export { type Append, type Overwrite, stageAppend, stageOverwrite } from './txn/write.ts';
export { stageRestore } from './txn/restore.ts';
export { countsAreLost } from './txn/identity-counts.ts';
export { metadataBetween } from './log/metadata-between.ts';
export { type Rewrite, stageRewrite } from './txn/rewrite.ts';
export { type TableChange, stageChange } from './txn/change.ts';
export { copiedPaths, stageClone, stageCopy } from './txn/clone.ts';
export { stageDowngrade } from './txn/downgrade.ts';
export { applyStaged } from './txn/apply.ts';
export { type CommitOptions, commitStaged } from './txn/commit.ts';
export type { CommitTurn, KnownCommits } from './txn/turn.ts';
export type { NewVersion } from './maintenance/keep-up.ts';
export { dropStaged } from './txn/drop.ts';
export { writeCheckpoint } from './log/checkpoint.ts';
export { type CompactedRange, compactLog } from './log/compact.ts';
export { cleanUpLog } from './log/cleanup.ts';
export { vacuumRetentionMs, vacuumTest } from './maintenance/vacuum.ts';
export { type VersionChecksum, readChecksum } from './log/checksum.ts';
export { type CheckpointHint, readCheckpointHint } from './log/hint.ts';
export type { Finding } from './check/finding.ts';
export { checkLog } from './check/log.ts';
