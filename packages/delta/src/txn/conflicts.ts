import type { Action } from '../actions.ts';
import { ROW_TRACKING_DOMAIN } from '../mapping/row-tracking.ts';
import { planScan } from '../scan/plan.ts';
import type { CommitResult, IsolationLevel, Snapshot, StagedCommit } from '../snapshot.ts';
import { type CommitSummary, summarize } from './commit-summary.ts';
import { readsRows } from './read-set.ts';
import { hasNumbered, mayPassMetadata, mayPassProtocol } from './table-changes.ts';

export type ConflictReason = Extract<CommitResult, { kind: 'conflict' }>['reason'];

/**
 * Whether a commit that was staged before `winner` was committed can still go on top of it; undefined: it can, and the result is
 * as if the two had been made one after the other (WriteSerializable: a blind append may count as made after the other).
 * The checks and their order are Spark's. `table` is what the winner was committed to: without it, any change of protocol or
 * properties is in the way, and any row that is added may be one that would have been read.
 */
export function findConflict(
  staged: StagedCommit,
  winner: readonly Action[],
  table?: Snapshot,
): ConflictReason | undefined {
  if (staged.readVersion < 0) return 'table-created';
  const ours = summarize(staged.actions);
  const theirs = summarize(winner);
  return (
    tableConflict(ours, theirs, table) ??
    progressConflict(staged, ours, theirs) ??
    fileConflict(staged, { ours, theirs, table })
  );
}

/** Two commits, and the table that the second was put on. */
interface Pair {
  readonly ours: CommitSummary;
  readonly theirs: CommitSummary;
  readonly table: Snapshot | undefined;
}

function tableConflict(
  ours: CommitSummary,
  theirs: CommitSummary,
  table: Snapshot | undefined,
): ConflictReason | undefined {
  if (theirs.protocol !== undefined) {
    const passes =
      ours.protocol === undefined && table !== undefined && mayPassProtocol(table.protocol, theirs.protocol);
    if (!passes) return 'protocol-changed';
  }
  if (theirs.metadata !== undefined) {
    if (table === undefined) return 'metadata-changed';
    const passes = mayPassMetadata(ours, table.metadata, theirs.metadata);
    if (!passes) return hasNumbered(ours, table.metadata, theirs.metadata) ? 'rows-numbered' : 'metadata-changed';
  }
  return undefined;
}

function progressConflict(
  { reads }: StagedCommit,
  ours: CommitSummary,
  theirs: CommitSummary,
): ConflictReason | undefined {
  const domains = new Set([...ours.domains, ...(reads.domains ?? [])]);
  // Row ids are given anew, beyond those of the others.
  domains.delete(ROW_TRACKING_DOMAIN);
  if (overlaps(domains, theirs.domains)) return 'domain-changed';
  return reads.appIds.some((appId) => theirs.appIds.has(appId)) ? 'concurrent-transaction' : undefined;
}

function fileConflict(staged: StagedCommit, pair: Pair): ConflictReason | undefined {
  const { ours, theirs } = pair;
  if (overlaps(ours.added, theirs.added) || wouldHaveRead(staged, pair)) return 'concurrent-append';
  if (overlaps(ours.removed, theirs.removed)) return 'concurrent-delete-delete';
  // Also files that were only laid out anew: that they hold the same rows is their writer's word.
  const isLost = staged.reads.wholeTable ? theirs.removed.size > 0 : overlaps(readPaths(staged), theirs.removed);
  return isLost ? 'concurrent-delete-read' : undefined;
}

/** Whether rows that the winner added would have been read. */
function wouldHaveRead(staged: StagedCommit, { ours, theirs, table }: Pair): boolean {
  if (theirs.newRows.length === 0 || !readsRows(staged.reads)) return false;
  const level = levelOf(ours);
  if (level === 'SnapshotIsolation') return false;
  const isBlind = theirs.info?.isBlindAppend === true;
  if (isBlind && level === 'WriteSerializable' && ours.metadata === undefined) return false;
  const { wholeTable, predicate } = staged.reads;
  if (wholeTable || predicate === undefined || table === undefined) return true;
  const files = new Map(theirs.newRows.map((add) => [add.path, add]));
  return planScan({ ...table, files }, predicate).files.length > 0;
}

/** What only lays rows out anew misses none that are added, whatever it says of itself. */
function levelOf({ info, newRows, changesRows, metadata, protocol }: CommitSummary): IsolationLevel {
  const isLayout = newRows.length === 0 && !changesRows && metadata === undefined && protocol === undefined;
  if (isLayout || info?.isolationLevel === 'SnapshotIsolation') return 'SnapshotIsolation';
  return info?.isolationLevel === 'WriteSerializable' ? 'WriteSerializable' : 'Serializable';
}

/** The paths of the files that were read, whose keys in a snapshot begin with them. */
function readPaths({ reads }: StagedCommit): ReadonlySet<string> {
  return new Set(reads.files.map((key) => key.split('\u0000', 1)[0] ?? key));
}

function overlaps(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const item of small) if (large.has(item)) return true;
  return false;
}
