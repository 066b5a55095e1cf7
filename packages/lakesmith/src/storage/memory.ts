import { LakeError } from '../core/errors.ts';
import type { LookOptions, ObjectDraft, ObjectInfo, ObjectStore, PutOutcome } from './object-store.ts';
import { checkObjectPath, checkObjectPrefix, compareBytes } from './paths.ts';

interface MemoryObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modifiedMs: number;
}

/** A store that lives as long as the process. */
export function openMemoryStore(now: () => number = Date.now): ObjectStore {
  return new MemoryStore(now);
}

class MemoryStore implements ObjectStore {
  readonly url = 'memory:';
  readonly localPath = undefined;
  readonly #objects = new Map<string, MemoryObject>();
  readonly #now: () => number;
  #puts = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  async get(path: string): Promise<Uint8Array | undefined> {
    checkObjectPath(path);
    return this.#objects.get(path)?.bytes.slice();
  }

  async getMany(paths: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return Promise.all(paths.map((path) => this.get(path)));
  }

  async getRange(path: string, start: number, end: number): Promise<Uint8Array | undefined> {
    checkObjectPath(path);
    return this.#objects.get(path)?.bytes.slice(start, end);
  }

  async head(path: string): Promise<ObjectInfo | undefined> {
    checkObjectPath(path);
    const object = this.#objects.get(path);
    return object === undefined ? undefined : infoOf(path, object);
  }

  async *list(prefix: string, options: { startAfter?: string; shallow?: boolean } = {}): AsyncIterable<ObjectInfo> {
    checkObjectPrefix(prefix);
    const { startAfter, shallow = false } = options;
    const paths = [...this.#objects.keys()]
      .filter((path) => path.startsWith(prefix) && !(shallow && path.slice(prefix.length).includes('/')))
      .filter((path) => startAfter === undefined || compareBytes(path, startAfter) > 0)
      .sort(compareBytes);
    for (const path of paths) {
      const object = this.#objects.get(path);
      if (object !== undefined) yield infoOf(path, object);
    }
  }

  async put(path: string, bytes: Uint8Array, { lastLook }: LookOptions = {}): Promise<{ etag: string }> {
    checkObjectPath(path);
    await lastLook?.();
    return { etag: this.#store(path, bytes) };
  }

  async putIfAbsent(path: string, bytes: Uint8Array, { lastLook }: LookOptions = {}): Promise<PutOutcome> {
    checkObjectPath(path);
    await lastLook?.();
    if (this.#objects.has(path)) return { kind: 'refused' };
    return { kind: 'stored', etag: this.#store(path, bytes) };
  }

  async draft(path: string, bytes: Uint8Array): Promise<ObjectDraft> {
    checkObjectPath(path);
    const kept = bytes.slice();
    return { putIfAbsent: (name) => this.putIfAbsent(name, kept), drop: () => undefined };
  }

  async putIfMatch(path: string, bytes: Uint8Array, etag: string): Promise<PutOutcome> {
    checkObjectPath(path);
    if (this.#objects.get(path)?.etag !== etag) return { kind: 'refused' };
    return { kind: 'stored', etag: this.#store(path, bytes) };
  }

  async copy(from: string, to: string): Promise<void> {
    checkObjectPath(from);
    checkObjectPath(to);
    const object = this.#objects.get(from);
    if (object === undefined)
      throw new LakeError('LS3101', `The store could not copy ${from}: there is no such object.`, {
        operation: 'copy',
      });
    if (!this.#objects.has(to)) this.#store(to, object.bytes);
  }

  async delete(path: string, { lastLook }: LookOptions = {}): Promise<void> {
    checkObjectPath(path);
    await lastLook?.();
    this.#objects.delete(path);
  }

  #store(path: string, bytes: Uint8Array): string {
    this.#puts += 1;
    const etag = String(this.#puts);
    this.#objects.set(path, { bytes: bytes.slice(), etag, modifiedMs: this.#now() });
    return etag;
  }
}

function infoOf(path: string, { bytes, etag, modifiedMs }: MemoryObject): ObjectInfo {
  return { path, sizeBytes: bytes.byteLength, modifiedMs, etag };
}
