import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { callNode, castNode, columnNode, namedNode, textNode } from './nodes.ts';
import { isAggregated, modifierOf } from './select-list.ts';
import { columnNames, ctesOf, isNode, nodeAt, nodesAt, queryOf, textAt, withQuery } from './tree.ts';
import type { TreeNode } from './tree.ts';

/** A table of which each row of a SELECT has one row, or none. */
export interface MainInput {
  /** 'silver.orders', as written. */
  readonly table: string;
  /** The name by which the SELECT calls it. */
  readonly alias: string;
}

/** Columns that a relation with `rowPositions` has besides its own. */
export const fileColumn = '__ls_file';
export const positionColumn = '__ls_position';
export const placeMarks: readonly Column[] = [fileColumn, positionColumn].map((name) => ({ name, type: 'long' }));

/**
 * The leftmost table of a SELECT whose rows each come from one row of it; undefined for set operations, groups, DISTINCT,
 * and when the leftmost place holds no table.
 */
export function mainInput(tree: unknown): MainInput | undefined {
  return mainInputOf(queryOf(tree));
}

function mainInputOf(query: TreeNode): MainInput | undefined {
  return isGrouped(query) ? undefined : leftmostTable(query);
}

/** All tables of which each row of a SELECT has one row, or, where a join leaves its side out, none; of those that are mentioned once. */
export function rowInputs(tree: unknown): readonly MainInput[] {
  const query = queryOf(tree);
  if (isGrouped(query)) return [];
  const found = joinedTables(nodeAt(query, 'from_table'), query);
  return found.filter(({ table }) => found.filter((one) => one.table === table).length === 1);
}

function joinedTables(from: TreeNode | undefined, select: TreeNode): readonly MainInput[] {
  if (from?.['type'] === 'JOIN') {
    const isHalf = ['SEMI', 'ANTI'].includes(textAt(from, 'join_type'));
    const sides = isHalf ? ['left'] : ['left', 'right'];
    return sides.flatMap((side) => joinedTables(nodeAt(from, side), select));
  }
  const table = from?.['type'] === 'BASE_TABLE' ? tableOf(from, select) : undefined;
  return table === undefined ? [] : [table];
}

function isGrouped(query: TreeNode): boolean {
  return query['type'] !== 'SELECT_NODE' || isAggregated(query) || modifierOf(query, 'DISTINCT') !== undefined;
}

function leftmostTable(select: TreeNode): MainInput | undefined {
  let from = nodeAt(select, 'from_table');
  while (from?.['type'] === 'JOIN') {
    if (!['SEMI', 'ANTI', 'INNER', 'LEFT'].includes(textAt(from, 'join_type'))) return undefined;
    from = nodeAt(from, 'left');
  }
  return from?.['type'] === 'BASE_TABLE' ? tableOf(from, select) : undefined;
}

function tableOf(from: TreeNode, select: TreeNode): MainInput | undefined {
  const schema = textAt(from, 'schema_name');
  const name = textAt(from, 'table_name');
  const isCte = schema === '' && ctesOf(select).some((cte) => cte.name.toLowerCase() === name.toLowerCase());
  if (isCte) return undefined;
  return { table: schema === '' ? name : `${schema}.${name}`, alias: textAt(from, 'alias') || name };
}

/**
 * The query with columns of its main input added behind its own, under their own names. LS1205 when rows of the query do not
 * come from single rows of a table. A query that only filters such a query (`keepRows`) will do.
 */
export function withOrigin(tree: unknown, columns: readonly string[]): unknown {
  return withQuery(tree, addToSource(queryOf(tree), columns));
}

/** The same of any of the inputs that `rowInputs` knows. */
export function withOriginOf(tree: unknown, alias: string, columns: readonly string[]): unknown {
  return withQuery(tree, addColumns(queryOf(tree), alias, columns));
}

function addColumns(query: TreeNode, alias: string, columns: readonly string[]): TreeNode {
  // Who asks for one mark has bound the relation with both.
  const marks = [fileColumn, positionColumn];
  const hidden = columns.some((column) => marks.includes(column)) ? marks : [];
  const items = columns.map((column) => namedNode(columnNode(alias, column), column));
  return withItems(query, alias, items, hidden);
}

function addToSource(query: TreeNode, columns: readonly string[]): TreeNode {
  const input = mainInputOf(query);
  if (input !== undefined) return addColumns(query, input.alias, columns);
  const from = nodeAt(query, 'from_table');
  const inner = nodeAt(nodeAt(from ?? {}, 'subquery') ?? {}, 'node');
  const [only, ...others] = nodesAt(query, 'select_list');
  const passes =
    others.length === 0 &&
    only?.['class'] === 'STAR' &&
    !isAggregated(query) &&
    modifierOf(query, 'DISTINCT') === undefined;
  if (from === undefined || inner === undefined || !passes) {
    throw new LakeError(
      'LS1205',
      'This SELECT must take its rows one by one from a table: no GROUP BY, DISTINCT, UNION or sub-select in front',
    );
  }
  return {
    ...query,
    from_table: { ...from, subquery: { ...nodeAt(from, 'subquery'), node: addToSource(inner, columns) } },
  };
}

/** The SELECT with `__ls_input`, `__ls_file` and `__ls_position` of the input called `alias` behind its columns. */
export function tracedSelect(select: TreeNode, alias: string): TreeNode {
  if (select['type'] !== 'SELECT_NODE' || isAggregated(select)) {
    throw new LakeError('LS9001', `Rows of this query do not come from single rows of ${alias}`);
  }
  const row = castNode(callNode('to_json', [columnNode(alias)]), 'VARCHAR');
  // The two marks are the relation's last columns.
  const marks = textNode(`,"${fileColumn}":\\d+,"${positionColumn}":\\d+\\}$`);
  const items = [
    namedNode(callNode('regexp_replace', [row, marks, textNode('}')]), '__ls_input'),
    ...[fileColumn, positionColumn].map((column) => namedNode(columnNode(alias, column), column)),
  ];
  return withItems(select, alias, items, [fileColumn, positionColumn]);
}

// Stars must not bring along the marks that the relation has only for tracing.
function withItems(select: TreeNode, alias: string, added: readonly TreeNode[], hidden: readonly string[]): TreeNode {
  const own = nodesAt(select, 'select_list').map((item) => {
    const relation = textAt(item, 'relation_name');
    const covers =
      item['class'] === 'STAR' &&
      !isNode(item['expr']) &&
      (relation === '' || relation.toLowerCase() === alias.toLowerCase());
    const excluded = item['exclude_list'];
    return covers && hidden.length > 0
      ? { ...item, exclude_list: [...(Array.isArray(excluded) ? excluded : []), ...hidden] }
      : item;
  });
  return { ...select, select_list: [...own, ...added] };
}

/** Where an output column takes its value from, unchanged but for casts and trimming. */
export interface SimpleSource {
  readonly table: string;
  readonly column: string;
}

const keepsIdentity: ReadonlySet<string> = new Set(['trim', 'ltrim', 'rtrim']);

/** For each output column (name as written) that merely passes on a column of a table in FROM, that column. */
export function simpleSources(tree: unknown): ReadonlyMap<string, SimpleSource> {
  const sources = new Map<string, SimpleSource>();
  const query = queryOf(tree);
  if (query['type'] !== 'SELECT_NODE') return sources;
  const tables = tablesInFrom(nodeAt(query, 'from_table'), query);
  const aliases = new Set<string>();
  for (const item of nodesAt(query, 'select_list')) {
    const names = columnNames(unwrapped(item));
    const column = names?.at(-1);
    const alias = textAt(item, 'alias') || (column ?? '');
    // A bare name may mean an item before it, when the table has no such column.
    const ambiguous = names?.length === 1 && aliases.has(column?.toLowerCase() ?? '');
    aliases.add(alias.toLowerCase());
    if (names === undefined || column === undefined || names.length > 2 || ambiguous) continue;
    const [only, ...others] = tables;
    const table =
      names.length === 2
        ? tables.find((input) => input.alias.toLowerCase() === names[0]?.toLowerCase())
        : others.length === 0
          ? only
          : undefined;
    if (table?.table !== undefined) sources.set(alias, { table: table.table, column });
  }
  return sources;
}

function unwrapped(node: TreeNode): TreeNode {
  const child = nodeAt(node, 'child');
  if (node['class'] === 'CAST' && child !== undefined) return unwrapped(child);
  const [first, second] = nodesAt(node, 'children');
  const trims = node['class'] === 'FUNCTION' && keepsIdentity.has(textAt(node, 'function_name').toLowerCase());
  return trims && first !== undefined && second === undefined ? unwrapped(first) : node;
}

/** Every relation in FROM; `table` is undefined for what is not a table of the lake. */
function tablesInFrom(
  from: TreeNode | undefined,
  select: TreeNode,
): readonly { readonly table: string | undefined; readonly alias: string }[] {
  if (from === undefined || from['type'] === 'EMPTY') return [];
  if (from['type'] === 'JOIN')
    return [...tablesInFrom(nodeAt(from, 'left'), select), ...tablesInFrom(nodeAt(from, 'right'), select)];
  const renames = from['column_name_alias'];
  const plain = from['type'] === 'BASE_TABLE' && !(Array.isArray(renames) && renames.length > 0);
  const table = plain ? tableOf(from, select) : undefined;
  return [table ?? { table: undefined, alias: textAt(from, 'alias') || textAt(from, 'table_name') }];
}
