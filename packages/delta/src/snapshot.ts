import type { AddFile, CommitInfo, Metadata, Protocol, RemoveFile, Txn } from './actions.ts';
import type { StructType } from './types.ts';

/**
 * One version of a table, whole and immutable. A *committed* snapshot is a version of the log; a *staged* one is a
 * committed snapshot (or nothing, for a new table) with a commit on top that nobody else can see yet.
 * Everything that reads takes either.
 */
export interface Snapshot {
  readonly state: 'committed' | 'staged';
  /** The version that is read; of a staged snapshot, the version it will get if nobody commits before. */
  readonly version: number;
  /** When it was committed, in ms since the epoch; of a staged snapshot, when it was staged. */
  readonly timestampMs: number;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly schema: StructType;
  /** Live files by their canonical key (decoded path, and deletion vector when there is one). */
  readonly files: ReadonlyMap<string, AddFile>;
  /** Removes that a checkpoint must still carry. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
  readonly txns: ReadonlyMap<string, Txn>;
  /** Live domains only: name to configuration. */
  readonly domains: ReadonlyMap<string, string>;
  /** commitInfo of the newest commit read, when its file was there. */
  readonly commitInfo: CommitInfo | undefined;
}

/** What a transaction relied on; the conflict check compares it with what others committed since. */
export interface ReadSet {
  /** True when the result depends on all rows of the table (an overwrite computed from itself, a MERGE without key pruning). */
  readonly wholeTable: boolean;
  /** Canonical keys of files that were read or will be removed. */
  readonly files: ReadonlySet<string>;
  /** appIds whose txn was looked at. */
  readonly appIds: ReadonlySet<string>;
}

/** A commit that exists as a value: files are written, the log is not. Serialisable as JSON, so that an intent can hold it. */
export interface StagedCommit {
  /** The version it was built on; -1 when the table did not exist. */
  readonly readVersion: number;
  readonly actions: readonly import('./actions.ts').Action[];
  readonly reads: {
    readonly wholeTable: boolean;
    readonly files: readonly string[];
    readonly appIds: readonly string[];
  };
  /** Identifies this very commit in commitInfo, so that an ambiguous put can be recognised as ours. */
  readonly txnId: string;
}

/** A conflict is an outcome, not an exception. */
export type CommitResult =
  | { readonly kind: 'committed'; readonly version: number; readonly rebasedOver: number }
  | {
      readonly kind: 'conflict';
      /** gone-on: others committed meanwhile, and the commit was not to be built upon theirs. */
      readonly reason:
        | 'gone-on'
        | 'protocol-changed'
        | 'metadata-changed'
        | 'concurrent-append'
        | 'concurrent-delete-read'
        | 'concurrent-delete-delete'
        | 'concurrent-transaction'
        | 'domain-changed'
        | 'table-created';
      /** The version that won and what it said of itself. */
      readonly winner: { readonly version: number; readonly commitInfo: CommitInfo | undefined };
    };
