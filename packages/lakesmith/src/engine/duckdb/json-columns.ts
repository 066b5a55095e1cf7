import type { DataType } from '../../core/schema.ts';
import type { InferredColumn } from '../engine.ts';
import type { JsonShape } from './json-shape.ts';
import type { LeafKind } from './leaf-kinds.ts';

/** A column of rows of JSON before the kinds of its values are known. */
export interface JsonField {
  readonly name: string;
  /** Without what holds nothing, unless all of it holds nothing. */
  readonly shape: JsonShape;
  readonly valueless: boolean;
}

export function fieldsOf(shape: Extract<JsonShape, { kind: 'object' }>): readonly JsonField[] {
  return shape.fields.map(({ name, shape: whole }) => {
    const valueless = isValueless(whole);
    return { name, valueless, shape: valueless ? whole : withValues(whole) };
  });
}

/** `kinds` are those of the leaves in their order; undefined: text. */
export function typedColumns(
  fields: readonly JsonField[],
  kinds: readonly (LeafKind | undefined)[],
): readonly InferredColumn[] {
  const next = kinds[Symbol.iterator]();
  return fields.map(({ name, shape, valueless }) => ({
    name,
    type: typeOf(shape, next),
    ...(valueless ? { valueless } : {}),
  }));
}

/** True where no row holds anything that tells a type: nulls and empty lists. */
function isValueless(shape: JsonShape): boolean {
  if (shape.kind === 'list') return isValueless(shape.element);
  return shape.kind === 'object' ? shape.fields.every((field) => isValueless(field.shape)) : shape.kind === 'nothing';
}

/** The shape without the fields that hold nothing. */
function withValues(shape: JsonShape): JsonShape {
  if (shape.kind === 'list') return { kind: 'list', element: withValues(shape.element) };
  if (shape.kind !== 'object') return shape;
  return {
    kind: 'object',
    fields: shape.fields
      .filter((field) => !isValueless(field.shape))
      .map((field) => ({ name: field.name, shape: withValues(field.shape) })),
  };
}

/** The shape as a type with text in every leaf. */
export function textType(shape: JsonShape): DataType {
  return typeOf(shape, undefined);
}

/** The shape as a type; `kinds` gives those of its leaves, in the order of `leavesOf`. */
function typeOf(shape: JsonShape, kinds: Iterator<LeafKind | undefined> | undefined): DataType {
  if (shape.kind === 'list') return { type: 'array', elementType: typeOf(shape.element, kinds), containsNull: true };
  if (shape.kind === 'object') {
    return {
      type: 'struct',
      fields: shape.fields.map((field) => ({
        name: field.name,
        type: typeOf(field.shape, kinds),
        nullable: true,
        metadata: {},
      })),
    };
  }
  if (kinds === undefined) return 'string';
  const kind = kinds.next().value as LeafKind | undefined;
  return shape.kind === 'boolean' ? 'boolean' : (kind ?? 'string');
}
