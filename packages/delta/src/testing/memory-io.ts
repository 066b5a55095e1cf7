import type { StoredObject, TableIo, TableStore } from '../store.ts';
import { parseJson, serializeJson } from '../json.ts';

/** A table in memory, for tests. Checkpoints are JSON; the clock moves by a millisecond with each look at it. */
export class MemoryIo implements TableIo {
  readonly objects: Map<string, { readonly bytes: Uint8Array; readonly modifiedMs: number }> = new Map();
  nowMs: number = 1_700_000_000_000;
  /** Runs before each call of the store, with its name and path; what it throws, the call throws. */
  before: ((call: keyof TableStore, path: string) => void | Promise<void>) | undefined;

  readonly store: TableStore = {
    get: async (path) => {
      await this.before?.('get', path);
      return this.objects.get(path)?.bytes;
    },
    getRange: async (path, start, end) => {
      await this.before?.('getRange', path);
      return this.objects.get(path)?.bytes.subarray(start, end);
    },
    list: (folder, startAfter) => this.#list(folder, startAfter),
    putIfAbsent: async (path, bytes, options) => {
      await this.before?.('putIfAbsent', path);
      await options?.lastLook?.();
      if (this.objects.has(path)) return 'exists';
      this.objects.set(path, { bytes, modifiedMs: this.now() });
      return 'created';
    },
    put: async (path, bytes, options) => {
      await this.before?.('put', path);
      await options?.lastLook?.();
      this.objects.set(path, { bytes, modifiedMs: this.now() });
    },
    delete: async (path, options) => {
      await this.before?.('delete', path);
      await options?.lastLook?.();
      this.objects.delete(path);
    },
  };

  readonly checkpoints: TableIo['checkpoints'] = {
    read: async (path) => {
      const bytes = this.objects.get(path)?.bytes;
      if (bytes === undefined) throw new Error(`There is no ${path}.`);
      return new TextDecoder()
        .decode(bytes)
        .split('\n')
        .filter((line) => line !== '')
        .map(parseJson);
    },
    write: async (path, rows, _, { lastLook }) => {
      await this.before?.('put', path);
      await lastLook();
      const bytes = new TextEncoder().encode(rows.map(serializeJson).join('\n'));
      this.objects.set(path, { bytes, modifiedMs: this.now() });
      return { sizeBytes: bytes.byteLength };
    },
  };

  now(): number {
    this.nowMs += 1;
    return this.nowMs;
  }

  /** Puts a file of text. */
  write(path: string, text: string): void {
    this.objects.set(path, { bytes: new TextEncoder().encode(text), modifiedMs: this.now() });
  }

  async *#list(folder: string, startAfter: string | undefined): AsyncIterable<StoredObject> {
    await this.before?.('list', folder);
    const prefix = `${folder}/`;
    const paths = [...this.objects.keys()]
      .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
      .filter((path) => startAfter === undefined || path.slice(prefix.length) > startAfter)
      .sort();
    for (const path of paths) {
      const object = this.objects.get(path);
      if (object !== undefined) yield { path, sizeBytes: object.bytes.byteLength, modifiedMs: object.modifiedMs };
    }
  }
}
