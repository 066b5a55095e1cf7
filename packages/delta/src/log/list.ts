import { DeltaError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { TableStore } from '../store.ts';
import { LAST_CHECKPOINT_PATH, LOG_FOLDER, parseLogName, versionPrefix } from './names.ts';

/** A complete checkpoint: all of its files are there. */
export interface CheckpointFiles {
  readonly version: number;
  /** In the order of the parts. */
  readonly paths: readonly string[];
  /** When its version was committed, as far as the files tell. */
  readonly committedMs: number;
}

/** What the log folder holds from some version on. */
export interface LogListing {
  /** Complete classic checkpoints, newest first. */
  readonly checkpoints: readonly CheckpointFiles[];
  /** Commits by version, each with the time its file was made. */
  readonly commits: ReadonlyMap<number, number>;
  /** True when there is a checkpoint in the newer form, which is not read. */
  readonly hasV2Checkpoint: boolean;
}

/** Lists the log from `fromVersion` on, in one pass. */
export async function listLog(store: TableStore, fromVersion = 0): Promise<LogListing> {
  const commits = new Map<number, number>();
  const parts = new Map<string, { version: number; parts: number; found: Map<number, string>; modifiedMs: number }>();
  let hasV2Checkpoint = false;
  const startAfter = fromVersion === 0 ? undefined : versionPrefix(fromVersion);
  for await (const { path, modifiedMs } of store.list(LOG_FOLDER, startAfter)) {
    const name = parseLogName(path.slice(LOG_FOLDER.length + 1));
    if (name?.kind === 'commit') commits.set(name.version, modifiedMs);
    else if (name?.kind === 'v2-checkpoint') hasV2Checkpoint = true;
    else if (name?.kind === 'checkpoint') {
      const key = `${name.version}/${name.parts}`;
      const entry = parts.get(key) ?? { version: name.version, parts: name.parts, found: new Map(), modifiedMs };
      entry.found.set(name.part, path);
      parts.set(key, entry);
    }
  }
  const checkpoints = [...parts.values()]
    .map(({ version, parts, found, modifiedMs }) => ({
      version,
      paths: completeParts(found, parts),
      committedMs: commits.get(version) ?? modifiedMs,
    }))
    .filter(({ paths }) => paths.length > 0)
    .sort((a, b) => b.version - a.version || a.paths.length - b.paths.length);
  return { checkpoints, commits, hasV2Checkpoint };
}

function completeParts(found: ReadonlyMap<number, string>, parts: number): string[] {
  const paths: string[] = [];
  for (let part = 1; part <= parts; part += 1) {
    const path = found.get(part);
    if (path === undefined) return [];
    paths.push(path);
  }
  return paths;
}

/** The version that `_last_checkpoint` speaks of. It is a hint: absent, empty, stale and malformed are all fine. */
export async function readCheckpointHint(store: TableStore): Promise<number | undefined> {
  const bytes = await store.get(LAST_CHECKPOINT_PATH);
  if (bytes === undefined) return undefined;
  try {
    const hint: unknown = parseJson(new TextDecoder().decode(bytes));
    const version = typeof hint === 'object' && hint !== null && 'version' in hint ? hint.version : undefined;
    return typeof version === 'number' && Number.isSafeInteger(version) && version >= 0 ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Which files make up a version: a checkpoint (or none), and every commit after it. */
export interface LogSegment {
  readonly version: number;
  readonly checkpoint: CheckpointFiles | undefined;
  readonly commits: readonly { readonly version: number; readonly modifiedMs: number }[];
}

/**
 * Chooses what to read for `version` (the newest when absent), starting from the newest checkpoint that is older than
 * `belowCheckpoint`. A version missing in between is 'log-corrupt'; nothing at all is 'table-not-found'.
 */
export function chooseSegment(
  listing: LogListing,
  version: number | undefined,
  belowCheckpoint: number = Number.POSITIVE_INFINITY,
): LogSegment {
  const newest = Math.max(-1, ...listing.checkpoints.slice(0, 1).map((c) => c.version), ...newestOf(listing.commits));
  if (newest < 0) {
    if (listing.hasV2Checkpoint) throw v2CheckpointError();
    throw new DeltaError('table-not-found', 'There is no Delta table here: its folder has no _delta_log with commits.');
  }
  const target = version ?? newest;
  if (target > newest) throw notFound(target, `the newest is ${newest}`);
  const checkpoint = listing.checkpoints.find((c) => c.version <= target && c.version < belowCheckpoint);
  const commits: { version: number; modifiedMs: number }[] = [];
  for (let v = (checkpoint?.version ?? -1) + 1; v <= target; v += 1) {
    const modifiedMs = listing.commits.get(v);
    if (modifiedMs === undefined) throw missingCommit({ listing, missing: v, target, checkpoint });
    commits.push({ version: v, modifiedMs });
  }
  return { version: target, checkpoint, commits };
}

function newestOf(commits: ReadonlyMap<number, number>): number[] {
  let newest = -1;
  for (const version of commits.keys()) if (version > newest) newest = version;
  return [newest];
}

function missingCommit(gap: {
  listing: LogListing;
  missing: number;
  target: number;
  checkpoint: CheckpointFiles | undefined;
}): DeltaError {
  if (gap.listing.hasV2Checkpoint) return v2CheckpointError();
  const oldest = Math.min(...gap.listing.commits.keys());
  if (gap.checkpoint === undefined && gap.target < oldest) {
    return notFound(gap.target, `its log was cleaned up before version ${oldest}`);
  }
  return new DeltaError(
    'log-corrupt',
    `Commit ${gap.missing} is missing in the log, so version ${gap.target} cannot be read.`,
    {
      context: { version: gap.missing },
    },
  );
}

function notFound(version: number, why: string): DeltaError {
  return new DeltaError('version-not-found', `Version ${version} of the table does not exist: ${why}.`, {
    context: { version },
  });
}

/** What is said of checkpoints in the newer form. */
export function v2CheckpointError(): DeltaError {
  return new DeltaError(
    'unsupported-feature',
    'This table cannot be read, because it uses v2Checkpoint, which this version does not support.',
    { context: { features: 'v2Checkpoint' } },
  );
}
