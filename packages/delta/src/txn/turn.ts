import type { Action } from '../actions.ts';
import type { NewVersion } from '../maintenance/keep-up.ts';
import type { Snapshot } from '../snapshot.ts';

/** What is known, without a look at the log, to have been committed. */
export interface KnownCommits {
  /** The commits after the version that was asked about, in order and without a hole. */
  readonly commits: readonly (readonly Action[])[];
  /** The table after the last of them, where that is known. */
  readonly snapshot: Snapshot | undefined;
}

/** The place of a commit among others that go one after the other: what can be done before its turn is done before. */
export interface CommitTurn {
  /** Comes back when it is this one's turn, with what is known to have followed the version that it was staged on. */
  begin(): Promise<KnownCommits>;
  /** It is committed, and that lasts; only upkeep of the log is left, which does not keep the next one waiting. */
  end(made: NewVersion): void;
}
