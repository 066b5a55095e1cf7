import { castNode, textNode } from '../../sql/nodes.ts';
import { isNode, mapNode } from '../../sql/tree.ts';
import type { TreeNode, TreeValue } from '../../sql/tree.ts';

// The engine prints a CROSS JOIN as a comma, which binds weaker than every other JOIN: `a CROSS JOIN b FULL JOIN c` would become
// `a , (b FULL JOIN c)`. Beside other joins it is written as a JOIN that is always true.

const always = castNode(textNode('t'), 'BOOLEAN');

/** The same tree with joins that stay as they are when the engine prints them. */
export function writtenJoins(tree: TreeNode): TreeNode {
  return mapNode(tree, (node) => (node['type'] === 'JOIN' ? writtenJoin(node, false) : undefined));
}

function writtenJoin(join: TreeNode, beside: boolean): TreeNode {
  const isCross = join['ref_type'] === 'CROSS';
  const { left, right, type, ...rest } = join;
  return {
    type: type ?? null,
    ...writtenJoins(rest),
    left: side(left, beside || !isCross),
    right: side(right, true),
    ...(isCross && beside ? { ref_type: 'REGULAR', condition: always } : {}),
  };
}

function side(value: TreeValue | undefined, beside: boolean): TreeValue {
  if (!isNode(value)) return value ?? null;
  return value['type'] === 'JOIN' ? writtenJoin(value, beside) : writtenJoins(value);
}
