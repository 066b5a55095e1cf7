import type { Action, CommitInfo } from '../actions.ts';
import { canonicalPath } from '../paths.ts';
import type { CommitResult, StagedCommit } from '../snapshot.ts';

export type ConflictReason = Extract<CommitResult, { kind: 'conflict' }>['reason'];

/**
 * Whether a commit that was staged before `winner` was committed can still go on top of it; undefined: it can, and the result is
 * as if the two had been made one after the other (WriteSerializable: a blind append may count as made after the other).
 * The checks and their order are Spark's; the two that need the table's whole state, a compatible change of protocol or metadata,
 * are conflicts here.
 */
export function findConflict(staged: StagedCommit, winner: readonly Action[]): ConflictReason | undefined {
  const ours = summarize(staged.actions);
  const theirs = summarize(winner);
  if (staged.readVersion < 0) return 'table-created';
  if (theirs.protocol) return 'protocol-changed';
  if (theirs.metadata) return 'metadata-changed';
  if (overlaps(ours.domains, theirs.domains)) return 'domain-changed';
  if (staged.reads.appIds.some((appId) => theirs.appIds.has(appId))) return 'concurrent-transaction';
  if (appendInterferes(staged, ours, theirs)) return 'concurrent-append';
  const readPaths = new Set(staged.reads.files.map(pathOfKey));
  if (overlaps(readPaths, theirs.removed) && !overlaps(ours.removed, theirs.removed)) return 'concurrent-delete-read';
  if (staged.reads.wholeTable && theirs.removed.size > 0 && !overlaps(ours.removed, theirs.removed)) {
    return 'concurrent-delete-read';
  }
  if (overlaps(ours.removed, theirs.removed)) return 'concurrent-delete-delete';
  return undefined;
}

interface Summary {
  readonly protocol: boolean;
  readonly metadata: boolean;
  readonly domains: ReadonlySet<string>;
  readonly appIds: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
  readonly added: ReadonlySet<string>;
  /** Some file action changes what rows the table has. */
  readonly changesData: boolean;
  readonly addsData: boolean;
  readonly info: CommitInfo | undefined;
}

function summarize(actions: readonly Action[]): Summary {
  const domains = new Set<string>();
  const appIds = new Set<string>();
  const removed = new Set<string>();
  const added = new Set<string>();
  let [protocol, metadata, changesData, addsData] = [false, false, false, false];
  let info: CommitInfo | undefined;
  for (const action of actions) {
    if ('add' in action) {
      added.add(canonicalPath(action.add.path));
      if (action.add.dataChange) changesData = addsData = true;
    } else if ('remove' in action) {
      removed.add(canonicalPath(action.remove.path));
      if (action.remove.dataChange) changesData = true;
    } else if ('protocol' in action) protocol = true;
    else if ('metaData' in action) metadata = true;
    else if ('domainMetadata' in action) domains.add(action.domainMetadata.domain);
    else if ('txn' in action) appIds.add(action.txn.appId);
    else if ('commitInfo' in action) info = action.commitInfo;
  }
  return { protocol, metadata, domains, appIds, removed, added, changesData, addsData, info };
}

/** Would what the winner added have been read? Without predicates, any row might; rewriting files adds no rows. */
function appendInterferes(staged: StagedCommit, ours: Summary, theirs: Summary): boolean {
  if (overlaps(ours.added, theirs.added)) return true;
  const readsRows = staged.reads.wholeTable || staged.reads.files.length > 0;
  if (!readsRows || !theirs.addsData) return false;
  const onlyRewrites = !ours.changesData && !ours.metadata && !ours.protocol;
  if (onlyRewrites) return false;
  const blindAppendCounts = ours.info?.isolationLevel === 'Serializable' || ours.metadata;
  return theirs.info?.isBlindAppend !== true || blindAppendCounts;
}

/** The path in a key of a snapshot's file. */
function pathOfKey(key: string): string {
  return key.split('\u0000', 1)[0] ?? key;
}

function overlaps(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const item of small) if (large.has(item)) return true;
  return false;
}
