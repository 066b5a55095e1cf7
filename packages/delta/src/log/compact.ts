import type { Action, AddFile, DomainMetadata, Metadata, Protocol, RemoveFile, Txn } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { fileKey } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { parseCommit, serializeCommit } from './commit-file.ts';
import { listLog, newestVersion } from './list.ts';
import { requireStanding } from './standing.ts';
import { LOG_FOLDER, commitPath, compactedPath } from './names.ts';

/** The commits that one file stands for, both ends included. */
export interface CompactedRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Writes the commits since the newest checkpoint, up to the newest version, as one file (PROTOCOL.md, Log Compaction Files), so
 * that readers have one to read instead of many. The commits stay. Undefined when there are fewer than two of them. Refused where it is not the log of
 * the table any more that the snapshot is of.
 */
export async function compactLog(io: TableIo, snapshot: Snapshot): Promise<CompactedRange | undefined> {
  const listing = await listLog(io.store);
  const from = (listing.checkpoints[0]?.version ?? -1) + 1;
  const to = newestVersion(listing);
  if (to <= from) return undefined;
  const state = new Reconciled();
  for (let version = from; version <= to; version += 1) {
    const path = commitPath(version);
    const bytes = await io.store.get(path);
    if (bytes === undefined)
      throw new DeltaError('log-corrupt', `The commits of the log cannot be put together: ${path} is not there.`, {
        context: { path },
      });
    state.apply(parseCommit(bytes, path));
  }
  // Who was faster wrote the same.
  await io.store.putIfAbsent(compactedPath(from, to), serializeCommit(state.actions()), {
    within: LOG_FOLDER,
    lastLook: () => requireStanding(io, snapshot),
  });
  return { from, to };
}

/** What is left of some commits when each subject counts once. What they take away stays said: it may come from before them. */
class Reconciled {
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #txns: Map<string, Txn> = new Map();
  readonly #domains: Map<string, DomainMetadata> = new Map();
  readonly #adds: Map<string, AddFile> = new Map();
  readonly #removes: Map<string, RemoveFile> = new Map();

  apply(actions: readonly Action[]): void {
    for (const action of actions) {
      if ('remove' in action) {
        const key = fileKey(action.remove);
        this.#adds.delete(key);
        this.#removes.set(key, action.remove);
      } else if ('protocol' in action) this.#protocol = action.protocol;
      else if ('metaData' in action) this.#metadata = action.metaData;
      else if ('txn' in action) this.#txns.set(action.txn.appId, action.txn);
      else if ('domainMetadata' in action) this.#domains.set(action.domainMetadata.domain, action.domainMetadata);
    }
    // Within a commit removes come first, however it is written.
    for (const action of actions) {
      if (!('add' in action)) continue;
      const key = fileKey(action.add);
      this.#removes.delete(key);
      this.#adds.set(key, action.add);
    }
  }

  actions(): Action[] {
    return [
      ...(this.#protocol === undefined ? [] : [{ protocol: this.#protocol }]),
      ...(this.#metadata === undefined ? [] : [{ metaData: this.#metadata }]),
      ...[...this.#txns.values()].map((txn) => ({ txn })),
      ...[...this.#domains.values()].map((domainMetadata) => ({ domainMetadata })),
      ...[...this.#removes.values()].map((remove) => ({ remove: { ...remove, dataChange: false } })),
      ...[...this.#adds.values()].map((add) => ({ add: { ...add, dataChange: false } })),
    ];
  }
}
