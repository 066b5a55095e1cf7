import type { CommitInfo } from './actions.ts';
import { commitInfoOf, parseCommit } from './log/commit-file.ts';
import { listLog } from './log/list.ts';
import { commitPath } from './log/names.ts';
import type { TableIo } from './store.ts';

/** One version in a table's history. */
export interface HistoryEntry {
  readonly version: number;
  readonly timestampMs: number;
  /** What the commit says of itself; some writers say nothing. */
  readonly commitInfo: CommitInfo | undefined;
}

/** The newest versions whose commits are still in the log, newest first, `limit` at most. No table: an empty list. */
export async function readHistory(io: TableIo, limit: number = Number.POSITIVE_INFINITY): Promise<HistoryEntry[]> {
  const { commits } = await listLog(io.store);
  const times = monotonized(commits);
  const entries: HistoryEntry[] = [];
  for (const version of [...commits.keys()].sort((a, b) => b - a)) {
    if (entries.length >= limit) break;
    const path = commitPath(version);
    const bytes = await io.store.get(path);
    // Cleaned up since it was listed, and with it everything before.
    if (bytes === undefined) break;
    const commitInfo = commitInfoOf(parseCommit(bytes, path));
    const timestampMs = commitInfo?.inCommitTimestamp ?? times.get(version) ?? 0;
    entries.push({ version, timestampMs, commitInfo });
  }
  return entries;
}

/** File times may stand still or run backwards after a copy; those of versions do not. */
function monotonized(commits: ReadonlyMap<number, number>): Map<number, number> {
  const times = new Map<number, number>();
  let last = Number.NEGATIVE_INFINITY;
  for (const [version, modifiedMs] of [...commits].sort(([a], [b]) => a - b)) {
    last = Math.max(modifiedMs, last + 1);
    times.set(version, last);
  }
  return times;
}
