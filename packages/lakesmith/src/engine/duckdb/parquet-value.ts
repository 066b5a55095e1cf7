import type { DataType, StructField } from '../../core/schema.ts';
import type { LakeError } from '../../core/errors.ts';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import { castFailure } from './errors.ts';
import { findField, zonedNanoseconds } from './parquet-shape.ts';
import type { Shape } from './parquet-shape.ts';
import { variantText } from './variant.ts';

/** What a column of a file is to become. `stored` has the names and ids that its fields have in the file. */
interface Target {
  /** The column's name in the table, for errors. */
  readonly column: string;
  readonly type: DataType;
  readonly stored: DataType;
  readonly resolve: 'name' | 'id';
  /** The error of a file that holds what no program may have written for the column. */
  readonly refuse: (held: string) => LakeError;
}

/** SQL that makes of a value, as it lies in a file of this shape, the value of the table. */
export function tableValue(value: string, shape: Shape, target: Target, depth = 0): string {
  const { column, type, stored, resolve, refuse } = target;
  if (type === 'void') return nullOf(type);
  if (type === 'variant') {
    const text = variantText(value, shape);
    if (text === undefined) throw refuse(describeShape(shape));
    return text;
  }
  if (typeof type === 'string') return scalarValue(value, shape, { column, type, refuse });
  if (isSame(shape, target)) return value;
  const inner = (of: string, from: Shape, to: DataType, as: DataType): string =>
    tableValue(of, from, { column, type: to, stored: as, resolve, refuse }, depth + 1);
  if (type.type === 'array' && typeof stored !== 'string' && stored.type === 'array' && shape.kind === 'list') {
    const item = `_v${depth}`;
    return `list_transform(${value}, lambda ${item}: ${inner(item, shape.element, type.elementType, stored.elementType)})`;
  }
  if (type.type === 'map' && typeof stored !== 'string' && stored.type === 'map' && shape.kind === 'map') {
    const item = `_v${depth}`;
    const key = inner(`${item}.key`, shape.key, type.keyType, stored.keyType);
    const entry = inner(`${item}.value`, shape.value, type.valueType, stored.valueType);
    return `CASE WHEN ${value} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries(${value}), lambda ${item}: {'key': ${key}, 'value': ${entry}})) END`;
  }
  if (type.type === 'struct' && typeof stored !== 'string' && stored.type === 'struct' && shape.kind === 'struct') {
    const fields = type.fields.map((field, i) => {
      const as = stored.fields[i] ?? field;
      const found = findField(shape.fields, { name: as.name, id: fieldId(as) }, resolve);
      const of = found === undefined ? nullOf(field.type) : `struct_extract(${value}, ${quoteText(found.name)})`;
      return `${quoteName(field.name)} := ${found === undefined ? of : inner(of, found.type, field.type, as.type)}`;
    });
    return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${fields.join(', ')}) END`;
  }
  throw refuse(describeShape(shape));
}

function describeShape(shape: Shape): string {
  if (shape.kind !== 'scalar') return `a ${shape.kind}`;
  return shape.type === zonedNanoseconds ? 'times in nanoseconds' : `values of the type ${shape.type}`;
}

/** NULL as a value of the type. */
export function nullOf(type: DataType): string {
  return `CAST(NULL AS ${toEngineType(type)})`;
}

/** The Parquet field id of a column, from its metadata. */
export function fieldId(field: StructField): number | undefined {
  const id = field.metadata['delta.columnMapping.id'];
  return typeof id === 'number' ? id : undefined;
}

const integers = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT'];
const exactInDouble = ['FLOAT', 'DOUBLE', 'TINYINT', 'SMALLINT', 'INTEGER', 'UTINYINT', 'USMALLINT', 'UINTEGER'];
const times = ['TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMP WITH TIME ZONE', 'DATE'];

/**
 * The engine's types that a column of a type may lie in, by itself, written by an old program or before the column was widened.
 * The cast fails on a value that does not fit, so that it may also be narrower; but it rounds fractions without a word.
 */
const sources: Readonly<Record<string, readonly string[]>> = {
  byte: integers,
  short: integers,
  integer: integers,
  long: integers,
  float: ['FLOAT'],
  double: exactInDouble,
  boolean: ['BOOLEAN'],
  string: ['VARCHAR', 'BLOB', 'JSON', 'UUID', 'ENUM'],
  binary: ['BLOB', 'VARCHAR', 'JSON'],
  date: ['DATE'],
  timestamp: times,
  timestamp_ntz: times,
};

function scalarValue(
  value: string,
  shape: Shape,
  {
    column,
    type,
    refuse,
  }: { readonly column: string; readonly type: Exclude<DataType, object>; readonly refuse: Target['refuse'] },
): string {
  const target = toEngineType(type);
  const from = shape.kind === 'scalar' ? shape.type : '';
  if (from === target) return value;
  const fits = type.startsWith('decimal')
    ? integers.includes(from) || decimalScale(from) <= decimalScale(target)
    : sources[type]?.includes(from.replace(/\(.*/, '')) === true;
  if (!fits) throw refuse(describeShape(shape));
  if (from === 'TIMESTAMP_NS') {
    const micros = exactMicroseconds(value, column);
    return type === 'timestamp' ? `timezone('UTC', ${micros})` : micros;
  }
  // Times without a zone are UTC in a table, whatever the zone of the session; so are those that have one, written without it.
  if (type === 'timestamp' && !from.includes('ZONE')) return `timezone('UTC', CAST(${value} AS TIMESTAMP))`;
  if (type === 'timestamp_ntz' && from.includes('ZONE')) return `timezone('UTC', ${value})`;
  // Old programs write texts without saying that they are.
  if (type === 'string' && from === 'BLOB') return `decode(${value})`;
  if (type === 'binary') return `encode(CAST(${value} AS VARCHAR))`;
  return `CAST(${value} AS ${target})`;
}

/** The engine's own cast would cut what is less than a microsecond. */
function exactMicroseconds(nanoseconds: string, column: string): string {
  const failure = castFailure('RESULT', column, 'TIMESTAMP', `CAST(${nanoseconds} AS VARCHAR)`);
  return `CASE WHEN epoch_ns(${nanoseconds}) % 1000 <> 0 THEN ${failure} ELSE CAST(${nanoseconds} AS TIMESTAMP) END`;
}

/** Digits behind the point; endless for what is no decimal. */
function decimalScale(engineType: string): number {
  return Number(/^DECIMAL\(\d+,\s*(\d+)\)$/.exec(engineType)?.[1] ?? Infinity);
}

/** True when the value is the table's value as it is: same names, same types, at every depth. */
function isSame(shape: Shape, { type, stored, resolve }: Omit<Target, 'refuse' | 'column'>): boolean {
  if (typeof type === 'string') return shape.kind === 'scalar' && shape.type === toEngineType(type);
  if (typeof stored === 'string') return false;
  if (type.type === 'array' && stored.type === 'array')
    return (
      shape.kind === 'list' && isSame(shape.element, { type: type.elementType, stored: stored.elementType, resolve })
    );
  if (type.type === 'map' && stored.type === 'map')
    return (
      shape.kind === 'map' &&
      isSame(shape.key, { type: type.keyType, stored: stored.keyType, resolve }) &&
      isSame(shape.value, { type: type.valueType, stored: stored.valueType, resolve })
    );
  if (type.type !== 'struct' || stored.type !== 'struct' || shape.kind !== 'struct') return false;
  return (
    shape.fields.length === type.fields.length &&
    type.fields.every((field, i) => {
      const there = shape.fields[i];
      const as = stored.fields[i] ?? field;
      const found = findField(shape.fields, { name: as.name, id: fieldId(as) }, resolve);
      return (
        there !== undefined &&
        found === there &&
        there.name === field.name &&
        isSame(there.type, { type: field.type, stored: as.type, resolve })
      );
    })
  );
}
