import type { Action } from '../actions.ts';
import { checkpointInterval } from '../configuration.ts';
import { DeltaError } from '../errors.ts';
import { writeCheckpoint } from '../log/checkpoint.ts';
import { cleanUpLog } from '../log/cleanup.ts';
import { commitInfoOf, parseCommit, serializeCommit } from '../log/commit-file.ts';
import { listLog } from '../log/list.ts';
import { loadSnapshot } from '../log/load.ts';
import { commitPath } from '../log/names.ts';
import type { CommitResult, Snapshot, StagedCommit } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { findConflict } from './conflicts.ts';
import { checkForm } from './validate.ts';

export interface CommitOptions {
  /** How often to try when others keep winning without being in the way. Default: without end. */
  readonly attempts?: number;
  /** false: any commit that others made meanwhile is a conflict, also one that is not in the way. Default: true. */
  readonly rebase?: boolean;
  /**
   * The snapshot that the commit was built on. It tells how often the table wants checkpoints (otherwise every 10 commits), and
   * saves reading it again when one is due.
   */
  readonly base?: Snapshot;
  /** Told when the checkpoint or the clean-up after a commit failed. The commit stands all the same. */
  readonly onMaintenanceError?: (error: unknown) => void;
}

/**
 * Commits, exactly once: a second call with the same staged commit finds the first one by its txnId, and so does a retry after
 * a put whose outcome was unknown. Commits that others made meanwhile are checked for conflicts, and built upon if there are none.
 * When a store fails without telling whether the put happened, its error is passed on; calling again is safe.
 */
export async function commitStaged(
  io: TableIo,
  staged: StagedCommit,
  options: CommitOptions = {},
): Promise<CommitResult> {
  checkForm(staged);
  const attempts = options.attempts ?? Number.POSITIVE_INFINITY;
  let version = staged.readVersion + 1;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const winners = await passWinners(io, staged, { version, rebase: options.rebase ?? true });
    if (winners.result !== undefined) return winners.result;
    version = winners.next;
    if (attempt === 1) await requireHead(io, staged.readVersion, version);
    if ((await putCommit(io, staged, version)) === 'created') {
      await maintain(io, version, options);
      return { kind: 'committed', version, rebasedOver: version - staged.readVersion - 1 };
    }
  }
  throw new DeltaError(
    'commit-contention',
    `The commit was not written: others were faster ${attempts} times. Nothing is lost; commit it again.`,
    { context: { version } },
  );
}

/** Reads what was committed from `version` on. Ends with our own commit, a conflict, or the next free version. */
async function passWinners(
  io: TableIo,
  staged: StagedCommit,
  { version, rebase }: { readonly version: number; readonly rebase: boolean },
): Promise<{ readonly result: CommitResult | undefined; readonly next: number }> {
  for (let next = version; ; next += 1) {
    const path = commitPath(next);
    const bytes = await io.store.get(path);
    if (bytes === undefined) return { result: undefined, next };
    const winner = parseCommit(bytes, path);
    const commitInfo = commitInfoOf(winner);
    if (commitInfo?.txnId === staged.txnId) {
      return { result: { kind: 'committed', version: next, rebasedOver: next - staged.readVersion - 1 }, next };
    }
    const reason = findConflict(staged, winner) ?? (rebase ? undefined : 'gone-on');
    if (reason !== undefined)
      return { result: { kind: 'conflict', reason, winner: { version: next, commitInfo } }, next };
  }
}

/**
 * Refuses to commit `next` unless the log goes on there. A log that lost the version we built on, or one after it, was cleaned up
 * or is another table's: a commit there would be where no reader looks.
 */
async function requireHead(io: TableIo, readVersion: number, next: number): Promise<void> {
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

async function putCommit(io: TableIo, staged: StagedCommit, version: number): Promise<'created' | 'exists'> {
  const path = commitPath(version);
  const nowMs = io.now();
  const actions = staged.actions.map((action): Action =>
    'commitInfo' in action ? { commitInfo: { ...action.commitInfo, timestamp: nowMs } } : action,
  );
  try {
    return await io.store.putIfAbsent(path, serializeCommit(actions));
  } catch (error) {
    // The put may have happened all the same. If something is there, whose it is will be seen.
    if ((await isThere(io, path)) === true) return 'exists';
    throw error;
  }
}

async function isThere(io: TableIo, path: string): Promise<boolean | undefined> {
  try {
    return (await io.store.get(path)) !== undefined;
  } catch {
    return undefined;
  }
}

async function maintain(io: TableIo, version: number, { base, onMaintenanceError }: CommitOptions): Promise<void> {
  try {
    if (version === 0 || version % checkpointInterval(base?.metadata.configuration ?? {}) !== 0) return;
    const snapshot = await loadSnapshot(io, { version, base });
    if (version % checkpointInterval(snapshot.metadata.configuration) !== 0) return;
    await writeCheckpoint(io, snapshot);
    await cleanUpLog(io, snapshot);
  } catch (error) {
    onMaintenanceError?.(error);
  }
}
