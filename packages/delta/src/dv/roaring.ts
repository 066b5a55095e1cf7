import { ARRAY_LIMIT, BITMAP_BYTES, type Container, containerOf, countBits } from './row-set.ts';

/** What makes bytes no valid set of rows; the caller says whose bytes they are. */
export class BadBitmap extends Error {}

/** Bytes that are read from front to back, never past their end. */
export class Cursor {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#view.byteLength - this.#at;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  uint32BigEndian(): number {
    return this.#view.getUint32(this.#take(4));
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#take(length), length);
  }

  #take(length: number): number {
    if (length > this.left) throw new BadBitmap('it ends too early');
    this.#at += length;
    return this.#at - length;
  }
}

export const NO_RUNS = 12_346;
const WITH_RUNS = 12_347;
/** With runs, containers have an offset header only from this many on. */
const OFFSETS_FROM = 4;

/** What a set may hold: rows below `rows`, `cardinality` of them at most. It bounds what is allocated. */
interface Limits {
  readonly rows: number;
  readonly cardinality: number;
}

interface Header {
  readonly key: number;
  readonly cardinality: number;
  readonly isRun: boolean;
}

/** Reads a 32-bit Roaring bitmap (the standard format) into containers by their high bits, in ascending order. */
export function readRoaring(cursor: Cursor, limits: Limits): Map<number, Container> {
  const start = cursor.at;
  const { headers, hasOffsets } = readHeaders(cursor);
  checkHeaders(headers, limits);
  const offsets = hasOffsets ? headers.map(() => cursor.uint32()) : undefined;
  const containers = new Map<number, Container>();
  for (const [index, header] of headers.entries()) {
    if (offsets !== undefined && offsets[index] !== cursor.at - start) {
      throw new BadBitmap('a container is not where its header says');
    }
    containers.set(header.key, readContainer(cursor, header));
  }
  return containers;
}

function readHeaders(cursor: Cursor): { headers: Header[]; hasOffsets: boolean } {
  const cookie = cursor.uint32();
  const withRuns = (cookie & 0xffff) === WITH_RUNS;
  if (!withRuns && cookie !== NO_RUNS) throw new BadBitmap(`it begins with ${cookie}, which is no Roaring bitmap`);
  const count = withRuns ? (cookie >>> 16) + 1 : cursor.uint32();
  if (count > 65_536 || count * 4 > cursor.left) throw new BadBitmap('it has more containers than bytes');
  const runs = withRuns ? cursor.bytes(Math.ceil(count / 8)) : new Uint8Array(0);
  const headers: Header[] = [];
  for (let i = 0; i < count; i += 1) {
    const isRun = (((runs[i >>> 3] ?? 0) >>> (i & 7)) & 1) === 1;
    headers.push({ key: cursor.uint16(), cardinality: cursor.uint16() + 1, isRun });
  }
  return { headers, hasOffsets: !withRuns || count >= OFFSETS_FROM };
}

function checkHeaders(headers: readonly Header[], limits: Limits): void {
  let total = 0;
  let last = -1;
  for (const { key, cardinality } of headers) {
    if (key <= last) throw new BadBitmap('its containers are out of order');
    if (key * 65_536 >= limits.rows) throw new BadBitmap('it names rows that the file does not have');
    last = key;
    total += cardinality;
  }
  if (total > limits.cardinality) throw new BadBitmap('it names more rows than it should');
}

function readContainer(cursor: Cursor, header: Header): Container {
  if (header.isRun) return readRuns(cursor, header.cardinality);
  if (header.cardinality > ARRAY_LIMIT) return readBits(cursor, header.cardinality);
  const values = new Uint16Array(header.cardinality);
  let last = -1;
  for (let i = 0; i < values.length; i += 1) {
    const value = cursor.uint16();
    if (value <= last) throw new BadBitmap('its rows are out of order');
    values[i] = value;
    last = value;
  }
  return { kind: 'array', values };
}

function readBits(cursor: Cursor, cardinality: number): Container {
  const bits = cursor.bytes(BITMAP_BYTES).slice();
  if (countBits(bits) !== cardinality)
    throw new BadBitmap('a container holds another number of rows than its header says');
  return { kind: 'bitmap', bits, cardinality };
}

function readRuns(cursor: Cursor, cardinality: number): Container {
  const lows: number[] = [];
  let next = 0;
  for (let left = cursor.uint16(); left > 0; left -= 1) {
    const start = cursor.uint16();
    const end = start + cursor.uint16();
    if (start < next || end > 0xffff) throw new BadBitmap('its runs are out of order');
    for (let low = start; low <= end; low += 1) lows.push(low);
    next = end + 1;
  }
  if (lows.length !== cardinality) throw new BadBitmap('a container holds another number of rows than its header says');
  return containerOf(lows);
}
