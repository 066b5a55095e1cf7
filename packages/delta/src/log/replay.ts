import type { Action, AddFile, CommitInfo, Metadata, Protocol, RemoveFile, Txn } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { checkReadable } from '../features.ts';
import { fileKey } from '../paths.ts';
import { parseSchema } from '../schema.ts';
import type { Snapshot } from '../snapshot.ts';
import { commitInfoOf } from './commit-file.ts';

/** A table's state while its log is replayed, oldest first. */
export class Replay {
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #files: Map<string, AddFile>;
  readonly #tombstones: Map<string, RemoveFile>;
  readonly #txns: Map<string, Txn>;
  readonly #domains: Map<string, string>;
  #commitInfo: CommitInfo | undefined;
  #timestampMs: number;
  readonly #base: Snapshot | undefined;

  /** Goes on from `base`, which stays as it is. */
  constructor(base?: Snapshot) {
    this.#base = base;
    this.#protocol = base?.protocol;
    this.#metadata = base?.metadata;
    this.#files = new Map(base?.files);
    this.#tombstones = new Map(base?.tombstones);
    this.#txns = new Map(base?.txns);
    this.#domains = new Map(base?.domains);
    this.#commitInfo = base?.commitInfo;
    this.#timestampMs = base?.timestampMs ?? Number.NEGATIVE_INFINITY;
  }

  /** Adds the rows of a checkpoint to an empty state. */
  applyCheckpoint(actions: Iterable<Action>, modifiedMs: number): void {
    this.#timestampMs = modifiedMs;
    for (const action of actions) this.#apply(action);
  }

  /** Takes note of what the commit says of itself, whose content a checkpoint has brought already. */
  describe(actions: readonly Action[], modifiedMs: number): void {
    this.#commitInfo = commitInfoOf(actions);
    this.#timestampMs = this.#inCommitTimestamp() ?? modifiedMs;
  }

  /** Applies one commit. Its actions have no order among themselves: removes go first, adds after them. */
  applyCommit(actions: readonly Action[], commit: { readonly path: string; readonly modifiedMs: number }): void {
    checkCommit(actions, commit.path);
    for (const action of actions) if (!('add' in action)) this.#apply(action);
    for (const action of actions) if ('add' in action) this.#apply(action);
    this.#commitInfo = commitInfoOf(actions);
    // Times of files may stand still or run backwards after a copy; those of versions do not.
    this.#timestampMs = this.#inCommitTimestamp() ?? Math.max(commit.modifiedMs, this.#timestampMs + 1);
  }

  /** The state as a snapshot. Refused when it is no table, or one that this package cannot read in full. */
  snapshot(state: Snapshot['state'], version: number): Snapshot {
    const protocol = this.#protocol;
    const metadata = this.#metadata;
    if (protocol === undefined || metadata === undefined) {
      const what = protocol === undefined ? 'protocol' : 'metaData';
      throw new DeltaError('log-corrupt', `The log has no ${what} action up to version ${version}.`, {
        context: { version },
      });
    }
    checkReadable(protocol, metadata);
    const schema =
      this.#base?.metadata.schemaString === metadata.schemaString
        ? this.#base.schema
        : parseSchema(metadata.schemaString);
    for (const name of metadata.partitionColumns) {
      if (!schema.fields.some((field) => field.name === name)) {
        throw new DeltaError('invalid-schema', `The partition column ${name} is not in the table's schema.`, {
          context: { column: name },
        });
      }
    }
    return {
      state,
      version,
      timestampMs: this.#timestampMs,
      protocol,
      metadata,
      schema,
      files: this.#files,
      tombstones: this.#tombstones,
      txns: this.#txns,
      domains: this.#domains,
      commitInfo: this.#commitInfo,
    };
  }

  #inCommitTimestamp(): number | undefined {
    const enabled = this.#metadata?.configuration['delta.enableInCommitTimestamps'] === 'true';
    const timestamp = this.#commitInfo?.inCommitTimestamp;
    return enabled && typeof timestamp === 'number' ? timestamp : undefined;
  }

  #apply(action: Action): void {
    if ('add' in action) {
      const { add } = action;
      if (add.deletionVector !== undefined) throw deletionVectorError(add.path);
      const key = fileKey(add);
      this.#tombstones.delete(key);
      this.#files.set(key, add);
    } else if ('remove' in action) {
      const key = fileKey(action.remove);
      this.#files.delete(key);
      this.#tombstones.set(key, action.remove);
    } else if ('metaData' in action) this.#metadata = action.metaData;
    else if ('protocol' in action) this.#protocol = action.protocol;
    else if ('txn' in action) this.#txns.set(action.txn.appId, action.txn);
    else if ('domainMetadata' in action) {
      const { domain, configuration, removed } = action.domainMetadata;
      if (removed) this.#domains.delete(domain);
      else this.#domains.set(domain, configuration);
    }
  }
}

/** A commit says at most one thing of each subject; one that contradicts itself has no meaning. */
export function checkCommit(actions: readonly Action[], path: string): void {
  const seen = new Set<string>();
  for (const action of actions) {
    const subject = subjectOf(action);
    if (subject === undefined) continue;
    if (seen.has(subject)) {
      throw new DeltaError('log-corrupt', `The commit ${path} contradicts itself: it has more than one ${subject}.`, {
        context: { path },
      });
    }
    seen.add(subject);
  }
}

function subjectOf(action: Action): string | undefined {
  if ('add' in action) return `add of ${fileKey(action.add)}`;
  if ('remove' in action) return `remove of ${fileKey(action.remove)}`;
  if ('metaData' in action) return 'metaData';
  if ('protocol' in action) return 'protocol';
  if ('txn' in action) return `txn of ${action.txn.appId}`;
  if ('domainMetadata' in action) return `domainMetadata of ${action.domainMetadata.domain}`;
  return undefined;
}

function deletionVectorError(path: string): DeltaError {
  return new DeltaError(
    'unsupported-feature',
    `This table cannot be read, because its file ${path} uses deletionVectors, which this version does not support.`,
    { context: { features: 'deletionVectors', path } },
  );
}
