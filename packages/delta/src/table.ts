import { listLog, readCheckpointHint } from './log/list.ts';
import { loadSnapshot } from './log/load.ts';
import type { Snapshot, StagedCommit } from './snapshot.ts';
import type { TableIo } from './store.ts';
import { applyStaged } from './txn/apply.ts';

export interface ReadOptions {
  /** Default: the newest. */
  readonly version?: number;
  /** Read the table as it will be with this commit; its readVersion is the version that is read. */
  readonly staged?: StagedCommit;
  /** A snapshot of the same table to go on from: only commits after it are read. */
  readonly base?: Snapshot;
}

/**
 * One version of the table, from its log. 'table-not-found' and 'version-not-found' are errors; so is a table with a feature
 * that cannot be read in full.
 */
export async function readSnapshot(io: TableIo, options: ReadOptions = {}): Promise<Snapshot> {
  const { staged, base } = options;
  if (staged === undefined) return loadSnapshot(io, options.version, base);
  const under = staged.readVersion < 0 ? undefined : await loadSnapshot(io, staged.readVersion, base);
  return applyStaged(under, staged);
}

/** The newest version; undefined when there is no table. */
export async function latestVersion(io: TableIo): Promise<number | undefined> {
  const hint = (await readCheckpointHint(io.store)) ?? 0;
  for (const from of hint > 0 ? [hint, 0] : [0]) {
    const listing = await listLog(io.store, from);
    const versions = [...listing.commits.keys(), ...listing.checkpoints.map((checkpoint) => checkpoint.version)];
    if (versions.length > 0) return versions.reduce((a, b) => Math.max(a, b));
  }
  return undefined;
}
