import { LakeError } from '../core/errors.ts';

/**
 * A piece of the engine's own syntax tree: plain JSON. `query_location` is a character offset in the statement; a node the
 * parser made up has none. Numbers that JavaScript would round stand as `{ $number: '9007199254740993' }`.
 */
export interface TreeNode {
  readonly [key: string]: TreeValue;
}

export type TreeValue = string | number | boolean | null | readonly TreeValue[] | TreeNode;

export function isNode(value: unknown): value is TreeNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The child nodes under `key`; empty when it is absent or not a list. */
export function nodesAt(node: TreeNode, key: string): readonly TreeNode[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The child node under `key`, or undefined. */
export function nodeAt(node: TreeNode, key: string): TreeNode | undefined {
  const value = node[key];
  return isNode(value) ? value : undefined;
}

/** The text under `key`; '' when absent. */
export function textAt(node: TreeNode, key: string): string {
  const value = node[key];
  return typeof value === 'string' ? value : '';
}

/** Where the node stands in its statement, in characters; undefined for a node the parser made up. */
export function offsetOf(node: TreeNode): number | undefined {
  const value = node['query_location'];
  return typeof value === 'number' ? value : undefined;
}

/** The names of a column reference ('o', 'status'); undefined for any other node. */
export function columnNames(node: TreeNode): readonly string[] | undefined {
  const names = node['column_names'];
  if (node['class'] !== 'COLUMN_REF' || !Array.isArray(names)) return undefined;
  return names.filter((name) => typeof name === 'string');
}

/** The query node (SELECT_NODE, SET_OPERATION_NODE, …) of a tree that `Engine.parse` gave for one statement. */
export function queryOf(tree: unknown): TreeNode {
  const statements = isNode(tree) ? nodesAt(tree, 'statements') : [];
  const query = statements.length === 1 && statements[0] !== undefined ? nodeAt(statements[0], 'node') : undefined;
  if (query === undefined) throw new LakeError('LS9001', 'This syntax tree is not that of one SELECT');
  return query;
}

/** The same tree around another query node. */
export function withQuery(tree: unknown, query: TreeNode): TreeNode {
  const statement = isNode(tree) ? nodesAt(tree, 'statements')[0] : undefined;
  if (!isNode(tree) || statement === undefined)
    throw new LakeError('LS9001', 'This syntax tree is not that of one SELECT');
  return { ...tree, statements: [{ ...statement, node: query }] };
}

const none: readonly never[] = [];

/** The common table expressions of a query node, in order. */
export function ctesOf(query: TreeNode): readonly { readonly name: string; readonly query: TreeNode }[] {
  const map = nodeAt(query, 'cte_map');
  // Few nodes are queries, and of these few have any.
  const entries = map === undefined ? [] : nodesAt(map, 'map');
  if (entries.length === 0) return none;
  return entries.flatMap((entry) => {
    const inner = nodeAt(nodeAt(nodeAt(entry, 'value') ?? {}, 'query') ?? {}, 'node');
    return inner === undefined ? [] : [{ name: textAt(entry, 'key'), query: inner }];
  });
}

/** Names of common table expressions that can be seen at a node, in lower case. */
export type CteScope = ReadonlySet<string>;

/** Visits every node, parents first. `visit` returns false to leave out what is below a node. */
export function walkTree(
  value: TreeValue,
  visit: (node: TreeNode, scope: CteScope) => boolean | void,
  scope: CteScope = new Set(),
): void {
  if (Array.isArray(value)) {
    for (const item of value) walkTree(item, visit, scope);
    return;
  }
  if (!isNode(value) || visit(value, scope) === false) return;
  let visible = scope;
  // A common table expression sees those before it; a recursive one sees itself.
  for (const cte of ctesOf(value)) {
    const own = cte.query['type'] === 'RECURSIVE_CTE_NODE' ? new Set([...visible, cte.name.toLowerCase()]) : visible;
    walkTree(cte.query, visit, own);
    visible = new Set([...visible, cte.name.toLowerCase()]);
  }
  for (const key of Object.keys(value)) {
    const child = value[key];
    if (key !== 'cte_map' && typeof child === 'object' && child !== null) walkTree(child, visit, visible);
  }
}

/**
 * The tree in which `replace` may put another node in a node's place, from the top down; undefined keeps and goes on below. Of
 * what stays as it is nothing is copied.
 */
function mapTree(value: TreeValue, replace: (node: TreeNode) => TreeNode | undefined): TreeValue {
  if (typeof value !== 'object' || value === null) return value;
  if (isNode(value)) return mapNode(value, replace);
  const items = value.map((item) => mapTree(item, replace));
  return items.every((item, i) => item === value[i]) ? value : items;
}

/** `mapTree` of a node. */
export function mapNode(node: TreeNode, replace: (node: TreeNode) => TreeNode | undefined): TreeNode {
  const other = replace(node);
  if (other !== undefined) return other;
  let changed: { [key: string]: TreeValue } | undefined;
  for (const key of Object.keys(node)) {
    const child = node[key] ?? null;
    const mapped = mapTree(child, replace);
    if (mapped !== child) (changed ??= { ...node })[key] = mapped;
  }
  return changed ?? node;
}
