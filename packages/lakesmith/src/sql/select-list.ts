import { isAggregate } from './functions.ts';
import { columnNames, isNode, nodeAt, nodesAt, textAt, walkTree } from './tree.ts';
import type { TreeNode, TreeValue } from './tree.ts';

/** One item of a select list that makes one column. */
export interface OutputItem {
  readonly name: string;
  /** What it computes, without its alias. */
  readonly expression: TreeNode;
  /** It, or an item it is computed from, is a window function or unnest: it has no value where WHERE is judged. */
  readonly late: boolean;
}

/** A star of a select list. */
interface OutputStar {
  /** 'o' for o.*; '' for *. */
  readonly relation: string;
  /** REPLACE (expression AS name), by name in lower case. */
  readonly replaced: ReadonlyMap<string, TreeNode>;
  /** RENAME (old AS name): the old name by the new one in lower case. */
  readonly renamed: ReadonlyMap<string, string>;
}

export interface SelectList {
  /** Items whose name is plain from the SQL, by name in lower case; the first of a name. */
  readonly items: ReadonlyMap<string, OutputItem>;
  readonly stars: readonly OutputStar[];
  /** True when a column may have a name that the SQL does not say: a call without alias, COLUMNS(…). */
  readonly unnamed: boolean;
}

/** What a SELECT_NODE puts out, read from its select list. */
export function selectList(select: TreeNode): SelectList {
  const items = new Map<string, OutputItem>();
  const stars: OutputStar[] = [];
  let unnamed = false;
  for (const node of nodesAt(select, 'select_list')) {
    if (node['class'] === 'STAR' && node['columns'] !== true) {
      stars.push(readStar(node));
      continue;
    }
    const name = textAt(node, 'alias') || columnNames(node)?.at(-1);
    if (name === undefined || holdsColumns(node)) unnamed = true;
    if (name === undefined || items.has(name.toLowerCase())) continue;
    items.set(name.toLowerCase(), { name, expression: { ...node, alias: '' }, late: isLate(node, items) });
  }
  return { items, stars, unnamed };
}

function readStar(node: TreeNode): OutputStar {
  const replaced = new Map<string, TreeNode>();
  for (const entry of nodesAt(node, 'replace_list')) {
    const value = nodeAt(entry, 'value');
    if (value !== undefined) replaced.set(textAt(entry, 'key').toLowerCase(), value);
  }
  const renamed = new Map<string, string>();
  for (const entry of nodesAt(node, 'rename_list')) {
    renamed.set(textAt(entry, 'value').toLowerCase(), textAt(nodeAt(entry, 'key') ?? {}, 'column'));
  }
  return { relation: textAt(node, 'relation_name'), replaced, renamed };
}

function isLate(node: TreeNode, before: ReadonlyMap<string, OutputItem>): boolean {
  return someNode(node, (inner) => {
    const names = columnNames(inner);
    const first = names?.[0]?.toLowerCase();
    return isWindow(inner) || isUnnest(inner) || (first !== undefined && before.get(first)?.late === true);
  });
}

function holdsColumns(node: TreeNode): boolean {
  return someNode(node, (inner) => inner['class'] === 'STAR' && inner['columns'] === true);
}

/** True when the node or one below it fits; sub-selects are not looked into. */
export function someNode(value: TreeValue, fits: (node: TreeNode) => boolean): boolean {
  let found = false;
  walkTree(value, (node) => {
    if (found || isSubquery(node)) return false;
    found = fits(node);
    return !found;
  });
  return found;
}

export function isSubquery(node: TreeNode): boolean {
  return node['class'] === 'SUBQUERY' || node['type'] === 'SELECT_NODE' || node['type'] === 'SET_OPERATION_NODE';
}

function isWindow(node: TreeNode): boolean {
  return node['class'] === 'WINDOW';
}

/** True when a window function is part of the expression. */
export function holdsWindow(expression: TreeNode): boolean {
  return someNode(expression, isWindow);
}

export function isUnnest(node: TreeNode): boolean {
  return node['class'] === 'FUNCTION' && textAt(node, 'function_name').toLowerCase() === 'unnest';
}

/** True when rows of the SELECT_NODE stand for groups: GROUP BY, HAVING, or an aggregate in the select list. */
export function isAggregated(select: TreeNode): boolean {
  const grouped =
    nodesAt(select, 'group_expressions').length > 0 || select['aggregate_handling'] === 'FORCE_AGGREGATES';
  return grouped || isNode(select['having']) || nodesAt(select, 'select_list').some(holdsAggregate);
}

/** True when an aggregate is part of the expression. */
export function holdsAggregate(node: TreeNode): boolean {
  return someNode(node, (inner) => inner['class'] === 'FUNCTION' && isAggregate(textAt(inner, 'function_name')));
}

/** The modifier of a query node of this type ('LIMIT', 'DISTINCT', 'ORDER'), or undefined. */
export function modifierOf(query: TreeNode, type: 'LIMIT' | 'DISTINCT' | 'ORDER'): TreeNode | undefined {
  return nodesAt(query, 'modifiers').find((modifier) => textAt(modifier, 'type').startsWith(type));
}
