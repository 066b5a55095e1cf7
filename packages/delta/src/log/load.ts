import { DeltaError } from '../errors.ts';
import { checkReadable } from '../features.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { readCheckpoint } from './checkpoint-read.ts';
import { factsOfCommit, readFacts } from './commit-facts.ts';
import { readCommitRows } from './commit-rows.ts';
import { fetchInOrder } from './fetch.ts';
import { readCheckpointHint } from './hint.ts';
import { type LogListing, listLog, newestVersion, sameListing } from './list.ts';
import { type CommitFacts, Replay } from './replay.ts';
import { type LogSegment, type LogStep, chooseSegment, stepsBetween } from './segment.ts';

const ATTEMPTS = 5;

export interface LoadOptions {
  /** Default: the newest. */
  readonly version?: number | undefined;
  /** A snapshot of the same table, of any version; nothing before it is read again. */
  readonly base?: Snapshot | undefined;
  /** Commits that a catalog ratified, by their paths; given at all (also empty), the table may be managed by a catalog. */
  readonly stagedCommits?: readonly string[] | undefined;
}

/**
 * Reads a version of the table from its log. The log may move while it is read: a listing that has a hole, or a file that is
 * gone or half written when it is opened, is looked at again, as long as the listing changes, before it counts as damage.
 */
export async function loadSnapshot(io: TableIo, options: LoadOptions): Promise<Snapshot> {
  const { version, base, stagedCommits } = options;
  if (base?.state === 'committed' && (version === undefined || version >= base.version)) {
    const updated = await tryUpdate(io, base, options);
    if (updated !== undefined) return updated;
  }
  const { version: hint } = await readCheckpointHint(io.store);
  let from = hint !== undefined && (version === undefined || hint <= version) ? hint : 0;
  let before: { readonly listing: LogListing; readonly error: DeltaError } | undefined;
  for (let attempt = 1; ;) {
    const listing = await listLog(io.store, from, stagedCommits);
    if (before !== undefined && sameListing(before.listing, listing)) throw before.error;
    try {
      return await loadFrom(io, listing, options);
    } catch (error) {
      if (!(error instanceof DeltaError) || !isWorthAnotherLook(error, from)) throw error;
      if (from === 0) {
        if (attempt >= ATTEMPTS) throw error;
        attempt += 1;
        before = { listing, error };
      }
      from = 0;
    }
  }
}

function isWorthAnotherLook(error: DeltaError, from: number): boolean {
  return error.code === 'log-corrupt' || (from > 0 && ['table-not-found', 'version-not-found'].includes(error.code));
}

/** Replays from the newest checkpoint; if it cannot be read, from an older one or from the first commit, if they are there. */
async function loadFrom(io: TableIo, listing: LogListing, options: LoadOptions): Promise<Snapshot> {
  const damaged = new Map<string, unknown>();
  for (;;) {
    const segment = chooseUndamaged(listing, options.version, damaged);
    const replay = await replayCheckpoint(io, segment, { damaged, fromCatalog: options.stagedCommits !== undefined });
    if (replay === undefined) continue;
    const facts = await replaySteps(io, replay, { steps: segment.steps, damaged });
    if (facts === undefined) continue;
    return replay.snapshot(
      'committed',
      segment.version,
      facts.kind === 'known' ? facts : await readFacts(io, listing, segment.version),
    );
  }
}

/** When there is no way around what is damaged, that is what is wrong, and not what is missing beside it. */
function chooseUndamaged(
  listing: LogListing,
  version: number | undefined,
  damaged: ReadonlyMap<string, unknown>,
): LogSegment {
  try {
    return chooseSegment(listing, version, damaged);
  } catch (error) {
    const [first] = damaged;
    if (!(error instanceof DeltaError) || first === undefined) throw error;
    const [path, cause] = first;
    throw new DeltaError('log-corrupt', `The log cannot be read: ${path} is damaged, and nothing else stands for it.`, {
      context: { path },
      cause,
    });
  }
}

/** A replay that starts with the segment's checkpoint; undefined when that cannot be read, which is then noted. */
async function replayCheckpoint(
  io: TableIo,
  { checkpoint }: LogSegment,
  { damaged, fromCatalog }: { damaged: Map<string, unknown>; fromCatalog: boolean },
): Promise<Replay | undefined> {
  const replay = new Replay(undefined, fromCatalog);
  if (checkpoint === undefined) return replay;
  const [path = ''] = checkpoint.paths;
  try {
    replay.apply(await readCheckpoint(io, checkpoint), path, 'reconciled');
    return replay;
  } catch (error) {
    damaged.set(path, error);
    return undefined;
  }
}

type Outcome = ({ readonly kind: 'known' } & CommitFacts) | { readonly kind: 'unknown' };

/** Applies the steps; undefined when a compacted file among them cannot be used, which is then noted. */
async function replaySteps(
  io: TableIo,
  replay: Replay,
  { steps, damaged }: { steps: readonly LogStep[]; damaged: Map<string, unknown> },
): Promise<Outcome | undefined> {
  let outcome: Outcome = { kind: 'unknown' };
  for await (const { step, bytes } of fetchInOrder(io.store, steps)) {
    const { path } = step.file;
    try {
      if (bytes === undefined) {
        throw new DeltaError('log-corrupt', `${path} was in the log and is gone.`, { context: { path } });
      }
      const actions = readCommitRows(bytes, path);
      replay.apply(actions, path, step.kind === 'commit' ? 'commit' : 'reconciled');
      outcome = step.kind === 'commit' ? { kind: 'known', ...factsOfCommit(actions, step.file) } : { kind: 'unknown' };
    } catch (error) {
      if (step.kind === 'commit' || !(error instanceof DeltaError)) throw error;
      // The others are not trusted either, so that a log full of them is not replayed once for each.
      for (const { kind, file } of steps) if (kind === 'compacted') damaged.set(file.path, error);
      return undefined;
    }
  }
  return outcome;
}

/** What is damaged after the base may not matter to a reader that starts elsewhere, or be whole at another look. */
async function tryUpdate(io: TableIo, base: Snapshot, options: LoadOptions): Promise<Snapshot | undefined> {
  try {
    return await updateSnapshot(io, base, options);
  } catch (error) {
    if (error instanceof DeltaError && error.code === 'log-corrupt') return undefined;
    throw error;
  }
}

/** The snapshot moved on by the commits after it; undefined when that cannot be told from the log as it is now. */
async function updateSnapshot(io: TableIo, base: Snapshot, options: LoadOptions): Promise<Snapshot | undefined> {
  const listing = await listLog(io.store, base.version, options.stagedCommits);
  const isThere =
    listing.commits.has(base.version) || listing.checkpoints.some(({ version }) => version === base.version);
  const newest = newestVersion(listing);
  const target = options.version ?? newest;
  if (!isThere || target > newest) return undefined;
  const fromCatalog = options.stagedCommits !== undefined;
  checkReadable(base.protocol, { fromCatalog });
  if (target === base.version) return base;
  const damaged = new Map<string, unknown>();
  for (;;) {
    const steps = stepsBetween(listing, { from: base.version + 1, to: target, damaged });
    if (!Array.isArray(steps)) return undefined;
    const replay = new Replay(base, fromCatalog);
    const facts = await replaySteps(io, replay, { steps, damaged });
    if (facts === undefined) continue;
    return replay.snapshot('committed', target, facts.kind === 'known' ? facts : await readFacts(io, listing, target));
  }
}
