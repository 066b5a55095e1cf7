import type { Action, AddFile } from '../actions.ts';
import { serializeJson } from '../json.ts';
import { fileKey } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import type { ObjectDraft, TableIo, TableStore } from '../store.ts';
import { LOG_FOLDER, checksumPath } from './names.ts';

/** Lists that are longer would make every commit pay for them. */
const MAX_FILES = 20;
const MAX_OTHERS = 100;

const sizes = new WeakMap<Snapshot['files'], number>();

/** A version, and how it came about: so its checksum costs what was changed and not what there is. */
interface MadeVersion {
  readonly version: number;
  readonly base: Snapshot | undefined;
  readonly commits: readonly (readonly Action[])[];
  readonly snapshot: Snapshot | undefined;
}

/**
 * The checksum file of a version (PROTOCOL.md, Version Checksum File). Where the store has drafts, it is written and flushed as soon as the
 * version has its name, while that is flushed as well.
 */
export class ChecksumDraft {
  readonly #store: TableStore;
  readonly #path: string;
  readonly #written: Promise<{ readonly bytes: Uint8Array; readonly draft?: ObjectDraft } | undefined>;

  constructor({ store }: TableIo, made: MadeVersion) {
    this.#store = store;
    this.#path = checksumPath(made.version);
    this.#written = this.#write(made);
    // Whoever puts it is told what went wrong.
    this.#written.catch(() => undefined);
  }

  /** Puts it, unless the version has one. */
  async put(): Promise<void> {
    const written = await this.#written;
    if (written === undefined) return;
    const { bytes, draft } = written;
    // The log says the same.
    const mayVanish = true;
    await (draft?.putIfAbsent(this.#path, { mayVanish }) ??
      this.#store.putIfAbsent(this.#path, bytes, { mayVanish, within: LOG_FOLDER }));
    draft?.drop();
  }

  async #write(made: MadeVersion): Promise<{ readonly bytes: Uint8Array; readonly draft?: ObjectDraft } | undefined> {
    const bytes = bytesOf(made);
    if (bytes === undefined) return undefined;
    const draft = await this.#store.draft?.(this.#path, bytes, { within: LOG_FOLDER });
    return draft === undefined ? { bytes } : { bytes, draft };
  }
}

/** What the file says; undefined when that is not known. */
function bytesOf({ base, commits, snapshot }: MadeVersion): Uint8Array | undefined {
  if (snapshot === undefined) return undefined;
  const tableSizeBytes = base === undefined ? sizeOf(snapshot.files) : sizeAfter(base, commits);
  if (!Number.isSafeInteger(tableSizeBytes)) return undefined;
  sizes.set(snapshot.files, tableSizeBytes);
  return new TextEncoder().encode(`${serializeJson(checksumOf(snapshot, tableSizeBytes))}\n`);
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
