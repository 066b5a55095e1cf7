import type { TreeNode } from '../tree.ts';
import type { Expression } from './expression.ts';
import { shifted } from './expression.ts';
import type { Carriers, KeyEntry, Leaf } from './key-map.ts';
import { bothCarriers, carriersOf, KeyMap } from './key-map.ts';

/** The CTEs that a node of a plan may read, by number. */
export type Scope = ReadonlyMap<number, Cte>;

/** A CTE, and what its own text could see. */
interface Cte {
  readonly query: TreeNode;
  readonly scope: Scope;
}

/** Leaves that must give nothing while another one is bound to its changes. */
export type Silenced = ReadonlySet<Leaf>;

/** What is proven of the rows that a node of a bound plan gives. */
export interface NodeFacts {
  /** How many columns it has. */
  readonly width: number;
  readonly leaves: ReadonlySet<Leaf>;
  readonly keys: KeyMap;
  /** Leaves of which it is a sum: rows added to the leaf add just the rows that these alone would give. */
  readonly linear: ReadonlyMap<Leaf, Silenced>;
  /** It gives no row when its leaves have none. */
  readonly zero: boolean;
  /** Sets of columns of which no two rows have the same values. */
  readonly unique: readonly (readonly number[])[];
  /** Of a projection: keys of its rows that cannot be said over what it shows. */
  readonly unshown?: readonly KeyEntry[];
}

/** Rows that no table has a part in. */
export function constantRows(width: number, unique: NodeFacts['unique'] = []): NodeFacts {
  return { width, leaves: new Set(), keys: new KeyMap(), linear: new Map(), zero: false, unique };
}

/** Nothing is known but which tables have a part in it. */
export function unknownRows(children: readonly NodeFacts[], width: number): NodeFacts {
  return { ...constantRows(width), leaves: new Set(children.flatMap(({ leaves }) => [...leaves])) };
}

export function allLeaves(left: NodeFacts, right: NodeFacts): ReadonlySet<Leaf> {
  return new Set([...left.leaves, ...right.leaves]);
}

/** Equal on every row: whatever carries one of them carries the other. */
export interface Equality {
  readonly left: Expression;
  readonly right: Expression;
  /** NULL equals NULL. */
  readonly nullSafe: boolean;
}

/** The keys of a node in whose rows these expressions, over its own columns, are equal. */
export function withEqualities(node: NodeFacts, equalities: readonly Equality[]): NodeFacts {
  const result = { ...node, keys: KeyMap.of(node.keys.entries()) };
  for (const { left, right } of equalities) {
    const carriers = bothCarriers(carriersOf(left, result), carriersOf(right, result));
    result.keys.add(left, carriers);
    result.keys.add(right, carriers);
  }
  return result;
}

/** Keys said over columns that stand further right. */
export function shiftedKeys(keys: KeyMap, by: number): readonly { output: Expression; at: Carriers }[] {
  return keys.entries().map(({ output, at }) => ({ output: shifted(output, by), at }));
}
