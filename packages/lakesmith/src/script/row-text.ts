import type { Column, DataType } from '../core/schema.ts';
import { nearestName } from '../core/nearest-name.ts';
import { toUserType } from '../core/type-policy.ts';
import { describe, isPlainObject } from './plain-value.ts';

/** A value that its column cannot hold as it is. */
export class BadValue extends Error {
  readonly column: string | undefined;

  constructor(column: string | undefined, what: string) {
    super(what);
    this.column = column;
  }
}

/** The JSON text of a value that is not NULL. Throws BadValue. */
type ToText = (value: unknown) => string;

/** Writes rows as JSON, every value as text that means exactly it. Binary values are written as hexadecimal digits. */
export function rowWriter(columns: readonly Column[]): (row: unknown) => string {
  const writers = columns.map(({ name, type }) => ({
    name,
    label: `${JSON.stringify(name)}:`,
    toText: toTextOf(type, name),
  }));
  const names = new Set(columns.map(({ name }) => name));
  return (row) => {
    if (!isPlainObject(row))
      throw new BadValue(
        undefined,
        `is ${describe(row)}, and a row is an object such as { ${[...names][0] ?? 'id'}: … }`,
      );
    refuseStrangers(row, names);
    const parts: string[] = [];
    for (const { name, label, toText } of writers) {
      const value = row[name];
      if (value !== undefined && value !== null) parts.push(label + toText(value));
    }
    return `{${parts.join(',')}}\n`;
  };
}

function refuseStrangers(row: Readonly<Record<string, unknown>>, names: ReadonlySet<string>): void {
  for (const key of Object.keys(row)) {
    if (names.has(key)) continue;
    const near = nearestName(key, names);
    const known = near === undefined ? `its columns are ${[...names].join(', ')}` : `did you mean ${near}?`;
    throw new BadValue(undefined, `has ${key}, which is no column: ${known}`);
  }
}

function toTextOf(type: DataType, column: string): ToText {
  const refuse = (value: unknown, why = ''): never => {
    throw new BadValue(column, `cannot hold ${shown(value)} as ${toUserType(type)}${why}`);
  };
  if (typeof type !== 'string') return nested(type, column, refuse);
  switch (type) {
    case 'byte':
      return integer(-(2n ** 7n), refuse);
    case 'short':
      return integer(-(2n ** 15n), refuse);
    case 'integer':
      return integer(-(2n ** 31n), refuse);
    case 'long':
      return integer(-(2n ** 63n), refuse);
    case 'float':
    case 'double':
      return fraction(type, refuse);
    case 'string':
      return (value) =>
        typeof value !== 'string'
          ? refuse(value, ': give it as text')
          : /\p{Surrogate}/u.test(value)
            ? refuse(value, ': it has half of a character')
            : JSON.stringify(value);
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? String(value) : refuse(value));
    case 'date':
      return day(refuse);
    case 'timestamp':
      return moment(refuse);
    case 'timestamp_ntz':
      return (value) =>
        typeof value === 'string' && isMoment(value) && !zone.test(value) ? quoted(value) : refuse(value);
    case 'binary':
      return (value) => (value instanceof Uint8Array ? quoted(Buffer.from(value).toString('hex')) : refuse(value));
    default:
      return type.startsWith('decimal') ? decimal(type, refuse) : refuse;
  }
}

type Refuse = (value: unknown, why?: string) => never;

function integer(least: bigint, refuse: Refuse): ToText {
  return (value) => {
    if (typeof value === 'number' && !Number.isSafeInteger(value))
      return refuse(
        value,
        Number.isInteger(value) ? ': a number that large has lost digits, so give it as a bigint' : '',
      );
    if (typeof value !== 'number' && typeof value !== 'bigint') return refuse(value);
    return value >= least && value < -least ? quoted(String(value)) : refuse(value);
  };
}

function fraction(type: 'float' | 'double', refuse: Refuse): ToText {
  return (value) => {
    if (typeof value === 'bigint') return BigInt(Number(value)) === value ? quoted(String(value)) : refuse(value);
    if (typeof value !== 'number') return refuse(value);
    const isLost = type === 'float' && Number.isFinite(value) && !Number.isFinite(Math.fround(value));
    return isLost ? refuse(value) : quoted(String(value));
  };
}

function decimal(type: string, refuse: Refuse): ToText {
  const [, precision = '', scale = ''] = /\((\d+),(\d+)\)/.exec(type) ?? [];
  const [digits, behind] = [Number(precision), Number(scale)];
  return (value) => {
    if (typeof value !== 'string' && typeof value !== 'bigint' && typeof value !== 'number') return refuse(value);
    const text = String(value);
    const [, whole, part = ''] = /^[+-]?(\d*)(?:\.(\d*))?$/.exec(plainDigits(text)) ?? [];
    if (whole === undefined || whole + part === '') return refuse(value);
    const [before, after] = [whole.replace(/^0+/, '').length, part.replace(/0+$/, '').length];
    return before <= digits - behind && after <= behind ? quoted(plainDigits(text)) : refuse(value);
  };
}

/** '0.0000001' of '1e-7': how JavaScript prints what is very small or very large. */
function plainDigits(text: string): string {
  const [, sign = '', whole = '', part = '', exponent] = /^([+-]?)(\d+)(?:\.(\d+))?e([+-]?\d{1,3})$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const point = whole.length + Number(exponent);
  const digits = `${'0'.repeat(Math.max(0, -point))}${whole}${part}`;
  const at = Math.max(0, point);
  const filled = digits.padEnd(at, '0');
  return `${sign}${filled.slice(0, at) || '0'}.${filled.slice(at)}`.replace(/\.$/, '');
}

const zone = /(?:Z|[+-]\d\d(?::?\d\d)?)$/;

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const atMs = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(text);
}

function isMoment(text: string): boolean {
  return (
    isDay(text.slice(0, 10)) &&
    /^(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/.test(text.slice(10))
  );
}

function day(refuse: Refuse): ToText {
  return (value) => {
    if (typeof value === 'string') return isDay(value) ? quoted(value) : refuse(value, ': write it as 2026-03-10');
    const iso = value instanceof Date ? isoOf(value) : undefined;
    if (iso === undefined) return refuse(value);
    return iso.endsWith('T00:00:00.000Z') ? quoted(iso.slice(0, 10)) : refuse(value, ': it has a time, too');
  };
}

function moment(refuse: Refuse): ToText {
  return (value) => {
    const text = value instanceof Date ? isoOf(value) : value;
    return typeof text === 'string' && isMoment(text) ? quoted(text) : refuse(value);
  };
}

function isoOf(date: Date): string | undefined {
  const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  return /^\d{4}-/.test(iso) ? iso : undefined;
}

function nested(type: Exclude<DataType, string>, column: string, refuse: Refuse): ToText {
  if (type.type === 'array') {
    const element = nullable(toTextOf(type.elementType, `${column}.element`));
    return (value) => (Array.isArray(value) ? `[${value.map(element).join(',')}]` : refuse(value));
  }
  if (type.type === 'map') {
    const [key, item] = [
      toTextOf(type.keyType, `${column}.key`),
      nullable(toTextOf(type.valueType, `${column}.value`)),
    ];
    return (value) => {
      const entries = value instanceof Map ? [...value] : isPlainObject(value) ? Object.entries(value) : refuse(value);
      return `{${entries.map(([name, inner]) => `${key(name)}:${item(inner)}`).join(',')}}`;
    };
  }
  const fields = type.fields.map((field) => ({
    name: field.name,
    toText: nullable(toTextOf(field.type, `${column}.${field.name}`)),
  }));
  const names = new Set(fields.map(({ name }) => name));
  return (value) => {
    if (!isPlainObject(value)) return refuse(value);
    const stranger = Object.keys(value).find((key) => !names.has(key));
    if (stranger !== undefined) return refuse(value, `: it has no field ${stranger}`);
    return `{${fields.map(({ name, toText }) => `${JSON.stringify(name)}:${toText(value[name])}`).join(',')}}`;
  };
}

function nullable(toText: ToText): ToText {
  return (value) => (value === null || value === undefined ? 'null' : toText(value));
}

function quoted(text: string): string {
  return `"${text}"`;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  return describe(value);
}
