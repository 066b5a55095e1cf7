import type { DataType } from '../core/schema.ts';

const whole = /^[+-]?\d+$/;
const decimal = /^[+-]?\d+(\.\d+)?$/;
const float = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const day = /^(\d{4})-(\d\d)-(\d\d)$/;
const time = /^(\d{4}-\d\d-\d\d)[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(Z|[+-]\d\d(?::?\d\d)?)?$/;

const bits: Readonly<Record<string, bigint>> = { byte: 8n, short: 16n, integer: 32n, long: 64n };

/** True when a text is a value of the type, exactly: nothing of it would be cut or rounded. */
export function fitsType(text: string, type: DataType): boolean {
  if (typeof type !== 'string') return false;
  const width = bits[type];
  if (width !== undefined) return whole.test(text) && inRange(BigInt(text), width);
  switch (type) {
    case 'string':
      return true;
    case 'boolean':
      return text === 'true' || text === 'false';
    case 'float':
    case 'double':
      return float.test(text) && Number.isFinite(Number(text));
    case 'date':
      return isDay(text);
    case 'timestamp':
      return isMoment(text) || isDay(text);
    case 'timestamp_ntz':
      return (isMoment(text) && time.exec(text)?.[2] === undefined) || isDay(text);
    default:
      return fitsDecimal(text, type);
  }
}

/** The type of a value whose type is not declared, as SQL would have it; undefined when it is not of the kind of the default. */
export function impliedType(
  first: { readonly text: string | null; readonly quoted?: boolean },
  text: string | null,
): DataType | undefined {
  const kind = kindOf(first);
  if (text === null || kind === 'text') return 'string';
  if (kind === 'date') return isDay(text) ? 'date' : undefined;
  if (kind === 'boolean') return fitsType(text, 'boolean') ? 'boolean' : undefined;
  if (whole.test(text))
    return (['integer', 'long'] as const).find((type) => fitsType(text, type)) ?? decimalTypeOf(text);
  return decimal.test(text) ? decimalTypeOf(text) : float.test(text) ? 'double' : undefined;
}

function kindOf({ text, quoted = false }: { readonly text: string | null; readonly quoted?: boolean }): string {
  if (text === null) return 'text';
  if (isDay(text)) return 'date';
  if (quoted) return 'text';
  return text === 'true' || text === 'false' ? 'boolean' : 'number';
}

function inRange(value: bigint, width: bigint): boolean {
  const limit = 1n << (width - 1n);
  return value >= -limit && value < limit;
}

/** True for a day that there is, as 2026-03-10. */
export function isDay(text: string): boolean {
  const [, year, month, date] = day.exec(text) ?? [];
  if (year === undefined) return false;
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date)));
  return at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(date);
}

function isMoment(text: string): boolean {
  const [, date] = time.exec(text) ?? [];
  return date !== undefined && isDay(date);
}

function digitsOf(text: string): { readonly before: number; readonly after: number } {
  const [before = '', after = ''] = text.replace(/^[+-]/, '').split('.');
  return { before: before.replace(/^0+/, '').length, after: after.length };
}

function fitsDecimal(text: string, type: string): boolean {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision === undefined || !decimal.test(text)) return false;
  const { before, after } = digitsOf(text.includes('.') ? text.replace(/0+$/, '') : text);
  return after <= Number(scale) && before <= Number(precision) - Number(scale);
}

function decimalTypeOf(text: string): DataType | undefined {
  const { before, after } = digitsOf(text);
  const precision = Math.max(1, before) + after;
  return precision <= 38 ? `decimal(${precision},${after})` : undefined;
}
