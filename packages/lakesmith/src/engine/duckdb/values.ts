import type { DuckDBMapType, DuckDBStructType, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { LakeError } from '../../core/errors.ts';
import type { CellValue } from '../engine.ts';
import { duckdb } from './library.ts';

/** Turns a value of the engine into plain data. */
export type CellConverter = (value: DuckDBValue) => CellValue;

/** How values of this type leave the engine: int64 as bigint, what has digits that a number would lose as text. */
export function cellConverter(type: DuckDBType): CellConverter {
  const convert = converterOf(type);
  return (value) => (value === null ? null : convert(value));
}

function converterOf(type: DuckDBType): CellConverter {
  if (type instanceof duckdb.DuckDBListType || type instanceof duckdb.DuckDBArrayType)
    return listConverter(cellConverter(type.valueType));
  if (type instanceof duckdb.DuckDBStructType) return structConverter(type);
  if (type instanceof duckdb.DuckDBMapType) return mapConverter(type);
  switch (type.typeId) {
    case duckdb.DuckDBTypeId.BOOLEAN:
    case duckdb.DuckDBTypeId.TINYINT:
    case duckdb.DuckDBTypeId.SMALLINT:
    case duckdb.DuckDBTypeId.INTEGER:
    case duckdb.DuckDBTypeId.UTINYINT:
    case duckdb.DuckDBTypeId.USMALLINT:
    case duckdb.DuckDBTypeId.BIGINT:
    case duckdb.DuckDBTypeId.HUGEINT:
    case duckdb.DuckDBTypeId.FLOAT:
    case duckdb.DuckDBTypeId.DOUBLE:
    case duckdb.DuckDBTypeId.VARCHAR:
      return plainValue;
    case duckdb.DuckDBTypeId.UINTEGER:
      return (value) => BigInt(String(value));
    case duckdb.DuckDBTypeId.TIMESTAMP:
      return (value) => (value instanceof duckdb.DuckDBTimestampValue ? isoText(value.micros, '') : String(value));
    case duckdb.DuckDBTypeId.TIMESTAMP_TZ:
      return (value) => (value instanceof duckdb.DuckDBTimestampTZValue ? isoText(value.micros, 'Z') : String(value));
    case duckdb.DuckDBTypeId.BLOB:
      return (value) => (value instanceof duckdb.DuckDBBlobValue ? Uint8Array.from(value.bytes) : String(value));
    default:
      // Decimals, dates, unsigned 64 and 128 bits, UUID, TIME, ENUM, …: exact as text.
      return String;
  }
}

function plainValue(value: DuckDBValue): CellValue {
  if (typeof value !== 'object' || value === null) return value;
  throw new LakeError('LS9001', 'The engine gave a value of another type than it had announced');
}

function listConverter(element: CellConverter): CellConverter {
  return (value) =>
    value instanceof duckdb.DuckDBListValue || value instanceof duckdb.DuckDBArrayValue
      ? value.items.map(element)
      : String(value);
}

function structConverter(type: DuckDBStructType): CellConverter {
  const fields = type.entryNames.map((name, index) => {
    const entryType = type.entryTypes[index];
    return { name, convert: entryType === undefined ? String : cellConverter(entryType) };
  });
  return (value) => {
    if (!(value instanceof duckdb.DuckDBStructValue)) return String(value);
    return Object.fromEntries(fields.map(({ name, convert }) => [name, convert(value.entries[name] ?? null)]));
  };
}

function mapConverter(type: DuckDBMapType): CellConverter {
  const key = cellConverter(type.keyType);
  const convert = cellConverter(type.valueType);
  return (value) => {
    if (!(value instanceof duckdb.DuckDBMapValue)) return String(value);
    return Object.fromEntries(value.entries.map((entry) => [keyText(key(entry.key)), convert(entry.value)]));
  };
}

function keyText(key: CellValue): string {
  return typeof key === 'object' ? JSON.stringify(key) : String(key);
}

const infinite = 9223372036854775807n;

/** ISO 8601 with microseconds when there are any. */
export function isoText(micros: bigint, zone: string): string {
  if (micros >= infinite) return 'infinity';
  if (micros <= -infinite) return '-infinity';
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const date = new Date(Number((micros - fraction) / 1000n));
  const iso = Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, -5);
  if (iso === undefined) return new duckdb.DuckDBTimestampValue(micros).toString();
  return `${iso}${fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`}${zone}`;
}
