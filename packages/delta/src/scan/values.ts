import { RawNumber } from '../json.ts';
import type { DataType } from '../types.ts';
import { daySpan, instantSpan } from './instants.ts';
import { type Span, blurred } from './span.ts';

/** What a value of a column may be given as: int64 as bigint, decimals, dates and timestamps as text. */
export type Constant = string | number | bigint | boolean | null;

/** How values of a type are compared: as numbers (dates and times too), as text, or not here. */
export function orderOf(type: DataType): 'number' | 'text' | 'none' {
  if (typeof type !== 'string') return 'none';
  if (type === 'string') return 'text';
  return type.startsWith('decimal') || SPANS[type] !== undefined ? 'number' : 'none';
}

/** Where a value of the type lies. Undefined when it is not clearly one: then nothing must be concluded from it. */
export function spanOf(type: DataType, value: unknown): Span | undefined {
  if (typeof type !== 'string') return undefined;
  return type.startsWith('decimal') ? exact(value, type) : SPANS[type]?.(value, type);
}

const SPANS: { readonly [type: string]: (value: unknown, type: string) => Span | undefined } = {
  long: exact,
  integer: exact,
  short: exact,
  byte: exact,
  float: floating,
  double: floating,
  boolean: (value) => (typeof value === 'boolean' ? { low: Number(value), high: Number(value) } : undefined),
  date: (value) => (typeof value === 'string' ? daySpan(value) : undefined),
  timestamp: (value) => (typeof value === 'string' ? instantSpan(value, true) : undefined),
  timestamp_ntz: (value) => (typeof value === 'string' ? instantSpan(value, false) : undefined),
};

const NUMERAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Decimals of so many digits are told apart by doubles, and in the same order. */
const DOUBLE_DIGITS = 15;
/** Writers print floats with more or fewer digits, and constants are rounded: nearer values are not told apart. */
const FLOAT_BLUR = 1e-6;

function exact(value: unknown, type: string): Span | undefined {
  const text = numeralOf(value);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && !text.includes('.') && !/e/i.test(text)) return { low: number, high: number };
  // A number of JSON was rounded to a double when it was read: only what its type promises is known of its digits.
  const digits = typeof value === 'number' ? precisionOf(type) : text.replace(/e.*$/i, '').replace(/\D/g, '').length;
  return digits <= DOUBLE_DIGITS ? { low: number, high: number } : blurred(number);
}

function precisionOf(type: string): number {
  return Number(/^decimal\((\d+)/.exec(type)?.[1] ?? Number.POSITIVE_INFINITY);
}

function floating(value: unknown): Span | undefined {
  const text = numeralOf(value) ?? (typeof value === 'string' && /^[+-]?Infinity$/.test(value) ? value : undefined);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isFinite(number)) return { low: number, high: number };
  const blur = Math.abs(number) * FLOAT_BLUR + FLOAT_TINY;
  return { low: number - blur, high: number + blur };
}

/** The smallest 32-bit float. */
const FLOAT_TINY = 1.5e-45;

function numeralOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value === 'bigint') return value.toString();
  const text = value instanceof RawNumber ? value.text : value;
  return typeof text === 'string' && text.length < 500 && NUMERAL.test(text) ? text : undefined;
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
