import { selectFrom, starNode, tableNode } from './nodes.ts';
import { ctesOf, nodeAt, nodesAt, queryOf, withQuery } from './tree.ts';

/** The query that gives all rows of what a statement calls `name` in its WITH, and the names that it has there. */
export function cteQuery(tree: unknown, name: string): { readonly tree: unknown; readonly names: readonly string[] } {
  const query = queryOf(tree);
  const ctes = ctesOf(query);
  const at = ctes.findIndex((cte) => cte.name.toLowerCase() === name.toLowerCase());
  const found = ctes[at];
  const names = ctes.map((cte) => cte.name);
  if (found === undefined) return { names, tree: undefined };
  const outer = selectFrom(query, '', [starNode()], null);
  // It may read itself and those before it.
  const entries = nodesAt(nodeAt(query, 'cte_map') ?? {}, 'map').slice(0, at + 1);
  return {
    names,
    tree: withQuery(tree, { ...outer, cte_map: { map: entries }, from_table: tableNode('', found.name) }),
  };
}
