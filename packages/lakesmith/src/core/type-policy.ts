import type { ArrayType, DataType, MapType, StructType } from '@lakesmith/delta';
import { LakeError } from './errors.ts';
import { nearestName } from './nearest-name.ts';
import { quoteName } from './sql-text.ts';
import type { Column } from './schema.ts';
import { parseTypeText } from './type-text.ts';
import type { TypeText } from './type-text.ts';

/** How a table stores each type of the engine. The engine casts to it; what cannot be stored is refused with what to do. */
const storedAs: Readonly<Record<string, DataType>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'byte',
  SMALLINT: 'short',
  INTEGER: 'integer',
  BIGINT: 'long',
  // Unsigned: the next larger signed type.
  UTINYINT: 'short',
  USMALLINT: 'integer',
  UINTEGER: 'long',
  UBIGINT: 'decimal(20,0)',
  UHUGEINT: 'decimal(38,0)',
  FLOAT: 'float',
  DOUBLE: 'double',
  DATE: 'date',
  // A time without zone is one of the project's time zone.
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  VARCHAR: 'string',
  BLOB: 'binary',
  UUID: 'string',
  TIME: 'string',
  ENUM: 'string',
  JSON: 'string',
  // A column of NULLs.
  NULL: 'string',
};

const refused: Readonly<Record<string, string>> = {
  TIMESTAMP_NS: 'tables keep microseconds: cast it to TIMESTAMP',
  TIME_NS: 'tables keep microseconds: cast it to TIME',
  INTERVAL: 'store a number of days or seconds instead (date_diff, epoch)',
  'TIME WITH TIME ZONE': 'cast it to TIME or VARCHAR',
  BIT: 'cast it to VARCHAR',
  ENUM: 'VARCHAR holds its values',
  BIGNUM: 'cast it to DECIMAL(38,0) or VARCHAR',
  UNION: 'take one member of it (union_extract), or cast it to VARCHAR',
  VARIANT: 'cast it to JSON or to a struct',
  GEOMETRY: 'store it as text or binary (ST_AsText, ST_AsWKB)',
  TYPE: 'cast it to VARCHAR',
};

const aliases: Readonly<Record<string, string>> = {
  INT1: 'TINYINT',
  INT2: 'SMALLINT',
  INT16: 'SMALLINT',
  SHORT: 'SMALLINT',
  INT: 'INTEGER',
  INT4: 'INTEGER',
  INT32: 'INTEGER',
  INTEGRAL: 'INTEGER',
  SIGNED: 'INTEGER',
  INT8: 'BIGINT',
  INT64: 'BIGINT',
  LONG: 'BIGINT',
  OID: 'BIGINT',
  INT128: 'HUGEINT',
  UINT8: 'UTINYINT',
  UINT16: 'USMALLINT',
  UINT32: 'UINTEGER',
  UINT64: 'UBIGINT',
  UINT128: 'UHUGEINT',
  BOOL: 'BOOLEAN',
  LOGICAL: 'BOOLEAN',
  FLOAT4: 'FLOAT',
  REAL: 'FLOAT',
  FLOAT8: 'DOUBLE',
  NUMERIC: 'DECIMAL',
  DEC: 'DECIMAL',
  TEXT: 'VARCHAR',
  STRING: 'VARCHAR',
  CHAR: 'VARCHAR',
  BPCHAR: 'VARCHAR',
  NVARCHAR: 'VARCHAR',
  BYTEA: 'BLOB',
  BINARY: 'BLOB',
  VARBINARY: 'BLOB',
  GUID: 'UUID',
  DATETIME: 'TIMESTAMP',
  TIMESTAMP_US: 'TIMESTAMP',
  TIMESTAMPTZ: 'TIMESTAMP WITH TIME ZONE',
  TIMETZ: 'TIME WITH TIME ZONE',
  BITSTRING: 'BIT',
  VARINT: 'BIGNUM',
};

/** The type that a table gives a column of this engine type, as the engine prints it; LS1401 names the column. */
export function fromEngineType(text: string, column: string): DataType {
  const type = parseTypeText(text);
  if (type === undefined)
    throw new LakeError('LS1401', `Column ${column} has the type ${text}, which tables cannot store: cast it`);
  return stored(type, column);
}

const partitionTypes: ReadonlySet<DataType> = new Set<DataType>([
  'string',
  'date',
  'timestamp',
  'timestamp_ntz',
  'float',
  'double',
  'boolean',
  'byte',
  'short',
  'integer',
  'long',
]);

/** Refuses, as LS1401, a column whose values have no text in the log that every reader understands. */
export function requirePartitionType({ name, type }: Column): void {
  if (partitionTypes.has(type) || (typeof type === 'string' && type.startsWith('decimal'))) return;
  throw new LakeError(
    'LS1401',
    `A table cannot be partitioned by ${name}, which is ${toUserType(type)}: choose a column of text, numbers, dates or times.`,
    { context: { column: name } },
  );
}

function stored(type: TypeText, column: string): DataType {
  if (type.kind === 'list') return arrayOf(stored(type.element, `${column}.element`));
  if (type.kind === 'map') return mapOf(stored(type.key, `${column}.key`), stored(type.value, `${column}.value`));
  if (type.kind === 'struct')
    return structOf(
      type.fields.map((field) => ({ name: field.name, type: stored(field.type, `${column}.${field.name}`) })),
    );
  const name = canonicalName(type.name);
  if (name === 'DECIMAL') return decimalOf(type.parameters[0] ?? 18, type.parameters[1] ?? 3);
  // Sums of integers are HUGEINT in the engine and BIGINT in tables; the cast is checked.
  const known = name === 'HUGEINT' ? 'long' : storedAs[name];
  if (known !== undefined) return known;
  const advice = refused[name] ?? 'cast it to a type that tables have, or to VARCHAR';
  throw new LakeError('LS1401', `Column ${column} has the type ${name}, which tables cannot store: ${advice}`, {
    context: { column, type: name },
  });
}

/** Types of Parquet files that tables have as well, under the engine's names for them. */
const kept: ReadonlySet<string> = new Set(
  'BOOLEAN TINYINT SMALLINT INTEGER BIGINT FLOAT DOUBLE DECIMAL DATE VARCHAR BLOB'.split(' '),
);

/**
 * The type that a table has of a column which stays as it lies in a Parquet file; LS1401 when no table type is stored so.
 * `legacyTimes`: its times are in the old form, which says nothing of a zone and means instants.
 */
export function fromStoredType(text: string, column: string, options: { readonly legacyTimes: boolean }): DataType {
  const type = parseTypeText(text);
  const asTable = (of: TypeText | undefined): DataType => {
    if (of?.kind === 'list') return arrayOf(asTable(of.element));
    if (of?.kind === 'map') return mapOf(asTable(of.key), asTable(of.value));
    if (of?.kind === 'struct')
      return structOf(of.fields.map((field) => ({ name: field.name, type: asTable(field.type) })));
    if (of?.name === 'TIMESTAMP WITH TIME ZONE') return 'timestamp';
    if (of?.name === 'TIMESTAMP' && type?.kind === 'scalar') return options.legacyTimes ? 'timestamp' : 'timestamp_ntz';
    if (of?.name === 'TIMESTAMP') return 'timestamp_ntz';
    if (of === undefined || !kept.has(of.name))
      throw new LakeError(
        'LS1401',
        `Column ${column} is ${text} in the files, which is no type of tables: write the files anew`,
      );
    return stored(of, column);
  };
  return asTable(type);
}

/**
 * A type as a user declares it under `types:`. HUGEINT is DECIMAL(38,0) and TIMESTAMP_NTZ a time without zone here; all else
 * is stored as `fromEngineType` says. LS1402 for a name that is no type, with a near one; LS1401 for a type of no table.
 */
export function parseUserType(text: string): DataType {
  const type = parseTypeText(text);
  if (type === undefined)
    throw new LakeError(
      'LS1402',
      `"${text}" is not a type: write one like VARCHAR, BIGINT, DECIMAL(12,2) or STRUCT(a VARCHAR, b DATE)`,
    );
  return declared(type, text);
}

function declared(type: TypeText, text: string): DataType {
  if (type.kind === 'list') return arrayOf(declared(type.element, text));
  if (type.kind === 'map') return mapOf(declared(type.key, text), declared(type.value, text));
  if (type.kind === 'struct')
    return structOf(type.fields.map((field) => ({ name: field.name, type: declared(field.type, text) })));
  const name = canonicalName(type.name);
  if (name === 'TIMESTAMP_NTZ') return 'timestamp_ntz';
  if (name === 'HUGEINT') return 'decimal(38,0)';
  if (name === 'DECIMAL') return declaredDecimal(type.parameters, text);
  const known = storedAs[name];
  if (known !== undefined && name !== 'NULL' && name !== 'ENUM') return known;
  const advice = refused[name];
  if (advice !== undefined)
    throw new LakeError('LS1401', `Tables cannot store the type ${name}: ${advice}`, { context: { type: name } });
  const near = nearestName(name, [
    ...Object.keys(storedAs),
    ...Object.keys(aliases),
    'DECIMAL',
    'HUGEINT',
    'TIMESTAMP_NTZ',
  ]);
  const hint =
    near === undefined ? 'write one like VARCHAR, BIGINT, DECIMAL(12,2), DATE or TIMESTAMP' : `did you mean ${near}?`;
  throw new LakeError('LS1402', `"${text}" is not a type: ${hint}`, {
    ...(near === undefined ? {} : { hint: `Did you mean ${near}?` }),
  });
}

function declaredDecimal(parameters: readonly number[], text: string): DataType {
  const [precision = 18, scale = parameters.length === 0 ? 3 : 0] = parameters;
  const fits = precision >= 1 && precision <= 38 && scale <= precision && parameters.length <= 2;
  if (!fits)
    throw new LakeError(
      'LS1402',
      `"${text}" is not a type: DECIMAL(precision, scale) has 1 to 38 digits, and not more of them behind the point`,
    );
  return decimalOf(precision, scale);
}

function canonicalName(name: string): string {
  return aliases[name] ?? name;
}

function decimalOf(precision: number, scale: number): DataType {
  return `decimal(${precision},${scale})`;
}

function arrayOf(elementType: DataType): ArrayType {
  return { type: 'array', elementType, containsNull: true };
}

function mapOf(keyType: DataType, valueType: DataType): MapType {
  return { type: 'map', keyType, valueType, valueContainsNull: true };
}

function structOf(fields: readonly { readonly name: string; readonly type: DataType }[]): StructType {
  return { type: 'struct', fields: fields.map((field) => ({ ...field, nullable: true, metadata: {} })) };
}

const engineTypes: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  short: 'SMALLINT',
  byte: 'TINYINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  binary: 'BLOB',
  date: 'DATE',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
  variant: 'JSON',
  void: '"NULL"',
};

/** The engine's type that holds exactly the values of a table's type. */
export function toEngineType(type: DataType): string {
  return typeIn(engineTypes, type);
}

/** A type as users write it: what `parseUserType` reads as this type. For what is told to them. */
export function toUserType(type: DataType): string {
  return typeIn(userTypes, type);
}

const userTypes = { ...engineTypes, timestamp: 'TIMESTAMP', timestamp_ntz: 'TIMESTAMP_NTZ' };

function typeIn(words: Readonly<Record<string, string>>, type: DataType): string {
  if (typeof type === 'string') return words[type] ?? type.toUpperCase();
  switch (type.type) {
    case 'array':
      return `${typeIn(words, type.elementType)}[]`;
    case 'map':
      return `MAP(${typeIn(words, type.keyType)}, ${typeIn(words, type.valueType)})`;
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${typeIn(words, field.type)}`).join(', ')})`;
  }
}

/** True when both hold the same values under the same field names. Nullability and metadata do not count. */
export function sameType(a: DataType, b: DataType): boolean {
  return toEngineType(a) === toEngineType(b);
}
