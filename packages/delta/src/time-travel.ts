import type { CommitInfo } from './actions.ts';
import { DeltaError } from './errors.ts';
import { readCommitFacts, readFacts } from './log/commit-facts.ts';
import { type LogListing, listLog } from './log/list.ts';
import type { CommitFacts } from './log/replay.ts';
import type { TableIo } from './store.ts';

/** Commits that are looked into at the same time. */
const PARALLEL = 64;

/** One version in a table's history. */
export interface HistoryEntry {
  readonly version: number;
  /** As `Snapshot.timestampMs` of the same version. */
  readonly timestampMs: number;
  /** What the commit says of itself; some writers say nothing. */
  readonly commitInfo: CommitInfo | undefined;
}

/**
 * The newest versions whose commits are still in the log, newest first, `limit` at most. No table: an empty list.
 * A commit that cannot be read is an error ('log-corrupt').
 */
export async function readHistory(io: TableIo, limit: number = Number.POSITIVE_INFINITY): Promise<HistoryEntry[]> {
  const { commits } = await listLog(io.store);
  const newest = [...commits].sort(([a], [b]) => b - a).slice(0, limit);
  const entries: HistoryEntry[] = [];
  for (let start = 0; start < newest.length; start += PARALLEL) {
    const some = newest.slice(start, start + PARALLEL);
    const facts = await Promise.all(some.map(([, file]) => readCommitFacts(io, file)));
    for (const [index, [version]] of some.entries()) {
      const known = facts[index];
      // Cleaned up since it was listed, and with it everything before.
      if (known === undefined) return entries;
      entries.push({ version, ...known });
    }
  }
  return entries;
}

/**
 * The version that a reader at `timestampMs` would have seen: the newest one that was committed at that time or before.
 * Where clocks ran backwards, a version counts as committed no earlier than every version before it. A time before the first
 * version that can still be read is 'version-not-found'; a time after the newest one gives the newest (Spark refuses that
 * unless told otherwise).
 */
export async function versionAt(
  io: TableIo,
  timestampMs: number,
  options: { readonly stagedCommits?: readonly string[] | undefined } = {},
): Promise<number> {
  if (Number.isNaN(timestampMs)) throw new DeltaError('invalid-value', 'The time to read the table at is not a time.');
  const listing = await listLog(io.store, 0, options.stagedCommits);
  const versions = readableVersions(listing);
  const [first] = versions;
  if (first === undefined) {
    throw new DeltaError('table-not-found', 'There is no Delta table here: its folder has no _delta_log with commits.');
  }
  const facts = (version: number): Promise<CommitFacts> => readFacts(io, listing, version);
  const earliest = await facts(first);
  if (timestampMs < earliest.timestampMs) {
    const time = new Date(earliest.timestampMs);
    const at = Number.isNaN(time.getTime()) ? String(earliest.timestampMs) : time.toISOString();
    throw new DeltaError(
      'version-not-found',
      `The table had no version at that time: the earliest that can be read is version ${first}, of ${at}.`,
      { context: { version: first, timestampMs: earliest.timestampMs } },
    );
  }
  const newest = await facts(versions.at(-1) ?? first);
  const isOrdered = [earliest, newest].every(({ commitInfo }) => typeof commitInfo?.inCommitTimestamp === 'number');
  return isOrdered ? search(versions, timestampMs, facts) : scan(versions, timestampMs, facts);
}

/** In-commit timestamps rise from version to version: that is what they are for. */
async function search(
  versions: readonly number[],
  timestampMs: number,
  facts: (version: number) => Promise<CommitFacts>,
): Promise<number> {
  let low = 0;
  let high = versions.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const { timestampMs: time } = await facts(versions[middle] ?? 0);
    if (time <= timestampMs) low = middle;
    else high = middle - 1;
  }
  return versions[low] ?? 0;
}

/** Oldest first, since one commit of the future puts all after it into the future; it ends where that happens. */
async function scan(
  versions: readonly number[],
  timestampMs: number,
  facts: (version: number) => Promise<CommitFacts>,
): Promise<number> {
  let found = versions[0] ?? 0;
  for (let start = 0; start < versions.length; start += PARALLEL) {
    const some = versions.slice(start, start + PARALLEL);
    const times = await Promise.all(some.map(facts));
    for (const [index, version] of some.entries()) {
      if ((times[index]?.timestampMs ?? Number.POSITIVE_INFINITY) > timestampMs) return found;
      found = version;
    }
  }
  return found;
}

/** Versions that can be read: a checkpoint, or commits from the first one or from a checkpoint on without a gap. */
function readableVersions({ checkpoints, commits }: LogListing): number[] {
  const starts = new Set(checkpoints.map(({ version }) => version));
  const all = [...new Set([...starts, ...commits.keys()])].sort((a, b) => a - b);
  const readable: number[] = [];
  for (const version of all) {
    if (version === 0 || starts.has(version) || readable.at(-1) === version - 1) readable.push(version);
  }
  return readable;
}
