import { logRetentionMs } from '../configuration.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { LOG_FOLDER, type LogName, parseLogName } from './names.ts';
import { listLog } from './list.ts';

/**
 * Deletes log files that no version within the retention needs (PROTOCOL.md, Metadata Cleanup): those older than the newest
 * checkpoint that is older than the retention. That checkpoint and its commit stay; without one, everything stays.
 * Returns the deleted paths.
 */
export async function cleanUpLog(io: TableIo, snapshot: Snapshot): Promise<string[]> {
  const { configuration } = snapshot.metadata;
  if (configuration['delta.enableExpiredLogCleanup'] === 'false') return [];
  const cutoffMs = io.now() - logRetentionMs(configuration);
  const listing = await listLog(io.store);
  let cutoffVersion = -1;
  let timeMs = Number.NEGATIVE_INFINITY;
  for (const [version, { modifiedMs }] of [...listing.commits].sort(([a], [b]) => a - b)) {
    timeMs = Math.max(modifiedMs, timeMs + 1);
    if (timeMs > cutoffMs) break;
    cutoffVersion = version;
  }
  const keepFrom = listing.checkpoints.find((checkpoint) => checkpoint.version <= cutoffVersion)?.version;
  return keepFrom === undefined ? [] : deleteBelow(io, keepFrom);
}

async function deleteBelow(io: TableIo, keepFrom: number): Promise<string[]> {
  const expired: string[] = [];
  for await (const { path } of io.store.list(LOG_FOLDER)) {
    const name = parseLogName(path.slice(LOG_FOLDER.length + 1));
    if (name !== undefined && isExpired(name, keepFrom)) expired.push(path);
  }
  // Oldest first: whenever this stops, what is left has no hole.
  for (const path of expired) await io.store.delete(path);
  return expired;
}

function isExpired(name: LogName, keepFrom: number): boolean {
  return name.kind === 'compacted' ? name.version <= keepFrom : name.version < keepFrom;
}
