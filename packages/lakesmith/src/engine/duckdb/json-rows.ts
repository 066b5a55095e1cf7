import { isNoDouble, losesDigits } from './exact-numbers.ts';
import type { JsonField, JsonPlace } from './json-place.ts';
import { newPlace } from './json-place.ts';
import { isPlainMoment, plainMomentBytes, timeKindOf } from './text-of-time.ts';

const quote = 34;
const backslash = 92;
const comma = 44;
const colon = 58;
const dot = 46;
const minus = 45;
const plus = 43;
const zero = 48;

const isDigit = tableOf('0123456789');
const isSpace = tableOf(' \t\r');
const isSpaceOrBreak = tableOf(' \t\r\n');
/** What stands in a text as itself. */
const isPlain = new Uint8Array(256).fill(1, 32);
isPlain[quote] = 0;
isPlain[backslash] = 0;

/** A number of no more characters and a shorter exponent is a DOUBLE, and if it is whole a BIGINT. */
const fewCharacters = 15;
const longExponent = 3;
/** What has more of them is no table. */
const mostFields = 1000;
const mostLevels = 30;
/** So many keys may be left out before the next is looked up by its name. */
const mostLeftOut = 8;

/** There is something that it does not read, or the bytes end too soon. */
export const unread = -1;

/**
 * Reads rows of JSON one after another and keeps what stands at each place. It follows the row before: where a key is the one that
 * stood there, its bytes are compared and nothing is made of them. It reads only what means the same to everybody: values of one kind
 * at each place, no key twice, numbers that a column can hold.
 */
export class JsonRows {
  readonly root: JsonPlace = newPlace(0);
  /** Whether each number with a fraction or an exponent is the DOUBLE nearest to it. */
  keepDigits = true;
  /** The first row. */
  first: unknown;
  private bytes: Buffer = Buffer.alloc(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private spaces: Uint8Array = isSpace;
  private objects = 0;

  /** Of an array, in which lines may break anywhere. */
  breakLines(may: boolean): void {
    this.spaces = may ? isSpaceOrBreak : isSpace;
  }

  /** Where the row that begins there ends, or `unread`; a byte 0 stands behind the bytes. */
  readRow(bytes: Buffer, at: number): number {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    const end = bytes[at] === 0x7b ? this.value(this.root, at) : unread;
    if (end !== unread) this.first ??= JSON.parse(bytes.toString('utf8', at, end));
    return end;
  }

  /** Where something else than a space stands. */
  skipSpaces(bytes: Buffer, at: number): number {
    let next = at;
    while (this.spaces[bytes[next] as number] === 1) next++;
    return next;
  }

  private value(place: JsonPlace, at: number): number {
    const { bytes } = this;
    switch (bytes[at]) {
      case quote:
        return place.kind === 'text' || becomes(place, 'text') ? this.text(place, at) : unread;
      case 0x7b: // {
        return place.kind === 'object' || becomes(place, 'object') ? this.object(place, at) : unread;
      case 0x5b: // [
        return place.kind === 'list' || becomes(place, 'list') ? this.list(place, at) : unread;
      case 0x6e: // n
        return this.word('ull', at + 1);
      case 0x74: // t
        return becomes(place, 'boolean') ? this.word('rue', at + 1) : unread;
      case 0x66: // f
        return becomes(place, 'boolean') ? this.word('alse', at + 1) : unread;
      default:
        return this.number(place, at);
    }
  }

  private object(place: JsonPlace, start: number): number {
    const { bytes } = this;
    const own = ++this.objects;
    let at = this.skipSpaces(bytes, start + 1);
    if (bytes[at] === 0x7d) return at + 1;
    for (let next = 0; ;) {
      const expected = place.fields[next];
      const isExpected = expected !== undefined && this.isThere(expected, at);
      const field = isExpected ? expected : this.findField(place, next, at);
      if (field === undefined || field.seenIn === own) return unread;
      field.seenIn = own;
      next = field.index + 1;
      at = isExpected ? at + field.length : this.endOfKey(at);
      if (this.spaces[bytes[at] as number] === 1) at = this.skipSpaces(bytes, at);
      at = this.value(field.place, at);
      if (at === unread) return unread;
      if (this.spaces[bytes[at] as number] === 1) at = this.skipSpaces(bytes, at);
      if (bytes[at] !== comma) return bytes[at] === 0x7d ? at + 1 : unread;
      at++;
      if (this.spaces[bytes[at] as number] === 1) at = this.skipSpaces(bytes, at);
    }
  }

  /** The field whose key stands there, where it is not the expected one: some were left out, or it is new. */
  private findField(place: JsonPlace, next: number, at: number): JsonField | undefined {
    const { bytes } = this;
    const later = place.fields.slice(next + 1, next + 1 + mostLeftOut).find((field) => this.isThere(field, at));
    if (later !== undefined) return later;
    const end = this.endOfKey(at);
    if (end === unread) return undefined;
    const name = JSON.parse(bytes.toString('utf8', at, this.endOfText(at))) as string;
    const known = place.byName.get(name);
    if (known !== undefined || name === '') return known;
    if (place.fields.length === mostFields || place.depth === mostLevels) return undefined;
    const field: JsonField = {
      name,
      ...writtenKey(bytes, at, end),
      index: place.fields.length,
      place: newPlace(place.depth + 1),
      seenIn: 0,
    };
    place.fields.push(field);
    place.byName.set(name, field);
    return field;
  }

  /** Behind the colon of the key that begins there, or `unread`. */
  private endOfKey(at: number): number {
    if (this.bytes[at] !== quote) return unread;
    const end = this.endOfText(at);
    if (end === unread) return unread;
    const sign = this.skipSpaces(this.bytes, end);
    return this.bytes[sign] === colon ? sign + 1 : unread;
  }

  private list(place: JsonPlace, start: number): number {
    const { bytes } = this;
    let at = this.skipSpaces(bytes, start + 1);
    if (bytes[at] === 0x5d) return at + 1;
    if (place.depth === mostLevels) return unread;
    const element = (place.element ??= newPlace(place.depth + 1));
    for (;;) {
      at = this.value(element, at);
      if (at === unread) return unread;
      at = this.skipSpaces(bytes, at);
      if (bytes[at] !== comma) return bytes[at] === 0x5d ? at + 1 : unread;
      at = this.skipSpaces(bytes, at + 1);
    }
  }

  /** Whether the key stands there as it was first written. */
  private isThere({ words, length }: JsonField, at: number): boolean {
    const last = at + length - 4;
    if (last + 4 > this.bytes.length) return false;
    let from = at;
    for (let i = 0; i < words.length - 1; i++, from += 4) if (this.view.getInt32(from, true) !== words[i]) return false;
    return this.view.getInt32(last, true) === words[words.length - 1];
  }

  private text(place: JsonPlace, at: number): number {
    const { bytes } = this;
    let end = at + 1;
    if (place.time === 'timestamp' && isPlainMoment(bytes, end)) end += plainMomentBytes;
    if (bytes[end] === quote && end > at + 1) return end + 1;
    while (isPlain[bytes[end] as number] === 1) end++;
    const isWhole = bytes[end] === quote;
    end = isWhole ? end + 1 : this.endOfText(at);
    if (place.time === 'text' || end === unread) return end;
    const written = isWhole ? bytes : Buffer.from(JSON.parse(bytes.toString('utf8', at, end)) as string);
    const kind = isWhole ? timeKindOf(bytes, at + 1, end - 1) : timeKindOf(written, 0, written.length);
    if (kind === 'unsure') return unread;
    place.time = place.time === 'unseen' || place.time === kind ? kind : 'text';
    return end;
  }

  /** Behind the text that begins there, or `unread`. */
  private endOfText(at: number): number {
    const { bytes } = this;
    let end = at + 1;
    for (;;) {
      while (isPlain[bytes[end] as number] === 1) end++;
      if (bytes[end] === quote) return end + 1;
      if (bytes[end] !== backslash) return unread;
      const escape = escapeAt.exec(bytes.toString('latin1', end, end + 12));
      if (escape === null) return unread;
      end += escape[0].length;
    }
  }

  private number(place: JsonPlace, at: number): number {
    const { bytes } = this;
    const start = bytes[at] === minus ? at + 1 : at;
    let end = start;
    while (isDigit[bytes[end] as number] === 1) end++;
    if (end === start || (bytes[start] === zero && end > start + 1)) return unread;
    if (place.kind !== 'number' && !becomes(place, 'number')) return unread;
    const next = bytes[end] as number;
    if (next !== dot && next !== 0x65 && next !== 0x45)
      return end - at <= fewCharacters ? end : this.judgeNumber(place, at, end);
    // A whole number that a DOUBLE does not hold stands there.
    if (!place.isDouble) return unread;
    place.isLong = false;
    if (next === dot) {
      const fraction = ++end;
      while (isDigit[bytes[end] as number] === 1) end++;
      if (end === fraction) return unread;
    }
    if (bytes[end] !== 0x65 && bytes[end] !== 0x45)
      return end - at <= fewCharacters ? end : this.judgeNumber(place, at, end);
    end++;
    if (bytes[end] === plus || bytes[end] === minus) end++;
    const exponent = end;
    while (isDigit[bytes[end] as number] === 1) end++;
    if (end === exponent) return unread;
    return end - at <= fewCharacters && end - exponent < longExponent ? end : this.judgeNumber(place, at, end);
  }

  private judgeNumber(place: JsonPlace, at: number, end: number): number {
    const text = this.bytes.toString('latin1', at, end);
    const isWhole = !/[.eE]/.test(text);
    if (!isWhole && losesDigits(text)) this.keepDigits = false;
    const isLong = isWhole && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
    const isDouble = isWhole ? Math.abs(Number(text)) < 2 ** 53 : Number.isFinite(Number(text)) && !isNoDouble(text);
    if (!isLong) place.isLong = false;
    if (!isDouble) place.isDouble = false;
    return place.isLong || place.isDouble ? end : unread;
  }

  private word(rest: string, at: number): number {
    for (let i = 0; i < rest.length; i++) if (this.bytes[at + i] !== rest.charCodeAt(i)) return unread;
    return at + rest.length;
  }
}

/** A character that a text names, alone or in two halves. */
const escapeAt =
  /^\\(?:["\\/bfnrt]|u(?:[\dA-Ca-cEFef][\dA-Fa-f]{3}|[Dd][0-7][\dA-Fa-f]{2}|[Dd][89ABab][\dA-Fa-f]{2}\\u[Dd][C-Fc-f][\dA-Fa-f]{2}))/;

/** Makes a place of nulls one of that kind; false: it is of another. */
function becomes(place: JsonPlace, kind: JsonPlace['kind']): boolean {
  if (place.kind === 'nothing') place.kind = kind;
  return place.kind === kind;
}

/** A key in fours of its bytes: the last of them overlap those before. */
function writtenKey(bytes: Buffer, at: number, end: number): Pick<JsonField, 'words' | 'length'> {
  const length = end - at;
  const words = Array.from({ length: Math.ceil(length / 4) }, (_, i) =>
    bytes.readInt32LE(at + Math.min(i * 4, length - 4)),
  );
  return { length, words: Int32Array.from(words) };
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) table[byte] = 1;
  return table;
}
