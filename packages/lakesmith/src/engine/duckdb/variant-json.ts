/** Deeper nesting than any program writes; a damaged value must not exhaust the stack. */
const mostNested = 500;

/** A value in the Variant encoding of Parquet, with the names of its dictionary, as JSON text. Numbers keep every digit. */
export function variantJson(metadata: Uint8Array, value: Uint8Array): string {
  return new Reader(readNames(metadata), value).json(0, 0);
}

/** Characters of all names in a value: a name stands once in the dictionary, however often it is used. */
const mostNamed = 1 << 26;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class Damaged extends Error {
  constructor(what: string) {
    super(`A variant value cannot be read: ${what}`);
  }
}

function readNames(metadata: Uint8Array): readonly string[] {
  const header = metadata[0] ?? 0;
  if ((header & 0x0f) !== 1) throw new Damaged('its version is unknown');
  const size = ((header >> 6) & 3) + 1;
  const bytes = new Bytes(metadata);
  const count = bytes.unsigned(1, size);
  const start = 1 + size * (count + 2);
  if (start > metadata.length) throw new Damaged('its dictionary is cut off');
  return Array.from({ length: count }, (_, i) => {
    const from = bytes.unsigned(1 + size * (i + 1), size);
    return bytes.text(start + from, bytes.unsigned(1 + size * (i + 2), size) - from);
  });
}

class Bytes {
  protected readonly bytes: Uint8Array;
  protected readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  unsigned(at: number, size: number): number {
    this.check(at, size);
    let result = 0;
    for (let i = size - 1; i >= 0; i -= 1) result = result * 256 + (this.bytes[at + i] ?? 0);
    return result;
  }

  text(at: number, length: number): string {
    this.check(at, length);
    try {
      return utf8.decode(this.bytes.subarray(at, at + length));
    } catch (error) {
      if (error instanceof TypeError) throw new Damaged('it holds text that is no UTF-8');
      throw error;
    }
  }

  base64(at: number, length: number): string {
    this.check(at, length);
    return Buffer.from(this.bytes.subarray(at, at + length)).toString('base64');
  }

  protected check(at: number, length: number): void {
    if (length < 0 || at < 0 || at + length > this.bytes.length) throw new Damaged('it is cut off');
  }
}

class Reader extends Bytes {
  private readonly names: readonly string[];
  /** Parts of a whole value do not overlap, so that it has fewer than bytes. */
  private parts = 0;
  private named = 0;

  constructor(names: readonly string[], value: Uint8Array) {
    super(value);
    this.names = names;
  }

  json(at: number, depth: number): string {
    if (depth > mostNested) throw new Damaged('it is nested too deeply');
    this.parts += 1;
    if (this.parts > this.bytes.length) throw new Damaged('its parts overlap');
    const header = this.unsigned(at, 1);
    const info = header >> 2;
    switch (header & 3) {
      case 0:
        return this.primitive(at + 1, info);
      case 1:
        return JSON.stringify(this.text(at + 1, info));
      case 2:
        return this.object(at + 1, info, depth);
      default:
        return this.array(at + 1, info, depth);
    }
  }

  private object(at: number, info: number, depth: number): string {
    const [offsetSize, idSize, countSize] = [(info & 3) + 1, ((info >> 2) & 3) + 1, (info & 16) === 0 ? 1 : 4];
    const count = this.unsigned(at, countSize);
    const ids = at + countSize;
    const offsets = ids + count * idSize;
    const data = offsets + (count + 1) * offsetSize;
    this.check(ids, data - ids);
    const members: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const name = this.names[this.unsigned(ids + i * idSize, idSize)];
      if (name === undefined) throw new Damaged('a name is not in its dictionary');
      this.named += name.length;
      if (this.named > mostNamed) throw new Damaged('its names are too long');
      const place = data + this.unsigned(offsets + i * offsetSize, offsetSize);
      members.push(`${JSON.stringify(name)}:${this.json(place, depth + 1)}`);
    }
    return `{${members.join(',')}}`;
  }

  private array(at: number, info: number, depth: number): string {
    const [offsetSize, countSize] = [(info & 3) + 1, (info & 4) === 0 ? 1 : 4];
    const count = this.unsigned(at, countSize);
    const offsets = at + countSize;
    const data = offsets + (count + 1) * offsetSize;
    this.check(offsets, data - offsets);
    const items: string[] = [];
    for (let i = 0; i < count; i += 1) {
      items.push(this.json(data + this.unsigned(offsets + i * offsetSize, offsetSize), depth + 1));
    }
    return `[${items.join(',')}]`;
  }

  private primitive(at: number, kind: number): string {
    const read = primitives[kind];
    if (read === undefined) throw new Damaged(`its type ${kind} is unknown`);
    if (typeof read === 'string') return read;
    this.check(at, read.size);
    return read.json(this.view, at, this);
  }
}

interface Primitive {
  readonly size: number;
  readonly json: (view: DataView, at: number, bytes: Bytes) => string;
}

const integer = (size: number, json: Primitive['json']): Primitive => ({ size, json });

/** By the number of the type. */
const primitives: readonly (string | Primitive)[] = [
  'null',
  'true',
  'false',
  integer(1, (view, at) => String(view.getInt8(at))),
  integer(2, (view, at) => String(view.getInt16(at, true))),
  integer(4, (view, at) => String(view.getInt32(at, true))),
  integer(8, (view, at) => String(view.getBigInt64(at, true))),
  { size: 8, json: (view, at) => floating(view.getFloat64(at, true)) },
  { size: 5, json: (view, at) => decimal(BigInt(view.getInt32(at + 1, true)), view.getUint8(at)) },
  { size: 9, json: (view, at) => decimal(view.getBigInt64(at + 1, true), view.getUint8(at)) },
  {
    size: 17,
    json: (view, at) =>
      decimal((view.getBigInt64(at + 9, true) << 64n) | view.getBigUint64(at + 1, true), view.getUint8(at)),
  },
  { size: 4, json: (view, at) => quoted(isoDay(view.getInt32(at, true))) },
  { size: 8, json: (view, at) => quoted(`${instant(view.getBigInt64(at, true), 6)}+00:00`) },
  { size: 8, json: (view, at) => quoted(instant(view.getBigInt64(at, true), 6)) },
  { size: 4, json: (view, at) => floating(shortest(view.getFloat32(at, true))) },
  { size: 4, json: (view, at, bytes) => quoted(bytes.base64(at + 4, view.getUint32(at, true))) },
  { size: 4, json: (view, at, bytes) => quoted(bytes.text(at + 4, view.getUint32(at, true))) },
  { size: 8, json: (view, at) => quoted(instant(view.getBigInt64(at, true), 6).slice(11)) },
  { size: 8, json: (view, at) => quoted(`${instant(view.getBigInt64(at, true), 9)}+00:00`) },
  { size: 8, json: (view, at) => quoted(instant(view.getBigInt64(at, true), 9)) },
  { size: 16, json: (view, at) => quoted(uuid(view, at)) },
];

function quoted(text: string): string {
  return JSON.stringify(text);
}

function floating(value: number): string {
  return Number.isFinite(value) ? String(value) : quoted(String(value));
}

/** The number with the fewest digits that is this one in 32 bits. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** Without zeros at the end: how many a writer kept says nothing, and Spark shows none. */
function decimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '');
  return unscaled < 0n ? `-${text}` : text;
}

function isoDay(days: number): string {
  const date = new Date(days * 86_400_000);
  if (Number.isNaN(date.getTime())) throw new Damaged('it holds a date that no calendar has');
  return date.toISOString().replace(/T.*/, '');
}

/** '2026-03-10 22:00:00.123456', of units of 10^-digits seconds. */
function instant(units: bigint, digits: number): string {
  const unit = 10n ** BigInt(digits);
  const fraction = ((units % unit) + unit) % unit;
  const date = new Date(Number(((units - fraction) / unit) * 1000n));
  if (Number.isNaN(date.getTime())) throw new Damaged('it holds a time that no calendar has');
  const text = date.toISOString().replace('T', ' ').slice(0, -5);
  return fraction === 0n ? text : `${text}.${String(fraction).padStart(digits, '0')}`;
}

function uuid(view: DataView, at: number): string {
  const hex = Array.from({ length: 16 }, (_, i) =>
    view
      .getUint8(at + i)
      .toString(16)
      .padStart(2, '0'),
  ).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
