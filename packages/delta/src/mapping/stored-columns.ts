import type { Metadata, Protocol } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import type { DataType, StructField, StructType } from '../types.ts';

const PHYSICAL_NAME = 'delta.columnMapping.physicalName';
const FIELD_ID = 'delta.columnMapping.id';
const MODE = 'delta.columnMapping.mode';
/** Ids are 32-bit integers. */
const MAX_ID = 2 ** 31 - 1;

/** How columns are found in data files, and under which names. */
export interface StoredColumns {
  /** 'name': by the fields' names; 'id': by `delta.columnMapping.id` in their metadata, which is a number for each of them. */
  readonly resolve: 'name' | 'id';
  /** The columns as files name them at every depth, partition columns among them, in the order of the schema. */
  readonly fields: readonly StructField[];
}

/** What tells how a version's columns are stored. */
export interface TableShape {
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly schema: StructType;
}

/**
 * The table's columns as its data files have them (PROTOCOL.md, Column Mapping). A column without a name or id that the mode
 * asks for, and two columns that would be the same in a file, are 'invalid-schema'.
 */
export function storedColumns(table: TableShape): StoredColumns {
  const mode = mappingMode(table);
  if (mode === 'none') return { resolve: 'name', fields: table.schema.fields };
  const ids = mode === 'id' ? new Set<number>() : undefined;
  return { resolve: mode, fields: storedFields(table.schema.fields, '', ids) };
}

/** The mode in force; the property counts only when the protocol supports column mapping. */
export function mappingMode(table: Pick<TableShape, 'protocol' | 'metadata'>): 'none' | 'name' | 'id' {
  const { minReaderVersion, readerFeatures = [], writerFeatures = [] } = table.protocol;
  // Some programs name it for writers only, and map columns nevertheless.
  const isSupported =
    minReaderVersion === 2 ||
    (minReaderVersion >= 3 && [...readerFeatures, ...writerFeatures].includes('columnMapping'));
  const mode = (isSupported ? table.metadata.configuration[MODE] : undefined)?.toLowerCase() ?? 'none';
  if (mode === 'none' || mode === 'name' || mode === 'id') return mode;
  throw new DeltaError(
    'unsupported-feature',
    `This table cannot be read, because its ${MODE} is "${mode}", which is unknown.`,
    {
      context: { features: 'columnMapping' },
    },
  );
}

/** The name under which files, statistics and partition values know a field. */
export function storedName(field: StructField, mode: 'none' | 'name' | 'id'): string {
  if (mode === 'none') return field.name;
  const name = field.metadata[PHYSICAL_NAME];
  if (typeof name !== 'string' || name === '') throw invalid(field.name, `it has no ${PHYSICAL_NAME}`);
  return name;
}

/**
 * A column's path as files and statistics have it, and its type; undefined when the table has no such column. Names are looked
 * up as they are and then, if only one fits, without regard to upper and lower case. It does not go into arrays and maps.
 */
export function storedPath(
  table: TableShape,
  column: readonly string[],
): { readonly path: readonly string[]; readonly type: DataType; readonly field: StructField } | undefined {
  const mode = mappingMode(table);
  const path: string[] = [];
  let type: DataType = table.schema;
  let found: StructField | undefined;
  for (const name of column) {
    if (typeof type === 'string' || type.type !== 'struct') return undefined;
    const field = fieldNamed(type.fields, name);
    if (field === undefined) return undefined;
    path.push(storedName(field, mode));
    ({ type } = field);
    found = field;
  }
  return found === undefined ? undefined : { path, type, field: found };
}

/** For each partition column, by its name in the schema, its key in `partitionValues`. */
export function partitionKeys(table: TableShape): ReadonlyMap<string, string> {
  const mode = mappingMode(table);
  const keys = new Map<string, string>();
  for (const name of table.metadata.partitionColumns) {
    const field = fieldNamed(table.schema.fields, name);
    if (field === undefined) throw invalid(name, 'the table is partitioned by it and does not have it');
    keys.set(field.name, storedName(field, mode));
  }
  return keys;
}

/** A file's partition values by the columns' names in the schema. An absent key and an empty text mean NULL too. */
export function partitionValuesOf(
  keys: ReadonlyMap<string, string>,
  values: Readonly<Record<string, string | null>>,
): Record<string, string | null> {
  const named: [string, string | null][] = [];
  for (const [name, key] of keys) {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    named.push([name, value === undefined || value === '' ? null : value]);
  }
  return Object.fromEntries(named);
}

function fieldNamed(fields: readonly StructField[], name: string): StructField | undefined {
  const exact = fields.find((field) => field.name === name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  const alike = fields.filter((field) => field.name.toLowerCase() === lower);
  return alike.length === 1 ? alike[0] : undefined;
}

function storedFields(fields: readonly StructField[], where: string, ids: Set<number> | undefined): StructField[] {
  const names = new Set<string>();
  return fields.map((field) => {
    const path = where === '' ? field.name : `${where}.${field.name}`;
    const name = storedName({ ...field, name: path }, 'name');
    if (names.has(name)) throw invalid(path, `another column has the same ${PHYSICAL_NAME} "${name}"`);
    names.add(name);
    if (ids !== undefined) checkId(field, path, ids);
    return { ...field, name, type: storedType(field.type, path, ids) };
  });
}

function storedType(type: DataType, where: string, ids: Set<number> | undefined): DataType {
  if (typeof type === 'string') return type;
  if (type.type === 'struct') return { type: 'struct', fields: storedFields(type.fields, where, ids) };
  if (type.type === 'array') return { ...type, elementType: storedType(type.elementType, `${where}.element`, ids) };
  return {
    ...type,
    keyType: storedType(type.keyType, `${where}.key`, ids),
    valueType: storedType(type.valueType, `${where}.value`, ids),
  };
}

function checkId(field: StructField, path: string, ids: Set<number>): void {
  const id = field.metadata[FIELD_ID];
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > MAX_ID)
    throw invalid(path, `it has no ${FIELD_ID}`);
  if (ids.has(id)) throw invalid(path, `another column has the same ${FIELD_ID} ${id}`);
  ids.add(id);
}

function invalid(column: string, what: string): DeltaError {
  return new DeltaError('invalid-schema', `The column ${column} cannot be read: ${what}.`, { context: { column } });
}
