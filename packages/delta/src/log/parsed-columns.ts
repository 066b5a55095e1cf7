import type { AddFile } from '../actions.ts';
import { type Json, type JsonObject, RawNumber, parseJson } from '../json.ts';
import { partitionKeys, storedColumns } from '../mapping/stored-columns.ts';
import type { Snapshot } from '../snapshot.ts';
import type { DataType, StructField, StructType } from '../types.ts';
import type { ParsedColumns } from './checkpoint-schema.ts';

/** The typed columns of a checkpoint of a table, and what a file has in them. */
export interface ParsedForm {
  readonly columns: ParsedColumns;
  /** Undefined when a partition value is not one of its column's type: then no checkpoint of this form can be written. */
  values(add: AddFile): JsonObject | undefined;
}

/** How the statistics and partition values of a table's files are kept with their types (`delta.checkpoint.writeStatsAsStruct`). */
export function parsedForm(table: Snapshot): ParsedForm {
  const keys = new Map([...partitionKeys(table)].map(([name, key]) => [key, name]));
  const { fields } = storedColumns(table);
  const partitions = fields.filter(({ name }) => keys.has(name)).map(plainField);
  const stats = statsSchema(
    firstLeaves(
      fields.filter(({ name }) => !keys.has(name)),
      leavesWithStats(table.metadata.configuration),
    ),
  );
  return {
    columns: {
      stats_parsed: stats,
      ...(partitions.length === 0 ? {} : { partitionValues_parsed: { type: 'struct', fields: partitions } }),
    },
    values(add) {
      const parsed = partitionValuesOf(add, partitions);
      if (parsed === undefined) return undefined;
      const known = statsOf(add, stats);
      return {
        ...(known === undefined ? {} : { stats_parsed: known }),
        ...(partitions.length === 0 ? {} : { partitionValues_parsed: parsed }),
      };
    },
  };
}

/** How many columns, counted at their innermost, have statistics. */
function leavesWithStats(configuration: Readonly<Record<string, string>>): number {
  const limit = Number(configuration['delta.dataSkippingNumIndexedCols'] ?? 32);
  const isAll = limit < 0 || configuration['delta.dataSkippingStatsColumns'] !== undefined;
  return isAll ? Number.POSITIVE_INFINITY : Number.isSafeInteger(limit) ? limit : 32;
}

function firstLeaves(fields: readonly StructField[], count: number): readonly StructField[] {
  let left = count;
  return mapLeaves(fields, (type) => {
    left -= 1;
    return left < 0 ? undefined : type;
  });
}

function plainField({ name, type }: StructField): StructField {
  return { name, type, nullable: true, metadata: {} };
}

function statsSchema(fields: readonly StructField[]): StructType {
  const bounds = mapLeaves(fields, (type) => (hasBounds(type) ? type : undefined));
  const counts = mapLeaves(fields, () => 'long');
  const part = (name: string, some: readonly StructField[]): StructField[] =>
    some.length === 0 ? [] : [{ name, type: { type: 'struct', fields: some }, nullable: true, metadata: {} }];
  return {
    type: 'struct',
    fields: [
      { name: 'numRecords', type: 'long', nullable: true, metadata: {} },
      ...part('minValues', bounds),
      ...part('maxValues', bounds),
      ...part('nullCount', counts),
      { name: 'tightBounds', type: 'boolean', nullable: true, metadata: {} },
    ],
  };
}

/** The fields with other types for what is no struct; without those that get none, and without structs that have none left. */
function mapLeaves(
  fields: readonly StructField[],
  change: (type: DataType) => DataType | undefined,
): readonly StructField[] {
  return fields.flatMap((field) => {
    if (typeof field.type === 'string' || field.type.type !== 'struct') {
      const type = change(field.type);
      return type === undefined ? [] : [plainField({ ...field, type })];
    }
    const inner = mapLeaves(field.type.fields, change);
    return inner.length === 0 ? [] : [plainField({ ...field, type: { type: 'struct', fields: inner } })];
  });
}

const BOUNDED: ReadonlySet<DataType> = new Set<DataType>([
  ...(['long', 'integer', 'short', 'byte', 'float', 'double'] as const),
  ...(['date', 'timestamp', 'timestamp_ntz', 'string'] as const),
]);

function hasBounds(type: DataType): boolean {
  return BOUNDED.has(type) || (typeof type === 'string' && type.startsWith('decimal'));
}

/** The statistics as values of their types. What is no such value is left out: others write what they like. */
function statsOf({ stats }: AddFile, schema: StructType): Json | undefined {
  if (stats === undefined) return undefined;
  try {
    return valueOf(parseJson(stats), schema);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function partitionValuesOf({ partitionValues }: AddFile, fields: readonly StructField[]): JsonObject | undefined {
  const values: [string, Json][] = [];
  for (const { name, type } of fields) {
    const text = Object.hasOwn(partitionValues, name) ? partitionValues[name] : undefined;
    if (text === undefined || text === null || text === '') continue;
    const value =
      type === 'float' || type === 'double' ? floatText(text) : valueOf(partitionConstant(text, type), type);
    if (value === undefined) return undefined;
    values.push([name, value]);
  }
  return Object.fromEntries(values);
}

/** The text of a partition value in the form that statistics have. */
function partitionConstant(text: string, type: DataType): Json {
  if (type === 'boolean') return { true: true, false: false }[text] ?? text;
  // Times without an offset were written in a zone that nobody knows, and are read as UTC.
  if (type === 'timestamp') return /(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(text.slice(10)) ? text : `${text}Z`;
  return text;
}

const INTEGER_BITS: Readonly<Record<string, number>> = { long: 63, integer: 31, short: 15, byte: 7 };
const TIME = /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,6})?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** A value as JSON that an engine reads as exactly this value of the type; undefined when it is none. */
function valueOf(value: Json | undefined, type: DataType): Json | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof type !== 'string') return type.type === 'struct' ? fieldsOf(value, type) : undefined;
  if (type.startsWith('decimal')) return decimalOf(numeral(value), type);
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  const bits = INTEGER_BITS[type];
  if (bits !== undefined) return integerOf(numeral(value), bits);
  if (type === 'float' || type === 'double') return floatOf(value, type);
  if (typeof value !== 'string') return undefined;
  if (type === 'string') return value;
  if (type === 'date') return /^\d{4}-\d\d-\d\d$/.test(value) && isDay(value) ? value : undefined;
  return type === 'timestamp' || type === 'timestamp_ntz' ? timeOf(value, type === 'timestamp') : undefined;
}

function fieldsOf(value: Json, { fields }: StructType): Json | undefined {
  if (!isObject(value)) return undefined;
  const known: [string, Json][] = [];
  for (const { name, type } of fields) {
    const field = valueOf(Object.hasOwn(value, name) ? value[name] : undefined, type);
    if (field !== undefined) known.push([name, field]);
  }
  return Object.fromEntries(known);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}

function numeral(value: Json): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = value instanceof RawNumber ? value.text : value;
  return typeof text === 'string' ? text : undefined;
}

function timeOf(text: string, isZoned: boolean): Json | undefined {
  const match = TIME.exec(text);
  if (match === null || (match[1] !== undefined) !== isZoned || !isDay(text.slice(0, 10))) return undefined;
  return Number.isNaN(Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`)) ? undefined : text;
}

function floatOf(value: Json, type: 'float' | 'double'): Json | undefined {
  const number = typeof value === 'string' ? Number.NaN : Number(numeral(value) ?? Number.NaN);
  return Number.isFinite(type === 'float' ? Math.fround(number) : number) ? number : undefined;
}

function integerOf(text: string | undefined, bits: number): Json | undefined {
  if (text === undefined || !/^-?\d{1,19}$/.test(text)) return undefined;
  const number = Number(text);
  const value = Number.isSafeInteger(number) ? number : BigInt(text);
  return value >= -(2 ** bits) && value < 2 ** bits ? value : undefined;
}

/** As text: engines read the digits of a number of JSON as a double. */
function decimalOf(text: string | undefined, type: string): Json | undefined {
  const [, precision = 0, scale = 0] = (/^decimal\((\d+),(\d+)\)$/.exec(type) ?? []).map(Number);
  const [, whole, fraction = ''] = /^-?(\d+)(?:\.(\d+))?$/.exec(text ?? '') ?? [];
  if (text === undefined || whole === undefined) return undefined;
  const fits = whole.replace(/^0+/, '').length <= precision - scale && fraction.replace(/0+$/, '').length <= scale;
  return fits ? text : undefined;
}

/** Bounds are never NaN or infinite; partition values may be, which JSON can tell as text. */
function floatText(text: string): Json | undefined {
  return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$|^NaN$|^-?Infinity$/.test(text) ? text : undefined;
}

/** Whether there is such a day; the parser of the language takes 30 February for the first days of March. */
function isDay(text: string): boolean {
  const time = Date.parse(text);
  if (Number.isNaN(time)) return false;
  return Number(text.slice(8)) <= 28 || new Date(time).toISOString().startsWith(text);
}
