/** One object in a listing. */
export interface ObjectInfo {
  /** Relative to the store's root, '/' between the parts. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Changes whenever the content does. What put-if-match compares. */
  readonly etag: string;
}

export type PutOutcome = { readonly kind: 'stored'; readonly etag: string } | { readonly kind: 'refused' };

export interface PutOptions {
  /** A folder that is there: where somebody deleted it, nothing is made (LS3101). What has no folders does not look. */
  readonly within?: string;
}

export interface LookOptions {
  /** Called when the deed is all that is missing: what it throws, the call throws, and nothing happened. */
  readonly lastLook?: () => Promise<void>;
}

export interface ReplaceOptions extends PutOptions, LookOptions {}

/** How an object gets its name. */
export interface NamingOptions {
  /** A power cut may take the object away again, whole; that is faster. */
  readonly mayVanish?: boolean;
  /** Told when it is there, while it is not known yet to last. It must not throw; who knows of no such moment does not tell. */
  readonly named?: () => void;
}

export interface CreateOptions extends PutOptions, NamingOptions, LookOptions {}

/** Bytes on their way to become an object: they last already, and only their name is missing. */
export interface ObjectDraft {
  /** As `putIfAbsent` of these bytes, at any path of the folder that they were written for. When it is refused, another path can be tried. */
  putIfAbsent(path: string, options?: NamingOptions): Promise<PutOutcome>;
  /** Lets go of it, whatever became of it. What cannot be taken away is a temporary file of an unfinished put. */
  drop(): void;
}

/**
 * Bytes by path: a folder, a bucket, memory. Everything else in the program that touches files goes through this.
 * - A put is visible whole or not at all, and durable when it returns.
 * - Paths are relative, '/' separated, without '.' or '..' parts; a path outside the root is refused with LS3101.
 * - Any method may throw LakeError LS3101 (retry 'safe' when trying again may help); of a failed put nothing is known.
 */
export interface ObjectStore {
  /** What a person calls it: file:///…, s3://bucket/prefix, memory:. */
  readonly url: string;
  /** The folder on this machine, when there is one: engines read it directly. */
  readonly localPath: string | undefined;
  /** The whole object; undefined when there is none. */
  get(path: string): Promise<Uint8Array | undefined>;
  /** The same of several, in their order: faster than one by one, and it fails when one of them does. */
  getMany(paths: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Bytes [start, end) of the object; undefined when there is none; shorter when the object ends before. */
  getRange(path: string, start: number, end: number): Promise<Uint8Array | undefined>;
  head(path: string): Promise<ObjectInfo | undefined>;
  /**
   * Objects whose path starts with `prefix`, all the way down, in UTF-8 byte order of their paths, after `startAfter`
   * (a full path). `shallow` stops at the next '/': only objects directly below a prefix that ends in '/'.
   * Temporary files of unfinished puts are never listed.
   */
  list(prefix: string, options?: { startAfter?: string; shallow?: boolean }): AsyncIterable<ObjectInfo>;
  put(path: string, bytes: Uint8Array, options?: ReplaceOptions): Promise<{ etag: string }>;
  /** Creates, or refuses when there is one: exactly one of many callers at once is 'stored'. */
  putIfAbsent(path: string, bytes: Uint8Array, options?: CreateOptions): Promise<PutOutcome>;
  /** Writes bytes for an object of this path's folder and waits until they last, so that to create it takes little later. */
  draft(path: string, bytes: Uint8Array, options?: PutOptions): Promise<ObjectDraft>;
  /** Replaces the object if its etag is still this one, else refuses. */
  putIfMatch(path: string, bytes: Uint8Array, etag: string): Promise<PutOutcome>;
  /**
   * Gives the bytes of an object another name too, which it shares with the first where the store can. Such a name that is taken
   * stays as it is: only for objects that never change under a name. LS3101 when there is no such object.
   */
  copy(from: string, to: string): Promise<void>;
  /** Absent is fine. */
  delete(path: string, options?: LookOptions): Promise<void>;
}
