import { DeltaError } from './errors.ts';

/**
 * A JSON number that neither a JavaScript number nor a bigint holds exactly: `12345678901234567890.12`, `1e400`.
 * It keeps the digits as they were written.
 */
export class RawNumber {
  readonly text: string;

  constructor(text: string) {
    if (!NUMBER.test(text)) throw new DeltaError('invalid-value', `"${text}" is not a JSON number.`);
    this.text = text;
  }
}

export type JsonObject = { readonly [key: string]: Json };
export type Json = null | boolean | number | bigint | RawNumber | string | readonly Json[] | JsonObject;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Text in which some number might need more than a double: 16 digits in a row, or an exponent of three digits. */
const MAY_LOSE_DIGITS = /[\d.]{16}|\d[eE][+-]?\d{3,}\s*(?:[,}\]]|$)/;
const MAX_DEPTH = 500;

/**
 * Parses JSON without losing a digit: integers that a double cannot hold become bigint, other such numbers RawNumber.
 * Throws SyntaxError for anything that is not JSON.
 */
export function parseJson(text: string): Json {
  if (MAY_LOSE_DIGITS.test(text)) return new ExactParser(text).parse();
  const value: Json = JSON.parse(text);
  if (mayBeDeep(text)) checkDepth(value, 0);
  return value;
}

/** Whoever walks through a value relies on its depth being bounded. */
function mayBeDeep(text: string): boolean {
  if (text.length < 2 * MAX_DEPTH) return false;
  let brackets = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x5b || char === 0x7b) brackets += 1;
  }
  return brackets > MAX_DEPTH;
}

function checkDepth(value: Json, depth: number): void {
  if (typeof value !== 'object' || value === null || value instanceof RawNumber) return;
  if (depth > MAX_DEPTH) throw tooDeep();
  for (const item of Object.values<Json>(value)) checkDepth(item, depth + 1);
}

function tooDeep(): SyntaxError {
  return new SyntaxError(`JSON is nested more than ${MAX_DEPTH} levels deep`);
}

/**
 * Serialises what `parseJson` gives, and plain objects of the same kinds. Undefined properties are left out.
 * NaN and infinities are refused: JSON has no word for them.
 */
export function serializeJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return value.toString();
    case 'number':
      if (!Number.isFinite(value)) throw new DeltaError('invalid-value', `${value} cannot be written as JSON.`);
      return Object.is(value, -0) ? '-0.0' : String(value);
    case 'object':
      return value === null ? 'null' : serializeObject(value);
    default:
      throw new DeltaError('invalid-value', `A value of type ${typeof value} cannot be written as JSON.`);
  }
}

function serializeObject(value: object): string {
  if (value instanceof RawNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(serializeJson).join(',')}]`;
  const parts: string[] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) parts.push(`${JSON.stringify(key)}:${serializeJson(item)}`);
  }
  return `{${parts.join(',')}}`;
}

/** The number that the text means, in the smallest kind of value that holds it exactly. */
export function exactNumber(text: string): number | bigint | RawNumber {
  const value = Number(text);
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(value) ? value : BigInt(text);
  return Number.isFinite(value) && sameDecimal(text, String(value)) ? value : new RawNumber(text);
}

function sameDecimal(a: string, b: string): boolean {
  const x = significant(a);
  const y = significant(b);
  return x.digits === y.digits && (x.digits === '' || x.exponent === y.exponent);
}

/** Digits without zeros around them, and the power of ten of the last one. */
function significant(text: string): { digits: string; exponent: number } {
  const [mantissa = '', exponent = '0'] = text
    .replace('-', '')
    .toLowerCase()
    .split(/e(?=[+-]?\d+$)/);
  const negativeExponent = text.toLowerCase().includes('e-');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const power = (negativeExponent ? -1 : 1) * Math.abs(Number(exponent));
  const digits = (whole + fraction).replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  return { digits: trimmed, exponent: power - fraction.length + (digits.length - trimmed.length) };
}

class ExactParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Json {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(depth: number): Json {
    if (depth > MAX_DEPTH) throw tooDeep();
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): Json {
    const result: Record<string, Json> = {};
    this.#at += 1;
    this.#skipSpace();
    if (this.#take('}')) return result;
    do {
      this.#skipSpace();
      const key = this.#string();
      this.#skipSpace();
      if (!this.#take(':')) throw this.#unexpected();
      const value = this.#value(depth + 1);
      if (key === '__proto__') {
        Object.defineProperty(result, key, { value, enumerable: true, configurable: true, writable: true });
      } else result[key] = value;
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#unexpected();
    return result;
  }

  #array(depth: number): Json {
    const result: Json[] = [];
    this.#at += 1;
    this.#skipSpace();
    if (this.#take(']')) return result;
    do {
      result.push(this.#value(depth + 1));
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#unexpected();
    return result;
  }

  #string(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#unexpected();
    let end = start + 1;
    for (; this.#text[end] !== '"'; end += this.#text[end] === '\\' ? 2 : 1) {
      if (end >= this.#text.length) throw this.#unexpected();
    }
    this.#at = end + 1;
    const text: string = JSON.parse(this.#text.slice(start, end + 1));
    return text;
  }

  #number(): Json {
    const pattern = /-?\d[\d.eE+-]*/y;
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token === undefined || !NUMBER.test(token)) throw this.#unexpected();
    this.#at += token.length;
    return exactNumber(token);
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    const space = /[ \t\n\r]*/y;
    space.lastIndex = this.#at;
    this.#at += space.exec(this.#text)?.[0].length ?? 0;
  }

  #unexpected(): SyntaxError {
    const found = this.#text[this.#at];
    return new SyntaxError(
      found === undefined ? 'Unexpected end of JSON' : `Unexpected ${JSON.stringify(found)} in JSON at ${this.#at}`,
    );
  }
}
