import type { FileHandle } from 'node:fs/promises';
import { readRange } from '../../storage/local-read.ts';
import { BadThrift, Thrift, kinds } from './thrift.ts';

/** A stretch of bytes. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A number of a footer, and where it stands there. */
interface FooterNumber extends Stretch {
  readonly value: number;
}

/** The pages of one leaf column in one group of rows. */
export interface ColumnChunk {
  /** The column of the table that it is, or is inside of. */
  readonly column: string;
  /** What the footer says of it. */
  readonly told: Stretch;
  readonly pages: Stretch;
  /** Its Bloom filter, which lies elsewhere. */
  readonly filter: { readonly offset: FooterNumber; readonly bytes: number } | undefined;
  readonly uncompressedBytes: number;
  /** Where something of its pages is, as places in the file. */
  readonly offsets: readonly FooterNumber[];
}

/** The rows that lie together, column by column. */
export interface RowGroup {
  readonly rows: number;
  readonly chunks: readonly ColumnChunk[];
  readonly uncompressed: FooterNumber | undefined;
  readonly compressed: FooterNumber | undefined;
  readonly offset: FooterNumber | undefined;
}

/** A column of a file's schema: `told` is what the footer says of it and of all that is in it. */
interface LaidColumn {
  readonly name: string;
  readonly isFlat: boolean;
  readonly told: Uint8Array;
}

/** Where everything lies in a Parquet file. */
export interface FileLayout {
  readonly footer: Uint8Array;
  readonly columns: readonly LaidColumn[];
  readonly groups: readonly RowGroup[];
}

export const magic = 'PAR1';
const endBytes = 8;
/** Footers are seldom larger, so that one read is enough. */
const tailBytes = 64 * 1024;

/**
 * Where everything lies in a file. Undefined when its footer says something that would not hold any more if pages of it stood in another
 * file: that they are encrypted, sorted, or found by an index. Undefined also when it is no such file.
 */
export async function readLayout(file: FileHandle): Promise<FileLayout | undefined> {
  const { size } = await file.stat();
  if (size < magic.length + endBytes) return undefined;
  const tail = await readAt(file, Math.max(0, size - tailBytes), size);
  if (tail.toString('latin1', tail.length - magic.length) !== magic) return undefined;
  const footerEnd = size - endBytes;
  const footerStart = footerEnd - tail.readUInt32LE(tail.length - endBytes);
  if (footerStart < magic.length) return undefined;
  const whole = footerStart >= size - tail.length ? tail : await readAt(file, footerStart, size);
  if (whole.length < size - footerStart) return undefined;
  return layoutOf(whole.subarray(whole.length - (size - footerStart), whole.length - endBytes), footerStart);
}

async function readAt(file: FileHandle, start: number, end: number): Promise<Buffer> {
  return Buffer.from(await readRange(file, start, end));
}

/** The same of a footer; pages lie before `pagesEnd`. */
export function layoutOf(footer: Uint8Array, pagesEnd: number): FileLayout | undefined {
  try {
    return new LayoutReader(footer, pagesEnd).read();
  } catch (error) {
    if (error instanceof BadThrift) return undefined;
    throw error;
  }
}

interface SchemaElement extends Stretch {
  readonly name: string;
  readonly children: number;
}

type Numbers = ReadonlyMap<number, FooterNumber>;

/** Goes through a footer once. Numbers in the code are those of the fields in Parquet's own definition. */
class LayoutReader {
  readonly #footer: Uint8Array;
  readonly #pagesEnd: number;
  readonly #thrift: Thrift;

  constructor(footer: Uint8Array, pagesEnd: number) {
    this.#footer = footer;
    this.#pagesEnd = pagesEnd;
    this.#thrift = new Thrift(footer);
  }

  read(): FileLayout {
    const elements: SchemaElement[] = [];
    const groups: RowGroup[] = [];
    this.#thrift.struct(0, (field) => {
      if (field === 2) this.#thrift.list(0, () => elements.push(this.#element()));
      else if (field === 4) this.#thrift.list(0, () => groups.push(this.#group()));
      else if (field === 8) throw new BadThrift('its pages are encrypted');
      else return false;
      return true;
    });
    return { footer: this.#footer, columns: columnsOf(elements, this.#footer), groups };
  }

  /** The numbers in a struct; `take` goes over other fields itself, or says false. */
  #numbers(depth: number, take: (field: number) => boolean): Numbers {
    const found = new Map<number, FooterNumber>();
    this.#thrift.struct(depth, (field, type) => {
      if (take(field)) return true;
      if (type !== kinds.int32 && type !== kinds.int64) return false;
      const start = this.#thrift.at;
      const value = this.#thrift.integer();
      found.set(field, { value, start, end: this.#thrift.at });
      return true;
    });
    return found;
  }

  #element(): SchemaElement {
    const start = this.#thrift.at;
    const names: string[] = [];
    const numbers = this.#numbers(1, (field) => field === 4 && names.push(this.#thrift.text()) > 0);
    return { start, end: this.#thrift.at, name: names[0] ?? '', children: numbers.get(5)?.value ?? 0 };
  }

  #group(): RowGroup {
    const chunks: ColumnChunk[] = [];
    const numbers = this.#numbers(1, (field) => {
      if (field === 4) throw new BadThrift('its rows are sorted');
      if (field === 1) this.#thrift.list(1, () => chunks.push(this.#chunk()));
      return field === 1;
    });
    const rows = numbers.get(3)?.value ?? 0;
    return { rows, chunks, uncompressed: numbers.get(2), compressed: numbers.get(6), offset: numbers.get(5) };
  }

  #chunk(): ColumnChunk {
    const start = this.#thrift.at;
    const path: string[] = [];
    const inside: Numbers[] = [];
    const own = this.#numbers(2, (field) => {
      if (field !== 2 && field !== 3) throw new BadThrift('its pages are found by an index, encrypted, or elsewhere');
      if (field === 3) inside.push(this.#chunkNumbers(path));
      return field === 3;
    });
    const known = inside[0] ?? new Map<number, FooterNumber>();
    const [uncompressed, compressed, data] = [6, 7, 9].map((field) => known.get(field));
    if (uncompressed === undefined || compressed === undefined || data === undefined)
      throw new BadThrift('its pages are nowhere');
    const offsets = [own.get(2), data, known.get(11)].flatMap((one) =>
      one === undefined || one.value === 0 ? [] : [one],
    );
    const dictionary = known.get(11)?.value ?? 0;
    return {
      column: path[0] ?? '',
      told: { start, end: this.#thrift.at },
      pages: this.#inFile(dictionary === 0 ? data.value : Math.min(dictionary, data.value), compressed.value),
      filter: this.#filter(known.get(14), known.get(15)),
      uncompressedBytes: uncompressed.value,
      offsets,
    };
  }

  #chunkNumbers(path: string[]): Numbers {
    return this.#numbers(3, (field) => {
      if (field === 10) throw new BadThrift('its pages are found by an index');
      if (field === 3) this.#thrift.list(3, () => path.push(this.#thrift.text()));
      return field === 3;
    });
  }

  #filter(offset: FooterNumber | undefined, bytes: FooterNumber | undefined): ColumnChunk['filter'] {
    if (offset === undefined) return undefined;
    if (bytes === undefined) throw new BadThrift('nobody knows how long its filters are');
    this.#inFile(offset.value, bytes.value);
    return { offset, bytes: bytes.value };
  }

  #inFile(start: number, bytes: number): Stretch {
    if (start < magic.length || bytes < 0 || start + bytes > this.#pagesEnd)
      throw new BadThrift('its pages are nowhere');
    return { start, end: start + bytes };
  }
}

/** The columns of the table, each with all that is inside of it. */
function columnsOf([, ...elements]: readonly SchemaElement[], footer: Uint8Array): readonly LaidColumn[] {
  const columns: LaidColumn[] = [];
  for (let at = 0; at < elements.length;) {
    const first = elements[at];
    let last = first;
    for (let open = 1; open > 0 && at < elements.length; at += 1) {
      last = elements[at];
      open += (last?.children ?? 0) - 1;
    }
    if (first === undefined || last === undefined) break;
    columns.push({ name: first.name, isFlat: first === last, told: footer.subarray(first.start, last.end) });
  }
  return columns;
}
