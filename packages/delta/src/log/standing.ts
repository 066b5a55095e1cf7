import type { CommitInfo } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import type { BuiltOn, Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { readCommitFacts } from './commit-facts.ts';
import { loadSnapshot } from './load.ts';
import { commitPath } from './names.ts';

/** What tells the version of a table from the same version of another one that somebody made in its place. */
export function markOf({ metadata, commitInfo }: Pick<Snapshot, 'metadata' | 'commitInfo'>): BuiltOn {
  const commit = commitMark(commitInfo);
  return { tableId: metadata.id, ...(commit === undefined ? {} : { commit }) };
}

/** Whether two marks are of one and the same version. */
export function isSameMark(a: BuiltOn | undefined, b: BuiltOn | undefined): boolean {
  return a !== undefined && a.tableId === b?.tableId && a.commit === b.commit;
}

/** Not every writer gives its commits an id; but no two of one version are likely to be made in the same millisecond. */
function commitMark(info: CommitInfo | undefined): string | undefined {
  return info?.txnId ?? (info?.timestamp === undefined ? undefined : String(info.timestamp));
}

interface Standing {
  /** False: the log has another table's commit there. Undefined: it cannot be read any more, and does not tell. */
  readonly stands: boolean | undefined;
  /** Its commit was found. */
  readonly isThere: boolean;
  readonly commitInfo?: CommitInfo | undefined;
}

/** Whether a version of the log is the one that is known by this mark. */
export async function standsAt(io: TableIo, version: number, { tableId, commit }: BuiltOn): Promise<Standing> {
  try {
    const path = commitPath(version);
    const facts = commit === undefined ? undefined : await readCommitFacts(io, { path, modifiedMs: 0, sizeBytes: 0 });
    const mark = commitMark(facts?.commitInfo);
    if (mark !== undefined) return { stands: mark === commit, isThere: true, commitInfo: facts?.commitInfo };
    const { metadata, commitInfo } = await loadSnapshot(io, { version });
    return { stands: metadata.id === tableId, isThere: false, commitInfo };
  } catch (error) {
    if (error instanceof DeltaError) return { stands: undefined, isThere: false };
    throw error;
  }
}

/**
 * Refuses unless the log still has this version of this very table. For what is done to a table's files besides committing: right before
 * that, since it cannot be taken back.
 */
export async function requireStanding(io: TableIo, snapshot: Snapshot): Promise<void> {
  const { version } = snapshot;
  const { stands } = await standsAt(io, version, markOf(snapshot));
  if (stands === true) return;
  const message =
    stands === false
      ? 'The table was deleted meanwhile, and another one was made in its place; nothing was done to that one.'
      : `The table's log does not tell version ${version} any more, for which this was to be done; nothing more was done. Do it again.`;
  throw new DeltaError(stands === false ? 'table-replaced' : 'version-not-found', message, { context: { version } });
}
