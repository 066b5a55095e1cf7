/** A field of Thrift's compact form: its id, and a number, a text, a struct or a list of one of these. */
type Fields = readonly (readonly [id: number, value: ThriftValue])[];
type ThriftValue = boolean | number | bigint | string | ThriftStruct | readonly (number | string | ThriftStruct)[];
interface ThriftStruct {
  readonly fields: Fields;
}
const struct = (...fields: Fields): ThriftStruct => ({ fields });

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** The number of a type in the compact form, and the bytes of a value of it; whole numbers are i32, bigints i64. */
function encoded(value: ThriftValue): readonly [type: number, bytes: readonly number[]] {
  if (typeof value === 'boolean') return [value ? 1 : 2, []];
  if (typeof value === 'number') return [5, varint(value * 2)];
  if (typeof value === 'bigint') return [6, varint(value * 2n)];
  if (typeof value === 'string') return [8, [...varint(Buffer.byteLength(value)), ...Buffer.from(value)]];
  if ('fields' in value) return [12, structBytes(value)];
  const items = value.map(encoded);
  const type = items[0]?.[0] ?? 12;
  const head = items.length < 15 ? [(items.length << 4) | type] : [0xf0 | type, ...varint(items.length)];
  return [9, [...head, ...items.flatMap(([, bytes]) => bytes)]];
}

function structBytes({ fields }: ThriftStruct): number[] {
  let last = 0;
  const bytes: number[] = [];
  for (const [id, value] of fields) {
    const [type, content] = encoded(value);
    bytes.push(((id - last) << 4) | type, ...content);
    last = id;
  }
  return [...bytes, 0];
}

/** Types by their number in the format. */
export const physical = { int32: 1, int64: 2, int96: 3, text: 6 } as const;

/** An element of a file's schema: a group with children, or a column with the values and levels that its rows have. */
export interface Element {
  readonly name: string;
  readonly repetition: 'required' | 'optional' | 'repeated';
  /** UTF8 is 0, MAP 1, MAP_KEY_VALUE 2, LIST 3. */
  readonly converted?: number;
  /** A time as the newer annotation says it. */
  readonly time?: { readonly utc: boolean; readonly unit: 'millis' | 'micros' | 'nanos' };
  readonly children?: readonly Element[];
  readonly column?: Column;
}

interface Column {
  readonly type: (typeof physical)[keyof typeof physical];
  /** Those that are there, as they lie in the file. */
  readonly values: readonly Uint8Array[];
  /** A level for each place, and what it may be at most; 0 where the schema needs none. */
  readonly definition: { readonly most: number; readonly levels: readonly number[] };
  readonly repetition?: { readonly most: number; readonly levels: readonly number[] };
}

/** A Parquet file of one row group, by its bytes: what the engine itself does not write. */
export function parquetBytes(rows: number, elements: readonly Element[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from('PAR1')];
  let at = 4;
  const chunks = elements
    .flatMap((element) => columnsOf(element, []))
    .map(({ path, column }) => {
      const page = pageOf(column);
      const chunk = chunkOf(column, path, { at, size: page.length });
      parts.push(page);
      at += page.length;
      return chunk;
    });
  const root = struct([4, 'schema'], [5, elements.length]);
  const group = struct([1, chunks], [2, BigInt(at - 4)], [3, BigInt(rows)]);
  const footer = structBytes(
    struct([1, 1], [2, [root, ...elements.flatMap(schemaOf)]], [3, BigInt(rows)], [4, [group]]),
  );
  const size = Buffer.alloc(4);
  size.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, Uint8Array.from(footer), size, Buffer.from('PAR1')]);
}

function columnsOf(
  { name, column, children = [] }: Element,
  above: readonly string[],
): readonly { readonly path: readonly string[]; readonly column: Column }[] {
  const path = [...above, name];
  return column === undefined ? children.flatMap((child) => columnsOf(child, path)) : [{ path, column }];
}

function schemaOf({ name, repetition, converted, time, column, children = [] }: Element): readonly ThriftStruct[] {
  const unit = time === undefined ? 0 : ['millis', 'micros', 'nanos'].indexOf(time.unit) + 1;
  const own: (readonly [number, ThriftValue])[] = [
    ...(column === undefined ? [] : [[1, column.type] as const]),
    [3, ['required', 'optional', 'repeated'].indexOf(repetition)],
    [4, name],
    ...(column === undefined ? [[5, children.length] as const] : []),
    ...(converted === undefined ? [] : [[6, converted] as const]),
    ...(time === undefined ? [] : [[10, struct([8, struct([1, time.utc], [2, struct([unit, struct()])])])] as const]),
  ];
  return [struct(...own), ...children.flatMap(schemaOf)];
}

function chunkOf(
  { type, definition }: Column,
  path: readonly string[],
  { at, size }: { readonly at: number; readonly size: number },
): ThriftStruct {
  const facts = struct(
    [1, type],
    [2, [0, 3]],
    [3, path],
    [4, 0],
    [5, BigInt(definition.levels.length)],
    [6, BigInt(size)],
    [7, BigInt(size)],
    [9, BigInt(at)],
  );
  return struct([2, BigInt(at)], [3, facts]);
}

function pageOf({ values, definition, repetition = { most: 0, levels: [] } }: Column): Uint8Array {
  const body = Buffer.concat([levelBytes(repetition), levelBytes(definition), ...values]);
  const about = struct([1, definition.levels.length], [2, 0], [3, 3], [4, 3]);
  const head = structBytes(struct([1, 0], [2, body.length], [3, body.length], [5, about]));
  return Buffer.concat([Uint8Array.from(head), body]);
}

/** Each level as a run of one. */
function levelBytes({ most, levels }: { readonly most: number; readonly levels: readonly number[] }): Uint8Array {
  if (most === 0) return new Uint8Array();
  const runs = levels.flatMap((level) => [2, level]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(runs.length);
  return Buffer.concat([size, Uint8Array.from(runs)]);
}

/** Values as they lie in a file; a time of 96 bits is a Julian day and the nanoseconds in it. */
export const plain = {
  int32: (value: number): Uint8Array => number(4, (bytes) => bytes.writeInt32LE(value)),
  int64: (value: bigint): Uint8Array => number(8, (bytes) => bytes.writeBigInt64LE(value)),
  int96: (micros: bigint): Uint8Array => {
    const inDay = ((micros % 86_400_000_000n) + 86_400_000_000n) % 86_400_000_000n;
    const day = Number((micros - inDay) / 86_400_000_000n) + 2_440_588;
    return Buffer.concat([plain.int64(inDay * 1000n), plain.int32(day)]);
  },
  text: (value: string): Uint8Array => Buffer.concat([plain.int32(Buffer.byteLength(value)), Buffer.from(value)]),
};

function number(size: number, write: (bytes: Buffer) => void): Uint8Array {
  const bytes = Buffer.alloc(size);
  write(bytes);
  return bytes;
}
