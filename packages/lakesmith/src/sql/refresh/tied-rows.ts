import { isAggregate } from '../functions.ts';
import { anyNode, callNode, castNode, namedNode, nullNode, starNode } from '../nodes.ts';
import { isNode, nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode, TreeValue } from '../tree.ts';
import { sortedBy } from './determinism.ts';

/** A query over what a SELECT is made of, by which it is seen whether rows are equal in an order and not otherwise. */
export interface TiedQuery {
  readonly query: TreeNode;
  /** How many columns, called as `tieColumn` says, rows are equal in; undefined: each row is a group in which rows are not. */
  readonly equalIn: number | undefined;
  /** These columns alone, of these rows and maybe more: where no two of them are equal there is nothing else to ask. */
  readonly wider?: TreeNode;
}

/** Names of one aggregate, the one that is used here first. */
const synonyms: readonly (readonly string[])[] = [
  ['list', 'array_agg'],
  ['string_agg', 'group_concat', 'listagg'],
  ['first', 'arbitrary'],
  ['arg_max', 'argmax', 'max_by'],
  ['arg_min', 'argmin', 'min_by'],
];

/** A name by which two parts are known to be alike. */
export function tieName(name: string): string {
  return synonyms.find((names) => names.includes(name.toLowerCase()))?.[0] ?? name;
}

/** A name that no table's column has. */
export function tieColumn(i: number): string {
  return `__tie${i}`;
}

/** True for SELECT DISTINCT ON (…). */
export function isDistinctOn(query: TreeNode): boolean {
  return query['type'] === 'SELECT_NODE' && distinctTargets(query).length > 0;
}

function distinctTargets(select: TreeNode): readonly TreeNode[] {
  return modifiersOf(select, 'DISTINCT_MODIFIER').flatMap((one) => nodesAt(one, 'distinct_on_targets'));
}

/** The rows of which DISTINCT ON takes the first. */
export function distinctRows(select: TreeNode): TiedQuery | undefined {
  const orders = modifiersOf(select, 'ORDER_MODIFIER').flatMap((one) => sortedBy(nodesAt(one, 'orders')));
  const by = [...distinctTargets(select), ...orders].map((one) => outputMeant(one, select));
  return isGrouped(select) ? undefined : rowsBy(by, select);
}

function modifiersOf(select: TreeNode, type: string): readonly TreeNode[] {
  return nodesAt(select, 'modifiers').filter((one) => one['type'] === type);
}

/** The rows that a window looks at; of `… qualify row_number() over (…) = 1` those that may be the first. */
export function windowRows(window: TreeNode, select: TreeNode): TiedQuery | undefined {
  if (nodesAt(window, 'arg_orders').length > 0 || select['type'] !== 'SELECT_NODE') return undefined;
  const by = [...nodesAt(window, 'partitions'), ...sortedBy(nodesAt(window, 'orders'))];
  const first = onlyFirst(window, select);
  if (!isGrouped(select)) return rowsBy(by, select, first);
  const groups = groupsOf(select);
  // A row is a group, and no two of them have the same values in what is grouped by.
  return groups === undefined ? undefined : rowsBy(by, { ...select, group_expressions: groups }, first, groups);
}

/** The condition that leaves the first rows of each partition, whichever of equal ones they are, where nothing else asks for the number. */
function onlyFirst(window: TreeNode, select: TreeNode): TreeNode | null {
  const condition = nodeAt(select, 'qualify');
  const limit = nodeAt(nodeAt(condition ?? {}, 'right') ?? {}, 'value')?.['value'];
  const isFirst = condition?.['type'] === 'COMPARE_EQUAL' && limit === 1;
  const isUpTo = condition?.['type'] === 'COMPARE_LESSTHANOREQUALTO' || condition?.['type'] === 'COMPARE_LESSTHAN';
  if (condition === undefined || !(isFirst || isUpTo) || window['type'] !== 'WINDOW_ROW_NUMBER') return null;
  if (nodeAt(condition, 'left') !== window) return null;
  return { ...condition, left: { ...window, type: 'WINDOW_RANK', function_name: 'rank' } };
}

/** The groups of an aggregate's SELECT in which rows are equal in what it sorts by, and differ in what it is given. */
export function groupRows(aggregate: TreeNode, select: TreeNode): TiedQuery | undefined {
  if (select['type'] !== 'SELECT_NODE' || nodesAt(aggregate, 'children').length === 0) return undefined;
  const sets = select['group_sets'];
  if (Array.isArray(sets) && sets.length > 1) return undefined;
  const orders = ordersWithin(aggregate);
  // Names and numbers of items that are grouped by go on to mean what they do.
  const items = nodesAt(select, 'select_list').map((item) =>
    hasAggregate(item) ? namedNode(nullNode(), textAt(item, 'alias')) : item,
  );
  const isAll = select['aggregate_handling'] === 'FORCE_AGGREGATES';
  const groups = nodesAt(select, 'group_expressions');
  const all = [...groups, ...orders];
  const wider: TreeNode = isAll
    ? { select_list: [...items, ...orders.map((one) => namedNode(one, ''))] }
    : {
        select_list: [...items, oneNode],
        group_expressions: all,
        group_sets: all.length === 0 ? [] : [all.map((_, i) => i)],
      };
  if (hasWindow(items)) return undefined;
  return {
    query: { ...select, ...wider, modifiers: [], having: hasOthers(aggregate), qualify: null },
    equalIn: undefined,
  };
}

/** What an aggregate sorts its rows by. */
function ordersWithin(aggregate: TreeNode): readonly TreeNode[] {
  const isExtreme = /^arg_(?:max|min)/.test(tieName(textAt(aggregate, 'function_name')));
  const by = isExtreme ? nodesAt(aggregate, 'children').slice(1, 2) : [];
  const orders = [...by, ...sortedBy(nodesAt(nodeAt(aggregate, 'order_bys') ?? {}, 'orders'))];
  // Rows do not differ in a constant, and as a group it would be the number of an item.
  return orders.filter((one) => one['class'] !== 'CONSTANT');
}

/** The condition on a group that its rows give the aggregate values that differ: also as text, since 0.0 and -0.0 are equal. */
function hasOthers(aggregate: TreeNode): TreeNode {
  const given = callNode('row', nodesAt(aggregate, 'children'));
  const conditions = [given, castNode(given, 'VARCHAR')].map((value): TreeNode => ({
    class: 'COMPARISON',
    type: 'COMPARE_GREATERTHAN',
    alias: '',
    left: { ...callNode('count', [value]), distinct: true, filter: aggregate['filter'] ?? null },
    right: oneNode,
  }));
  return anyNode(conditions);
}

const oneNode: TreeNode = {
  class: 'CONSTANT',
  type: 'VALUE_CONSTANT',
  alias: '',
  value: { type: { id: 'INTEGER', type_info: null }, is_null: false, value: 1 },
};

/** The rows of a SELECT before anything is chosen of them: what they may be equal in, and all that they are. */
function rowsBy(
  by: readonly TreeNode[],
  select: TreeNode,
  qualify: TreeNode | null = null,
  all: readonly TreeNode[] = [starNode()],
): TiedQuery {
  const named = by.map((one, i) => namedNode(one, tieColumn(i)));
  const wider = { ...select, select_list: named, modifiers: [], qualify: null };
  return {
    query: { ...select, select_list: [...named, ...all], modifiers: [], qualify },
    equalIn: by.length,
    ...(by.length === 0 ? {} : { wider }),
  };
}

/** What is grouped by, each said in full; undefined where the items say it. */
function groupsOf(select: TreeNode): readonly TreeNode[] | undefined {
  const sets = select['group_sets'];
  const isOne = !Array.isArray(sets) || sets.length <= 1;
  if (select['aggregate_handling'] !== 'STANDARD_HANDLING' || !isOne) return undefined;
  const items = nodesAt(select, 'select_list');
  return nodesAt(select, 'group_expressions').map((group) => itemMeant(group, items) ?? group);
}

/** What an ORDER BY means: an item's name or number before a column. */
function outputMeant(expression: TreeNode, select: TreeNode): TreeNode {
  const items = nodesAt(select, 'select_list');
  const names = expression['column_names'];
  const name = Array.isArray(names) && names.length === 1 ? String(names[0]).toLowerCase() : undefined;
  const named = items.find((item) => name !== undefined && textAt(item, 'alias').toLowerCase() === name);
  return named ?? itemMeant(expression, items) ?? expression;
}

/** The item that a number means. */
export function itemMeant(expression: TreeNode, items: readonly TreeNode[]): TreeNode | undefined {
  const value = nodeAt(expression, 'value')?.['value'];
  if (expression['class'] !== 'CONSTANT' || typeof value !== 'number') return undefined;
  return items[value - 1];
}

/** Whether its rows are groups of what it reads. */
export function isGrouped(select: TreeNode): boolean {
  const isAll = select['aggregate_handling'] !== 'STANDARD_HANDLING';
  return isAll || nodesAt(select, 'group_expressions').length > 0 || nodesAt(select, 'select_list').some(hasAggregate);
}

/** An aggregate of this very query; those of queries inside it are theirs. */
export function hasAggregate(value: TreeValue): boolean {
  return has(value, (node) => node['class'] === 'FUNCTION' && isAggregate(textAt(node, 'function_name')));
}

function hasWindow(value: TreeValue): boolean {
  return has(value, (node) => node['class'] === 'WINDOW');
}

function has(value: TreeValue, is: (node: TreeNode) => boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => has(item, is));
  if (!isNode(value) || nodeAt(value, 'cte_map') !== undefined) return false;
  return is(value) || Object.values(value).some((child) => has(child, is));
}
