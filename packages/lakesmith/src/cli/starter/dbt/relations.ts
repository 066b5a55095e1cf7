import { parse } from 'node:path';
import { sqlTokens } from '../../../core/sql-tokens.ts';
import { quoteName } from '../../../core/sql-text.ts';
import type { TableReference } from '../../../sql/references.ts';
import { tableReferences } from '../../../sql/references.ts';
import { offsetOf, queryOf, textAt, walkTree } from '../../../sql/tree.ts';

/** A name in dbt's SQL that another takes the place of. */
interface Replaced {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** SQL with lakesmith's names, and the names in it that nobody knows. */
export interface Renamed {
  readonly sql: string;
  readonly unknown: readonly string[];
}

/**
 * Puts the name that `resolve` gives in the place of each table that the SQL reads: where the syntax tree says that it
 * stands, and nowhere else. `resolve` is asked with the reference and its text; `queryFor` whether a query stands for the table.
 */
export function renameRelations(
  sql: string,
  tree: unknown,
  resolve: (reference: TableReference, text: string) => string | undefined,
  queryFor: (table: string) => string | undefined = () => undefined,
): Renamed {
  const bare = offsetsWithoutAlias(tree);
  const { tokens } = sqlTokens(sql);
  const replaced: Replaced[] = [];
  const unknown: string[] = [];
  for (const reference of tableReferences(tree)) {
    if (reference.kind === 'function' && !reference.readsOutside) continue;
    const start = reference.offset;
    const first = tokens.findIndex((token) => token.start === start);
    let last = first;
    while (tokens[last + 1]?.text === '.') last += 2;
    if (reference.kind === 'function') {
      const depth = tokens[last + 1]?.depth ?? 0;
      last = tokens.findIndex((token, at) => at > last + 1 && token.text === ')' && token.depth === depth);
    }
    const end = tokens[last]?.end ?? start;
    const written = sql.slice(start, end);
    const table = resolve(reference, written);
    if (table === undefined) {
      unknown.push(written === '' ? reference.name : written);
      continue;
    }
    // Columns may be called by the table's old name; a file is called without its ending.
    const old = tokens[first]?.kind === 'text' ? parse(reference.name).name : reference.name;
    const isOther = table.slice(table.indexOf('.') + 1) !== old.toLowerCase();
    const query = reference.kind === 'table' ? queryFor(table) : undefined;
    const needsAlias = bare.has(start) && (isOther || query !== undefined) && reference.kind === 'table';
    replaced.push({ start, end, text: (query ?? table) + (needsAlias ? ` as ${quoteName(old)}` : '') });
  }
  return { sql: placed(sql, replaced), unknown };
}

function placed(sql: string, replaced: readonly Replaced[]): string {
  let text = '';
  let at = 0;
  for (const { start, end, text: name } of replaced) {
    text += sql.slice(at, start) + name;
    at = end;
  }
  return text + sql.slice(at);
}

function offsetsWithoutAlias(tree: unknown): ReadonlySet<number> {
  const offsets = new Set<number>();
  walkTree(queryOf(tree), (node) => {
    const offset = offsetOf(node);
    if (node['type'] === 'BASE_TABLE' && offset !== undefined && textAt(node, 'alias') === '') offsets.add(offset);
  });
  return offsets;
}
