import { type Json, type JsonObject, RawNumber, exactNumber, parseJson, serializeJson } from './json.ts';
import type { DataType, PrimitiveType, StructType } from './types.ts';

/** What an engine knows of one column of a file. Bounds are exact text as the engine prints it; absent: unknown. */
export interface ColumnStatistics {
  readonly nullCount: number;
  readonly min?: string;
  readonly max?: string;
  readonly hasNan?: boolean;
}

/** What an engine knows of a file it wrote; columns by path ('a', 's.x'). */
export interface FileStatistics {
  readonly rows: number;
  readonly columns: Readonly<Record<string, ColumnStatistics>>;
}

const STRING_PREFIX = 32;
const INDEXED_COLUMNS = 32;

/** Statistics by name; those of struct fields nest. */
type Tree = Map<string, Json | Tree>;

/**
 * The `stats` of an add action, by the rules that Spark writes and readers expect (PROTOCOL.md, Per-file Statistics): bounds
 * of numbers, strings, dates and timestamps in some leaf columns, by default the first 32; long strings cut, timestamps cut to milliseconds,
 * decimals with all their digits. A bound that cannot be told exactly is left out, never guessed.
 */
export function buildStats(schema: StructType, file: FileStatistics, columns?: readonly (readonly string[])[]): string {
  const minValues: Tree = new Map();
  const maxValues: Tree = new Map();
  const nullCount: Tree = new Map();
  for (const leaf of indexedLeaves(schema, columns)) {
    const key = leaf.path.join('.');
    const column = Object.hasOwn(file.columns, key) ? file.columns[key] : undefined;
    if (column === undefined) continue;
    set(nullCount, leaf.path, column.nullCount);
    if (column.nullCount >= file.rows || (isFloating(leaf.type) && column.hasNan !== false)) continue;
    if (column.min !== undefined) set(minValues, leaf.path, bound(leaf.type, column.min, 'min'));
    if (column.max !== undefined) set(maxValues, leaf.path, bound(leaf.type, column.max, 'max'));
  }
  return serializeJson({
    numRecords: file.rows,
    minValues: treeToJson(minValues),
    maxValues: treeToJson(maxValues),
    nullCount: treeToJson(nullCount),
  });
}

/** The `stats` of a file that is like another but for some columns: of these as in `fresh`, of all others as in `before`. */
export function replaceStats(before: string, fresh: string, columns: readonly string[]): string {
  const old = objectOf(parseJson(before));
  const own = objectOf(parseJson(fresh));
  const replaced = new Set(columns);
  const merged = ['minValues', 'maxValues', 'nullCount'].map((kind): [string, JsonObject] => {
    const kept = Object.entries(objectOf(old[kind])).filter(([name]) => !replaced.has(name));
    return [kind, Object.fromEntries([...kept, ...Object.entries(objectOf(own[kind]))])];
  });
  return serializeJson({ ...old, ...Object.fromEntries(merged) });
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}

interface Leaf {
  readonly path: readonly string[];
  readonly type: DataType;
}

function indexedLeaves(schema: StructType, columns: readonly (readonly string[])[] | undefined): Leaf[] {
  const leaves: Leaf[] = [];
  const visit = (type: DataType, path: readonly string[]): void => {
    if (typeof type === 'object' && type.type === 'struct') {
      for (const field of type.fields) visit(field.type, [...path, field.name]);
    } else leaves.push({ path, type });
  };
  visit(schema, []);
  const wanted = new Set(
    (columns ?? leaves.slice(0, INDEXED_COLUMNS).map(({ path }) => path)).map((path) => path.join('\u0000')),
  );
  // With a dot in a name, two columns can have one path: what the engine says under it belongs to neither for sure.
  const paths = leaves.map((leaf) => leaf.path.join('.'));
  return leaves.filter(
    (leaf, index) =>
      wanted.has(leaf.path.join('\u0000')) &&
      paths.indexOf(paths[index] ?? '') === paths.lastIndexOf(paths[index] ?? ''),
  );
}

function set(tree: Tree, path: readonly string[], value: Json | undefined): void {
  if (value === undefined) return;
  let at = tree;
  for (const name of path.slice(0, -1)) {
    const next = at.get(name);
    const child: Tree = next instanceof Map ? next : new Map();
    at.set(name, child);
    at = child;
  }
  at.set(path.at(-1) ?? '', value);
}

function treeToJson(tree: Tree): JsonObject {
  return Object.fromEntries([...tree].map(([name, value]) => [name, value instanceof Map ? treeToJson(value) : value]));
}

function isFloating(type: DataType): boolean {
  return type === 'float' || type === 'double';
}

function bound(type: DataType, text: string, side: 'min' | 'max'): Json | undefined {
  if (typeof type !== 'string') return undefined;
  if (type.startsWith('decimal')) return /^-?\d+(?:\.\d+)?$/.test(text) ? rawNumber(text) : undefined;
  switch (type satisfies PrimitiveType) {
    case 'long':
    case 'integer':
    case 'short':
    case 'byte':
      return /^-?\d+$/.test(text) ? exactNumber(text) : undefined;
    case 'float':
    case 'double':
      return Number.isFinite(Number(text)) ? rawNumber(text) : undefined;
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined;
    case 'timestamp':
      return timestampBound(text, true);
    case 'timestamp_ntz':
      return timestampBound(text, false);
    case 'string':
      return side === 'min' ? truncateMin(text) : truncateMax(text);
    default:
      return undefined;
  }
}

function rawNumber(text: string): RawNumber | undefined {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? new RawNumber(text) : undefined;
}

const TIMESTAMP =
  /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:(Z)|([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?$/;

/** Cut, not rounded, to milliseconds: readers widen the upper bound by one. */
function timestampBound(text: string, zoned: boolean): string | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [, date, time, fraction = '', utc, sign, hours, minutes = '0', seconds = '0'] = match;
  if ((utc !== undefined || sign !== undefined) !== zoned) return undefined;
  const local = Date.parse(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  const offset = (Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(seconds)) * (sign === '-' ? -1000 : 1000);
  const instant = new Date(local - offset);
  const year = instant.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) return undefined;
  const iso = instant.toISOString();
  return zoned ? iso : iso.slice(0, -1);
}

/** A lower bound of all strings that begin like this one: as many characters as Spark takes, which counts pairs of units as one here. */
export function truncateMin(text: string): string {
  let end = 0;
  for (let left = STRING_PREFIX; left > 0 && end < text.length; left -= 1)
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  return text.slice(0, end);
}

/**
 * An upper bound in the order of UTF-8 bytes: a prefix and a character that is greater than what was cut off. Undefined when
 * there is none of a bearable length.
 */
export function truncateMax(text: string): string | undefined {
  if (text.length <= STRING_PREFIX) return text;
  for (let end = prefixEnd(text, STRING_PREFIX); end <= 2 * STRING_PREFIX;) {
    const dropped = text.codePointAt(end);
    if (dropped === undefined) return text;
    if (dropped < 0x7f) return `${text.slice(0, end)}\u007F`;
    if (dropped < 0x10ffff) return `${text.slice(0, end)}\u{10FFFF}`;
    end += 2;
  }
  return undefined;
}

/** The length of a prefix of about `length` UTF-16 units that splits no surrogate pair. */
function prefixEnd(text: string, length: number): number {
  const splits = (text.codePointAt(length - 1) ?? 0) > 0xffff;
  return Math.min(text.length, splits ? length + 1 : length);
}
