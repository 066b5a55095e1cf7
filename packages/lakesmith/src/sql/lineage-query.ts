import type { Flow, FlowColumn } from './lineage-scope.ts';
import { joined } from './lineage-scope.ts';
import { nodeAt, nodesAt, textAt } from './tree.ts';
import type { TreeNode } from './tree.ts';

/** Where the columns of a query come from, and its rows. */
export interface QueryFlow {
  readonly columns: readonly FlowColumn[];
  /** What its rows depend on. */
  readonly rows: readonly Flow[];
}

/** What CTEs call their columns, by their names. */
export function cteAliases(query: TreeNode): ReadonlyMap<string, readonly string[]> {
  const entries = nodesAt(nodeAt(query, 'cte_map') ?? {}, 'map');
  return new Map(
    entries.map((entry) => {
      const aliases = nodeAt(entry, 'value')?.['aliases'];
      return [textAt(entry, 'key').toLowerCase(), Array.isArray(aliases) ? aliases.map(String) : []];
    }),
  );
}

/** The same with other names, as far as there are some. */
export function renamed(flow: QueryFlow, names: readonly string[]): QueryFlow {
  return { ...flow, columns: flow.columns.map((column, i) => ({ ...column, name: names[i] ?? column.name })) };
}

/** What UNION BY NAME puts together. */
export function byName(columns: readonly FlowColumn[]): readonly FlowColumn[] {
  const found = new Map<string, FlowColumn>();
  for (const { name, flow } of columns) {
    const before = found.get(name.toLowerCase());
    const both = before === undefined ? flow : { ...joined([before.flow, flow]), same: before.flow.same && flow.same };
    found.set(name.toLowerCase(), { name: before?.name ?? name, flow: both });
  }
  return [...found.values()];
}

/** How much is known of where it comes from: what is read in a circle is done when that does not grow any more. */
export function sizeOf({ columns, rows }: QueryFlow): number {
  return [...columns.map(({ flow }) => flow), joined(rows)].reduce((sum, { uses }) => sum + uses.size, 0);
}
