import type { AddFile } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { MAX_LINE_BYTES } from './commit-file.ts';
import { type AddSource, PendingAdd, type StatsText } from './pending-add.ts';

const START = bytesOf('{"add":{"path":');
const VALUES = bytesOf(',"partitionValues":{');
const SIZE = bytesOf('},"size":');
const TIME = bytesOf(',"modificationTime":');
const TRUE = bytesOf(',"dataChange":true');
const FALSE = bytesOf(',"dataChange":false');
const STATS = bytesOf(',"stats":');
const END = bytesOf('}}');
const NULL = bytesOf('null');
const NEWLINE = 10;
const QUOTE = 34;
const COMMA = 44;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const BACKSLASH = 92;
const LETTER_U = 117;
const BEYOND_ASCII = 0x80;
/** Numbers of no more digits are exact. */
const EXACT_DIGITS = 15;

/** What ends a run of the plain characters of a JSON string: control characters, quotes and backslashes. */
const isPlain: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 32 || byte === QUOTE || byte === BACKSLASH ? 0 : 1,
);
const ESCAPES: ReadonlySet<number> = new Set(bytesOf('"\\/bfnrt'));
const FIELDS = /^(\{.*\}),"size":(\d+),"modificationTime":(\d+),"dataChange":(true|false)/s;

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The lines of a commit file that are adds as nearly all writers write them: these fields in this order, and no more. Such a line
 * is checked to its end when it is found, so that nothing can be wrong with it later on. The file's bytes are kept for as long as
 * one of the adds is.
 */
export class AddLines implements AddSource {
  /** Where the line of the add that was found last ends. */
  lineEnd: number = 0;
  readonly #bytes: Uint8Array;
  /** For each add where its partition values, its size and its statistics start, and where its line ends. */
  readonly #places: number[] = [];
  #sizeAt = 0;
  #bits = 0;
  #hasEscapes = false;
  #values: { readonly text: string; readonly parsed: AddFile['partitionValues'] } | undefined;

  constructor(bytes: Uint8Array) {
    // A plain view: those of Node are slow to make.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The add in the line that starts here; undefined when it is not plainly one, which says nothing against the line. */
  find(start: number): PendingAdd | undefined {
    const pathAt = this.#after(START, start);
    if (pathAt < 0) return undefined;
    this.#bits = 0;
    const pathEnd = this.#plainEnd(pathAt);
    const valuesAt = this.#after(VALUES, pathEnd) - 1;
    const fieldsEnd = this.#fieldsEnd(valuesAt);
    const statsAt = this.#after(STATS, fieldsEnd);
    const end = this.#after(END, statsAt < 0 ? fieldsEnd : this.#textEnd(statsAt));
    const isWhole = end >= 0 && (end === this.#bytes.length || this.#bytes[end] === NEWLINE);
    if (
      !isWhole ||
      end - start > MAX_LINE_BYTES ||
      pathEnd - pathAt < 3 ||
      !(this.#bits < BEYOND_ASCII || this.#isUtf8(start, end))
    )
      return undefined;
    const place = this.#places.length;
    this.#places.push(valuesAt, this.#sizeAt, statsAt, end);
    this.lineEnd = end;
    return new PendingAdd(this.#text(pathAt + 1, pathEnd - 1), this, place);
  }

  read(place: number, path: string): AddFile {
    const [valuesAt = 0, , statsAt = 0, end = 0] = this.#places.slice(place, place + 4);
    const found = FIELDS.exec(this.#text(valuesAt, statsAt < 0 ? end : statsAt));
    const stats = this.stats(place);
    const [, , size, modificationTime, dataChange] = found ?? [];
    const add = {
      path,
      partitionValues: this.partitionValues(place),
      size: Number(size),
      modificationTime: Number(modificationTime),
      dataChange: dataChange === 'true',
    };
    if (stats === undefined) return add;
    const text: unknown = JSON.parse(`"${stats.text}"`);
    if (typeof text !== 'string') throw new DeltaError('log-corrupt', `The statistics of ${path} are no text.`);
    return { ...add, stats: text };
  }

  stats(place: number): StatsText | undefined {
    const at = this.#places[place + 2] ?? -1;
    const end = this.#places[place + 3] ?? 0;
    return at < 0 ? undefined : { text: this.#text(at + 1, end - END.length - 1), isEscaped: true };
  }

  size(place: number): number {
    let size = 0;
    for (let at = this.#places[place + 1] ?? 0; isDigit(this.#bytes[at]); at += 1) {
      size = size * 10 + (this.#bytes[at] ?? 0) - ZERO;
    }
    return size;
  }

  partitionValues(place: number): AddFile['partitionValues'] {
    const text = this.#text(this.#places[place] ?? 0, (this.#places[place + 1] ?? 0) - SIZE.length + 1);
    if (this.#values?.text !== text) this.#values = { text, parsed: JSON.parse(text) };
    return this.#values.parsed;
  }

  /** Where the partition values, the numbers and the flag end; -1 when they are not as usual. */
  #fieldsEnd(valuesAt: number): number {
    let at = valuesAt < 0 ? -1 : valuesAt + 1;
    while (at >= 0 && this.#bytes[at] === QUOTE) {
      at = this.#plainEnd(at);
      if (this.#bytes[at] !== COLON) return -1;
      at = this.#bytes[at + 1] === QUOTE ? this.#plainEnd(at + 1) : this.#after(NULL, at + 1);
      if (this.#bytes[at] !== COMMA) break;
      at += 1;
      if (this.#bytes[at] !== QUOTE) return -1;
    }
    this.#sizeAt = this.#after(SIZE, at);
    at = this.#numberEnd(this.#after(TIME, this.#numberEnd(this.#sizeAt)));
    const end = this.#after(TRUE, at);
    return end < 0 ? this.#after(FALSE, at) : end;
  }

  /** Where the text that stands here ends; -1 when it does not. */
  #after(text: Uint8Array, at: number): number {
    if (at < 0) return -1;
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text[i]) return -1;
    return at + text.length;
  }

  /** After a JSON string without escapes; -1 when none stands here. */
  #plainEnd(start: number): number {
    const end = this.#textEnd(start);
    return this.#hasEscapes ? -1 : end;
  }

  /** After a JSON string; -1 when none stands here. */
  #textEnd(start: number): number {
    const bytes = this.#bytes;
    this.#hasEscapes = false;
    if (start < 0 || bytes[start] !== QUOTE) return -1;
    let bits = 0;
    let at = start + 1;
    for (;;) {
      const byte = bytes[at] ?? 0;
      if (isPlain[byte] === 1) {
        bits |= byte;
        at += 1;
      } else if (byte === BACKSLASH) {
        const length = bytes[at + 1] === QUOTE ? 2 : this.#escapeLength(at);
        if (length < 0) return -1;
        this.#hasEscapes = true;
        at += length;
      } else break;
    }
    this.#bits |= bits;
    return bytes[at] === QUOTE ? at + 1 : -1;
  }

  #escapeLength(at: number): number {
    const escaped = this.#bytes[at + 1] ?? 0;
    if (ESCAPES.has(escaped)) return 2;
    return escaped === LETTER_U && isHex(decoder.decode(this.#bytes.subarray(at + 2, at + 6))) ? 6 : -1;
  }

  /** After a whole number that is exact; -1 when none stands here. */
  #numberEnd(start: number): number {
    if (start < 0) return -1;
    let at = start;
    while (isDigit(this.#bytes[at])) at += 1;
    const isNumber = at > start && at - start <= EXACT_DIGITS && (this.#bytes[start] !== ZERO || at === start + 1);
    return isNumber ? at : -1;
  }

  #isUtf8(start: number, end: number): boolean {
    try {
      strict.decode(this.#bytes.subarray(start, end));
      return true;
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  }

  #text(start: number, end: number): string {
    return decoder.decode(this.#bytes.subarray(start, end));
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function isHex(text: string): boolean {
  return /^[0-9a-fA-F]{4}$/.test(text);
}
