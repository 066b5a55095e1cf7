import { isAnonymising } from './functions.ts';
import { columnNames, isNode, nodeAt, nodesAt, textAt } from './tree.ts';
import type { TreeNode, TreeValue } from './tree.ts';

/** Whether it is a query that stands inside of another. */
export function isQuery(node: TreeNode): boolean {
  return ['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE'].includes(textAt(node, 'type'));
}

/** Whether what is made here tells nothing of the values that it is made of. */
export function tellsNothing(node: TreeNode): boolean {
  if (['OPERATOR_IS_NULL', 'OPERATOR_IS_NOT_NULL'].includes(textAt(node, 'type'))) return true;
  // With a schema in front it is a macro of that name.
  return textAt(node, 'schema') === '' && isAnonymising(textAt(node, 'function_name'));
}

/** The parameters of a lambda, or of what could be one: an arrow also reaches into JSON. */
export function parametersOf(lambda: TreeNode): readonly string[] {
  const left = nodeAt(lambda, 'lhs') ?? {};
  const nodes = [left, ...nodesAt(left, 'children')];
  return nodes.flatMap((node) => columnNames(node)?.[0]?.toLowerCase() ?? []);
}

/** A name as it stands in the lists of a star. */
export function lastName(value: TreeValue | undefined): string {
  if (typeof value === 'string') return value;
  return isNode(value) ? textAt(value, 'column') : '';
}
