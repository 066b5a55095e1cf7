import type { Action } from '../actions.ts';
import type { NewVersion } from '../maintenance/keep-up.ts';
import type { Snapshot } from '../snapshot.ts';

/** What this process committed, and need not read. */
export interface KnownCommits {
  /** The commits after the version that was asked about, in order and without a hole. */
  readonly commits: readonly (readonly Action[])[];
  /** The table after the last of them. */
  readonly snapshot: Snapshot;
}

/** The place of a commit among others that go one after the other: what can be done before its turn is done before. */
export interface CommitTurn {
  /**
   * Comes back when it is this one's turn, with what is remembered to have followed the very version that it was staged on.
   * Whether the log still says so is looked at before anything is put on it.
   */
  begin(): Promise<KnownCommits | undefined>;
  /** It is committed, and that lasts; only upkeep of the log is left, which does not keep the next one waiting. */
  end(made: NewVersion): void;
}
