import { quoteName, quoteText } from '../core/sql-text.ts';
import type { Column, DataType } from '../core/schema.ts';
import { sameType } from '../core/type-policy.ts';
import type { InferredColumn } from '../engine/engine.ts';
import type { RetypedColumn } from '../project/declared-types.ts';
import type { SourceTable } from '../project/model.ts';

/** How the columns of a source's new files come to its table. */
export interface SourceColumns {
  /** The table's own columns from now on. */
  readonly data: readonly Column[];
  /** The same columns as they are read: by the names of the files, and wider where fields are to be rescued. */
  readonly read: readonly Column[];
  /** Columns of the files that are not to be columns of the table. */
  readonly unknown: readonly Column[];
  /** Columns and fields ('o.b') that the table did not have, where `new_columns` does not say to add them. */
  readonly refused: readonly string[];
  /** Columns of the files that the table does not get because they have no value yet. */
  readonly untold: readonly string[];
  /** Columns whose declared type is not the one that the table has: the table's stays. */
  readonly retyped: readonly RetypedColumn[];
}

/**
 * The types that the table has stay; in a new column declared types win, then what the files look like. A field inside a struct is a column
 * like any other: it is added, rescued, ignored or refused, and never lost without a word.
 */
export function mergeColumns(
  table: Pick<SourceTable, 'types' | 'newColumns'>,
  existing: readonly Column[] | undefined,
  inferred: readonly InferredColumn[],
): SourceColumns {
  const declared = new Map([...table.types].map(([name, type]) => [name.toLowerCase(), { name, type }]));
  // Without a value there is nothing to tell a type from: such a column comes with its first one.
  const told = inferred.filter(({ name, valueless }) => valueless !== true || declared.has(name.toLowerCase()));
  const base = existing ?? (inferred.length === 0 ? [] : declaredColumns(declared, told));
  const found = new Map(inferred.map((column) => [column.name.toLowerCase(), column]));
  const wide = base.map(({ name, type }): Widened & { readonly as: string } => {
    const other = found.get(name.toLowerCase());
    if (other === undefined) return { name, as: name, type, read: type, added: [] };
    const wider = other.valueless === true ? type : rescuable(table, other.type);
    return { ...widen(type, wider, name), name, as: other.name };
  });
  const known = new Set(base.map((column) => column.name.toLowerCase()));
  const fresh = told
    .filter((column) => !known.has(column.name.toLowerCase()))
    .map(({ name, type }) => declared.get(name.toLowerCase()) ?? { name, type: rescuable(table, type) });
  const read = wide.map((column): Column => ({ name: column.as, type: column.read }));
  const untold = inferred.filter(({ name, valueless }) => valueless === true && !known.has(name.toLowerCase()));
  const rest = { untold: untold.map(({ name }) => name), retyped: retypedColumns(table, existing ?? []) };
  if (table.newColumns === 'add') {
    const data = [...wide.map(({ name, type }): Column => ({ name, type })), ...fresh];
    return { data, read: [...read, ...fresh], unknown: [], refused: [], ...rest };
  }
  const refused = [...fresh.map((column) => column.name), ...wide.flatMap((column) => column.added)];
  return { data: base, read, unknown: fresh, refused, ...rest };
}

function retypedColumns({ types }: Pick<SourceTable, 'types'>, existing: readonly Column[]): readonly RetypedColumn[] {
  const has = new Map(existing.map((column) => [column.name.toLowerCase(), column.type]));
  return [...types].flatMap(([name, declared]) => {
    const type = has.get(name.toLowerCase());
    return type === undefined || holds(type, declared) ? [] : [{ name, declared, has: type }];
  });
}

/** True when a type is the declared one, but for fields that files have added to it since. */
function holds(type: DataType, declared: DataType): boolean {
  if (typeof type === 'string' || typeof declared === 'string') return sameType(type, declared);
  if (type.type === 'array' && declared.type === 'array') return holds(type.elementType, declared.elementType);
  if (type.type !== 'struct' || declared.type !== 'struct') return sameType(type, declared);
  const fields = new Map(type.fields.map((field) => [field.name.toLowerCase(), field.type]));
  return declared.fields.every((field) => {
    const own = fields.get(field.name.toLowerCase());
    return own !== undefined && holds(own, field.type);
  });
}

function declaredColumns(declared: ReadonlyMap<string, Column>, inferred: readonly Column[]): readonly Column[] {
  const names = new Set(inferred.map((column) => column.name.toLowerCase()));
  const absent = [...declared].filter(([name]) => !names.has(name));
  return [
    ...inferred.map(({ name, type }) => declared.get(name.toLowerCase()) ?? { name, type }),
    ...absent.map(([, column]) => column),
  ];
}

/** What is rescued is kept as it was written, so that no moment may become another text of the same moment. */
function rescuable({ newColumns }: Pick<SourceTable, 'newColumns'>, type: DataType): DataType {
  return newColumns === 'rescue' ? withoutTimes(type) : type;
}

function withoutTimes(type: DataType): DataType {
  if (typeof type === 'string') return type === 'date' || type === 'timestamp' ? 'string' : type;
  if (type.type === 'array') return { ...type, elementType: withoutTimes(type.elementType) };
  if (type.type === 'map') return { ...type, valueType: withoutTimes(type.valueType) };
  return { ...type, fields: type.fields.map((field) => ({ ...field, type: withoutTimes(field.type) })) };
}

interface Widened {
  readonly name: string;
  /** With the fields that it lacked behind its own, at every depth. */
  readonly type: DataType;
  /** The same with its fields called as the files call them: keys of JSON are found by their exact spelling. */
  readonly read: DataType;
  readonly added: readonly string[];
}

function widen(type: DataType, other: DataType, path: string): Omit<Widened, 'name'> {
  const same = { type, read: type, added: [] };
  if (typeof type === 'string' || typeof other === 'string') return same;
  if (type.type === 'array' && other.type === 'array') {
    const element = widen(type.elementType, other.elementType, path);
    return {
      type: { ...type, elementType: element.type },
      read: { ...type, elementType: element.read },
      added: element.added,
    };
  }
  if (type.type !== 'struct' || other.type !== 'struct') return same;
  const others = new Map(other.fields.map((field) => [field.name.toLowerCase(), field]));
  const own = type.fields.map((field) => {
    const match = others.get(field.name.toLowerCase());
    others.delete(field.name.toLowerCase());
    const wider = match === undefined ? undefined : widen(field.type, match.type, `${path}.${field.name}`);
    return {
      field: { ...field, type: wider?.type ?? field.type },
      read: { ...field, name: match?.name ?? field.name, type: wider?.read ?? field.type },
      added: wider?.added ?? [],
    };
  });
  const more = [...others.values()];
  return {
    type: { ...type, fields: [...own.map((part) => part.field), ...more] },
    read: { ...type, fields: [...own.map((part) => part.read), ...more] },
    added: [...own.flatMap((part) => part.added), ...more.map((field) => `${path}.${field.name}`)],
  };
}

/** The source's columns as the table has them, as items of a SELECT over `read` and `unknown`. */
export function dataItems({ data, read }: SourceColumns): string[] {
  return data.map(({ name, type }, i) => {
    const wide = read[i]?.type ?? type;
    return `${sameType(wide, type) ? quoteName(name) : narrow(quoteName(name), type, wide)} as ${quoteName(name)}`;
  });
}

/** What a row holds besides the table's columns, as one JSON object: a column with fields too many comes whole. */
export function rescuedItem({ data, read, unknown }: SourceColumns): string {
  const wide = data.flatMap(({ name, type }, i) => {
    const test = hasMore(quoteName(name), type, read[i]?.type ?? type);
    return test === undefined ? [] : [{ name, test }];
  });
  const parts = [...wide, ...unknown.map(({ name }) => ({ name, test: `${quoteName(name)} is not null` }))];
  if (parts.length === 0) return 'null::varchar as _rescued';
  const members = parts.map(
    ({ name, test }) =>
      `case when ${test} then ${quoteText(`${JSON.stringify(name)}:`)} || to_json(${quoteName(name)})::varchar end`,
  );
  return `case when ${parts.map(({ test }) => test).join(' or ')} then '{' || concat_ws(',', ${members.join(', ')}) || '}' end as _rescued`;
}

/** A value of the wide type as one of the narrow type. */
function narrow(value: string, type: DataType, wide: DataType, depth = 0): string {
  if (typeof type === 'string' || typeof wide === 'string') return value;
  const item = `_n${depth}`;
  if (type.type === 'array' && wide.type === 'array')
    return `list_transform(${value}, lambda ${item}: ${narrow(item, type.elementType, wide.elementType, depth + 1)})`;
  if (type.type !== 'struct' || wide.type !== 'struct') return value;
  const fields = type.fields.map((field, i) => {
    const from = wide.fields[i] ?? field;
    const inner = `struct_extract(${value}, ${quoteText(from.name)})`;
    return `${quoteName(field.name)} := ${narrow(inner, field.type, from.type, depth + 1)}`;
  });
  return `case when ${value} is null then null else struct_pack(${fields.join(', ')}) end`;
}

/** A test whether a value of the wide type holds more than the narrow type can; undefined: it never does. */
function hasMore(value: string, type: DataType, wide: DataType, depth = 0): string | undefined {
  if (typeof type === 'string' || typeof wide === 'string') return undefined;
  if (type.type === 'array' && wide.type === 'array') {
    const item = `_m${depth}`;
    const test = hasMore(item, type.elementType, wide.elementType, depth + 1);
    return test === undefined
      ? undefined
      : `coalesce(list_bool_or(list_transform(${value}, lambda ${item}: ${test})), false)`;
  }
  if (type.type !== 'struct' || wide.type !== 'struct') return undefined;
  const tests = wide.fields.flatMap((field, i) => {
    const inner = `struct_extract(${value}, ${quoteText(field.name)})`;
    const own = type.fields[i];
    return own === undefined ? [`${inner} is not null`] : (hasMore(inner, own.type, field.type, depth) ?? []);
  });
  return tests.length === 0 ? undefined : `(${tests.join(' or ')})`;
}
