/** Data that can be sent, kept and compared. */
export type PlainValue = string | number | boolean | null | readonly PlainValue[] | PlainRecord;

export interface PlainRecord {
  readonly [key: string]: PlainValue;
}

/** What is no plain data, and where in a definition it stands. */
export class NotPlain extends Error {
  readonly path: readonly string[];

  constructor(path: readonly string[], what: string) {
    super(what);
    this.path = path;
  }
}

/** The same object as plain data; what is `undefined` is left out. Throws NotPlain for functions, instances, circles and the like. */
export function plainRecord(
  value: Readonly<Record<string, unknown>>,
  path: readonly string[] = [],
  within: readonly unknown[] = [],
): PlainRecord {
  if (within.includes(value)) throw new NotPlain(path, 'an object that holds itself');
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, toPlain(item, [...path, key], [...within, value])]));
}

function toPlain(value: unknown, path: readonly string[], within: readonly unknown[]): PlainValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (isPlainObject(value)) return plainRecord(value, path, within);
  if (!Array.isArray(value)) throw new NotPlain(path, describe(value));
  if (within.includes(value)) throw new NotPlain(path, 'a list that holds itself');
  return value.map((item, i) => toPlain(item, [...path, String(i)], [...within, value]));
}

/** An object as `{ … }` makes it, and no instance of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** 'a function', 'an instance of Date', 'the number NaN': what a value is, in a few words. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (isPlainObject(value)) return 'an object';
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object of some class';
}
