import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';

/** A value as bytes, and how often memories were put together since somebody asked for it. */
export interface MemoryEntry {
  readonly bytes: Uint8Array;
  readonly unused: number;
}

interface Index {
  readonly stamp: string;
  readonly keys: readonly string[];
  /** Where each value ends; it begins where the one before it ends. */
  readonly ends: Float64Array;
  readonly unused: Uint8Array;
}

/** Eight bytes that end a whole file, after eight that say how long the index before them is. */
const mark = 'LSMEMO1\n';

/**
 * A file of values by key. It is written once and never changed: the values one after the other, then the index. Opening it reads
 * the index alone, since of a large project few values are wanted.
 */
export class MemoryFile {
  readonly path: string;
  readonly #handle: number;
  readonly #index: Index;
  readonly #places: ReadonlyMap<string, number>;

  private constructor(path: string, handle: number, index: Index) {
    this.path = path;
    this.#handle = handle;
    this.#index = index;
    this.#places = new Map(index.keys.map((key, place) => [key, place]));
  }

  /** Undefined when it is not a whole file with this stamp. */
  static open(path: string, stamp: string): MemoryFile | undefined {
    const handle = openSync(path, 'r');
    const index = readIndex(handle);
    if (index?.stamp === stamp) return new MemoryFile(path, handle, index);
    closeSync(handle);
    return undefined;
  }

  static write(path: string, stamp: string, entries: ReadonlyMap<string, MemoryEntry>): void {
    const values = [...entries.values()];
    let end = 0;
    const ends = Float64Array.from(values, ({ bytes }) => (end += bytes.length));
    const unused = Uint8Array.from(values, (entry) => Math.min(255, entry.unused));
    const index = serialize({ stamp, keys: [...entries.keys()], ends, unused } satisfies Index);
    const tail = Buffer.alloc(16, mark.padStart(16));
    tail.writeDoubleLE(index.length, 0);
    writeFileSync(path, Buffer.concat([...values.map(({ bytes }) => bytes), index, tail]));
  }

  keys(): readonly string[] {
    return this.#index.keys;
  }

  entry(key: string): MemoryEntry | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    const start = place === 0 ? 0 : (this.#index.ends[place - 1] ?? 0);
    const bytes = readAt(this.#handle, start, (this.#index.ends[place] ?? 0) - start);
    return bytes === undefined ? undefined : { bytes, unused: this.#index.unused[place] ?? 0 };
  }

  close(): void {
    closeSync(this.#handle);
  }
}

function readIndex(handle: number): Index | undefined {
  const { size } = fstatSync(handle);
  const tail = size < 16 ? undefined : readAt(handle, size - 16, 16);
  if (tail === undefined || tail.toString('latin1', 8) !== mark) return undefined;
  const length = tail.readDoubleLE(0);
  const bytes = length <= size - 16 ? readAt(handle, size - 16 - length, length) : undefined;
  return bytes === undefined ? undefined : (deserialize(bytes) as Index);
}

function readAt(handle: number, start: number, length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length);
  return readSync(handle, bytes, 0, length, start) === length ? bytes : undefined;
}
