import type { Action } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { factsOfCommit } from './commit-facts.ts';
import { parseCommit } from './commit-file.ts';
import { readCheckpointHint } from './hint.ts';
import { listLog } from './list.ts';
import { loadSnapshot } from './load.ts';
import { commitPath } from './names.ts';
import { Replay } from './replay.ts';
import { markOf, standsAt } from './standing.ts';

/**
 * Whether a version that is not there is the next one of the table, as far as two small reads tell, however long the log is:
 * commits go oldest first, and only those before a checkpoint, so that where the one before is there and no checkpoint lies
 * ahead, none is missing. False where that does not suffice; then a listing tells.
 */
async function isPlainHead(io: TableIo, next: number, hasBefore = false): Promise<boolean> {
  if (next === 0) return false;
  if (!hasBefore && (await io.store.getRange(commitPath(next - 1), 0, 1)) === undefined) return false;
  const { version, fault } = await readCheckpointHint(io.store);
  return fault === undefined && version !== undefined && version < next;
}

/**
 * The newest version of the table that `base` is a version of: only commits after it are read, and the log is not listed
 * unless it has to be. Another table that somebody made in its place is read anew.
 */
export async function followSnapshot(io: TableIo, base: Snapshot): Promise<Snapshot> {
  const commits: Action[][] = [];
  for (;;) {
    const path = commitPath(base.version + commits.length + 1);
    const bytes = await io.store.get(path);
    if (bytes === undefined) break;
    commits.push(parseCommit(bytes, path));
  }
  const { stands, isThere } = await standsAt(io, base.version, markOf(base));
  if (stands === false) return loadSnapshot(io, {});
  const isHead = commits.length > 0 || (await isPlainHead(io, base.version + 1, isThere));
  const followed = commits.length === 0 ? base : snapshotAfter(base, commits);
  return isHead && followed !== undefined ? followed : loadSnapshot(io, { base });
}

/**
 * Refuses unless `next` is where the log of the table goes on that has the version `readVersion`. A log that lost the version we built on, or one after it, was cleaned up
 * or is another table's: a commit there would be where no reader looks. `seen`: a version whose commit was just seen.
 */
export async function requireHead(
  io: TableIo,
  { readVersion, seen }: { readonly readVersion: number; readonly seen?: number | undefined },
  next: number,
): Promise<void> {
  if (readVersion >= 0 && (await isPlainHead(io, next, seen === next - 1))) return;
  const { commits, checkpoints } = await listLog(io.store, Math.max(readVersion, 0));
  const hasBase =
    readVersion < 0 || commits.has(readVersion) || checkpoints.some((checkpoint) => checkpoint.version === readVersion);
  const hasLater =
    [...commits.keys()].some((version) => version > next) ||
    checkpoints.some((checkpoint) => checkpoint.version >= next);
  if (hasBase && !hasLater) return;
  // Somebody may have been faster; and a folder that changes while it is listed can show a commit and not the one before it.
  if (hasBase && (await io.store.get(commitPath(next))) !== undefined) return;
  throw new DeltaError(
    'version-not-found',
    `The commit was built on version ${readVersion}, and the table's log no longer tells what came after it; build it again.`,
    { context: { version: readVersion } },
  );
}

/**
 * The table after commits that were made on top of `base` (or of nothing), one after the other; undefined when that takes a
 * closer look, as where one of them cannot be read.
 */
export function snapshotAfter(
  base: Snapshot | undefined,
  commits: readonly (readonly Action[])[],
): Snapshot | undefined {
  const before = base?.version ?? -1;
  const version = before + commits.length;
  try {
    const replay = new Replay(base);
    for (const actions of commits) replay.apply(actions, `that follows version ${before}`);
    return replay.snapshot('committed', version, factsOfCommit(commits.at(-1) ?? [], { modifiedMs: 0 }));
  } catch (error) {
    if (error instanceof DeltaError) return undefined;
    throw error;
  }
}
