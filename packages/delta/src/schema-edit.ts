import { DeltaError } from './errors.ts';
import { isWidening } from './mapping/type-changes.ts';
import type { DataType, StructField, StructType } from './types.ts';

/** Where a column goes among its siblings. */
export type ColumnPlace = 'first' | { readonly after: string };

/**
 * One change of a schema. A path leads through structs by name and through lists and maps by `element`, `key` and `value`; names
 * are found in any case.
 */
export type SchemaEdit = { readonly path: readonly string[] } & (
  | { readonly kind: 'add'; readonly field: Omit<StructField, 'name'>; readonly place?: ColumnPlace }
  | { readonly kind: 'drop' }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'move'; readonly place: ColumnPlace }
  /** To a type that holds every value of the old one. What files hold from before is noted (PROTOCOL.md, Type Widening). */
  | { readonly kind: 'widen'; readonly type: DataType }
  | { readonly kind: 'nullable'; readonly nullable: boolean }
  /** Metadata of the field to set; null removes a key. */
  | { readonly kind: 'metadata'; readonly set: Readonly<Record<string, unknown>> }
);

/** The schema after a change; 'invalid-schema' when there is no such column, or it cannot become what is asked. */
export function editSchema(schema: StructType, edit: SchemaEdit): StructType {
  return { type: 'struct', fields: editFields(schema.fields, edit.path, edit) };
}

/** The field at a path, and the fields it stands among; undefined when there is none. */
export function fieldAt(schema: StructType, path: readonly string[]): StructField | undefined {
  let fields: readonly StructField[] = schema.fields;
  for (let i = 0; ;) {
    const field = fields[indexOf(fields, path[i] ?? '')];
    if (field === undefined) return undefined;
    i += 1;
    if (i === path.length) return field;
    let { type } = field;
    for (let inner = innerType(type, path[i]); inner !== undefined; inner = innerType(type, path[i])) {
      type = inner;
      i += 1;
    }
    if (typeof type === 'string' || type.type !== 'struct') return undefined;
    ({ fields } = type);
  }
}

function editFields(fields: readonly StructField[], path: readonly string[], edit: SchemaEdit): StructField[] {
  const [name = '', ...rest] = path;
  const index = indexOf(fields, name);
  const field = fields[index];
  if (edit.kind === 'add' && rest.length === 0) {
    refuseAnother(fields, edit, name);
    return placed([...fields], { ...edit.field, name }, edit);
  }
  if (field === undefined) throw refused(edit, `there is no ${name}`);
  if (rest.length > 0) return fields.with(index, editInside(field, rest, edit));
  const others = fields.toSpliced(index, 1);
  switch (edit.kind) {
    case 'drop':
      if (others.length === 0) throw refused(edit, 'it is the only one');
      return others;
    case 'rename':
      refuseAnother(others, edit, edit.name);
      return fields.with(index, { ...field, name: edit.name });
    case 'move':
      return placed(others, field, edit);
    case 'widen':
      return fields.with(index, widened(field, [], edit));
    case 'nullable':
      return fields.with(index, { ...field, nullable: edit.nullable });
    case 'metadata':
      return fields.with(index, { ...field, metadata: withEntries(field.metadata, edit.set) });
    default:
      return [...fields];
  }
}

function refuseAnother(fields: readonly StructField[], edit: SchemaEdit, name: string): void {
  const other = fields[indexOf(fields, name)];
  if (other !== undefined) throw refused(edit, `there is a column ${other.name} already`);
}

function editInside(field: StructField, path: readonly string[], edit: SchemaEdit): StructField {
  if (edit.kind === 'widen' && path.every((part) => ['element', 'key', 'value'].includes(part))) {
    return widened(field, path, edit);
  }
  return { ...field, type: editType(field.type, path, edit) };
}

function editType(type: DataType, path: readonly string[], edit: SchemaEdit): DataType {
  if (typeof type === 'string') throw refused(edit, `${path[0] ?? ''} would be inside of a value that has no fields`);
  if (type.type === 'struct') return { type: 'struct', fields: editFields(type.fields, path, edit) };
  const [part, ...rest] = path;
  const inner = innerType(type, part);
  if (inner === undefined || rest.length === 0) throw refused(edit, `there is no ${path.join('.')}`);
  return withInner(type, part, editType(inner, rest, edit));
}

function widened(field: StructField, path: readonly string[], edit: SchemaEdit & { kind: 'widen' }): StructField {
  const change = (type: DataType, at: readonly string[]): DataType => {
    const [part, ...rest] = at;
    if (part === undefined) {
      const isWider = typeof type === 'string' && typeof edit.type === 'string' && isWidening(type, edit.type);
      if (!isWider) throw refused(edit, `${textOf(edit.type)} does not hold every value of ${textOf(type)}`);
      return edit.type;
    }
    const inner = innerType(type, part);
    if (inner === undefined) throw refused(edit, `there is no ${at.join('.')}`);
    return withInner(type, part, change(inner, rest));
  };
  const type = change(field.type, path);
  const from = path.reduce<DataType | undefined>(
    (at, part) => (at === undefined ? at : innerType(at, part)),
    field.type,
  );
  if (from === edit.type) return field;
  const noted = { fromType: from, toType: edit.type, ...(path.length === 0 ? {} : { fieldPath: path.join('.') }) };
  const before = field.metadata['delta.typeChanges'];
  return {
    ...field,
    type,
    metadata: { ...field.metadata, 'delta.typeChanges': [...(Array.isArray(before) ? before : []), noted] },
  };
}

function placed(others: StructField[], field: StructField, edit: SchemaEdit): StructField[] {
  const place = edit.kind === 'add' || edit.kind === 'move' ? edit.place : undefined;
  if (place === undefined) return [...others, field];
  if (place === 'first') return [field, ...others];
  const index = indexOf(others, place.after);
  if (index === -1) throw refused(edit, `there is no ${place.after} beside it`);
  return others.toSpliced(index + 1, 0, field);
}

function withEntries(
  metadata: Readonly<Record<string, unknown>>,
  set: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...metadata, ...set }).filter(([, value]) => value !== null));
}

function innerType(type: DataType, part: string | undefined): DataType | undefined {
  if (typeof type === 'string') return undefined;
  if (type.type === 'array') return part === 'element' ? type.elementType : undefined;
  if (type.type !== 'map') return undefined;
  if (part === 'key') return type.keyType;
  return part === 'value' ? type.valueType : undefined;
}

function withInner(type: DataType, part: string | undefined, inner: DataType): DataType {
  if (typeof type === 'string' || type.type === 'struct') return type;
  if (type.type === 'array') return { ...type, elementType: inner };
  return part === 'key' ? { ...type, keyType: inner } : { ...type, valueType: inner };
}

function indexOf(fields: readonly StructField[], name: string): number {
  const exact = fields.findIndex((field) => field.name === name);
  return exact === -1 ? fields.findIndex((field) => field.name.toLowerCase() === name.toLowerCase()) : exact;
}

function textOf(type: DataType): string {
  return typeof type === 'string' ? type : type.type;
}

const verbs = {
  add: 'added',
  drop: 'dropped',
  rename: 'renamed',
  move: 'moved',
  widen: 'widened',
  nullable: 'changed',
  metadata: 'changed',
};

function refused(edit: SchemaEdit, why: string): DeltaError {
  const column = edit.path.join('.');
  return new DeltaError('invalid-schema', `The column ${column} cannot be ${verbs[edit.kind]}: ${why}.`, {
    context: { column },
  });
}
