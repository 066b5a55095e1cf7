/** The engine makes room for as many things as a footer says, and goes as deep, before it looks whether they are there. */

/** Levels of Thrift, of which a footer needs seven, and of groups in a schema; the engine's stack ends some thousands later. */
const deepestStruct = 32;
const deepestGroup = 500;

/** What is wrong with the footer of a Parquet file (the bytes before its length), or undefined. Values themselves are not looked at. */
export function footerFault(footer: Uint8Array): string | undefined {
  try {
    return faultOf(readFooter(new Thrift(footer)));
  } catch (error) {
    if (error instanceof BadFooter) return error.message;
    throw error;
  }
}

class BadFooter extends Error {}

/** The facts of a footer that must agree. */
interface Footer {
  rows: number;
  readonly groupRows: number[];
  /** Children of each element of the schema, in order. */
  readonly children: number[];
}

function readFooter(thrift: Thrift): Footer {
  const footer: Footer = { rows: 0, groupRows: [], children: [] };
  thrift.struct(0, (field, type) => {
    if (field === 2 && type === kinds.list) {
      thrift.list(0, (element) => footer.children.push(numberIn(thrift, element, 5)));
    } else if (field === 3 && type === kinds.int64) footer.rows = thrift.integer();
    else if (field === 4 && type === kinds.list) {
      thrift.list(0, (element) => footer.groupRows.push(numberIn(thrift, element, 3)));
    } else return false;
    return true;
  });
  return footer;
}

/** Goes over a value; gives the integer in a field of it, 0 when there is none. */
function numberIn(thrift: Thrift, type: number, wanted: number): number {
  let found = 0;
  if (type !== kinds.struct) throw new BadFooter('its footer lists something else than it should');
  thrift.struct(1, (field, inner) => {
    if (field !== wanted || (inner !== kinds.int32 && inner !== kinds.int64)) return false;
    found = thrift.integer();
    return true;
  });
  return found;
}

function faultOf({ rows, groupRows, children }: Footer): string | undefined {
  const sum = groupRows.reduce((total, count) => total + count, 0);
  if (groupRows.some((count) => count < 0) || sum !== rows)
    return `its footer speaks of ${rows} rows, and its parts of ${sum}`;
  // Elements that are still to come, on each level above.
  const open: number[] = [];
  for (const count of children) {
    while (open.at(-1) === 0) open.pop();
    const above = open.pop();
    if (above !== undefined) open.push(above - 1);
    if (count < 0) return 'its schema has a group with fewer than no fields';
    if (count > 0) open.push(count);
    if (open.length > deepestGroup) return `its schema is nested more than ${deepestGroup} levels deep`;
  }
  return open.some((count) => count > 0) ? 'its schema ends too early' : undefined;
}

/** Kinds of values in the compact protocol of Thrift. */
const kinds = {
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
class Thrift {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** One struct; `take` goes over the value of a field itself, or says false. */
  struct(depth: number, take: (field: number, type: number) => boolean = () => false): void {
    if (depth > deepestStruct) throw new BadFooter('its footer is nested too deep');
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
        throw new BadFooter('its footer holds a value of no known kind');
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
    if (depth > deepestStruct) throw new BadFooter('its footer is nested too deep');
    if (type === kinds.true || type === kinds.false) this.#pass(1);
    else this.#skip(type, depth);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new BadFooter('its footer ends too early');
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
    throw new BadFooter('its footer holds a number that never ends');
  }

  #pass(count: number): void {
    this.#checkRoom(count);
    this.#at += count;
  }

  /** Each of so many things takes a byte at least. */
  #checkRoom(count: number): void {
    if (count > this.#bytes.length - this.#at)
      throw new BadFooter('its footer speaks of more than there is room for in it');
  }
}
