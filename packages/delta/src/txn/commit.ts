import type { Action } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { commitInfoOf, parseCommit } from '../log/commit-file.ts';
import { ChecksumDraft } from '../log/checksum-write.ts';
import { requireHead, snapshotAfter } from '../log/head.ts';
import { loadSnapshot } from '../log/load.ts';
import { commitPath } from '../log/names.ts';
import { standsAt } from '../log/standing.ts';
import { type NewVersion, keepUp } from '../maintenance/keep-up.ts';
import type { CommitResult, Snapshot, StagedCommit } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { CommitDraft } from './commit-draft.ts';
import { findConflict } from './conflicts.ts';
import type { CommitTurn, KnownCommits } from './turn.ts';
import { checkForm } from './validate.ts';

export interface CommitOptions {
  /** How often to try when others keep winning without being in the way. Default: 1000. */
  readonly attempts?: number;
  /** false: any commit that others made meanwhile is a conflict, also one that is not in the way. Default: true. */
  readonly rebase?: boolean;
  /**
   * The snapshot that the commit was built on. With it, what a commit leaves behind is known without reading the table again:
   * the result tells it, and the upkeep of the log works from it.
   */
  readonly base?: Snapshot | undefined;
  /** Others of the same process that commit to the same table go first. */
  readonly turn?: CommitTurn;
  /** Told when the upkeep of the log after a commit failed. The commit stands all the same. */
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
  const draft = new CommitDraft(io, staged);
  try {
    let head = headOf(staged, options.base);
    if (options.turn !== undefined) {
      await draft.write(head);
      head = { ...head, known: await options.turn.begin() };
    }
    return await commitDraft(io, staged, { ...options, head, draft });
  } finally {
    draft.drop();
  }
}

async function commitDraft(
  io: TableIo,
  staged: StagedCommit,
  {
    draft,
    turn,
    onMaintenanceError,
    rebase = true,
    attempts = 1000,
    ...at
  }: CommitOptions & { head: Head; draft: CommitDraft },
): Promise<CommitResult> {
  let { head } = at;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const passed = await passWinners(io, staged, { head, rebase });
    if (passed.kind !== 'free') return passed;
    ({ head } = passed);
    // A draft lies in the table's folder, and goes with it: what is seen from here on is what the commit will be put on.
    const actions = await draft.write(head);
    const { readVersion, builtOn } = staged;
    const base = builtOn && (await standsAt(io, readVersion, builtOn));
    if (base?.stands === false)
      return {
        kind: 'conflict',
        reason: 'table-replaced',
        winner: { version: readVersion, commitInfo: base.commitInfo },
      };
    if (attempt === 1) await requireHead(io, { readVersion, isThere: base?.isThere }, head.next);
    const at = head;
    const follow = once(() => followUp(io, madeOf(staged, at, actions)));
    if (await putCommit(io, draft, { version: head.next, named: follow })) {
      const { made, checksum } = follow();
      turn?.end(made);
      draft.drop();
      await keepUp(io, made, { checksum, onError: onMaintenanceError });
      return committed(staged, made);
    }
    await io.pause?.(attempt);
  }
  throw new DeltaError(
    'commit-contention',
    `The commit was not written: others were faster ${attempts} times. Nothing is lost; commit it again.`,
    { context: { version: head.next } },
  );
}

/** Where a commit would go, and what is known of the way there. */
interface Head {
  readonly next: number;
  /** What it was built on, when that is known. */
  readonly base: Snapshot | undefined;
  /** What others committed since, in order. */
  readonly winners: readonly (readonly Action[])[];
  /** The base with what they changed of protocol and properties; its files are not moved on. */
  readonly table: Snapshot | undefined;
  /** What need not be read. */
  readonly known?: KnownCommits;
}

function headOf(staged: StagedCommit, base: Snapshot | undefined): Head {
  const isBase = base?.state === 'committed' && base.version === staged.readVersion;
  const known = isBase ? base : undefined;
  return { next: staged.readVersion + 1, base: known, winners: [], table: known };
}

/** The version that the actions make of the table at the head. */
function madeOf(
  { readVersion }: StagedCommit,
  { next, base, winners, known }: Omit<Head, 'table'>,
  actions: readonly Action[],
): NewVersion {
  const later = known?.snapshot;
  const from = later !== undefined && later.version >= readVersion && later.version < next ? later : base;
  const commits = [...winners.slice(from === undefined ? 0 : from.version - readVersion), actions];
  const isKnown = from !== undefined || readVersion < 0;
  return { version: next, base: from, commits, snapshot: isKnown ? snapshotAfter(from, commits) : undefined };
}

function committed({ readVersion }: StagedCommit, { version, snapshot }: NewVersion): CommitResult {
  const rebasedOver = version - readVersion - 1;
  return { kind: 'committed', version, rebasedOver, ...(snapshot === undefined ? {} : { snapshot }) };
}

/** Reads what was committed from the head on. Ends with our own commit, a conflict, or the next free version. */
async function passWinners(
  io: TableIo,
  staged: StagedCommit,
  { head, rebase }: { readonly head: Head; readonly rebase: boolean },
): Promise<CommitResult | { readonly kind: 'free'; readonly head: Head }> {
  const winners = [...head.winners];
  let { base, table } = head;
  let conflict: CommitResult | undefined;
  for (let next = head.next; ; next += 1) {
    const winner = head.known?.commits[next - staged.readVersion - 1] ?? (await readCommit(io, next));
    if (winner === undefined) return conflict ?? { kind: 'free', head: { ...head, next, base, winners, table } };
    const commitInfo = commitInfoOf(winner);
    if (commitInfo?.txnId === staged.txnId)
      return committed(staged, madeOf(staged, { ...head, next, base, winners }, winner));
    if (base === undefined && needsBase(staged, winner)) {
      base = await readBase(io, staged.readVersion);
      table = base === undefined ? undefined : tableAfter(base, winners.flat());
    }
    const reason = findConflict(staged, winner, table) ?? (rebase ? undefined : 'gone-on');
    if (reason !== undefined) {
      conflict ??= { kind: 'conflict', reason, winner: { version: next, commitInfo } };
      // Any other commit of our own may come later: it was put by an earlier call, which knew more of what it passed.
      if (reason === 'table-created') return conflict;
    }
    winners.push(winner);
    if (table !== undefined) table = tableAfter(table, winner);
  }
}

function tableAfter(base: Snapshot, actions: readonly Action[]): Snapshot {
  let { protocol, metadata } = base;
  for (const action of actions) {
    if ('protocol' in action) ({ protocol } = action);
    else if ('metaData' in action) metadata = action.metaData;
  }
  return protocol === base.protocol && metadata === base.metadata ? base : { ...base, protocol, metadata };
}

/** Whether the conflict check can tell more when it knows the table. */
function needsBase(staged: StagedCommit, winner: readonly Action[]): boolean {
  if (staged.readVersion < 0) return false;
  if (winner.some((action) => 'protocol' in action || 'metaData' in action)) return true;
  return staged.reads.predicate !== undefined && winner.some((action) => 'add' in action && action.add.dataChange);
}

/** Undefined when it cannot be read any more; then whatever others did counts as in the way. */
async function readBase(io: TableIo, version: number): Promise<Snapshot | undefined> {
  try {
    return await loadSnapshot(io, { version });
  } catch (error) {
    if (error instanceof DeltaError) return undefined;
    throw error;
  }
}

async function readCommit(io: TableIo, version: number): Promise<readonly Action[] | undefined> {
  const path = commitPath(version);
  const bytes = await io.store.get(path);
  return bytes === undefined ? undefined : parseCommit(bytes, path);
}

/** Whether a version of the log is the commit that is known by this, and not one of another table that came in its place. */
export async function holdsCommit(io: TableIo, version: number, txnId: string): Promise<boolean> {
  const actions = await readCommit(io, version);
  return actions !== undefined && commitInfoOf(actions)?.txnId === txnId;
}

/** What does not have to wait until the commit's name lasts. */
function followUp(io: TableIo, made: NewVersion): { readonly made: NewVersion; readonly checksum: ChecksumDraft } {
  return { made, checksum: new ChecksumDraft(io, made) };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Whether the commit was put: not, when something is there already. */
async function putCommit(
  io: TableIo,
  draft: CommitDraft,
  { version, named }: { readonly version: number; readonly named: () => void },
): Promise<boolean> {
  try {
    return (await draft.putAs(version, named)) === 'created';
  } catch (error) {
    if (error instanceof DeltaError && error.code === 'not-durable') throw error;
    // The put may have happened all the same. If something is there, whose it is will be seen.
    if ((await isThere(io, commitPath(version))) === true) return false;
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
