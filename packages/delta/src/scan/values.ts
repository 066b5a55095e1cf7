import { RawNumber } from '../json.ts';
import type { DataType } from '../types.ts';

/**
 * A value in the form in which values of its type are compared: exact numbers as unscaled integer and scale, floating point as
 * number, text as it is, dates as days, timestamps as microseconds.
 */
export type Comparable =
  | { readonly kind: 'exact'; readonly unscaled: bigint; readonly scale: number }
  | { readonly kind: 'floating'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'instant'; readonly value: bigint }
  | { readonly kind: 'boolean'; readonly value: boolean };

/** What a value of a column may be given as: int64 as bigint, decimals, dates and timestamps as text. */
export type Constant = string | number | bigint | boolean | null;

/**
 * The value in the form of the column's type. Undefined when it is not clearly a value of that type: then nothing must be
 * concluded from it.
 */
export function toComparable(type: DataType, value: unknown): Comparable | undefined {
  if (typeof type !== 'string') return undefined;
  if (type.startsWith('decimal')) return exact(value);
  switch (type) {
    case 'long':
    case 'integer':
    case 'short':
    case 'byte':
      return exact(value);
    case 'float':
    case 'double':
      return floating(value);
    case 'string':
      return typeof value === 'string' ? { kind: 'text', value } : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? { kind: 'boolean', value } : undefined;
    case 'date':
      return typeof value === 'string' ? day(value) : undefined;
    case 'timestamp':
      return typeof value === 'string' ? instant(value, true) : undefined;
    case 'timestamp_ntz':
      return typeof value === 'string' ? instant(value, false) : undefined;
    default:
      return undefined;
  }
}

/** Negative, zero or positive; undefined for values of different kinds, or when floating point leaves it open. */
export function compare(a: Comparable, b: Comparable): number | undefined {
  if (a.kind === 'exact' && b.kind === 'exact') {
    const scale = Math.max(a.scale, b.scale);
    return sign(a.unscaled * 10n ** BigInt(scale - a.scale), b.unscaled * 10n ** BigInt(scale - b.scale));
  }
  if (a.kind === 'text' && b.kind === 'text') return compareUtf8(a.value, b.value);
  if (a.kind === 'instant' && b.kind === 'instant') return sign(a.value, b.value);
  if (a.kind === 'boolean' && b.kind === 'boolean') return sign(Number(a.value), Number(b.value));
  if (a.kind === 'floating' && b.kind === 'floating') {
    // Writers print floats with more or fewer digits, and constants are rounded: near values are not told apart.
    const near = Math.max(Math.abs(a.value), Math.abs(b.value)) * 1e-6;
    return Math.abs(a.value - b.value) > near ? sign(a.value, b.value) : undefined;
  }
  return undefined;
}

function sign<T extends bigint | number>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The order of the UTF-8 bytes, which is that of code points, not of UTF-16 units. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return byCodePoint(x) - byCodePoint(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function byCodePoint(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function exact(value: unknown): Comparable | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  if (!['number', 'bigint', 'string'].includes(typeof value) && !(value instanceof RawNumber)) return undefined;
  const text = value instanceof RawNumber ? value.text : String(value);
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (match === null) return undefined;
  const [, minus, whole = '0', fraction = '', exponent = '0'] = match;
  const digits = BigInt(whole + fraction) * (minus === '-' ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0
    ? { kind: 'exact', unscaled: digits, scale }
    : { kind: 'exact', unscaled: digits * 10n ** BigInt(-scale), scale: 0 };
}

function floating(value: unknown): Comparable | undefined {
  const isNumeric = ['number', 'bigint'].includes(typeof value) || (typeof value === 'string' && value.trim() !== '');
  if (!isNumeric && !(value instanceof RawNumber)) return undefined;
  const number = Number(value instanceof RawNumber ? value.text : value);
  return Number.isFinite(number) ? { kind: 'floating', value: number } : undefined;
}

function day(text: string): Comparable | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(ms) ? undefined : { kind: 'instant', value: BigInt(ms / 86_400_000) };
}

const INSTANT = /^(\d{4,6}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(?:(Z)|([+-]\d\d)(?::?(\d\d))?)?$/;

function instant(text: string, zoned: boolean): Comparable | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [, date = '', time = '', fraction = '', utc, hours, minutes = '0'] = match;
  if ((utc !== undefined || hours !== undefined) !== zoned) return undefined;
  const year = date.length > 10 ? `+${date.padStart(12, '0')}` : date;
  const ms = Date.parse(`${year}T${time}Z`);
  if (Number.isNaN(ms)) return undefined;
  const offsetMinutes = Math.abs(Number(hours ?? 0)) * 60 + Number(minutes);
  const offsetMs = (hours?.startsWith('-') ? -60_000 : 60_000) * offsetMinutes;
  return { kind: 'instant', value: BigInt(ms - offsetMs) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0')) };
}
