import { digest } from '../../core/digest.ts';
import { isNode, nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode, TreeValue } from '../tree.ts';
import { sortedBy } from './determinism.ts';
import { isExactType, typeName } from './expression.ts';
import type { Meant, MeantScope } from './meant-expression.ts';
import { cannotFail, meantConditions, meantExpression, meantText, Untold } from './meant-expression.ts';
import { childrenOf } from './operators.ts';
import { hasItems } from './plan-facts.ts';

/** The rows that a node of a plan gives: which they are, and what of such a row each column is. */
export interface MeantRows {
  readonly rows: string;
  readonly columns: readonly Meant[];
  /** Where they are those of other rows that meet conditions, none of which can fail: these, and of which rows. */
  readonly chosen?: { readonly of: string; readonly conditions: readonly string[] };
}

interface Around {
  readonly visit: (child: TreeNode) => MeantRows;
  /** A child that looks at these columns of what stands beside it. */
  readonly inside: (columns: readonly Meant[], child: TreeNode) => MeantRows;
  /** Told of everything that is computed for the rows, whether or not it is seen later: where it fails, all of it does. */
  readonly computed: (what: string) => void;
  readonly columnsOf: MeantScope['columnsOf'];
}

type Operator = (node: TreeNode, around: Around) => MeantRows;

/** What is left of a node without what its rule read, and what only numbers it. */
function restOf(node: TreeNode, read: readonly string[], scope: MeantScope | undefined): string {
  const without = new Set([...read, 'children', 'table_index', 'projection_map', 'query_location']);
  const rest = Object.fromEntries(Object.entries(node).filter(([key]) => !without.has(key)));
  return meantText(rest, scope);
}

function only(node: TreeNode, { visit, columnsOf }: Around): { readonly below: MeantRows; readonly scope: MeantScope } {
  const [child, more] = childrenOf(node);
  if (child === undefined || more !== undefined) throw new Untold('an operator with several inputs');
  const below = visit(child);
  return { below, scope: { columns: below.columns, columnsOf } };
}

/** Each row stays what it is; other columns are seen of it. */
const project: Operator = (node, around) => {
  const { below, scope } = only(node, around);
  const columns = nodesAt(node, 'expressions').map((expression): Meant => {
    if (expression['expression_class'] === 'BOUND_REF') return below.columns[Number(expression['index'])];
    const made = meantExpression(expression, scope);
    around.computed(`${below.rows} ${made}`);
    return made;
  });
  return { ...below, columns };
};

const filter: Operator = (node, around) => {
  const { below, scope } = only(node, around);
  const expressions = nodesAt(node, 'expressions');
  const all = meantConditions(expressions, scope);
  const { rows, columns, chosen = { of: rows, conditions: [] } } = below;
  const where = (of: string, conditions: readonly string[]): string =>
    digest(`${of} where ${conditions.join()} ${restOf(node, ['expressions'], scope)}`);
  if (!cannotFail(expressions)) return { rows: where(rows, all), columns };
  // Conditions one after the other are conditions together.
  const conditions = [...chosen.conditions, ...all].sort();
  return { rows: where(chosen.of, conditions), columns, chosen: { of: chosen.of, conditions } };
};

/** The order of rows, and how many of them, with everything that the node says. */
const choose: Operator = (node, around) => {
  const { below, scope } = only(node, around);
  if (hasItems(node['projections'])) throw new Untold('columns that are left out');
  return { rows: digest(`${below.rows} ${restOf(node, [], scope)}`), columns: below.columns };
};

/** A window function looks at all rows that there are where it stands. */
const look: Operator = (node, around) => {
  const { below, scope } = only(node, around);
  const expressions = nodesAt(node, 'expressions');
  const looks = `${below.rows} ${restOf(node, ['expressions', 'window_index'], scope)}`;
  const seen = expressions.map((one) => digest(`${looks} ${meantExpression(one, scope)}`));
  seen.forEach((one) => around.computed(one));
  // The engine makes 0.0 of a -0.0 by which it sorts, in all columns that show it.
  const rows = expressions.every(sortsExactly) ? below.rows : digest(`${below.rows} sorted ${seen.join()}`);
  return { rows, columns: [...below.columns, ...seen] };
};

function sortsExactly(window: TreeNode): boolean {
  const sorted = [...sortedBy(nodesAt(window, 'orders')), ...sortedBy(nodesAt(window, 'arg_orders'))];
  return [...nodesAt(window, 'partitions'), ...sorted].every((one) =>
    isExactType(typeName(nodeAt(one, 'return_type'))),
  );
}

const unnest: Operator = (node, around) => {
  const { below, scope } = only(node, around);
  const items = nodesAt(node, 'expressions').map((one) => meantExpression(one, scope));
  const rows = digest(`${below.rows} ${restOf(node, ['unnest_index'], scope)}`);
  // Another item of the same list is another value.
  return { rows, columns: [...below.columns, ...items.map((item) => digest(`item of ${rows} ${item}`))] };
};

const group: Operator = (node, around) => {
  const { below, scope } = only(node, around);
  const groups = nodesAt(node, 'groups').map((one) => meantExpression(one, scope));
  const listsAt = (key: string): readonly (readonly string[])[] => {
    const lists = node[key];
    if (!Array.isArray(lists)) throw new Untold(key);
    return lists.map((list) => (Array.isArray(list) ? list.map((i) => groups[Number(i)] ?? '') : []));
  };
  // Where some sets leave one of them out, two groups of one meaning are two values.
  const isOneSet = listsAt('grouping_sets').length <= 1 && listsAt('grouping_functions').length === 0;
  if (!isOneSet && new Set(groups).size < groups.length) throw new Untold('two groups of one meaning');
  const sets = listsAt('grouping_sets').map((set) => [...set].sort().join());
  const own = ['expressions', 'groups', 'grouping_sets', 'grouping_functions'];
  const rest = restOf(node, [...own, 'group_index', 'aggregate_index', 'groupings_index'], scope);
  const rows = digest(`${below.rows} by ${[...groups].sort().join()} in ${sets.join(';')} ${rest}`);
  const made = nodesAt(node, 'expressions').map((one) => digest(`of group ${meantExpression(one, scope)}`));
  made.forEach((one) => around.computed(`${rows} ${one}`));
  return {
    rows,
    columns: [
      ...groups.map((one) => digest(`group ${one}`)),
      ...made,
      ...listsAt('grouping_functions').map((of) => digest(`grouping ${of.join()}`)),
    ],
  };
};

const sides: Operator = (node, { visit, inside, computed, columnsOf }) => {
  const [first = {}, second = {}] = childrenOf(node);
  const type = textAt(node, 'join_type');
  const left = visit(first);
  const scopeOf = (columns: readonly Meant[]): MeantScope => ({ columns, columnsOf });
  const outer = nodesAt(node, 'duplicate_eliminated_columns').map((one) => meantExpression(one, scopeOf(left.columns)));
  if (node['delim_flipped'] === true) throw new Untold('a flipped join');
  const right = outer.length === 0 ? visit(second) : inside(outer, second);
  if (isNode(node['predicate'])) throw new Untold('a join that also filters');
  const both = [...left.columns.map((one) => tagged('left', one)), ...right.columns.map((one) => tagged('right', one))];
  const conditions = nodesAt(node, 'conditions').map((condition) => {
    const at = (key: string, { columns }: MeantRows): string =>
      meantExpression(nodeAt(condition, key) ?? null, scopeOf(columns));
    return `${at('left', left)} ${at('right', right)} ${restOf(condition, ['left', 'right'], undefined)}`;
  });
  const read = [
    'conditions',
    'mark_index',
    'duplicate_eliminated_columns',
    'left_projection_map',
    'right_projection_map',
  ];
  const rest = restOf(node, read, scopeOf(both));
  const join = digest(`${left.rows} ${right.rows} ${outer.join()} on ${conditions.join(';')} ${rest}`);
  switch (type) {
    case 'SEMI':
    case 'ANTI':
      return { rows: join, columns: left.columns };
    // Each row of the left side once: what is found for it is another column.
    case 'SINGLE':
      computed(join);
      return { rows: left.rows, columns: [...left.columns, ...right.columns.map((one) => tagged(join, one))] };
    case 'MARK':
      computed(join);
      return { rows: left.rows, columns: [...left.columns, tagged(join, 'mark')] };
    case 'INNER':
    case 'LEFT':
    case 'RIGHT':
    case 'OUTER':
    case 'FULL':
    case '':
      return { rows: join, columns: both };
    default:
      throw new Untold(`${type.toLowerCase()} join`);
  }
};

function tagged(what: string, column: Meant): Meant {
  return column === undefined ? undefined : digest(`${what} ${column}`);
}

/** Rows of both sides; unless all are kept, what is in their columns is what chooses among them. */
const set: Operator = (node, { visit }) => {
  const all = childrenOf(node).map((child) => visit(child));
  const seen = all.map(({ rows, columns }) => {
    if (columns.some((column) => column === undefined)) throw new Untold('a column that cannot be followed');
    return node['setop_all'] === true && node['type'] === 'LOGICAL_UNION' ? rows : `${rows} (${columns.join()})`;
  });
  const columns = (all[0]?.columns ?? []).map((_, i) => digest(`each ${all.map((one) => one.columns[i]).join()}`));
  return { rows: digest(`${seen.join(';')} ${restOf(node, ['column_count'], undefined)}`), columns };
};

/** VALUES: rows that stand in the text. */
const values: Operator = (node, around) => {
  const { below, scope } = only(node, around);
  const lists = node['expressions'];
  const [first] = Array.isArray(lists) ? (lists as readonly TreeValue[]) : [];
  const width = Array.isArray(first) ? first.length : 0;
  const rows = digest(`${below.rows} ${restOf(node, [], scope)}`);
  return { rows, columns: Array.from({ length: width }, (_, i) => digest(`value ${i}`)) };
};

const tableFunctions: ReadonlySet<string> = new Set(['range', 'generate_series', 'unnest']);

/** A function that gives rows, for each row that it is given. */
const call: Operator = (node, { visit, columnsOf }) => {
  const below = childrenOf(node).map((child) => visit(child));
  const name = textAt(node, 'name');
  if (!tableFunctions.has(name) || below.length > 1 || hasItems(node['projection_ids'])) throw new Untold(name);
  const given = below[0]?.columns ?? [];
  const beside = Array.isArray(node['projected_input']) ? node['projected_input'] : [];
  const names = ['names', 'input_table_names', 'column_indexes', 'projected_input', 'extra_info'];
  const rest = restOf(node, names, { columns: given, columnsOf });
  const rows = digest(`${below[0]?.rows ?? ''} (${given.join()}) ${rest}`);
  const own = nodesAt(node, 'column_indexes').map(({ index }) => digest(`result ${JSON.stringify(index)}`));
  return { rows, columns: [...own, ...beside.map((i) => tagged('beside', given[Number(i)]))] };
};

/** By operator, what its rows are. What is not here means nothing that could be compared. */
export const meantOperators: Readonly<Record<string, Operator>> = {
  LOGICAL_PROJECTION: project,
  LOGICAL_FILTER: filter,
  LOGICAL_ORDER_BY: choose,
  LOGICAL_LIMIT: choose,
  LOGICAL_DISTINCT: choose,
  LOGICAL_WINDOW: look,
  LOGICAL_UNNEST: unnest,
  LOGICAL_AGGREGATE_AND_GROUP_BY: group,
  LOGICAL_COMPARISON_JOIN: sides,
  LOGICAL_ANY_JOIN: sides,
  LOGICAL_DELIM_JOIN: sides,
  LOGICAL_ASOF_JOIN: sides,
  LOGICAL_CROSS_PRODUCT: sides,
  LOGICAL_UNION: set,
  LOGICAL_EXCEPT: set,
  LOGICAL_INTERSECT: set,
  LOGICAL_EXPRESSION_GET: values,
  LOGICAL_DUMMY_SCAN: () => ({ rows: digest('one row'), columns: [] }),
  LOGICAL_GET: call,
};
