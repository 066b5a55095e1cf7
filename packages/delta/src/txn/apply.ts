import { DeltaError } from '../errors.ts';
import { commitInfoOf } from '../log/commit-file.ts';
import { Replay } from '../log/replay.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';

/** The table as it will be with the commit, for everyone who is to read it before it is visible. */
export function applyStaged(snapshot: Snapshot | undefined, staged: StagedCommit): Snapshot {
  const version = snapshot?.version ?? -1;
  if (version !== staged.readVersion) {
    throw new DeltaError(
      'invalid-value',
      `The commit was built on version ${staged.readVersion}, so it cannot be applied to version ${version}.`,
      { context: { version } },
    );
  }
  const replay = new Replay(snapshot, true);
  replay.apply(staged.actions, 'that is staged');
  const commitInfo = commitInfoOf(staged.actions);
  return replay.snapshot('staged', version + 1, { commitInfo, timestampMs: commitInfo?.timestamp ?? 0 });
}
