import { DeltaError } from './errors.ts';
import { parseJson, serializeJson } from './json.ts';
import type { DataType, PrimitiveType, StructField, StructType } from './types.ts';

const PRIMITIVES: ReadonlySet<string> = new Set([
  'string',
  'long',
  'integer',
  'short',
  'byte',
  'float',
  'double',
  'boolean',
  'binary',
  'date',
  'timestamp',
  'timestamp_ntz',
  'variant',
  'void',
] satisfies PrimitiveType[]);

const MAX_DEPTH = 100;

type Fields = { readonly [key: string]: unknown };

/** A schema from `metaData.schemaString`. Metadata of fields is kept whole; a type that the protocol does not know is refused. */
export function parseSchema(schemaString: string): StructType {
  let value: unknown;
  try {
    value = parseJson(schemaString);
  } catch (error) {
    throw new DeltaError('invalid-schema', 'The table has a schema that is not JSON.', { cause: error });
  }
  const type = parseType(value, 'the table');
  if (typeof type === 'string' || type.type !== 'struct') throw invalid('the table', 'its type is not a struct');
  return type;
}

export function serializeSchema(schema: StructType): string {
  return serializeJson(schema);
}

function parseType(value: unknown, where: string, depth = 0): DataType {
  if (depth > MAX_DEPTH) throw invalid('the table', `its types are nested more than ${MAX_DEPTH} levels deep`);
  if (typeof value === 'string') return parsePrimitive(value, where);
  if (!isFields(value)) throw invalid(where, 'its type is missing');
  switch (value['type']) {
    case 'struct':
      return { type: 'struct', fields: parseFields(value['fields'], where, depth + 1) };
    case 'array':
      return {
        type: 'array',
        elementType: parseType(value['elementType'], `${where}.element`, depth + 1),
        containsNull: value['containsNull'] !== false,
      };
    case 'map':
      return {
        type: 'map',
        keyType: parseType(value['keyType'], `${where}.key`, depth + 1),
        valueType: parseType(value['valueType'], `${where}.value`, depth + 1),
        valueContainsNull: value['valueContainsNull'] !== false,
      };
    default:
      throw invalid(where, `its type ${typeof value['type'] === 'string' ? `"${value['type']}" ` : ''}is unknown`);
  }
}

function parsePrimitive(name: string, where: string): PrimitiveType {
  if (isPrimitive(name)) return name;
  if (name === 'null') return 'void';
  const decimal = /^decimal(?:\(\s*(\d+)\s*,\s*(-?\d+)\s*\))?$/.exec(name);
  if (decimal === null) throw invalid(where, `its type "${name}" is unknown`);
  const precision = Number(decimal[1] ?? 10);
  const scale = Number(decimal[2] ?? 0);
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    throw invalid(where, `no ${name} exists: precision is 1 to 38, scale 0 to precision`);
  }
  return `decimal(${precision},${scale})`;
}

function isPrimitive(name: string): name is PrimitiveType {
  return PRIMITIVES.has(name);
}

function parseFields(value: unknown, where: string, depth: number): StructField[] {
  if (!Array.isArray(value)) throw invalid(where, 'its fields are missing');
  const names = new Set<string>();
  return value.map((field: unknown) => {
    if (!isFields(field) || typeof field['name'] !== 'string') throw invalid(where, 'a field has no name');
    const name = field['name'];
    if (names.has(name.toLowerCase())) throw invalid(name, 'there is another column of that name');
    names.add(name.toLowerCase());
    return {
      name,
      type: parseType(field['type'], name, depth),
      nullable: field['nullable'] !== false,
      metadata: isFields(field['metadata']) ? field['metadata'] : {},
    };
  });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(where: string, what: string): DeltaError {
  return new DeltaError('invalid-schema', `The schema cannot be used: of ${where}, ${what}.`, {
    context: { column: where },
  });
}
