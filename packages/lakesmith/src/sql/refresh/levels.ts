import { selectFrom, starNode } from '../nodes.ts';
import type { TreeNode } from '../tree.ts';

/** What is said in WITH, a level for each query around. */
export type Levels = readonly (readonly TreeNode[])[];

/** The query where it can read what was said around it. */
export function within(query: TreeNode, levels: Levels): TreeNode {
  const own = levels.at(-1) ?? [];
  return levels
    .slice(0, -1)
    .reduceRight(
      (inner, entries) =>
        entries.length === 0 ? inner : { ...selectFrom(inner, 'q', [starNode()], null), cte_map: { map: entries } },
      { ...query, cte_map: { map: own } },
    );
}
