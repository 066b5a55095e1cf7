import type { Action, AddFile } from '../actions.ts';
import { serializeJson } from '../json.ts';
import { fileKey } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import type { TableIo } from '../store.ts';
import { LOG_FOLDER, checksumPath } from './names.ts';

/** Lists that are longer would make every commit pay for them. */
const MAX_FILES = 20;
const MAX_OTHERS = 100;

const sizes = new WeakMap<Snapshot['files'], number>();

/**
 * Writes the checksum file of a version (PROTOCOL.md, Version Checksum File), unless it has one. `base` and `commits` are how
 * the version came about, so that it costs what was changed and not what there is.
 */
export async function writeChecksum(
  io: TableIo,
  snapshot: Snapshot,
  { base, commits }: { readonly base: Snapshot | undefined; readonly commits: readonly (readonly Action[])[] },
): Promise<void> {
  const tableSizeBytes = base === undefined ? sizeOf(snapshot.files) : sizeAfter(base, commits);
  if (!Number.isSafeInteger(tableSizeBytes)) return;
  sizes.set(snapshot.files, tableSizeBytes);
  const bytes = new TextEncoder().encode(`${serializeJson(checksumOf(snapshot, tableSizeBytes))}\n`);
  // The log says the same.
  await io.store.putIfAbsent(checksumPath(snapshot.version), bytes, { mayVanish: true, within: LOG_FOLDER });
}

function checksumOf(snapshot: Snapshot, tableSizeBytes: number): { readonly [key: string]: unknown } {
  const { commitInfo, files, txns, domains, metadata, protocol } = snapshot;
  return {
    txnId: commitInfo?.txnId,
    tableSizeBytes,
    numFiles: files.size,
    numMetadata: 1,
    numProtocol: 1,
    inCommitTimestampOpt: commitInfo?.inCommitTimestamp,
    setTransactions: txns.size > MAX_OTHERS ? undefined : [...txns.values()],
    domainMetadata:
      domains.size > MAX_OTHERS
        ? undefined
        : [...domains].map(([domain, configuration]) => ({ domain, configuration, removed: false })),
    metadata,
    protocol,
    allFiles: files.size > MAX_FILES ? undefined : [...files.values()].map((add) => ({ ...add, dataChange: false })),
  };
}

function sizeOf(files: ReadonlyMap<string, AddFile>): number {
  let total = sizes.get(files);
  if (total !== undefined) return total;
  total = 0;
  for (const { size } of files.values()) total += size;
  sizes.set(files, total);
  return total;
}

/** The size of the files of `base`, changed by what was added and removed since. */
function sizeAfter({ files }: Snapshot, commits: readonly (readonly Action[])[]): number {
  const changed = new Map<string, number>();
  let total = sizeOf(files);
  const set = (key: string, size: number): void => {
    total += size - (changed.get(key) ?? files.get(key)?.size ?? 0);
    changed.set(key, size);
  };
  for (const actions of commits) {
    for (const action of actions) if ('remove' in action) set(fileKey(action.remove), 0);
    for (const action of actions) if ('add' in action) set(fileKey(action.add), action.add.size);
  }
  return total;
}
