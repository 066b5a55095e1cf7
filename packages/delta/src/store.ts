/** One object in a listing. */
export interface StoredObject {
  /** Relative to the table's root, '/' between the parts, decoded. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * What the protocol needs of a file system or bucket, rooted at one table. Paths are relative to the table's root.
 * Whoever implements it decides about retries; every method may throw, and then nothing is known of its effect.
 */
export interface TableStore {
  /** The whole object, or undefined when there is none. */
  get(path: string): Promise<Uint8Array | undefined>;
  /** Objects directly in `folder`, by name in byte order, from after `startAfter` (a bare name) on. No folder: empty. */
  list(folder: string, startAfter?: string): AsyncIterable<StoredObject>;
  /** Creates the object with all its bytes, or leaves what is there. The linearisation point of every commit. */
  putIfAbsent(path: string, bytes: Uint8Array): Promise<'created' | 'exists'>;
  /** Creates or replaces the object. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Deletes the object; absent is fine. */
  delete(path: string): Promise<void>;
}

/**
 * Reads and writes the Parquet of checkpoints. Rows are actions as the JSON log has them: one key each
 * ({add: {...}}, {metaData: {...}}); absent columns are absent keys; int64 beyond 2^53 is bigint; maps are objects.
 */
export interface CheckpointCodec {
  read(path: string): Promise<unknown[]>;
  /** Writes one classic checkpoint file (atomically visible) and says its size. */
  write(path: string, rows: readonly unknown[]): Promise<{ sizeBytes: number }>;
}

/** Everything of the outside world that the protocol touches. */
export interface TableIo {
  readonly store: TableStore;
  readonly checkpoints: CheckpointCodec;
  /** Milliseconds since the epoch. */
  now(): number;
}
