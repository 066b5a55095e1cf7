import type { StructType } from './types.ts';

/** One object in a listing. */
export interface StoredObject {
  /** Relative to the table's root, '/' between the parts, decoded. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface PutOptions {
  /** A folder that is there: where somebody deleted it, nothing is made. What has no folders does not look. */
  readonly within?: string;
  /** Called when the deed is all that is missing: what it throws, the call throws, and nothing happened. */
  readonly lastLook?: () => Promise<void>;
  /** Nothing is lost when a power cut takes the object away again, whole. */
  readonly mayVanish?: boolean;
}

/** How what was written gets its name. */
export interface DraftOptions extends Pick<PutOptions, 'mayVanish'> {
  /** Told when it is created, while it is not known yet to last. It must not throw; who knows of no such moment does not tell. */
  readonly named?: () => void;
}

/** The bytes of an object on their way: they last already, and only their name is missing. */
export interface ObjectDraft {
  /** As `putIfAbsent` of these bytes, at any path of the folder that they were written for. When it says 'exists', another path can be tried. */
  putIfAbsent(path: string, options?: DraftOptions): Promise<'created' | 'exists'>;
  /** Lets go of it, whatever became of it. What cannot be taken away stays as something that nobody sees. */
  drop(): void;
}

/**
 * What the protocol needs of a file system or bucket, rooted at one table. Paths are relative to the table's root.
 * Whoever implements it decides about retries; every method may throw, and then nothing is known of its effect.
 */
export interface TableStore {
  /** The whole object, or undefined when there is none. */
  get(path: string): Promise<Uint8Array | undefined>;
  /** The same of several, in their order; it fails when one of them does. Without it, `get` is called for each. */
  getMany?(paths: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Bytes [start, end) of the object; undefined when there is none; shorter when the object ends before. */
  getRange(path: string, start: number, end: number): Promise<Uint8Array | undefined>;
  /** Objects directly in `folder`, by name in byte order, from after `startAfter` (a bare name) on. No folder: empty. */
  list(folder: string, startAfter?: string): AsyncIterable<StoredObject>;
  /**
   * Creates the object with all its bytes, or leaves what is there. The linearisation point of every commit. A DeltaError
   * 'not-durable' says that it was created and may not outlive a power cut: to find it there then is no success.
   */
  putIfAbsent(path: string, bytes: Uint8Array, options?: PutOptions): Promise<'created' | 'exists'>;
  /**
   * Writes bytes for an object of this path's folder and waits until they last, so that to create it takes little later. Without it,
   * `putIfAbsent` is called.
   */
  draft?(path: string, bytes: Uint8Array, options?: Pick<PutOptions, 'within'>): Promise<ObjectDraft>;
  /** Creates or replaces the object. */
  put(path: string, bytes: Uint8Array, options?: PutOptions): Promise<void>;
  /** Deletes the object; absent is fine. */
  delete(path: string, options?: Pick<PutOptions, 'lastLook'>): Promise<void>;
}

/** A checkpoint, a part of one or a sidecar. */
export interface PackedCheckpoint {
  /** All rows but adds. */
  readonly rows: readonly unknown[];
  readonly adds: readonly PackedAdds[];
}

/** Adds that have these fields and no others: the values of each in one text, with U+001C between them. */
export interface PackedAdds {
  readonly count: number;
  readonly path: string;
  /** JSON objects. */
  readonly partitionValues: string;
  readonly size: string;
  readonly modificationTime: string;
  readonly dataChange: string;
  /** In UTF-8; absent when none has statistics. */
  readonly stats?: Uint8Array;
}

/**
 * Reads and writes the Parquet of checkpoints. Rows are actions as the JSON log has them: one key each
 * ({add: {...}}, {metaData: {...}}); absent columns are absent keys; int64 beyond 2^53 is bigint; maps are objects.
 */
export interface CheckpointCodec {
  /**
   * All rows of a checkpoint, a part of one or a sidecar, those of the V2 spec too ({sidecar: {...}}, {checkpointMetadata: {...}}).
   * `stats_parsed` may stay in an add that has no `stats`, as the object that its JSON would be (times as text). Whatever is
   * wrong with the file is an error: rows are never left out.
   */
  read(path: string): Promise<readonly unknown[]>;
  /**
   * The same with the adds as texts, from which each is made when it is asked for; undefined when they are not all of a form
   * that allows for it. Without this, `read` is called.
   */
  readPacked?(path: string): Promise<PackedCheckpoint | undefined>;
  /**
   * Writes one file (atomically visible) with exactly the columns of the schema, and says its size. What a row lacks is NULL.
   * Decimals and times are texts, and so are numbers of JSON that are none (NaN). The options are those of a put.
   */
  write(
    path: string,
    rows: readonly unknown[],
    schema: StructType,
    options: Required<Pick<PutOptions, 'within' | 'lastLook'>>,
  ): Promise<{ sizeBytes: number }>;
}

/** Everything of the outside world that the protocol touches. */
export interface TableIo {
  readonly store: TableStore;
  readonly checkpoints: CheckpointCodec;
  /**
   * Where the table is, as others may name it absolutely: `/data/t`, `s3://bucket/t`. Absolute paths under it are the table's
   * own; without it, none is.
   */
  readonly location?: string;
  /** Prefixes of absolute paths that files of the table may lie under besides, each ending at a path border. Default: none. */
  readonly allowed?: readonly string[];
  /**
   * Bytes [start, end) of a file outside the table, under an allowed prefix; undefined when there is none, shorter when it ends
   * before. Without it, deletion vectors outside the table are refused.
   */
  getOutside?(url: string, start: number, end: number): Promise<Uint8Array | undefined>;
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Waits before the next try, after so many (1 at least) at which another writer was faster: longer from try to try, within
   * bounds, and partly by chance, so that writers who race come apart. Absent: tries follow at once.
   */
  pause?(failed: number): Promise<void>;
}
