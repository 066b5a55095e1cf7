import { DeltaError } from './errors.ts';
import type { DataType, StructField, StructType } from './types.ts';

/** A field's own Parquet id, and those of the list elements, map keys and values inside it (by path below the field). */
const OWN = 'lakesmith.fieldId';
const NESTED = 'lakesmith.nestedFieldIds';
/** Table property: the highest id ever given, so that the id of a dropped column is not given again. */
export const MAX_FIELD_ID = 'lakesmith.maxFieldId';
/** The same of a table whose columns are mapped, where the protocol has its own places for ids and for names in files. */
const MAX_MAPPED_ID = 'delta.columnMapping.maxColumnId';
const MAPPED = 'delta.columnMapping.id';
const PHYSICAL_NAME = 'delta.columnMapping.physicalName';

/** A column as a table's owner thinks of it. */
export interface ColumnSpec {
  readonly name: string;
  readonly type: DataType;
  /** Default: as it was; true for a new column. */
  readonly nullable?: boolean;
  /** Merged over what the field already has. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/**
 * The schema of a table with these columns. Columns that `previous` has keep their metadata and field ids, at every depth;
 * others get ids above `maxFieldId` and above all ids in use, in order of appearance. `mapped`: they are kept where column mapping
 * wants them, together with names for the files: new ones for new columns, and for others the name under which they are there.
 */
export function buildSchema(
  columns: readonly ColumnSpec[],
  previous?: { readonly schema: StructType; readonly configuration: Readonly<Record<string, string>> },
  options: { readonly mapped?: boolean } = {},
): { schema: StructType; maxFieldId: number } {
  const { mapped = false } = options;
  const highest = [MAX_FIELD_ID, MAX_MAPPED_ID].map((key) => Number(previous?.configuration[key] ?? 0) || 0);
  const counter = { last: Math.max(...highest, ...(previous === undefined ? [] : allIds(previous.schema))) };
  const before = new Map(previous?.schema.fields.map((field) => [field.name, field]));
  const fields = columns.map(({ name, type, nullable, metadata }) => {
    const old = before.get(name);
    const field = {
      name,
      type,
      nullable: nullable ?? old?.nullable ?? true,
      metadata: { ...old?.metadata, ...metadata },
    };
    return assign(field, { old, counter, mapped });
  });
  const schema: StructType = { type: 'struct', fields };
  checkNames(schema);
  return { schema, maxFieldId: counter.last };
}

/** The property that keeps the highest id. */
export function maxIdProperty(mapped: boolean): string {
  return mapped ? MAX_MAPPED_ID : MAX_FIELD_ID;
}

/**
 * Parquet field id by column path: 'a', 's.x', 'a.element', 'm.key', 'm.value'. Empty when the table was made by a writer
 * that assigned none.
 */
export function fieldIds(schema: StructType): Record<string, number> {
  return readIds(schema);
}

interface Assignment {
  readonly old: StructField | undefined;
  readonly counter: { last: number };
  readonly mapped: boolean;
}

function assign(field: StructField, { old, counter, mapped }: Assignment): StructField {
  const own = ownId(field) ?? (counter.last += 1);
  const nested: Record<string, number> = {};
  const oldNested = recordOf(old?.metadata[NESTED]);

  function walk(type: DataType, path: string, oldType: DataType | undefined): DataType {
    if (typeof type === 'string') return type;
    if (type.type === 'struct') {
      const before = typeof oldType === 'object' && oldType.type === 'struct' ? oldType.fields : [];
      const fields = type.fields.map((child) => {
        const oldChild = before.find((candidate) => candidate.name === child.name);
        return assign(
          { ...child, metadata: { ...oldChild?.metadata, ...child.metadata } },
          {
            old: oldChild,
            counter,
            mapped,
          },
        );
      });
      return { type: 'struct', fields };
    }
    const give = (part: string): string => {
      const at = path === '' ? part : `${path}.${part}`;
      if (!mapped) nested[at] = oldNested[at] ?? (counter.last += 1);
      return at;
    };
    if (type.type === 'array') {
      const oldElement = typeof oldType === 'object' && oldType.type === 'array' ? oldType.elementType : undefined;
      return { ...type, elementType: walk(type.elementType, give('element'), oldElement) };
    }
    const oldMap = typeof oldType === 'object' && oldType.type === 'map' ? oldType : undefined;
    const keyType = walk(type.keyType, give('key'), oldMap?.keyType);
    return { ...type, keyType, valueType: walk(type.valueType, give('value'), oldMap?.valueType) };
  }

  const type = walk(field.type, '', old?.type);
  const { [NESTED]: _, [OWN]: __, ...kept } = field.metadata;
  if (mapped) {
    const name = field.metadata[PHYSICAL_NAME] ?? (old === undefined ? `col-${crypto.randomUUID()}` : field.name);
    return { ...field, type, metadata: { ...kept, [MAPPED]: own, [PHYSICAL_NAME]: name } };
  }
  const ids = Object.keys(nested).length === 0 ? { [OWN]: own } : { [OWN]: own, [NESTED]: nested };
  return { ...field, type, metadata: { ...kept, ...ids } };
}

function ownId({ metadata }: StructField): number | undefined {
  return numberOf(metadata[MAPPED]) ?? numberOf(metadata[OWN]);
}

/** Every id in use; unlike `readIds` also where two columns have one path. */
function allIds(type: DataType): number[] {
  if (typeof type === 'string') return [];
  if (type.type === 'array') return allIds(type.elementType);
  if (type.type === 'map') return [...allIds(type.keyType), ...allIds(type.valueType)];
  return type.fields.flatMap((field) => [
    ownId(field) ?? 0,
    ...Object.values(recordOf(field.metadata[NESTED])),
    ...allIds(field.type),
  ]);
}

function readIds(schema: StructType): Record<string, number> {
  const ids = new Map<string, number>();
  function add(path: string, id: number | undefined): void {
    if (id === undefined) return;
    if (ids.has(path)) {
      throw new DeltaError(
        'invalid-schema',
        `Two columns have the path ${path}; rename one, dots in a name are ambiguous.`,
        {
          context: { column: path },
        },
      );
    }
    ids.set(path, id);
  }
  function visit(type: DataType, path: string): void {
    if (typeof type === 'string') return;
    if (type.type === 'array') visit(type.elementType, `${path}.element`);
    else if (type.type === 'map') {
      visit(type.keyType, `${path}.key`);
      visit(type.valueType, `${path}.value`);
    } else for (const field of type.fields) visitField(field, path === '' ? field.name : `${path}.${field.name}`);
  }
  function visitField(field: StructField, path: string): void {
    add(path, ownId(field));
    for (const [below, id] of Object.entries(recordOf(field.metadata[NESTED]))) add(`${path}.${below}`, id);
    visit(field.type, path);
  }
  visit(schema, '');
  return Object.fromEntries(ids);
}

function checkNames(type: DataType): void {
  if (typeof type === 'string') return;
  if (type.type === 'array') checkNames(type.elementType);
  else if (type.type === 'map') {
    checkNames(type.keyType);
    checkNames(type.valueType);
  } else {
    const seen = new Set<string>();
    for (const { name, type: fieldType } of type.fields) {
      const key = name.toLowerCase();
      if (name === '' || seen.has(key)) {
        const what =
          name === '' ? 'A column has no name' : `Two columns are named ${name} (upper and lower case count as one)`;
        throw new DeltaError('invalid-schema', `${what}; rename one.`, { context: { column: name } });
      }
      seen.add(key);
      checkNames(fieldType);
    }
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function recordOf(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, id]) => typeof id === 'number'));
}
