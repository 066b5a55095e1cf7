import { nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import type { Expression } from './expression.ts';
import { columnsOf, readExpression, shifted } from './expression.ts';
import type { Equality, NodeFacts } from './facts.ts';
import { allLeaves, shiftedKeys, unknownRows, withEqualities } from './facts.ts';
import { bothCarriers, carriersOf, KeyMap } from './key-map.ts';

type Pair = readonly [left: NodeFacts, right: NodeFacts];

/** The columns of the right side stand behind those of the left, and each condition is said over its own side. */
interface Join {
  readonly type: string;
  readonly equalities: readonly Equality[];
  /** Only for a mark: whether rows with a mark that is not true are left out right above. */
  readonly isPositive: boolean;
}

/** The facts of a join by its type; each is an argument about which rows of one side matter to a row of the result. */
export function joinFacts(node: TreeNode, sides: Pair, { isPositive }: { readonly isPositive: boolean }): NodeFacts {
  const join: Join = { type: textAt(node, 'join_type'), equalities: equalitiesOf(node, sides[0].width), isPositive };
  switch (join.type) {
    case 'INNER':
      return innerJoin(sides, join);
    case 'LEFT':
    case 'SINGLE':
    case 'SEMI':
    case 'ANTI':
    case 'MARK':
      return leftJoin(sides, join);
    case 'RIGHT':
      return rightJoin(sides, join);
    case 'OUTER':
    case 'FULL':
      return fullJoin(sides, join);
    default:
      return unknownRows(sides, sides[0].width + sides[1].width);
  }
}

/** Every row of one side with every row of the other. */
export function crossJoin([left, right]: Pair): NodeFacts {
  return {
    width: left.width + right.width,
    leaves: allLeaves(left, right),
    keys: KeyMap.of([...left.keys.entries(), ...shiftedKeys(right.keys, left.width)]),
    linear: new Map([...left.linear, ...right.linear]),
    zero: left.zero || right.zero,
    unique: pairsUnique(left, right),
  };
}

function innerJoin(sides: Pair, { equalities }: Join): NodeFacts {
  const [left, right] = sides;
  const joined = withEqualities(
    crossJoin(sides),
    equalities.map((one) => ({ ...one, right: shifted(one.right, left.width) })),
  );
  const unique = [
    ...(meetsOne(right, equalities, 'right') ? left.unique : []),
    ...(meetsOne(left, equalities, 'left') ? behind(right.unique, left.width) : []),
    ...joined.unique,
  ];
  return { ...joined, unique };
}

/** Rows of the left side, with what the right side says of them. Columns of the right are no keys: where they are NULL, all of it matters. */
function leftJoin(sides: Pair, { type, equalities, isPositive }: Join): NodeFacts {
  const [left, right] = sides;
  const keys = KeyMap.of(left.keys.entries());
  for (const { left: own, right: other, nullSafe } of equalities) {
    // NOT IN looks for a NULL anywhere on the right; where the mark must be true, none of them counts.
    if (type === 'MARK' && !nullSafe && !isPositive) continue;
    keys.add(own, bothCarriers(carriersOf(own, left), carriersOf(other, right)));
  }
  return {
    width: widthOf(type, sides),
    leaves: allLeaves(left, right),
    keys,
    linear: left.linear,
    zero: left.zero,
    unique: type === 'LEFT' ? leftUnique(sides, equalities) : left.unique,
  };
}

function widthOf(type: string, [left, right]: Pair): number {
  if (type === 'MARK') return left.width + 1;
  return type === 'SEMI' || type === 'ANTI' ? left.width : left.width + right.width;
}

function leftUnique([left, right]: Pair, equalities: readonly Equality[]): NodeFacts['unique'] {
  return [...(meetsOne(right, equalities, 'right') ? left.unique : []), ...pairsUnique(left, right)];
}

function rightJoin([left, right]: Pair, { equalities }: Join): NodeFacts {
  const keys = KeyMap.of(shiftedKeys(right.keys, left.width));
  for (const { left: other, right: own } of equalities)
    keys.add(shifted(own, left.width), bothCarriers(carriersOf(own, right), carriersOf(other, left)));
  return {
    width: left.width + right.width,
    leaves: allLeaves(left, right),
    keys,
    linear: right.linear,
    zero: right.zero,
    unique: pairsUnique(left, right),
  };
}

/**
 * A row that is missing on one side shows in neither column alone, only in whichever of both is there; and only where that is
 * NULL just because the row is missing.
 */
function fullJoin([left, right]: Pair, { equalities }: Join): NodeFacts {
  const keys = new KeyMap();
  for (const { left: one, right: other } of equalities) {
    if (!isNullOnlyOfNull(one) || !isNullOnlyOfNull(other)) continue;
    const carriers = bothCarriers(carriersOf(one, left), carriersOf(other, right));
    const there = shifted(other, left.width);
    keys.add({ kind: 'call', name: 'coalesce', args: [one, there], type: one.type }, carriers);
    keys.add({ kind: 'call', name: 'coalesce', args: [there, one], type: one.type }, carriers);
  }
  return {
    width: left.width + right.width,
    leaves: allLeaves(left, right),
    keys,
    linear: new Map(),
    zero: left.zero && right.zero,
    unique: [],
  };
}

function isNullOnlyOfNull(expression: Expression): boolean {
  return expression.kind === 'column' || (expression.kind === 'cast' && isNullOnlyOfNull(expression.args[0]));
}

/** The conditions of a join that say that two values are equal, one of each side. */
function equalitiesOf(node: TreeNode, width: number): readonly Equality[] {
  const any = nodeAt(node, 'condition');
  if (any !== undefined) return conjuncts(any).flatMap((condition) => equalityAcross(condition, width) ?? []);
  return nodesAt(node, 'conditions').flatMap((condition) => {
    const comparison = textAt(condition, 'comparison');
    if (comparison !== 'COMPARE_EQUAL' && comparison !== 'COMPARE_NOT_DISTINCT_FROM') return [];
    const left = readExpression(nodeAt(condition, 'left'));
    const right = readExpression(nodeAt(condition, 'right'));
    if (left === undefined || right === undefined) return [];
    return [{ left, right, nullSafe: comparison === 'COMPARE_NOT_DISTINCT_FROM' }];
  });
}

function conjuncts(condition: TreeNode): readonly TreeNode[] {
  return condition['type'] === 'CONJUNCTION_AND' ? nodesAt(condition, 'children').flatMap(conjuncts) : [condition];
}

/** Where a join has one condition over the columns of both sides, an equality in it of one side with the other. */
function equalityAcross(condition: TreeNode, width: number): Equality | undefined {
  const type = textAt(condition, 'type');
  if (type !== 'COMPARE_EQUAL' && type !== 'COMPARE_NOT_DISTINCT_FROM') return undefined;
  const sides = [nodeAt(condition, 'left'), nodeAt(condition, 'right')].flatMap((one) => readExpression(one) ?? []);
  const own = sides.find((one) => columnsOf(one).every((column) => column < width));
  const other = sides.find((one) => columnsOf(one).every((column) => column >= width));
  if (own === undefined || other === undefined || own === other || sides.length < 2) return undefined;
  return { left: own, right: shifted(other, -width), nullSafe: type === 'COMPARE_NOT_DISTINCT_FROM' };
}

/** Whether each row of the other side meets one row of this one at most. */
function meetsOne(node: NodeFacts, equalities: readonly Equality[], side: 'left' | 'right'): boolean {
  const columns = new Set(equalities.flatMap((one) => (one[side].kind === 'column' ? [one[side].index] : [])));
  return node.unique.some((set) => set.every((column) => columns.has(column)));
}

function pairsUnique(left: NodeFacts, right: NodeFacts): NodeFacts['unique'] {
  return left.unique.flatMap((one) => behind(right.unique, left.width).map((other) => [...one, ...other]));
}

function behind(unique: NodeFacts['unique'], by: number): NodeFacts['unique'] {
  return unique.map((set) => set.map((column) => column + by));
}
