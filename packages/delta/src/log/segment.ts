import { DeltaError } from '../errors.ts';
import type { StoredObject } from '../store.ts';
import { type CheckpointFiles, type CompactedFile, type LogListing, newestVersion } from './list.ts';

/** One file to apply: a commit, or several in one. */
export type LogStep =
  | { readonly kind: 'commit'; readonly version: number; readonly file: StoredObject }
  | { readonly kind: 'compacted'; readonly version: number; readonly file: CompactedFile };

/** Which files make up a version: a checkpoint (or none), and what brings every commit after it. */
export interface LogSegment {
  readonly version: number;
  readonly checkpoint: CheckpointFiles | undefined;
  readonly steps: readonly LogStep[];
}

/** Files that are of no use, by path. */
export type Damaged = ReadonlyMap<string, unknown>;

/**
 * Chooses what to read for `version` (the newest when absent), starting from the newest checkpoint, past those that are
 * damaged. A version missing in between is 'log-corrupt'; nothing at all is 'table-not-found'.
 */
export function chooseSegment(listing: LogListing, version: number | undefined, damaged: Damaged): LogSegment {
  const newest = newestVersion(listing);
  if (newest < 0) {
    throw new DeltaError('table-not-found', 'There is no Delta table here: its folder has no _delta_log with commits.');
  }
  const target = version ?? newest;
  if (target > newest) throw versionNotFound(target, `the newest is ${newest}`);
  if (target < 0 || !Number.isSafeInteger(target)) throw versionNotFound(target, 'versions are counted from 0');
  const checkpoint = listing.checkpoints.find((c) => c.version <= target && !c.paths.some((path) => damaged.has(path)));
  const from = (checkpoint?.version ?? -1) + 1;
  const steps = stepsBetween(listing, { from, to: target, damaged });
  if (Array.isArray(steps)) return { version: target, checkpoint, steps };
  throw missingCommit(listing, { missing: steps.missing, target, checkpoint });
}

/** The fewest files that bring the commits `from` to `to`; or the first of them that is missing. */
export function stepsBetween(
  listing: LogListing,
  { from, to, damaged }: { from: number; to: number; damaged: Damaged },
): LogStep[] | { readonly missing: number } {
  const steps: LogStep[] = [];
  for (let version = from; version <= to;) {
    const compacted = longest(listing.compacted.get(version), to, damaged);
    const commit = listing.commits.get(version);
    if (compacted !== undefined) {
      steps.push({ kind: 'compacted', version: compacted.to, file: compacted });
      version = compacted.to + 1;
    } else if (commit !== undefined) {
      steps.push({ kind: 'commit', version, file: commit });
      version += 1;
    } else return { missing: version };
  }
  return steps;
}

function longest(files: readonly CompactedFile[] | undefined, to: number, damaged: Damaged): CompactedFile | undefined {
  let best: CompactedFile | undefined;
  for (const file of files ?? []) {
    if (file.to <= to && file.to > (best?.to ?? -1) && !damaged.has(file.path)) best = file;
  }
  return best;
}

function missingCommit(
  listing: LogListing,
  gap: { missing: number; target: number; checkpoint: CheckpointFiles | undefined },
): DeltaError {
  let oldest = Number.POSITIVE_INFINITY;
  for (const version of listing.commits.keys()) oldest = Math.min(oldest, version);
  for (const { version } of listing.checkpoints) oldest = Math.min(oldest, version);
  if (gap.checkpoint === undefined && gap.target < oldest) {
    return versionNotFound(gap.target, `its log was cleaned up before version ${oldest}`);
  }
  return new DeltaError(
    'log-corrupt',
    `Commit ${gap.missing} is missing in the log, so version ${gap.target} cannot be read.`,
    { context: { version: gap.missing } },
  );
}

/** The error of a version that the log does not hold. */
export function versionNotFound(version: number, why: string): DeltaError {
  return new DeltaError('version-not-found', `Version ${version} of the table does not exist: ${why}.`, {
    context: { version },
  });
}
