import { tableNode } from './nodes.ts';
import { columnNames, mapNode, offsetOf, queryOf, textAt, withQuery } from './tree.ts';
import type { TreeNode } from './tree.ts';

/** Where a query that stands in the place of a view keeps the view's name. The engine does not look at it. */
const viewKey = 'view';

/** The query of a view, marked as what stands where the view was read. */
export function markedAsView(query: TreeNode, name: string): TreeNode {
  return { ...query, [viewKey]: name };
}

const namedTrees = new WeakMap<object, unknown>();

/** The same statement with views read by their names again: all of them, or only these. */
export function withNamedViews(tree: unknown, names?: ReadonlySet<string>): unknown {
  if (names !== undefined || typeof tree !== 'object' || tree === null) return readByName(tree, names);
  // Who asks what a model reads is not the only one, and whole trees are looked through.
  const named = namedTrees.get(tree) ?? readByName(tree);
  namedTrees.set(tree, named);
  return named;
}

function readByName(tree: unknown, names?: ReadonlySet<string>): unknown {
  const query = queryOf(tree);
  const named = mapNode(query, (node) => {
    const name = textAt(node, viewKey);
    if (node['type'] !== 'SUBQUERY' || name === '' || names?.has(name) === false) return undefined;
    const [schema = '', table = ''] = name.split('.');
    const offset = offsetOf(node);
    return {
      ...tableNode(schema, table),
      alias: textAt(node, 'alias'),
      sample: node['sample'] ?? null,
      column_name_alias: node['column_name_alias'] ?? [],
      ...(offset === undefined ? {} : { query_location: offset }),
    };
  });
  return withQuery(tree, named);
}

/** The same statement reading tables under other names, by names in lower case ('silver.orders'). */
export function withTablesCalled(tree: unknown, names: ReadonlyMap<string, string>): unknown {
  const unaliased = new Set<string>();
  const renamed = mapNode(queryOf(tree), (node) => {
    const name = `${textAt(node, 'schema_name')}.${textAt(node, 'table_name')}`.toLowerCase();
    const other = node['type'] === 'BASE_TABLE' ? names.get(name) : undefined;
    if (other === undefined) return undefined;
    const alias = textAt(node, 'alias');
    if (alias === '') unaliased.add(name);
    return { ...node, schema_name: '', table_name: other, alias: alias || textAt(node, 'table_name') };
  });
  return withQuery(tree, withoutSchemas(renamed, unaliased));
}

/** What is read under a name of its own cannot be meant with a schema in front any more: `silver.orders.id`. */
export function withoutSchemas(query: TreeNode, tables: ReadonlySet<string>): TreeNode {
  if (tables.size === 0) return query;
  return mapNode(query, (node) => {
    const names = columnNames(node);
    const [schema = '', table = '', ...others] = names ?? [];
    const isQualified = others.length > 0 && tables.has(`${schema}.${table}`.toLowerCase());
    return isQualified ? { ...node, column_names: [table, ...others] } : undefined;
  });
}
