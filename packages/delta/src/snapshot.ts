import type { AddFile, CommitInfo, Metadata, Protocol, RemoveFile, Txn } from './actions.ts';
import type { Predicate } from './scan/predicate.ts';
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
  /** Domains whose configuration was looked at, besides those that are set. */
  readonly domains?: ReadonlySet<string>;
  /** What the rows that were looked for meet: rows that others add are in the way only if they may. Absent: any row. */
  readonly predicate?: Predicate | undefined;
}

/**
 * What counts as in the way. Serializable: whatever would have been read. WriteSerializable: the same, but for rows that were
 * added without reading anything, which may count as added later. SnapshotIsolation: only changes of the same files.
 */
export type IsolationLevel = 'Serializable' | 'WriteSerializable' | 'SnapshotIsolation';

/** By what a version is known, whatever its number. */
export interface BuiltOn {
  readonly tableId: string;
  /** What its commit says of itself that no other one does; absent: nothing. */
  readonly commit?: string;
}

/** A commit that exists as a value: files are written, the log is not. Serialisable as JSON, so that an intent can hold it. */
export interface StagedCommit {
  /** The version it was built on; -1 when the table did not exist. */
  readonly readVersion: number;
  /** That version, known by more than its number: somebody may delete the table, and make another in its place. */
  readonly builtOn?: BuiltOn;
  readonly actions: readonly import('./actions.ts').Action[];
  readonly reads: {
    readonly wholeTable: boolean;
    readonly files: readonly string[];
    readonly appIds: readonly string[];
    readonly domains?: readonly string[];
    /** About the columns of `readVersion`; int64 constants as text. */
    readonly predicate?: Predicate;
  };
  /** False when the files that it adds were there before, as of one that brings an older version back. Default: true. */
  readonly ownsFiles?: boolean;
  /** Identifies this very commit in commitInfo, so that an ambiguous put can be recognised as ours. */
  readonly txnId: string;
}

/** A conflict is an outcome, not an exception. */
export type CommitResult =
  | {
      readonly kind: 'committed';
      readonly version: number;
      readonly rebasedOver: number;
      /** The table as this commit left it, when that was known without reading it again. */
      readonly snapshot?: Snapshot;
    }
  | {
      readonly kind: 'conflict';
      /**
       * rows-numbered: others gave rows numbers, and so does the commit. gone-on: others committed meanwhile, and the commit was not to be built upon theirs. table-replaced: the table was deleted and
       * another one made in its place; the winner is its version that goes by the number of the one that was read.
       */
      readonly reason:
        | 'gone-on'
        | 'protocol-changed'
        | 'metadata-changed'
        | 'rows-numbered'
        | 'concurrent-append'
        | 'concurrent-delete-read'
        | 'concurrent-delete-delete'
        | 'concurrent-transaction'
        | 'domain-changed'
        | 'table-created'
        | 'table-replaced';
      /** The version that won and what it said of itself. */
      readonly winner: { readonly version: number; readonly commitInfo: CommitInfo | undefined };
    };
