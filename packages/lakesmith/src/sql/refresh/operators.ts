import { nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import type { Obstacle } from './determinism.ts';
import { aggregateObstacle, columnsIn, isTotalOrder, sortedBy, windowObstacle } from './determinism.ts';
import type { Expression } from './expression.ts';
import { isExactType, readExpression, throughExpressions, typeName } from './expression.ts';
import type { NodeFacts, Silenced } from './facts.ts';
import { constantRows, unknownRows, withEqualities } from './facts.ts';
import { crossJoin, joinFacts } from './joins.ts';
import type { Leaf } from './key-map.ts';
import { bothCarriers, carriersOf, KeyMap } from './key-map.ts';

/** What an operator's rule may ask of the rest of the plan. */
interface Surroundings {
  /** The facts of a child. `marks`: columns that are true in every row that goes on. */
  readonly visit: (node: TreeNode, marks?: ReadonlySet<number>) => NodeFacts;
  readonly tell: (obstacle: Obstacle | undefined) => void;
  /** Columns of this node that are true in every row that goes on. */
  readonly marks: ReadonlySet<number>;
  /** Of the aggregate whose rows are proven by themselves: the leaf that these are. */
  readonly grouped: (() => Leaf) | undefined;
}

type Rule = (node: TreeNode, around: Surroundings) => NodeFacts;

/**
 * One rule for each operator of a bound plan that is understood; what is not here proves nothing. Tables, CTEs and row-wise
 * laterals are met by whoever walks the plan.
 */
export const operators: Readonly<Record<string, Rule>> = {
  LOGICAL_DUMMY_SCAN: () => constantRows(1, [[]]),
  LOGICAL_EXPRESSION_GET: (node, { visit }) => {
    childrenOf(node).forEach((child) => visit(child));
    return constantRows(nodesAt(node, 'expr_types').length);
  },
  LOGICAL_DELIM_GET: (node) => {
    const width = nodesAt(node, 'chunk_types').length;
    return constantRows(width, [columnsUpTo(width)]);
  },
  LOGICAL_FILTER: filter,
  LOGICAL_PROJECTION: projection,
  LOGICAL_AGGREGATE_AND_GROUP_BY: aggregate,
  LOGICAL_DISTINCT: distinct,
  LOGICAL_WINDOW: window,
  LOGICAL_UNION: union,
  LOGICAL_EXCEPT: setDifference,
  LOGICAL_INTERSECT: setDifference,
  LOGICAL_UNNEST: (node, { visit }) => {
    const rows = visit(onlyChild(node));
    return { ...rows, width: rows.width + nodesAt(node, 'expressions').length, unique: [] };
  },
  LOGICAL_ORDER_BY: (node, { visit }) => visit(onlyChild(node)),
  LOGICAL_CROSS_PRODUCT: (node, { visit }) => crossJoin(bothChildren(node, visit)),
  LOGICAL_COMPARISON_JOIN: join,
  LOGICAL_DELIM_JOIN: join,
  LOGICAL_ANY_JOIN: join,
  LOGICAL_ASOF_JOIN: asofJoin,
  LOGICAL_LIMIT: limit,
  LOGICAL_TOP_N: limit,
  LOGICAL_SAMPLE: (node, { visit, tell }) => {
    tell({ kind: 'volatile', what: 'a sample' });
    return unknownRows(
      childrenOf(node).map((child) => visit(child)),
      0,
    );
  },
};

function filter(node: TreeNode, { visit }: Surroundings): NodeFacts {
  const conditions = nodesAt(node, 'expressions');
  // A bare column as condition is a mark that must be true.
  const marks = columnsIn(conditions);
  const equalities = conditions.flatMap((condition) => {
    const type = textAt(condition, 'type');
    if (condition['expression_class'] !== 'BOUND_COMPARISON' || !isEquality(type)) return [];
    const left = readExpression(nodeAt(condition, 'left'));
    const right = readExpression(nodeAt(condition, 'right'));
    return left === undefined || right === undefined ? [] : [{ left, right, nullSafe: false }];
  });
  return withEqualities(visit(onlyChild(node), marks), equalities);
}

function isEquality(type: string): boolean {
  return type === 'COMPARE_EQUAL' || type === 'COMPARE_NOT_DISTINCT_FROM';
}

/** A key survives when it can be said over what is projected. */
function projection(node: TreeNode, { visit }: Surroundings): NodeFacts {
  const rows = visit(onlyChild(node));
  const made = nodesAt(node, 'expressions').map(readExpression);
  const keys = keysThrough(rows, made);
  const lost = rows.keys.entries().filter(({ output }) => throughExpressions(output, made) === undefined);
  const unshown = lost.length > 0 ? lost : (rows.unshown ?? []);
  return { ...rows, width: made.length, keys, unique: uniqueThrough(rows, made), unshown };
}

function keysThrough(rows: NodeFacts, made: readonly (Expression | undefined)[]): KeyMap {
  const keys = new KeyMap();
  for (const [index, expression] of made.entries()) {
    if (expression !== undefined)
      keys.add({ kind: 'column', index, type: expression.type }, carriersOf(expression, rows));
  }
  for (const { output, at } of rows.keys.entries()) {
    const above = throughExpressions(output, made);
    if (above !== undefined) keys.add(above, at);
  }
  return keys;
}

function uniqueThrough({ unique }: NodeFacts, made: readonly (Expression | undefined)[]): NodeFacts['unique'] {
  return unique
    .map((set) => set.map((column) => made.findIndex((one) => one?.kind === 'column' && one.index === column)))
    .filter((set) => set.every((column) => column >= 0));
}

/** A group depends on its own rows: those with its values in what is grouped by, in every grouping set. */
function aggregate(node: TreeNode, { visit, tell, grouped }: Surroundings): NodeFacts {
  const rows = visit(onlyChild(node));
  const groups = nodesAt(node, 'groups');
  const sets = groupingSets(node);
  const made = groups.map((group, index) =>
    sets.every((set) => set.includes(index)) ? readExpression(group) : undefined,
  );
  const aggregates = nodesAt(node, 'expressions');
  for (const one of aggregates) tell(aggregateObstacle(one, rows, columnsIn(groups)));
  for (const group of groups) tell(inexactGroup('GROUP BY', group));
  const { length: others } = Array.isArray(node['grouping_functions']) ? node['grouping_functions'] : [];
  const leaf = grouped?.();
  const keys = keysThrough(rows, made);
  for (const [index, group] of leaf === undefined ? [] : groups.entries()) {
    const column: Expression = { kind: 'column', index, type: typeName(typeOf(group)) };
    keys.add(column, new Map([[leaf ?? -1, column]]));
  }
  return {
    width: groups.length + aggregates.length + others,
    leaves: leaf === undefined ? rows.leaves : new Set([...rows.leaves, leaf]),
    keys,
    linear: new Map(),
    zero: rows.zero && groups.length > 0 && sets.every((set) => set.length > 0),
    unique: sets.length <= 1 ? [columnsUpTo(groups.length)] : [],
  };
}

/** Of values that are equal and not the same, any may stand for all. */
function inexactGroup(clause: string, expression: TreeNode): Obstacle | undefined {
  const type = typeOf(expression);
  if (isExactType(typeName(type))) return undefined;
  return { kind: 'rounding', what: `${clause} of ${textAt(type ?? {}, 'id')}` };
}

function typeOf(expression: TreeNode): TreeNode | undefined {
  return nodeAt(expression, 'return_type') ?? nodeAt(nodeAt(expression, 'value') ?? {}, 'type');
}

/** The groups, by number, that each grouping set has. */
function groupingSets(node: TreeNode): readonly (readonly number[])[] {
  const sets = node['grouping_sets'];
  return Array.isArray(sets)
    ? sets.map((set) => (Array.isArray(set) ? set.filter((index) => typeof index === 'number') : []))
    : [[]];
}

function distinct(node: TreeNode, { visit, tell }: Surroundings): NodeFacts {
  const rows = visit(onlyChild(node));
  const targets = nodesAt(node, 'distinct_targets');
  for (const target of targets) tell(inexactGroup('DISTINCT', target));
  if (node['distinct_type'] === 'DISTINCT')
    return { ...rows, linear: new Map(), unique: [...rows.unique, columnsUpTo(rows.width)] };
  const on = targets.map(readExpression);
  const orders = sortedBy(nodesAt(nodeAt(node, 'order_by') ?? {}, 'orders'));
  if (!isTotalOrder(rows, columnsIn([...targets, ...orders]))) tell({ kind: 'ties', what: 'DISTINCT ON' });
  return { ...rows, keys: keysIn(rows, [on]), linear: new Map() };
}

/** A window looks at the rows of its partition, so a key must be in the partition of every window. */
function window(node: TreeNode, { visit, tell }: Surroundings): NodeFacts {
  const rows = visit(onlyChild(node));
  const windows = nodesAt(node, 'expressions');
  for (const one of windows) tell(windowObstacle(one, rows));
  const partitions = windows.map((one) => nodesAt(one, 'partitions').map(readExpression));
  return { ...rows, width: rows.width + windows.length, keys: keysIn(rows, partitions), linear: new Map() };
}

/** Keys of rows that can be said over each of some lists of expressions of theirs. */
function keysIn(rows: NodeFacts, lists: readonly (readonly (Expression | undefined)[])[]): KeyMap {
  const isSaid = (expression: Expression): boolean =>
    lists.every((list) => throughExpressions(expression, list) !== undefined);
  const keys = KeyMap.of(rows.keys.entries().filter(({ output }) => isSaid(output)));
  for (const expression of lists[0] ?? []) {
    if (expression !== undefined && isSaid(expression)) keys.add(expression, carriersOf(expression, rows));
  }
  return keys;
}

/** The engine makes one of several in a row, with as many children. */
function union(node: TreeNode, { visit }: Surroundings): NodeFacts {
  const sides = childrenOf(node).map((child) => visit(child));
  const linear = new Map<Leaf, Silenced>();
  // While one side takes its changes the others must give no rows, which some cannot.
  for (const one of sides) {
    const others = sides.filter((side) => side !== one);
    if (!others.every(({ zero }) => zero)) continue;
    const silent = others.flatMap(({ leaves }) => [...leaves]);
    for (const [leaf, silenced] of one.linear) linear.set(leaf, new Set([...silenced, ...silent]));
  }
  return { ...ofSides(node, sides), zero: sides.every(({ zero }) => zero), linear };
}

function setDifference(node: TreeNode, { visit }: Surroundings): NodeFacts {
  const sides = bothChildren(node, visit);
  const [left, right] = sides;
  const zero = node['type'] === 'LOGICAL_EXCEPT' ? left.zero : left.zero || right.zero;
  return { ...ofSides(node, sides), zero, linear: new Map() };
}

/** A row is compared with, or stands beside, the rows of all sides that are like it. */
function ofSides(node: TreeNode, sides: readonly NodeFacts[]): NodeFacts {
  const width = Number(node['column_count']);
  const keys = new KeyMap();
  const all = sides.flatMap((side) => side.keys.entries());
  for (let index = 0; index < width; index++) {
    const known = all.find(({ output }) => output.kind === 'column' && output.index === index);
    if (known === undefined) continue;
    const carriers = sides.map((side) => carriersOf(known.output, side));
    keys.add(
      known.output,
      carriers.reduce((before, more) => bothCarriers(before, more)),
    );
  }
  const leaves = new Set(sides.flatMap((side) => [...side.leaves]));
  return { width, leaves, keys, linear: new Map(), zero: false, unique: [] };
}

function join(node: TreeNode, { visit, marks }: Surroundings): NodeFacts {
  const sides = bothChildren(node, visit);
  return joinFacts(node, sides, { isPositive: marks.has(sides[0].width) });
}

/** Which row of the right side is the nearest, all of them have a say in, so its columns are no keys; of several, any is taken. */
function asofJoin(node: TreeNode, { visit, tell, marks }: Surroundings): NodeFacts {
  const sides = bothChildren(node, visit);
  tell({ kind: 'order', what: 'ASOF JOIN' });
  const isKnown = node['join_type'] === 'INNER' || node['join_type'] === 'LEFT';
  const join = isKnown ? { ...node, join_type: 'LEFT' } : node;
  return { ...joinFacts(join, sides, { isPositive: marks.has(sides[0].width) }), unique: [] };
}

function limit(node: TreeNode, { visit, tell }: Surroundings): NodeFacts {
  const rows = childrenOf(node).map((child) => visit(child));
  tell({ kind: 'order', what: 'LIMIT' });
  return unknownRows(rows, rows[0]?.width ?? 0);
}

export function childrenOf(node: TreeNode): readonly TreeNode[] {
  return nodesAt(node, 'children');
}

function onlyChild(node: TreeNode): TreeNode {
  return childrenOf(node)[0] ?? {};
}

function bothChildren(node: TreeNode, visit: Surroundings['visit']): readonly [NodeFacts, NodeFacts] {
  const [left = {}, right = {}] = childrenOf(node);
  return [visit(left), visit(right)];
}

function columnsUpTo(width: number): readonly number[] {
  return Array.from({ length: width }, (_, i) => i);
}
