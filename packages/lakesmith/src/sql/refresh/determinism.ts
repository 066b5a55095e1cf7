import { clockReading, isVolatile } from '../functions.ts';
import { isNode, nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode, TreeValue } from '../tree.ts';
import { identityOf, readExpression } from './expression.ts';
import type { NodeFacts } from './facts.ts';

/** Something in a SELECT because of which its rows do not follow from its inputs alone, or only nearly. */
export interface Obstacle {
  /**
   * volatile: another result at each asking. order: the order of rows is what matters, and nobody says it. ties: rows that are equal in
   * what is sorted by, and not otherwise, may stand either way; without any, it has one value. rounding: sums of DOUBLE, equal but for
   * their last digits.
   */
  readonly kind: 'volatile' | 'order' | 'ties' | 'rounding';
  /** 'random', 'row_number', 'LIMIT'. */
  readonly what: string;
}

/** Aggregates whose value does not ask in which order rows come. */
const exactAggregates: ReadonlySet<string> = new Set(
  `count count_star count_if countif sum sum_no_overflow min max avg mean bool_and bool_or bit_and bit_or bit_xor median quantile_cont
  quantile_disc mad`.split(/\s+/),
);

/** Those that take the first, the last or all rows as they come. */
const orderedAggregates: ReadonlySet<string> = new Set(
  `list array_agg string_agg group_concat listagg first last any_value arbitrary first_value last_value arg_min arg_max argmin argmax
  min_by max_by`.split(/\s+/),
);

/** Their second argument says which row is taken. */
const extremes: ReadonlySet<string> = new Set(`arg_min arg_max argmin argmax min_by max_by`.split(/\s+/));

/** Computed in DOUBLE whatever they are given. */
const rounding =
  /^(?:stddev|var_|variance|corr|covar|regr_|skewness|kurtosis|sem|entropy|fsum|favg|kahan_sum|sumkahan|product|geomean|geometric_mean)/;

/** Window functions that give rows which are equal in the order the same value. */
const ranks: ReadonlySet<string> = new Set(
  `WINDOW_RANK WINDOW_RANK_DENSE WINDOW_DENSE_RANK WINDOW_PERCENT_RANK WINDOW_CUME_DIST`.split(/\s+/),
);

/** The volatile functions in an expression, or in whatever else belongs to one node of a plan. */
export function volatileIn(value: TreeValue): readonly Obstacle[] {
  if (Array.isArray(value)) return value.flatMap(volatileIn);
  if (!isNode(value)) return [];
  const isExpression = value['expression_class'] !== undefined;
  const own = volatileName(value);
  const below = Object.entries(value).flatMap(([key, child]) =>
    // Children of a plan node are nodes with facts of their own.
    key === 'children' && !isExpression ? [] : volatileIn(child),
  );
  return own === undefined ? below : [{ kind: 'volatile', what: own }, ...below];
}

function volatileName(node: TreeNode): string | undefined {
  const name = textAt(node, 'name');
  switch (node['expression_class']) {
    case 'BOUND_PARAMETER':
      return 'a parameter';
    case 'BOUND_FUNCTION':
      return isVolatile(name) || clockReading(name) !== undefined ? name : undefined;
    default:
      return undefined;
  }
}

/** Whether no two rows of a node are equal in all of these columns. */
export function isTotalOrder(node: NodeFacts, columns: ReadonlySet<number>): boolean {
  return node.unique.some((set) => set.every((column) => columns.has(column)));
}

/** The columns among some expressions. */
export function columnsIn(expressions: readonly TreeNode[]): ReadonlySet<number> {
  return new Set(
    expressions.flatMap((one) => {
      const expression = readExpression(one);
      return expression?.kind === 'column' ? [expression.index] : [];
    }),
  );
}

/** What keeps an aggregate over these rows, in groups of these columns, from having one value. */
export function aggregateObstacle(
  aggregate: TreeNode,
  rows: NodeFacts,
  groups: ReadonlySet<number>,
): Obstacle | undefined {
  const name = textAt(aggregate, 'name').toLowerCase();
  const args = nodesAt(aggregate, 'children');
  if (orderedAggregates.has(name))
    return isOrderedFor(name, aggregate, rows, groups) ? undefined : { kind: 'ties', what: name };
  if (rounding.test(name)) return { kind: 'rounding', what: name };
  if (!exactAggregates.has(name)) return { kind: 'order', what: name };
  const isFloat = args.some((arg) => /^(?:FLOAT|DOUBLE)$/.test(typeIdOf(arg)));
  return isFloat && /^(?:sum|sum_no_overflow|avg|mean)$/.test(name) ? { kind: 'rounding', what: name } : undefined;
}

function isOrderedFor(name: string, aggregate: TreeNode, rows: NodeFacts, groups: ReadonlySet<number>): boolean {
  const args = nodesAt(aggregate, 'children');
  const orders = orderExpressions(aggregate);
  const by = args[1];
  const columns = new Set([
    ...groups,
    ...columnsIn(orders),
    ...(extremes.has(name) && by !== undefined ? columnsIn([by]) : []),
  ]);
  if (isTotalOrder(rows, columns)) return true;
  // Where all that is taken is sorted by, rows that are equal there are equal in it.
  const sorted = new Set(orders.map(readExpression).flatMap((one) => (one === undefined ? [] : [identityOf(one)])));
  return (
    orders.length > 0 &&
    args.every((arg) => {
      const expression = readExpression(arg);
      return (
        expression !== undefined && !/^(?:FLOAT|DOUBLE)$/.test(typeIdOf(arg)) && sorted.has(identityOf(expression))
      );
    })
  );
}

function orderExpressions(aggregate: TreeNode): readonly TreeNode[] {
  const orders = nodeAt(aggregate, 'order_bys');
  const list = orders === undefined ? nodesAt(aggregate, 'order_bys') : nodesAt(orders, 'orders');
  return sortedBy(list);
}

/** The expressions of an ORDER BY. */
export function sortedBy(orders: readonly TreeNode[]): readonly TreeNode[] {
  return orders.map((order) => nodeAt(order, 'expression')).filter((one) => one !== undefined);
}

function typeIdOf(expression: TreeNode): string {
  const type = nodeAt(expression, 'return_type') ?? nodeAt(nodeAt(expression, 'value') ?? {}, 'type');
  return type === undefined ? '' : textAt(type, 'id');
}

/** What keeps a window function over these rows from having one value. */
export function windowObstacle(window: TreeNode, rows: NodeFacts): Obstacle | undefined {
  const sorts = sortedBy(nodesAt(window, 'orders'));
  const kind = textAt(window, 'type');
  if (ranks.has(kind) || isTotalOrder(rows, columnsIn([...nodesAt(window, 'partitions'), ...sorts]))) return undefined;
  const frame = textAt(window, 'start') + textAt(window, 'end');
  const isRange = !/ROWS|GROUPS/.test(frame) && textAt(window, 'exclude_clause') === 'NO_OTHER';
  if (kind === 'WINDOW_AGGREGATE' && isRange) return aggregateObstacle({ ...window, order_bys: null }, rows, new Set());
  return { kind: 'ties', what: kind.replace('WINDOW_', '').toLowerCase() };
}
