import { LakeError } from '../core/errors.ts';
import { takesLambda } from './functions.ts';
import { columnNode, fieldNode } from './nodes.ts';
import { columnNames, isNode, nodeAt, nodesAt, textAt } from './tree.ts';
import type { TreeNode, TreeValue } from './tree.ts';
import type { OutputItem, SelectList } from './select-list.ts';

/** A copy in which each column reference that is not a lambda's parameter is what `replace` makes of its names. */
export function mapReferences(
  node: TreeNode,
  replace: (names: readonly string[], node: TreeNode) => TreeNode,
  bound: ReadonlySet<string>,
): TreeNode {
  const names = columnNames(node);
  if (names !== undefined) {
    const parameter = bound.has((names[0] ?? '').toLowerCase());
    return parameter ? node : { ...replace(names, node), alias: node['alias'] ?? '' };
  }
  const lambdas = node['class'] === 'FUNCTION' && takesLambda(textAt(node, 'function_name'));
  const child = (value: TreeValue, key: string): TreeValue => {
    if (Array.isArray(value)) return value.map((item) => child(item, key));
    if (!isNode(value)) return value;
    if (lambdas && key === 'children' && value['class'] === 'LAMBDA') return mapLambda(value, replace, bound);
    return mapReferences(value, replace, bound);
  };
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, child(value, key)]));
}

function mapLambda(
  lambda: TreeNode,
  replace: (names: readonly string[], node: TreeNode) => TreeNode,
  bound: ReadonlySet<string>,
): TreeNode {
  const left = nodeAt(lambda, 'lhs') ?? {};
  const parameters = columnNames(left) ?? nodesAt(left, 'children').flatMap((child) => columnNames(child) ?? []);
  const inner = new Set([...bound, ...parameters.map((name) => name.toLowerCase())]);
  const body = nodeAt(lambda, 'expr');
  return body === undefined ? lambda : { ...lambda, expr: mapReferences(body, replace, inner) };
}

/** The items of the select list that the expression refers to by output name. */
export function itemsReferred(expression: TreeNode, list: SelectList): readonly OutputItem[] {
  const found: OutputItem[] = [];
  mapReferences(
    expression,
    (names) => {
      const item = list.items.get((names[0] ?? '').toLowerCase());
      if (item !== undefined) found.push(item);
      return columnNode(...names);
    },
    new Set(),
  );
  return found;
}

/**
 * The expression with each output name replaced by what the select list computes for it, so that it means the same where
 * only input columns are seen. LS1102 when a name cannot be traced.
 */
export function substituteOutputs(expression: TreeNode, list: SelectList, ruleName: string): TreeNode {
  return mapReferences(expression, (names) => traceName(names, list, ruleName), new Set());
}

function traceName(names: readonly string[], list: SelectList, ruleName: string): TreeNode {
  const [first = '', ...fields] = names;
  const name = first.toLowerCase();
  const item = list.items.get(name);
  const replaced = item?.expression ?? list.stars.find((star) => star.replaced.has(name))?.replaced.get(name);
  if (replaced !== undefined) return fields.reduce<TreeNode>((node, field) => fieldNode(node, field), replaced);
  if (isKeyword(name)) return columnNode(...names);
  const [star, ...others] = list.stars;
  if (star === undefined || list.unnamed) {
    throw new LakeError(
      'LS1102',
      `Rule "${ruleName}" uses ${first}, whose expression has no name in the SELECT: give it one with AS`,
    );
  }
  const renamedBy = list.stars.find((candidate) => candidate.renamed.has(name));
  const column = renamedBy?.renamed.get(name) ?? first;
  const relation = (renamedBy ?? (others.length === 0 ? star : undefined))?.relation ?? '';
  return columnNode(...(relation === '' ? [] : [relation]), column, ...fields);
}

// Words that the engine parses as columns; a real column of that name would have to be in the select list to be judged.
function isKeyword(name: string): boolean {
  return ['current_date', 'current_timestamp', 'current_time', 'localtime', 'localtimestamp'].includes(name);
}
