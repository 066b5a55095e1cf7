/** Levels of values, of which the footer of a Parquet file needs seven. */
const deepestStruct = 32;

/** What the bytes hold is no footer. */
export class BadThrift extends Error {}

/** Kinds of values in the compact protocol of Thrift. */
export const kinds = {
  true: 1,
  false: 2,
  byte: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
  uuid: 13,
} as const;

/** Goes over values in the compact protocol of Thrift, and fails where they do not fit into their bytes. */
export class Thrift {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Where the next value begins. */
  get at(): number {
    return this.#at;
  }

  /** One struct; `take` goes over the value of a field itself, or says false. */
  struct(depth: number, take: (field: number, type: number) => boolean = () => false): void {
    if (depth > deepestStruct) throw new BadThrift('its footer is nested too deep');
    for (let field = 0; ;) {
      const header = this.#byte();
      const type = header & 15;
      if (type === 0) return;
      field = header >> 4 === 0 ? this.integer() : field + (header >> 4);
      if (!take(field, type)) this.#skip(type, depth);
    }
  }

  /** One list; `each` goes over an element. */
  list(depth: number, each: (type: number) => void = (type) => this.#skipElement(type, depth)): void {
    const header = this.#byte();
    const count = header >> 4 === 15 ? this.#unsigned() : header >> 4;
    this.#checkRoom(count);
    for (let i = 0; i < count; i += 1) each(header & 15);
  }

  /** One integer of any size. */
  integer(): number {
    const raw = this.#unsigned();
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
  }

  /** One text in UTF-8. */
  text(): string {
    const count = this.#unsigned();
    const start = this.#at;
    this.#pass(count);
    return new TextDecoder().decode(this.#bytes.subarray(start, this.#at));
  }

  #skip(type: number, depth: number): void {
    switch (type) {
      case kinds.true:
      case kinds.false:
        return;
      case kinds.byte:
        return this.#pass(1);
      case kinds.int16:
      case kinds.int32:
      case kinds.int64:
        this.#unsigned();
        return;
      case kinds.double:
        return this.#pass(8);
      case kinds.binary:
        return this.#pass(this.#unsigned());
      case kinds.list:
      case kinds.set:
        return this.list(depth + 1);
      case kinds.map:
        return this.#map(depth + 1);
      case kinds.struct:
        return this.struct(depth + 1);
      case kinds.uuid:
        return this.#pass(16);
      default:
        throw new BadThrift('its footer holds a value of no known kind');
    }
  }

  #map(depth: number): void {
    const count = this.#unsigned();
    this.#checkRoom(count);
    if (count === 0) return;
    const types = this.#byte();
    for (let i = 0; i < count; i += 1) {
      this.#skipElement(types >> 4, depth);
      this.#skipElement(types & 15, depth);
    }
  }

  /** In lists and maps a flag is a byte; among the fields of a struct it is none. */
  #skipElement(type: number, depth: number): void {
    if (depth > deepestStruct) throw new BadThrift('its footer is nested too deep');
    if (type === kinds.true || type === kinds.false) this.#pass(1);
    else this.#skip(type, depth);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new BadThrift('its footer ends too early');
    this.#at += 1;
    return byte;
  }

  #unsigned(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new BadThrift('its footer holds a number that never ends');
  }

  #pass(count: number): void {
    this.#checkRoom(count);
    this.#at += count;
  }

  /** Each of so many things takes a byte at least. */
  #checkRoom(count: number): void {
    if (count > this.#bytes.length - this.#at)
      throw new BadThrift('its footer speaks of more than there is room for in it');
  }
}

/** An integer that is not negative, as `Thrift.integer` reads it. */
export function integerBytes(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
