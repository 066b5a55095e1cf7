import type { JsonShape } from './json-shape.ts';
import type { LeafKind } from './leaf-kinds.ts';

/** What was seen at one place of rows of JSON. */
export interface JsonPlace {
  /** nothing: nulls alone. */
  kind: Exclude<JsonShape['kind'], 'mixed'>;
  /** Of an object, in the order in which they were first seen. */
  readonly fields: JsonField[];
  readonly byName: Map<string, JsonField>;
  /** Of a list. */
  element: JsonPlace | undefined;
  readonly depth: number;
  /** Whether all its numbers are of the kind. */
  isLong: boolean;
  isDouble: boolean;
  /** What all its texts are. */
  time: 'unseen' | 'date' | 'timestamp' | 'text';
}

export interface JsonField {
  readonly name: string;
  /** The key as it was first written, with its quotes and its colon, in fours of bytes of which the last may overlap those before. */
  readonly words: Int32Array;
  readonly length: number;
  readonly index: number;
  readonly place: JsonPlace;
  /** The last object that had it: no object may have it twice. */
  seenIn: number;
}

export function newPlace(depth: number): JsonPlace {
  return {
    kind: 'nothing',
    fields: [],
    byName: new Map(),
    element: undefined,
    depth,
    isLong: true,
    isDouble: true,
    time: 'unseen',
  };
}

/** What the engine's json_group_structure says of it, as far as `jsonShape` reads that. */
export function structureOf({ kind, fields, element }: JsonPlace): unknown {
  switch (kind) {
    case 'object':
      return fields.length === 0
        ? 'JSON'
        : Object.fromEntries(fields.map(({ name, place }) => [name, structureOf(place)]));
    case 'list':
      return [element === undefined ? 'NULL' : structureOf(element)];
    case 'text':
      return 'VARCHAR';
    case 'boolean':
      return 'BOOLEAN';
    case 'number':
      return 'DOUBLE';
    case 'nothing':
      return 'NULL';
  }
}

/** The kinds of the leaves of a shape in their order (undefined: text); of a place that has them. */
export function kindsAt(shape: JsonShape, place: JsonPlace | undefined): readonly (LeafKind | undefined)[] {
  if (shape.kind === 'list') return kindsAt(shape.element, place?.element);
  if (shape.kind === 'object')
    return shape.fields.flatMap((field) => kindsAt(field.shape, place?.byName.get(field.name)?.place));
  if (shape.kind === 'number') return [place?.isLong === true ? 'long' : 'double'];
  const time = place?.time;
  return [shape.kind === 'text' && (time === 'date' || time === 'timestamp') ? time : undefined];
}
