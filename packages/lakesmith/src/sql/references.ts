import { isClosedTableFunction } from './functions.ts';
import { nodeAt, offsetOf, queryOf, textAt, walkTree } from './tree.ts';

/** A name in a FROM clause that is not a common table expression. */
export interface TableReference {
  readonly kind: 'table' | 'function';
  readonly catalog: string;
  /** As written; '' when there was none. */
  readonly schema: string;
  readonly name: string;
  /** Characters from the start of the SQL to the reference. */
  readonly offset: number;
  /** True for a function that reads something that is not an argument: a file, the engine's own state, a table named by a text. */
  readonly readsOutside: boolean;
}

/** Every table and table function that the tree reads, in order of appearance, each time it is mentioned. */
export function tableReferences(tree: unknown): readonly TableReference[] {
  const found: TableReference[] = [];
  walkTree(queryOf(tree), (node, scope) => {
    const offset = offsetOf(node) ?? 0;
    if (node['type'] === 'BASE_TABLE') {
      const reference = {
        kind: 'table',
        catalog: textAt(node, 'catalog_name'),
        schema: textAt(node, 'schema_name'),
        name: textAt(node, 'table_name'),
        offset,
        readsOutside: false,
      } as const;
      const isCte = reference.catalog === '' && reference.schema === '' && scope.has(reference.name.toLowerCase());
      if (!isCte) found.push(reference);
    } else if (node['type'] === 'TABLE_FUNCTION') {
      const call = nodeAt(node, 'function') ?? {};
      const name = textAt(call, 'function_name');
      found.push({
        kind: 'function',
        catalog: textAt(call, 'catalog'),
        schema: textAt(call, 'schema'),
        name,
        offset,
        readsOutside: !isClosedTableFunction(name),
      });
    } else if (node['type'] === 'SHOW_REF') {
      found.push({ kind: 'function', catalog: '', schema: '', name: 'describe', offset, readsOutside: true });
    }
  });
  return found.sort((a, b) => a.offset - b.offset);
}
