import { digest } from '../../core/digest.ts';
import { nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import { volatileIn } from './determinism.ts';
import { meantOperators } from './meant-operators.ts';
import type { MeantRows } from './meant-operators.ts';
import type { Meant } from './meant-expression.ts';
import { Untold } from './meant-expression.ts';
import { childrenOf } from './operators.ts';
import { hasItems, isTrimmed } from './plan-facts.ts';

/**
 * What a SELECT means: two that have the same rows, and in a column the same, give equal bags of these columns for whatever is in the tables. The
 * other way round it need not be so.
 */
export interface Meaning {
  /** Which rows there are: what they come from, and how they are chosen, joined and grouped. */
  readonly rows: string;
  /** By number of the output column, what of such a row it is. */
  readonly columns: readonly string[];
  /** Everything that is computed on the way, seen or not: where it fails, the SELECT does. */
  readonly computed: string;
}

/** The same, by the names of the columns, in their order. */
export interface NamedMeaning extends Pick<Meaning, 'rows' | 'computed'> {
  readonly columns: Readonly<Record<string, string>>;
}

/** The meaning of a bound plan; a text where the plan does not tell: what it is that is not told. */
export function meaningOfPlan(plan: TreeNode): Meaning | string {
  const walk = new Walk();
  try {
    const { rows, columns } = walk.visit(plan);
    const told = columns.map((column) => {
      if (column === undefined) throw new Untold('a column that cannot be followed');
      return column;
    });
    const computed = digest([...walk.computed].sort().join(' '));
    return { rows: digest(`${rows} ${walk.shared().join(' ')}`), columns: told, computed };
  } catch (error) {
    if (error instanceof Untold) return error.message;
    throw error;
  }
}

const none = '18446744073709551615';

class Walk {
  readonly computed: Set<string> = new Set();
  readonly #ctes: Map<number, { readonly rows: MeantRows; read: number }> = new Map();
  readonly #tables: Map<number, readonly Meant[]> = new Map();
  /** What the rows are matched with that a correlated subquery looks at, the innermost last. */
  readonly #outer: (readonly Meant[])[] = [];

  /** CTEs that are read more than once: they are made once, so that what is chance in them is the same wherever they are read. */
  shared(): readonly string[] {
    const all = [...this.#ctes.values()].filter(({ read }) => read > 1);
    return all.map(({ rows, read }) => digest(`${rows.rows} ${rows.columns.join()} ${read}`)).sort();
  }

  visit(node: TreeNode): MeantRows {
    const [chance] = volatileIn(node);
    if (chance !== undefined) throw new Untold(chance.what);
    if (isTrimmed(node)) throw new Untold('columns that are left out');
    const found = this.#meant(node);
    if (typeof node['table_index'] === 'number') this.#tables.set(node['table_index'], found.columns);
    return found;
  }

  #meant(node: TreeNode): MeantRows {
    switch (node['type']) {
      case 'LOGICAL_GET':
        return nodeAt(node, 'function_data')?.['table'] === undefined ? this.#apply(node) : this.#table(node);
      case 'LOGICAL_MATERIALIZED_CTE': {
        const [query = {}, body = {}] = childrenOf(node);
        this.#ctes.set(Number(node['table_index']), { rows: this.visit(query), read: 0 });
        return this.visit(body);
      }
      case 'LOGICAL_CTE_REF': {
        const cte = this.#ctes.get(Number(node['cte_index']));
        if (cte === undefined || node['is_recurring'] === true) throw new Untold('a recursive CTE');
        cte.read += 1;
        return cte.rows;
      }
      case 'LOGICAL_DELIM_GET': {
        const columns = this.#outer.at(-1);
        if (columns === undefined) throw new Untold('a column that cannot be followed');
        return { rows: digest(`outer ${columns.join()}`), columns };
      }
      default:
        return this.#apply(node);
    }
  }

  #apply(node: TreeNode): MeantRows {
    const type = textAt(node, 'type');
    const operator = meantOperators[type];
    if (operator === undefined) throw new Untold(type.replace('LOGICAL_', '').replaceAll('_', ' ').toLowerCase());
    return operator(node, {
      visit: (child) => this.visit(child),
      inside: (columns, child) => {
        this.#outer.push(columns);
        const rows = this.visit(child);
        this.#outer.pop();
        return rows;
      },
      computed: (what) => void this.computed.add(what),
      columnsOf: (table) => this.#tables.get(table),
    });
  }

  #table(node: TreeNode): MeantRows {
    const data = nodeAt(node, 'function_data') ?? {};
    const name = `${textAt(data, 'schema')}.${textAt(data, 'table')}`;
    const options = nodeAt(nodeAt(node, 'extra_info') ?? {}, 'sample_options');
    const filters = nodeAt(node, 'table_filters');
    const isPlain =
      textAt(node, 'name') === 'seq_scan' &&
      [node['projection_ids'], node['projected_input'], filters?.['filters'], node['children']].every(
        (of) => !hasItems(of),
      ) &&
      options === undefined &&
      nodeAt(node, 'ordinality_idx')?.['$number'] === none &&
      node['row_group_order_options'] === null;
    if (!isPlain) throw new Untold('a scan that is not plain');
    const names = Array.isArray(node['names']) ? node['names'] : [];
    const types = nodesAt(node, 'returned_types');
    const columns = nodesAt(node, 'column_indexes').map(({ index, child_indexes: parts }): Meant => {
      const column = typeof index === 'number' ? names[index] : undefined;
      if (hasItems(parts)) throw new Untold('a scan that is not plain');
      if (typeof column !== 'string') return undefined;
      return digest(`column ${JSON.stringify([column, types[Number(index)]])}`);
    });
    return { rows: digest(`table ${name}`), columns };
  }
}
