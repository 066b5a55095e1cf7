import { quoteText } from '../../core/sql-text.ts';
import type { JsonShape } from './json-shape.ts';
import type { LeafKind } from './leaf-kinds.ts';

/** A place with single values: an expression that gives the value, or a test over the values of a list. */
export interface Leaf {
  readonly value: string;
  readonly kinds: readonly LeafKind[];
  /** Makes of a test of one value the test of the whole place. */
  readonly over?: (test: (value: string) => string) => string;
}

/** A place of JSON rows. */
export interface JsonLeaf extends Leaf {
  readonly kind: Exclude<JsonShape['kind'], 'object' | 'list'>;
}

export const kindsOfShape: Readonly<Record<string, readonly LeafKind[]>> = {
  number: ['long', 'double'],
  text: ['date', 'timestamp'],
};

/** The places of a shape that hold single values; `value` is an expression that gives what has the shape. */
export function leavesOf(shape: JsonShape, value: string, depth: number, over?: JsonLeaf['over']): JsonLeaf[] {
  if (shape.kind === 'list') {
    const item = `_v${depth}`;
    const inList = (test: (inner: string) => string): string => {
      const inner = `list_bool_and(list_transform(${value}, lambda ${item}: ${test(item)}))`;
      return inner;
    };
    return leavesOf(shape.element, item, depth + 1).map((leaf) => {
      const inner = leaf.over ?? ((test: (text: string) => string): string => test(leaf.value));
      return { ...leaf, over: (test): string => inList(() => inner(test)) };
    });
  }
  if (shape.kind === 'object') {
    return shape.fields.flatMap((field) =>
      leavesOf(field.shape, `struct_extract(${value}, ${quoteText(field.name)})`, depth, over),
    );
  }
  const { kind } = shape;
  return [{ value, kind, kinds: kindsOfShape[kind] ?? [], ...(over === undefined ? {} : { over }) }];
}
