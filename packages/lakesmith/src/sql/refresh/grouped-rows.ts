import { namedNode, starNode } from '../nodes.ts';
import { columnNames, nodeAt, nodesAt, queryOf, textAt, withQuery } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import type { Levels } from './levels.ts';
import { within } from './levels.ts';
import { hasAggregate, isGrouped, itemMeant } from './tied-rows.ts';

/** The rows that a SELECT groups, before it does: what they are grouped by, and then all that they are. */
export interface GroupedRows {
  readonly tree: unknown;
  /** Its first columns are what is grouped by. */
  readonly groups: number;
}

/**
 * The rows that the outermost SELECT groups, or the one that it does no more than read; undefined where it does not, or not in one way.
 * `isColumn` tells of an expression whether it means something among the rows themselves: only if not is it the name of an item.
 */
export async function groupedRows(
  tree: unknown,
  isColumn: (tree: unknown) => Promise<boolean>,
): Promise<GroupedRows | undefined> {
  const found = groupingSelect(queryOf(tree), []);
  if (found === undefined) return undefined;
  const { select, levels } = found;
  const sets = select['group_sets'];
  if (Array.isArray(sets) && sets.length > 1) return undefined;
  const rowsWith = (items: readonly TreeNode[]): unknown => withQuery(tree, within(rowsOf(select, items), levels));
  const items = nodesAt(select, 'select_list');
  const isAll = select['aggregate_handling'] === 'FORCE_AGGREGATES';
  const said = isAll ? items.filter((item) => !hasAggregate(item)) : nodesAt(select, 'group_expressions');
  if (said.length === 0 || said.some((one) => one['class'] === 'STAR')) return undefined;
  const groups: TreeNode[] = [];
  for (const one of said) {
    const number = isAll ? undefined : itemMeant(one, items);
    const item = isAll || number !== undefined ? undefined : itemNamed(one, items);
    const isItem = item !== undefined && !(await isColumn(rowsWith([one])));
    groups.push(number ?? (isItem ? item : one));
  }
  const named = groups.map((one, i) => namedNode(one, `__group${i}`));
  return { tree: rowsWith([...named, starNode()]), groups: groups.length };
}

/** The SELECT that groups, down from one that reads nothing but it: what is said in WITH that it can read comes along. */
function groupingSelect(
  query: TreeNode,
  around: Levels,
): { readonly select: TreeNode; readonly levels: Levels } | undefined {
  if (query['type'] !== 'SELECT_NODE') return undefined;
  const levels = [...around, nodesAt(nodeAt(query, 'cte_map') ?? {}, 'map')];
  if (isGrouped(query)) return { select: query, levels };
  const from = nodeAt(query, 'from_table') ?? {};
  if (from['type'] === 'SUBQUERY') return groupingSelect(nodeAt(nodeAt(from, 'subquery') ?? {}, 'node') ?? {}, levels);
  if (from['type'] !== 'BASE_TABLE' || textAt(from, 'schema_name') !== '') return undefined;
  const name = textAt(from, 'table_name').toLowerCase();
  for (const [level, entries] of [...levels.entries()].reverse()) {
    const at = entries.findIndex((entry) => textAt(entry, 'key').toLowerCase() === name);
    const said = nodeAt(nodeAt(nodeAt(entries[at] ?? {}, 'value') ?? {}, 'query') ?? {}, 'node');
    // A CTE sees those before it.
    if (said !== undefined) return groupingSelect(said, [...levels.slice(0, level), entries.slice(0, at)]);
  }
  return undefined;
}

function itemNamed(expression: TreeNode, items: readonly TreeNode[]): TreeNode | undefined {
  const names = columnNames(expression);
  const name = names?.length === 1 ? names[0]?.toLowerCase() : undefined;
  return items.find((item) => name !== undefined && textAt(item, 'alias').toLowerCase() === name);
}

function rowsOf(select: TreeNode, items: readonly TreeNode[]): TreeNode {
  const from = nodeAt(select, 'from_table');
  return {
    ...select,
    modifiers: [],
    select_list: items,
    ...(from === undefined ? {} : { from_table: widened(from) }),
    group_expressions: [],
    group_sets: [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: null,
    qualify: null,
  };
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
