import { DeltaError } from './errors.ts';
import { readCheckpointHint } from './log/hint.ts';
import { listLog, newestVersion } from './log/list.ts';
import { loadSnapshot } from './log/load.ts';
import type { Snapshot, StagedCommit } from './snapshot.ts';
import type { TableIo } from './store.ts';
import { versionAt } from './time-travel.ts';
import { applyStaged } from './txn/apply.ts';

export interface ReadOptions {
  /** Default: the newest. */
  readonly version?: number;
  /** The table as it was at this time, in ms since the epoch (see `versionAt`); not together with `version`. */
  readonly asOf?: number;
  /** Read the table as it will be with this commit; its readVersion is the version that is read. */
  readonly staged?: StagedCommit;
  /**
   * For a table that a catalog manages: the commits that it ratified and nobody published yet, by their paths
   * (`_delta_log/_staged_commits/<version>.<uuid>.json`, or without the first part). They stand in for published commits of the same versions. Without
   * this, such tables are refused; with it (empty, when the catalog knows of none) they are read. When the catalog names a
   * latest version, pass it as `version`: what was published beyond it does not count.
   */
  readonly stagedCommits?: readonly string[];
  /** A snapshot of the same table to go on from: only commits after it are read. */
  readonly base?: Snapshot;
}

/**
 * One version of the table, from its log. 'table-not-found' and 'version-not-found' are errors; so is a log that is damaged
 * ('log-corrupt'), and a table with a feature that cannot be read in full ('unsupported-feature').
 */
export async function readSnapshot(io: TableIo, options: ReadOptions = {}): Promise<Snapshot> {
  const { staged, base, asOf, stagedCommits } = options;
  if (staged !== undefined) {
    const { readVersion } = staged;
    const under = readVersion < 0 ? undefined : await loadSnapshot(io, { version: readVersion, base, stagedCommits });
    return applyStaged(under, staged);
  }
  if (asOf === undefined) return loadSnapshot(io, { version: options.version, base, stagedCommits });
  if (options.version !== undefined) {
    throw new DeltaError('invalid-value', 'A table is read at a version or at a time, not at both.');
  }
  return loadSnapshot(io, { version: await versionAt(io, asOf, { stagedCommits }), base, stagedCommits });
}

/** The newest version; undefined when there is no table. */
export async function latestVersion(io: TableIo): Promise<number | undefined> {
  const hint = (await readCheckpointHint(io.store)).version ?? 0;
  for (const from of hint > 0 ? [hint, 0] : [0]) {
    const newest = newestVersion(await listLog(io.store, from));
    if (newest >= 0) return newest;
  }
  return undefined;
}
