import { logRetentionMs } from '../configuration.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { sidecarsOf } from './checkpoint-read.ts';
import { type CheckpointFiles, listLog } from './list.ts';
import { requireStanding } from './standing.ts';
import { LOG_FOLDER, type LogName, SIDECARS_FOLDER, parseLogName } from './names.ts';

/**
 * Deletes log files that no version within the retention needs (PROTOCOL.md, Metadata Cleanup): those older than the newest
 * checkpoint that is older than the retention. That checkpoint and its commit stay; without one, everything stays. Sidecars go
 * when they are a day old and no checkpoint that is left names them. Returns the deleted paths. Where another table came in the place of this one, whose files are
 * named the same, nothing more is deleted.
 */
export async function cleanUpLog(io: TableIo, snapshot: Snapshot): Promise<string[]> {
  const { configuration } = snapshot.metadata;
  if (configuration['delta.enableExpiredLogCleanup'] === 'false') return [];
  const cutoffMs = io.now() - logRetentionMs(configuration);
  if (!(await mayBeExpired(io, cutoffMs))) return [];
  const listing = await listLog(io.store);
  let cutoffVersion = -1;
  let timeMs = Number.NEGATIVE_INFINITY;
  for (const [version, { modifiedMs }] of [...listing.commits].sort(([a], [b]) => a - b)) {
    timeMs = Math.max(modifiedMs, timeMs + 1);
    if (timeMs > cutoffMs) break;
    cutoffVersion = version;
  }
  const keepFrom = listing.checkpoints.find((checkpoint) => checkpoint.version <= cutoffVersion)?.version;
  if (keepFrom === undefined) return [];
  const lastLook = (): Promise<void> => requireStanding(io, snapshot);
  const remove = async (path: string): Promise<void> => io.store.delete(path, { lastLook });
  const expired = await expiredBelow(io, keepFrom);
  // Oldest first: whenever this stops, what is left has no hole.
  for (const path of expired) await remove(path);
  const left = listing.checkpoints.filter(({ version }) => version >= keepFrom);
  const orphans = await orphanSidecars(io, left);
  for (const path of orphans) await remove(path);
  return [...expired, ...orphans];
}

/** A look at the oldest file, which suffices where the log is younger than the retention. */
async function mayBeExpired(io: TableIo, cutoffMs: number): Promise<boolean> {
  for await (const { path, modifiedMs } of io.store.list(LOG_FOLDER))
    if (parseLogName(path.slice(LOG_FOLDER.length + 1)) !== undefined) return modifiedMs <= cutoffMs;
  return false;
}

const DAY_MS = 86_400_000;

/** One that is younger may belong to a checkpoint that somebody is still writing. */
async function orphanSidecars(io: TableIo, checkpoints: readonly CheckpointFiles[]): Promise<string[]> {
  const old: string[] = [];
  for await (const { path, modifiedMs } of io.store.list(SIDECARS_FOLDER))
    if (modifiedMs < io.now() - DAY_MS) old.push(path);
  if (old.length === 0) return [];
  const named = new Set<string>();
  for (const checkpoint of checkpoints) for (const path of await sidecarsOf(io, checkpoint)) named.add(path);
  return old.filter((path) => !named.has(path));
}

async function expiredBelow(io: TableIo, keepFrom: number): Promise<string[]> {
  const expired: string[] = [];
  for await (const { path } of io.store.list(LOG_FOLDER)) {
    const name = parseLogName(path.slice(LOG_FOLDER.length + 1));
    if (name !== undefined && isExpired(name, keepFrom)) expired.push(path);
  }
  return expired;
}

function isExpired(name: LogName, keepFrom: number): boolean {
  return name.kind === 'compacted' ? name.version <= keepFrom : name.version < keepFrom;
}
