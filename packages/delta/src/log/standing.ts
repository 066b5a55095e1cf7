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

/** Not every writer gives its commits an id; but no two of one version are likely to be made in the same millisecond. */
function commitMark(info: CommitInfo | undefined): string | undefined {
  return info?.txnId ?? (info?.timestamp === undefined ? undefined : String(info.timestamp));
}

interface Standing {
  /** False: the log has another table's commit there. A version that cannot be read any more does not tell. */
  readonly stands: boolean;
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
    if (error instanceof DeltaError) return { stands: true, isThere: false };
    throw error;
  }
}
