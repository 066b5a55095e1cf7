import { commitInfoOf } from '../log/commit-file.ts';
import { partitionKeys } from '../mapping/stored-columns.ts';
import { fileKey } from '../paths.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import type { ChangedFile } from './commit-changes.ts';
import { changesOf } from './commit-changes.ts';

/** The rows that a commit changes which nobody can see yet; `after`: the table with it. */
export async function stagedChanges(
  io: TableIo,
  staged: StagedCommit,
  { before, after }: { readonly before: Snapshot | undefined; readonly after: Snapshot },
): Promise<readonly ChangedFile[]> {
  return await changesOf(staged.actions, {
    io,
    version: after.version,
    commitInfo: commitInfoOf(staged.actions),
    partitionKeys: partitionKeys(after),
    before: async (remove) => before?.files.get(fileKey(remove)),
  });
}
