import { mapNode, queryOf, textAt, withQuery } from '../tree.ts';
import { withoutSchemas } from '../views.ts';

/** A statement in which each mention of a table has a name of its own, so that each can be bound to other rows. */
export interface NamedOccurrences {
  readonly tree: unknown;
  /** By number, the table ('silver.orders') that `occurrenceName` of it stands for. */
  readonly tables: readonly string[];
}

export function occurrenceName(occurrence: number): string {
  return `__in${occurrence}`;
}

/** Gives every mention of these tables, which go by their names in lower case, the name of its number. */
export function nameOccurrences(tree: unknown, tables: ReadonlySet<string>): NamedOccurrences {
  const found: string[] = [];
  const unaliased = new Set<string>();
  const named = mapNode(queryOf(tree), (node) => {
    const name = `${textAt(node, 'schema_name')}.${textAt(node, 'table_name')}`.toLowerCase();
    if (node['type'] !== 'BASE_TABLE' || !tables.has(name)) return undefined;
    const alias = textAt(node, 'alias');
    if (alias === '') unaliased.add(name);
    const table_name = occurrenceName(found.length);
    found.push(name);
    return { ...node, catalog_name: '', schema_name: '', table_name, alias: alias || textAt(node, 'table_name') };
  });
  return { tree: withQuery(tree, withoutSchemas(named, unaliased)), tables: found };
}
