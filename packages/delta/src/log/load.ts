import { DeltaError } from '../errors.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { readCheckpoint } from './checkpoint.ts';
import { parseCommit } from './commit-file.ts';
import {
  type CheckpointFiles,
  chooseSegment,
  listLog,
  type LogListing,
  type LogSegment,
  readCheckpointHint,
} from './list.ts';
import { commitPath } from './names.ts';
import { Replay } from './replay.ts';

const ATTEMPTS = 5;
/** Commits that are fetched at the same time. */
const PARALLEL = 32;

/**
 * Reads a version of the table (the newest when absent) from its log. The log may move while it is read: a listing that has
 * a hole, or a file that is gone when it is opened, is looked at again before it counts as damage.
 */
export async function loadSnapshot(io: TableIo, version: number | undefined, base?: Snapshot): Promise<Snapshot> {
  if (base !== undefined && base.state === 'committed' && (version === undefined || version >= base.version)) {
    const updated = await updateSnapshot(io, version, base);
    if (updated !== undefined) return updated;
  }
  const hint = await readCheckpointHint(io.store);
  let from = hint !== undefined && (version === undefined || hint <= version) ? hint : 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await loadFrom(io, { version, from });
    } catch (error) {
      if (attempt >= ATTEMPTS || !(error instanceof DeltaError) || !isWorthAnotherLook(error, from)) throw error;
      from = 0;
    }
  }
}

function isWorthAnotherLook(error: DeltaError, from: number): boolean {
  return error.code === 'log-corrupt' || (from > 0 && ['table-not-found', 'version-not-found'].includes(error.code));
}

async function loadFrom(
  io: TableIo,
  { version, from }: { version: number | undefined; from: number },
): Promise<Snapshot> {
  const listing = await listLog(io.store, from);
  if (
    from > 0 &&
    !listing.checkpoints.some((c) => c.version >= from && (version === undefined || c.version <= version))
  ) {
    return loadFrom(io, { version, from: 0 });
  }
  const segment = chooseSegment(listing, version);
  const replay = await startReplay(io, segment);
  return replay.snapshot('committed', segment.version);
}

/** Replays from the newest checkpoint; if it cannot be read, from an older one or from the first commit, if they are there. */
async function startReplay(io: TableIo, newest: LogSegment): Promise<Replay> {
  let segment = newest;
  let failure: unknown;
  let listing: LogListing | undefined;
  for (;;) {
    const replay = new Replay();
    const { checkpoint } = segment;
    try {
      if (checkpoint !== undefined) {
        replay.applyCheckpoint(await readCheckpoint(io.checkpoints, checkpoint), checkpoint.committedMs);
        await describeCheckpoint(io, replay, checkpoint);
      }
    } catch (error) {
      if (checkpoint === undefined || (error instanceof DeltaError && error.code === 'unsupported-feature'))
        throw error;
      failure ??= error;
      listing ??= await listLog(io.store);
      const older = segmentBelow(listing, newest.version, checkpoint.version);
      if (older === undefined) throw failure;
      segment = older;
      continue;
    }
    await applyCommits(io, replay, segment.commits);
    return replay;
  }
}

/** The commit that a checkpoint stands for may be gone; if it is there, it tells who made it and when. */
async function describeCheckpoint(io: TableIo, replay: Replay, checkpoint: CheckpointFiles): Promise<void> {
  const path = commitPath(checkpoint.version);
  const bytes = await io.store.get(path);
  if (bytes !== undefined) replay.describe(parseCommit(bytes, path), checkpoint.committedMs);
}

function segmentBelow(listing: LogListing, version: number, checkpoint: number): LogSegment | undefined {
  try {
    return chooseSegment(listing, version, checkpoint);
  } catch (error) {
    if (error instanceof DeltaError) return undefined;
    throw error;
  }
}

/** The snapshot moved on by the commits after it; undefined when that cannot be told from the log as it is now. */
async function updateSnapshot(io: TableIo, version: number | undefined, base: Snapshot): Promise<Snapshot | undefined> {
  const listing = await listLog(io.store, base.version);
  const known = listing.commits.has(base.version) || listing.checkpoints.some((c) => c.version === base.version);
  const newest = Math.max(base.version, ...listing.commits.keys());
  const target = version ?? newest;
  if (!known || target > newest) return undefined;
  if (target === base.version) return base;
  const commits: { version: number; modifiedMs: number }[] = [];
  for (let v = base.version + 1; v <= target; v += 1) {
    const modifiedMs = listing.commits.get(v);
    if (modifiedMs === undefined) return undefined;
    commits.push({ version: v, modifiedMs });
  }
  const replay = new Replay(base);
  await applyCommits(io, replay, commits);
  return replay.snapshot('committed', target);
}

async function applyCommits(io: TableIo, replay: Replay, commits: LogSegment['commits']): Promise<void> {
  for (let start = 0; start < commits.length; start += PARALLEL) {
    const some = commits.slice(start, start + PARALLEL);
    const bytes = await Promise.all(some.map(({ version }) => io.store.get(commitPath(version))));
    for (const [index, { version, modifiedMs }] of some.entries()) {
      const path = commitPath(version);
      const content = bytes[index];
      if (content === undefined) {
        throw new DeltaError('log-corrupt', `Commit ${version} was in the log and is gone.`, { context: { version } });
      }
      replay.applyCommit(parseCommit(content, path), { path, modifiedMs });
    }
  }
}
