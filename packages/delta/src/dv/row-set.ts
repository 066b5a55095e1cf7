/** Positions of rows in one file. */
export interface RowSet {
  readonly cardinality: number;
  has(row: number): boolean;
  /** Bit i&7 of byte i>>3 tells of row i; as long as the highest row needs. */
  toBitmap(): Uint8Array;
  /** In ascending order. */
  rows(): Iterable<number>;
  /** The rows of this set that are not in the other. */
  minus(other: RowSet): RowSet;
  /** The rows of either set. */
  plus(other: RowSet): RowSet;
}

/** Rows that share all but their low 16 bits: up to 4096 sorted values, or 65536 bits. */
export type Container =
  | { readonly kind: 'array'; readonly values: Uint16Array }
  | { readonly kind: 'bitmap'; readonly bits: Uint8Array; readonly cardinality: number };

/** Rows in a container of which a bitmap takes less room than a list. */
export const ARRAY_LIMIT = 4096;
export const BITMAP_BYTES = 8192;
/** Positions in a file stay below this. */
export const MAX_ROWS: number = 2 ** 31;

export function cardinalityOf(container: Container): number {
  return container.kind === 'array' ? container.values.length : container.cardinality;
}

/** A set of rows as containers by their high bits, which come in ascending order; none is empty. */
export function rowSetOf(containers: ReadonlyMap<number, Container>): RowSet {
  return new ContainerSet(containers);
}

/** The rows that a bitmap tells of: bit i&7 of byte i>>3 is row i. */
export function rowSetOfBitmap(bitmap: Uint8Array): RowSet {
  return new ContainerSet(containersOf(bitmap));
}

/** The containers of a bitmap, each in the form that takes less room. */
export function containersOf(bitmap: Uint8Array): Map<number, Container> {
  const containers = new Map<number, Container>();
  for (let start = 0; start < bitmap.length; start += BITMAP_BYTES) {
    const part = bitmap.subarray(start, start + BITMAP_BYTES);
    const cardinality = countBits(part);
    if (cardinality > 0) containers.set(start / BITMAP_BYTES, containerOfBits(part, cardinality));
  }
  return containers;
}

function containerOfBits(part: Uint8Array, cardinality: number): Container {
  if (cardinality > ARRAY_LIMIT) {
    const bits = new Uint8Array(BITMAP_BYTES);
    bits.set(part);
    return { kind: 'bitmap', bits, cardinality };
  }
  const values = new Uint16Array(cardinality);
  let at = 0;
  // Without a generator: this goes through all rows of large files.
  for (let i = 0; i < part.length; i += 1)
    for (let byte = part[i] ?? 0; byte !== 0; byte &= byte - 1) {
      values[at] = i * 8 + 31 - Math.clz32(byte & -byte);
      at += 1;
    }
  return { kind: 'array', values };
}

/** How many bits are set. */
export function countBits(bits: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bits.length; i += 1) for (let byte = bits[i] ?? 0; byte !== 0; byte &= byte - 1) count += 1;
  return count;
}

class ContainerSet implements RowSet {
  readonly cardinality: number;
  readonly #containers: ReadonlyMap<number, Container>;

  constructor(containers: ReadonlyMap<number, Container>) {
    this.#containers = containers;
    this.cardinality = [...containers.values()].reduce((sum, container) => sum + cardinalityOf(container), 0);
  }

  has(row: number): boolean {
    if (!Number.isInteger(row) || row < 0 || row >= MAX_ROWS) return false;
    const container = this.#containers.get(row >>> 16);
    const low = row & 0xffff;
    if (container === undefined) return false;
    if (container.kind === 'bitmap') return isSet(container.bits, low);
    return includes(container.values, low);
  }

  toBitmap(): Uint8Array {
    const [key, last] = [...this.#containers].at(-1) ?? [];
    if (key === undefined || last === undefined) return new Uint8Array(0);
    const bitmap = new Uint8Array(key * BITMAP_BYTES + (highest(last) >>> 3) + 1);
    for (const [high, container] of this.#containers) {
      const start = high * BITMAP_BYTES;
      if (container.kind === 'array') {
        for (const low of container.values) setBit(bitmap, start * 8 + low);
      } else bitmap.set(container.bits.subarray(0, Math.min(BITMAP_BYTES, bitmap.length - start)), start);
    }
    return bitmap;
  }

  *rows(): Iterable<number> {
    for (const [high, container] of this.#containers) {
      for (const low of lowsOf(container)) yield high * 65_536 + low;
    }
  }

  minus(other: RowSet): RowSet {
    const left = new Map<number, Container>();
    for (const [high, container] of this.#containers) {
      const lows: number[] = [];
      for (const low of lowsOf(container)) if (!other.has(high * 65_536 + low)) lows.push(low);
      if (lows.length > 0) left.set(high, containerOf(lows));
    }
    return new ContainerSet(left);
  }

  plus(other: RowSet): RowSet {
    const [a, b] = [this.toBitmap(), other.toBitmap()];
    const [long, short] = a.length < b.length ? [b, a] : [a, b];
    for (let i = 0; i < short.length; i += 1) long[i] = (long[i] ?? 0) | (short[i] ?? 0);
    return rowSetOfBitmap(long);
  }
}

/** A container of these low bits, which come in ascending order. */
export function containerOf(lows: readonly number[]): Container {
  if (lows.length <= ARRAY_LIMIT) return { kind: 'array', values: Uint16Array.from(lows) };
  const bits = new Uint8Array(BITMAP_BYTES);
  for (const low of lows) setBit(bits, low);
  return { kind: 'bitmap', bits, cardinality: lows.length };
}

function* lowsOf(container: Container): Iterable<number> {
  if (container.kind === 'array') yield* container.values;
  else {
    for (let at = 0; at < BITMAP_BYTES; at += 1) {
      const byte = container.bits[at] ?? 0;
      for (let bit = 0; byte >>> bit !== 0; bit += 1) if ((byte >>> bit) & 1) yield at * 8 + bit;
    }
  }
}

function highest(container: Container): number {
  if (container.kind === 'array') return container.values.at(-1) ?? 0;
  let low = 65_535;
  while (low > 0 && !isSet(container.bits, low)) low -= 1;
  return low;
}

function includes(sorted: Uint16Array, low: number): boolean {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const value = sorted[middle] ?? 0;
    if (value === low) return true;
    if (value < low) from = middle + 1;
    else to = middle;
  }
  return false;
}

function isSet(bits: Uint8Array, at: number): boolean {
  return (((bits[at >>> 3] ?? 0) >>> (at & 7)) & 1) === 1;
}

function setBit(bits: Uint8Array, at: number): void {
  const index = Math.floor(at / 8);
  bits[index] = (bits[index] ?? 0) | (1 << (at & 7));
}
