import type { AddFile } from '../actions.ts';
import { commitInfoOf, parseCommit } from '../log/commit-file.ts';
import { requireHead } from '../log/head.ts';
import { commitPath } from '../log/names.ts';
import { canonicalPath, locate } from '../paths.ts';
import type { StagedCommit } from '../snapshot.ts';
import type { TableIo } from '../store.ts';

/**
 * Gives a staged commit up: deletes the files that were written for it. 'committed', and nothing is deleted, when it was
 * committed after all; 'version-not-found' when the log no longer tells. Nobody must be committing it at the same time.
 */
export async function dropStaged(io: TableIo, staged: StagedCommit): Promise<'dropped' | 'committed'> {
  if (await isCommitted(io, staged)) return 'committed';
  for (const path of ownFiles(staged)) {
    const place = locate(path, io);
    if (place.kind === 'inside') await io.store.delete(place.path);
  }
  return 'dropped';
}

async function isCommitted(io: TableIo, { readVersion, txnId }: StagedCommit): Promise<boolean> {
  for (let version = readVersion + 1; ; version += 1) {
    const path = commitPath(version);
    const bytes = await io.store.get(path);
    if (bytes === undefined) {
      await requireHead(io, { readVersion }, version);
      return false;
    }
    if (commitInfoOf(parseCommit(bytes, path))?.txnId === txnId) return true;
  }
}

/** The data files and change files of a commit that nobody else has: a file that it also removes was there before. */
function ownFiles({ actions, ownsFiles }: StagedCommit): readonly string[] {
  if (ownsFiles === false) return [];
  const before = new Set<string>();
  for (const action of actions) if ('remove' in action) before.add(canonicalPath(action.remove.path));
  return actions.flatMap((action) => {
    const file: Pick<AddFile, 'path'> | undefined =
      'add' in action ? action.add : 'cdc' in action ? action.cdc : undefined;
    return file === undefined || before.has(canonicalPath(file.path)) ? [] : [file.path];
  });
}
