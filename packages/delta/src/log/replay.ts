import type { Action, AddFile, CommitInfo, Metadata, Protocol, RemoveFile, Txn } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { checkReadable, isSupported } from '../features.ts';
import { canonicalPath, fileKey } from '../paths.ts';
import { parseSchema } from '../schema.ts';
import type { Snapshot } from '../snapshot.ts';
import type { StructType } from '../types.ts';
import { entriesOf, fileMap } from './file-map.ts';
import { MapDraft } from './layered-map.ts';
import { type FileEntry, type LogRow, PendingAdd } from './pending-add.ts';

/** What a snapshot says of the commit that made it. */
export interface CommitFacts {
  readonly commitInfo: CommitInfo | undefined;
  readonly timestampMs: number;
}

/** A table's state while its log is replayed, oldest first. It is used up by `snapshot`. */
export class Replay {
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #files: MapDraft<FileEntry>;
  readonly #tombstones: MapDraft<RemoveFile>;
  readonly #txns: MapDraft<Txn>;
  readonly #domains: Map<string, string>;
  #hasVectors: boolean = false;
  readonly #base: Snapshot | undefined;
  readonly #fromCatalog: boolean;

  /** Goes on from `base`, which stays as it is. `fromCatalog`: a catalog told which commits count. */
  constructor(base?: Snapshot, fromCatalog: boolean = false) {
    this.#base = base;
    this.#fromCatalog = fromCatalog;
    this.#protocol = base?.protocol;
    this.#metadata = base?.metadata;
    this.#files = new MapDraft(base === undefined ? undefined : entriesOf(base.files));
    this.#tombstones = new MapDraft(base?.tombstones);
    this.#txns = new MapDraft(base?.txns);
    this.#domains = new Map(base?.domains);
  }

  /**
   * Applies what one commit says, or a file that stands for several: `kind` 'reconciled'. Its actions have no order among
   * themselves: removes go first, adds after them. Of each subject it says one thing, or it has no meaning ('log-corrupt').
   */
  apply(actions: readonly LogRow[], path: string, kind: 'commit' | 'reconciled' = 'commit'): void {
    const removed = new Subjects('remove', path);
    const others = new Subjects('action', path);
    for (const action of actions) {
      if (action instanceof PendingAdd || 'add' in action) continue;
      if ('remove' in action) {
        const key = fileKey(action.remove);
        removed.note(kind === 'commit' ? canonicalPath(action.remove.path) : key);
        this.#files.delete(key);
        this.#tombstones.set(key, action.remove);
      } else this.#applyOther(action, others);
    }
    this.#applyAdds(actions, path, kind);
  }

  #applyAdds(actions: readonly LogRow[], path: string, kind: 'commit' | 'reconciled'): void {
    const before = this.#files.size;
    let count = 0;
    let hasVectors = false;
    for (const action of actions) {
      const entry = entryIn(action);
      if (entry === undefined) continue;
      const key = entryKey(entry);
      count += 1;
      if (!(entry instanceof PendingAdd) && entry.deletionVector !== undefined) hasVectors = true;
      if (this.#tombstones.size > 0) this.#tombstones.delete(key);
      this.#files.set(key, entry);
    }
    this.#hasVectors ||= hasVectors;
    // As many new keys as adds: none was named twice, which is told for nothing where a table begins with many files.
    if (this.#files.size === before + count && !(hasVectors && kind === 'commit')) return;
    const added = new Subjects('add', path);
    for (const action of actions) {
      const entry = entryIn(action);
      if (entry !== undefined) added.note(kind === 'commit' ? canonicalPath(entry.path) : entryKey(entry));
    }
  }

  #applyOther(action: Exclude<Action, { add: AddFile } | { remove: RemoveFile }>, subjects: Subjects): void {
    if ('metaData' in action) {
      subjects.note('metaData');
      this.#metadata = action.metaData;
    } else if ('protocol' in action) {
      subjects.note('protocol');
      this.#protocol = action.protocol;
    } else if ('txn' in action) {
      subjects.note(`txn of ${action.txn.appId}`);
      this.#txns.set(action.txn.appId, action.txn);
    } else if ('domainMetadata' in action) {
      const { domain, configuration, removed } = action.domainMetadata;
      subjects.note(`domainMetadata of ${domain}`);
      if (removed) this.#domains.delete(domain);
      else this.#domains.set(domain, configuration);
    }
  }

  /** The state as a snapshot. Refused when it is no table, or one that this package cannot read in full. */
  snapshot(state: Snapshot['state'], version: number, { commitInfo, timestampMs }: CommitFacts): Snapshot {
    const protocol = this.#protocol;
    const metadata = this.#metadata;
    if (protocol === undefined || metadata === undefined) {
      const what = protocol === undefined ? 'protocol' : 'metaData';
      throw new DeltaError('log-corrupt', `The log has no ${what} action up to version ${version}.`, {
        context: { version },
      });
    }
    checkReadable(protocol, { fromCatalog: this.#fromCatalog });
    const entries = this.#files.done();
    if (this.#hasVectors && !isSupported(protocol, 'deletionVectors')) checkNoVectors(entries);
    const schema =
      this.#base?.metadata.schemaString === metadata.schemaString
        ? this.#base.schema
        : parseSchema(metadata.schemaString);
    checkLayout(metadata, schema);
    return {
      state,
      version,
      timestampMs,
      protocol,
      metadata,
      schema,
      files: fileMap(entries, this.#base?.files),
      tombstones: this.#tombstones.done(),
      txns: this.#txns.done(),
      domains: this.#domains,
      commitInfo,
    };
  }
}

function entryIn(row: LogRow): FileEntry | undefined {
  if (row instanceof PendingAdd) return row;
  return 'add' in row ? row.add : undefined;
}

function entryKey(entry: FileEntry): string {
  return entry instanceof PendingAdd ? canonicalPath(entry.path) : fileKey(entry);
}

function checkLayout({ format, partitionColumns }: Metadata, schema: StructType): void {
  if (format.provider.toLowerCase() !== 'parquet') {
    throw new DeltaError(
      'unsupported-feature',
      `This table cannot be read, because its files are in the format ${JSON.stringify(format.provider)}, and not in Parquet.`,
      { context: { features: 'format' } },
    );
  }
  for (const [index, name] of partitionColumns.entries()) {
    const isThere = schema.fields.some((field) => field.name === name);
    if (isThere && partitionColumns.indexOf(name) === index) continue;
    const what = isThere ? 'is named twice' : "is not in the table's schema";
    throw new DeltaError('invalid-schema', `The partition column ${name} ${what}.`, { context: { column: name } });
  }
}

/** Where the protocol does not allow deletion vectors, some readers would leave rows out and others would not. */
function checkNoVectors(entries: ReadonlyMap<string, FileEntry>): void {
  for (const entry of entries.values()) {
    if (entry instanceof PendingAdd || entry.deletionVector === undefined) continue;
    const { path } = entry;
    throw new DeltaError(
      'log-corrupt',
      `The file ${path} has a deletion vector, which the table's protocol does not allow; it is not known which rows count.`,
      { context: { path } },
    );
  }
}

/** What one commit has spoken of so far. */
class Subjects {
  readonly #kind: string;
  readonly #path: string;
  readonly #seen: Set<string> = new Set();

  constructor(kind: string, path: string) {
    this.#kind = kind;
    this.#path = path;
  }

  note(subject: string): void {
    const { size } = this.#seen;
    if (this.#seen.add(subject).size > size) return;
    throw new DeltaError(
      'log-corrupt',
      `The commit ${this.#path} contradicts itself: it has more than one ${this.#kind} of ${subject}.`,
      { context: { path: this.#path } },
    );
  }
}

/** A commit says at most one thing of each subject; one that contradicts itself has no meaning ('log-corrupt'). */
export function checkCommit(actions: readonly Action[], path: string): void {
  new Replay().apply(actions, path);
}
