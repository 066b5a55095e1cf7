import type { DataType } from '../../core/schema.ts';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import { castFailure } from './errors.ts';
import type { CastPlace } from './errors.ts';

/** The shape in which text files are read first: nested as the type is, and every leaf the text that stands in the file. */
export function textShape(type: DataType): string {
  if (typeof type === 'string') return 'VARCHAR';
  if (type.type === 'array') return `${textShape(type.elementType)}[]`;
  if (type.type === 'map') return `MAP(VARCHAR, ${textShape(type.valueType)})`;
  return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${textShape(field.type)}`).join(', ')})`;
}

/** SQL that turns a value of the text shape into exactly the type; a text that is no value of it fails the query. */
export function textCast(value: string, type: DataType, path: string, depth = 0): string {
  if (onlyText(type)) return value;
  if (typeof type === 'string') return leafCast(value, type, 'SOURCE', path);
  const item = `_v${depth}`;
  switch (type.type) {
    case 'array':
      return `list_transform(${value}, lambda ${item}: ${textCast(item, type.elementType, `${path}.element`, depth + 1)})`;
    case 'map': {
      const key = textCast(`${item}.key`, type.keyType, `${path}.key`, depth + 1);
      const entry = `{'key': ${key}, 'value': ${textCast(`${item}.value`, type.valueType, `${path}.value`, depth + 1)}}`;
      return `CASE WHEN ${value} IS NULL THEN NULL ELSE map_from_entries(list_transform(map_entries(${value}), lambda ${item}: ${entry})) END`;
    }
    case 'struct': {
      const fields = type.fields.map((field) => {
        const inner = textCast(
          `struct_extract(${value}, ${quoteText(field.name)})`,
          field.type,
          `${path}.${field.name}`,
          depth + 1,
        );
        return `${quoteName(field.name)} := ${inner}`;
      });
      return `CASE WHEN ${value} IS NULL THEN NULL ELSE struct_pack(${fields.join(', ')}) END`;
    }
  }
}

function onlyText(type: DataType): boolean {
  if (typeof type === 'string') return type === 'string';
  if (type.type === 'array') return onlyText(type.elementType);
  if (type.type === 'map') return onlyText(type.keyType) && onlyText(type.valueType);
  return type.fields.every((field) => onlyText(field.type));
}

/** SQL that turns a text into exactly the type; the engine's own cast rounds and cuts off without a word. */
export function leafCast(
  value: string,
  type: Exclude<DataType, object>,
  place: CastPlace,
  path: string,
  cast: string = tryCast(value, type),
): string {
  const target = toEngineType(type);
  const failure = `CAST(${castFailure(place, path, target, value)} AS ${target})`;
  if (type === 'binary') return `encode(${value})`;
  if (type === 'boolean') {
    return `CASE lower(${value}) WHEN 'true' THEN true WHEN 'false' THEN false ELSE CASE WHEN ${value} IS NULL THEN NULL ELSE ${failure} END END`;
  }
  const plain = plainCheck(type, cast, value);
  const fast = plain === undefined ? '' : `WHEN ${plain} THEN ${cast} `;
  const fits = `(${cast} IS NOT NULL AND ${exactCheck(type, cast, value)})`;
  return `CASE ${fast}WHEN ${value} IS NULL THEN NULL WHEN ${fits} THEN ${cast} ELSE ${failure} END`;
}

/** SQL that casts a text as far as it goes; what is no value of the type becomes NULL. */
export function tryCast(value: string, type: Exclude<DataType, object>): string {
  return `TRY_CAST(${value} AS ${toEngineType(type)})`;
}

/**
 * A cheap test for texts that lost nothing in the cast, which nearly all are; others are looked at more closely. Patterns, and
 * even a search for characters, cost more than comparing lengths.
 */
function plainCheck(type: Exclude<DataType, object>, cast: string, value: string): string | undefined {
  switch (type) {
    case 'timestamp_ntz':
      return undefined;
    // A whole number of so few digits loses none, and what is finite and not 0 was made neither infinite nor nothing.
    case 'double':
      return `isfinite(${cast}) AND strlen(${value}) <= 15 AND (${cast} <> 0 OR strlen(${value}) <= 5)`;
    case 'float':
      return `isfinite(${cast}) AND strlen(${value}) <= 7 AND (${cast} <> 0 OR strlen(${value}) <= 4)`;
    case 'date':
      return `${cast} IS NOT NULL AND strlen(${value}) = 10`;
    case 'timestamp':
      // From the year 1000 on, a seventh digit of a second stands at the 22nd place or later.
      return `${cast} IS NOT NULL AND (strlen(${value}) <= 21 AND ${cast} >= TIMESTAMPTZ '1000-01-01 00:00:00+00' OR NOT contains(${value}, '.'))`;
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return `(${hasAsManyDigits(cast, value)} OR CAST(${cast} AS VARCHAR) = ${value})`;
    default:
      return `CAST(${cast} AS VARCHAR) = ${value}`;
  }
}

// A number with as many digits as its text has characters is what the text says: whatever is rounded away has a dot, or an
// exponent below zero, and these stand for no digit. Hexadecimal numbers of that length must be smaller too.
function hasAsManyDigits(cast: string, value: string): string {
  const lowest = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((length) => Math.max(10 ** (length - 1), 16 ** (length - 2)));
  return `${cast} >= [${['0', ...lowest.slice(1)].join(', ')}][strlen(${value})]`;
}

const zone = String.raw`[T ]\d.*(?:Z|[+-]\d\d(?::?\d\d)?)\s*`;

function exactCheck(type: Exclude<DataType, object>, cast: string, value: string): string {
  switch (type) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return matches(value, String.raw`\s*[+-]?\d+(?:\.0*)?\s*`);
    case 'float':
    case 'double':
      return fractionCheck(type, cast, value);
    case 'date':
      return matches(value, String.raw`\s*\d+[-/]\d+[-/]\d+\s*`);
    case 'timestamp':
      return `NOT regexp_matches(${value}, '\\.\\d{6}\\d*[1-9]')`;
    case 'timestamp_ntz':
      return `NOT regexp_matches(${value}, '\\.\\d{6}\\d*[1-9]') AND NOT regexp_matches(${value}, ${quoteText(`${zone}$`)})`;
    default:
      return type.startsWith('decimal') ? decimalCheck(type, cast, value) : 'true';
  }
}

// A whole number must not lose digits, and nothing may become infinite or 0 that was not written so.
function fractionCheck(type: 'float' | 'double', cast: string, value: string): string {
  const whole = `(${matches(value, String.raw`\s*[+-]?\d{${type === 'double' ? 16 : 8},}\s*`)} AND TRY_CAST(${cast} AS HUGEINT) IS DISTINCT FROM TRY_CAST(${value} AS HUGEINT))`;
  const overflow = `(isinf(${cast}) AND NOT regexp_matches(${value}, '(?i)inf'))`;
  return `NOT ${whole} AND NOT ${overflow} AND NOT ${vanished(cast, value)}`;
}

function decimalCheck(type: string, cast: string, value: string): string {
  const scale = Number(/,(\d+)\)$/.exec(type)?.[1] ?? 0);
  const plain = `(${matches(value, String.raw`\s*[+-]?\d*\.?\d*\s*`)} AND length(rtrim(regexp_extract(${value}, '\\.(\\d*)', 1), '0')) <= ${scale})`;
  // 1e-7: JSON's way to write a small number, with few digits.
  const exponent = `(${matches(value, String.raw`[+-]?[\d.]{1,18}[eE][+-]?\d+`)} AND CAST(${cast} AS DOUBLE) = TRY_CAST(${value} AS DOUBLE) AND NOT ${vanished(cast, value)})`;
  return `(${plain} OR ${exponent})`;
}

/** Whether a number that is not 0 became 0, being too small. */
function vanished(cast: string, value: string): string {
  return `(${cast} = 0 AND regexp_matches(${value}, '^[^eE]*[1-9]'))`;
}

function matches(value: string, pattern: string): string {
  return `regexp_full_match(${value}, ${quoteText(pattern)})`;
}
