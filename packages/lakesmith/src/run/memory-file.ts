import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';

/** A value as bytes, and how often memories were put together since somebody asked for it. */
export interface MemoryEntry {
  readonly bytes: Uint8Array;
  readonly unused: number;
}

interface Index {
  readonly stamp: string;
  /** All keys one after the other, in the order of their bytes: of many few are looked for, and to make texts of all takes longer. */
  readonly keys: Uint8Array;
  readonly keyEnds: Uint32Array;
  /** Where each value ends; it begins where the one before it ends. */
  readonly ends: Float64Array;
  readonly unused: Uint8Array;
}

/** Eight bytes that end a whole file, after eight that say how long the index before them is. */
const mark = 'LSMEMO2\n';

/**
 * A file of values by key. It is written once and never changed: the values one after the other, then the index. Opening it reads
 * the index alone, since of a large project few values are wanted.
 */
export class MemoryFile {
  readonly path: string;
  readonly #handle: number;
  readonly #index: Index;
  readonly #keys: Buffer;

  private constructor(path: string, handle: number, index: Index) {
    this.path = path;
    this.#handle = handle;
    this.#index = index;
    this.#keys = Buffer.from(index.keys.buffer, index.keys.byteOffset, index.keys.length);
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
    const sorted = [...entries]
      .map(([key, entry]) => ({ key: Buffer.from(key), ...entry }))
      .sort((a, b) => Buffer.compare(a.key, b.key));
    const keys = Buffer.concat(sorted.map(({ key }) => key));
    const keyEnds = Uint32Array.from(endsOf(sorted.map(({ key }) => key)));
    const ends = Float64Array.from(endsOf(sorted.map(({ bytes }) => bytes)));
    const unused = Uint8Array.from(sorted, (entry) => Math.min(255, entry.unused));
    const index = serialize({ stamp, keys: new Uint8Array(keys), keyEnds, ends, unused } satisfies Index);
    const tail = Buffer.alloc(16, mark.padStart(16));
    tail.writeDoubleLE(index.length, 0);
    writeFileSync(path, Buffer.concat([...sorted.map(({ bytes }) => bytes), index, tail]));
  }

  keys(): readonly string[] {
    return Array.from(this.#index.ends, (_, place) =>
      this.#keys.toString('utf8', ...between(this.#index.keyEnds, place)),
    );
  }

  entry(key: string): MemoryEntry | undefined {
    const place = this.#placeOf(Buffer.from(key));
    if (place === undefined) return undefined;
    const [start, end] = between(this.#index.ends, place);
    const bytes = readAt(this.#handle, start, end - start);
    return bytes === undefined ? undefined : { bytes, unused: this.#index.unused[place] ?? 0 };
  }

  #placeOf(key: Uint8Array): number | undefined {
    let [low, high] = [0, this.#index.ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = this.#keys.compare(key, 0, key.length, ...between(this.#index.keyEnds, middle));
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  close(): void {
    closeSync(this.#handle);
  }
}

function endsOf(parts: readonly Uint8Array[]): readonly number[] {
  let end = 0;
  return parts.map(({ length }) => (end += length));
}

function between(ends: Float64Array | Uint32Array, place: number): readonly [number, number] {
  return [place === 0 ? 0 : (ends[place - 1] ?? 0), ends[place] ?? 0];
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
