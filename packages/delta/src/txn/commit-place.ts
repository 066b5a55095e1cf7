import type { Action } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { commitInfoOf, parseCommit } from '../log/commit-file.ts';
import { snapshotAfter } from '../log/head.ts';
import { loadSnapshot } from '../log/load.ts';
import { commitPath } from '../log/names.ts';
import { markOf, standsAt } from '../log/standing.ts';
import type { NewVersion } from '../maintenance/keep-up.ts';
import type { CommitResult, Snapshot, StagedCommit } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import type { CommitDraft } from './commit-draft.ts';
import { findConflict } from './conflicts.ts';
import type { KnownCommits } from './turn.ts';

/** Where a commit would go, and what is known of the way there. */
export interface Head {
  readonly next: number;
  /** What it was built on, when that is known. */
  readonly base: Snapshot | undefined;
  /** What others committed since, in order. */
  readonly winners: readonly (readonly Action[])[];
  /** The base with what they changed of protocol and properties; its files are not moved on. */
  readonly table: Snapshot | undefined;
  /** What need not be read, as long as the log still says it. */
  readonly known?: KnownCommits | undefined;
}

export function headOf(staged: StagedCommit, base: Snapshot | undefined): Head {
  const isBase = base?.state === 'committed' && base.version === staged.readVersion;
  const known = isBase ? base : undefined;
  return { next: staged.readVersion + 1, base: known, winners: [], table: known };
}

/** The version that the actions make of the table at the head. */
export function madeOf(
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

export function committed({ readVersion }: StagedCommit, { version, snapshot }: NewVersion): CommitResult {
  const rebasedOver = version - readVersion - 1;
  return { kind: 'committed', version, rebasedOver, ...(snapshot === undefined ? {} : { snapshot }) };
}

/** Where a commit can be put, or what became of it otherwise. */
type Place =
  | CommitResult
  | {
      readonly kind: 'free';
      readonly head: Head;
      /** What the commit says there. */
      readonly actions: readonly Action[];
      /** A version whose commit was just seen in the log. */
      readonly seen: number | undefined;
    };

/**
 * Passes what was committed from the head on, writes the draft for the version after it, and sees that all of it lies in the log of the
 * table that the commit was built on: of a way that is remembered its end tells, else the version that was read.
 */
export async function findPlace(
  io: TableIo,
  staged: StagedCommit,
  at: { readonly head: Head; readonly draft: CommitDraft; readonly rebase: boolean },
): Promise<Place> {
  const { known } = at.head;
  const passed = await passWinners(io, staged, at);
  if (passed.kind !== 'free' && known === undefined) return passed;
  // A draft lies in the table's folder, and goes with it: what is seen from here on is what the commit will be put on.
  const actions = passed.kind === 'free' ? await at.draft.write(passed.head) : [];
  const { readVersion, builtOn } = staged;
  const end = known?.snapshot;
  const version = end?.version ?? readVersion;
  const mark = end === undefined ? builtOn : markOf(end);
  const { stands, isThere, commitInfo } =
    mark === undefined ? { stands: undefined, isThere: false } : await standsAt(io, version, mark);
  if (end !== undefined && !(stands === true && isThere))
    return await findPlace(io, staged, { ...at, head: headOf(staged, at.head.base) });
  if (stands === false) return { kind: 'conflict', reason: 'table-replaced', winner: { version, commitInfo } };
  return passed.kind === 'free' ? { ...passed, actions, seen: isThere ? version : undefined } : passed;
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
