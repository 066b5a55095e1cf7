import { columnNames, isNode, nodeAt, nodesAt, queryOf } from '../sql/tree.ts';
import type { TreeNode } from '../sql/tree.ts';

/** One side of a join. */
interface Side {
  readonly alias: string;
  readonly columns: readonly string[];
}

/** Pairs of columns, one of each side, that are equal in all rows for which the WHERE of a SELECT is true. */
export function equalColumns(
  tree: unknown,
  sides: { readonly target: Side; readonly source: Side },
): readonly { readonly column: string; readonly source: string }[] {
  const where = nodeAt(queryOf(tree), 'where_clause');
  return where === undefined ? [] : pairsIn(where, sides);
}

function pairsIn(node: TreeNode, sides: Parameters<typeof equalColumns>[1]): ReturnType<typeof equalColumns> {
  if (node['type'] === 'CONJUNCTION_AND') return nodesAt(node, 'children').flatMap((child) => pairsIn(child, sides));
  if (node['type'] !== 'COMPARE_EQUAL') return [];
  const [left, right] = [node['left'], node['right']];
  for (const [a, b] of [[left, right] as const, [right, left] as const]) {
    const column = columnOf(a, sides.target, sides.source);
    const source = columnOf(b, sides.source, sides.target);
    if (column !== undefined && source !== undefined) return [{ column, source }];
  }
  return [];
}

/** The column of a side that a node is; a bare name only when the other side has none like it. */
function columnOf(node: unknown, side: Side, other: Side): string | undefined {
  const names = isNode(node) ? (columnNames(node) ?? []) : [];
  const find = (columns: readonly string[], name: string | undefined): string | undefined =>
    columns.find((column) => column.toLowerCase() === name?.toLowerCase());
  const [first, second] = names;
  if (names.length === 1) return find(other.columns, first) === undefined ? find(side.columns, first) : undefined;
  // A column called like the table could be meant, and a field in it.
  const isPlain = names.length === 2 && find([...side.columns, ...other.columns], first) === undefined;
  return isPlain && first?.toLowerCase() === side.alias.toLowerCase() ? find(side.columns, second) : undefined;
}
