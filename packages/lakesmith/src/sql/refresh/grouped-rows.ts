import { namedNode, starNode } from '../nodes.ts';
import { columnNames, nodeAt, nodesAt, queryOf, textAt, withQuery } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import { hasAggregate, isGrouped, itemMeant } from './tied-rows.ts';

/** The rows that a SELECT groups, before it does: what they are grouped by, and then all that they are. */
export interface GroupedRows {
  readonly tree: unknown;
  /** Its first columns are what is grouped by. */
  readonly groups: number;
}

/**
 * The rows that the outermost SELECT groups; undefined where it does not, or not in one way. `isColumn` tells of an expression whether
 * it means something among the rows themselves: only if not is it the name of an item.
 */
export async function groupedRows(
  tree: unknown,
  isColumn: (tree: unknown) => Promise<boolean>,
): Promise<GroupedRows | undefined> {
  const select = queryOf(tree);
  const sets = select['group_sets'];
  if (select['type'] !== 'SELECT_NODE' || (Array.isArray(sets) && sets.length > 1)) return undefined;
  const items = nodesAt(select, 'select_list');
  const isAll = select['aggregate_handling'] === 'FORCE_AGGREGATES';
  const said = isAll ? items.filter((item) => !hasAggregate(item)) : nodesAt(select, 'group_expressions');
  if (said.length === 0 || said.some((one) => one['class'] === 'STAR')) return undefined;
  const groups: TreeNode[] = [];
  for (const one of said) {
    const number = isAll ? undefined : itemMeant(one, items);
    const item = isAll || number !== undefined ? undefined : itemNamed(one, items);
    const isItem = item !== undefined && !(await isColumn(rowsOf(tree, [one])));
    groups.push(number ?? (isItem ? item : one));
  }
  const named = groups.map((one, i) => namedNode(one, `__group${i}`));
  return { tree: rowsOf(tree, [...named, starNode()]), groups: groups.length };
}

function itemNamed(expression: TreeNode, items: readonly TreeNode[]): TreeNode | undefined {
  const names = columnNames(expression);
  const name = names?.length === 1 ? names[0]?.toLowerCase() : undefined;
  return items.find((item) => name !== undefined && textAt(item, 'alias').toLowerCase() === name);
}

function rowsOf(tree: unknown, items: readonly TreeNode[]): unknown {
  const select = queryOf(tree);
  const from = nodeAt(select, 'from_table');
  return withQuery(tree, {
    ...select,
    modifiers: [],
    select_list: items,
    ...(from === undefined ? {} : { from_table: widened(from) }),
    group_expressions: [],
    group_sets: [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    qualify: null,
  });
}

/** What is read, with all columns that subqueries leave out: behind those that they have, so that nothing gets another meaning. */
function widened(from: TreeNode): TreeNode {
  if (from['type'] === 'JOIN' && from['ref_type'] !== 'NATURAL')
    return { ...from, left: widened(nodeAt(from, 'left') ?? {}), right: widened(nodeAt(from, 'right') ?? {}) };
  const subquery = nodeAt(from, 'subquery') ?? {};
  const inner = nodeAt(subquery, 'node');
  if (from['type'] !== 'SUBQUERY' || inner?.['type'] !== 'SELECT_NODE') return from;
  const items = nodesAt(inner, 'select_list');
  if (isGrouped(inner) || nodesAt(inner, 'modifiers').length > 0 || inner['sample'] !== null) return from;
  const below = widened(nodeAt(inner, 'from_table') ?? {});
  const node = { ...inner, select_list: [...items, starNode()], from_table: below };
  return { ...from, subquery: { ...subquery, node } };
}
