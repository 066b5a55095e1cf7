import { isNode, nodeAt, nodesAt } from './tree.ts';

/** True when the tree is that of exactly one SELECT (or set operation of SELECTs), and not of SHOW, DESCRIBE or SUMMARIZE. */
export function isSingleSelect(tree: unknown): boolean {
  const statements = isNode(tree) ? nodesAt(tree, 'statements') : [];
  const query = statements.length === 1 && statements[0] !== undefined ? nodeAt(statements[0], 'node') : undefined;
  return query !== undefined && nodeAt(query, 'from_table')?.['type'] !== 'SHOW_REF';
}
