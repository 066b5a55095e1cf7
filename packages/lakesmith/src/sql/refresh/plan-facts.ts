import { isDeepStrictEqual } from 'node:util';
import { nodeAt, nodesAt, textAt } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import type { Obstacle } from './determinism.ts';
import { volatileIn } from './determinism.ts';
import { typeName } from './expression.ts';
import type { NodeFacts, Scope, Silenced } from './facts.ts';
import { constantRows, unknownRows } from './facts.ts';
import type { Folded, PlannedShape } from './fold.ts';
import { foldedRows } from './fold.ts';
import type { KeyEntry, Leaf } from './key-map.ts';
import { KeyMap } from './key-map.ts';
import { childrenOf, operators } from './operators.ts';

/** A table under the name that one mention of it has in the plan. */
export interface PlannedTable {
  /** How many columns it has; what else a plan may read of a table is no column. */
  readonly width: number;
  /** Sets of columns that no two rows share. */
  readonly unique: readonly (readonly number[])[];
}

/** One path from the root of a plan to a mention of a table; a CTE that is read twice makes two of each of its own. */
interface PlannedLeaf {
  readonly occurrence: string;
  /** The table's columns that are read. */
  readonly columns: readonly number[];
}

export interface PlanFacts {
  readonly root: NodeFacts;
  readonly leaves: readonly PlannedLeaf[];
  readonly obstacles: readonly Obstacle[];
  /** Where rows are grouped outermost, and nothing else: what the groups are, and which leaves the rows are a sum of. */
  readonly fold: Folded<{
    readonly shape: PlannedShape;
    readonly linear: ReadonlyMap<Leaf, Silenced>;
    /** Keys of the rows that are grouped, which say where leaves matter that these are no sum of. */
    readonly followed: readonly KeyEntry[];
  }>;
}

/** The name of the rows that the outermost aggregate groups, where they are taken for a table. */
export const groupedName = '__grouped';

/**
 * What a bound plan proves of its rows; by name, the tables that it reads. `groups`: so many columns are grouped by outermost, and the
 * rows that are grouped count as one leaf more.
 */
export function planFacts(plan: TreeNode, tables: ReadonlyMap<string, PlannedTable>, groups?: number): PlanFacts {
  const top = groups === undefined ? undefined : outermostAggregate(plan);
  const isThat = top !== undefined && nodesAt(top, 'groups').length === groups;
  const walk = new Walk(tables, isThat ? top : undefined);
  const root = walk.visit(plan, new Map(), new Set());
  walk.requireAll(plan);
  return { root, leaves: walk.leaves, obstacles: walk.obstacles(), fold: foldFacts(plan, tables, walk) };
}

function foldFacts(plan: TreeNode, tables: ReadonlyMap<string, PlannedTable>, whole: Walk): PlanFacts['fold'] {
  const folded = foldedRows(plan);
  if (!folded.ok) return folded;
  const rounds = whole.obstacles().find(({ kind }) => kind === 'rounding');
  if (rounds !== undefined) return { ok: false, why: `${rounds.what} is rounded` };
  const walk = new Walk(tables, undefined);
  const { linear, keys } = walk.visit(folded.rows, folded.scope, new Set());
  // Leaves go by the numbers that they have in the whole plan.
  const all = whole.leaves.filter(({ occurrence }) => occurrence !== groupedName);
  const isAll =
    isDeepStrictEqual(walk.leaves, all) && whole.leaves.slice(0, all.length).every((leaf) => all.includes(leaf));
  if (!isAll) return { ok: false, why: 'its rows are not groups alone' };
  const isSum = (leaf: Leaf): boolean =>
    linear.has(leaf) && all.filter(({ occurrence }) => occurrence === all[leaf]?.occurrence).length === 1;
  const followed = keys.entries().filter(({ at }) => [...at.keys()].some((leaf) => !isSum(leaf)));
  return { ok: true, shape: folded.shape, linear, followed };
}

function occurrenceOf(scan: TreeNode): string {
  return textAt(nodeAt(scan, 'function_data') ?? {}, 'table');
}

const tableFunctions: ReadonlySet<string> = new Set(['range', 'generate_series', 'unnest']);

class Walk {
  readonly leaves: PlannedLeaf[] = [];
  readonly #told: Map<string, Obstacle> = new Map();
  readonly #visited: Set<TreeNode> = new Set();
  readonly #tables: ReadonlyMap<string, PlannedTable>;
  readonly #grouping: TreeNode | undefined;

  constructor(tables: ReadonlyMap<string, PlannedTable>, grouping: TreeNode | undefined) {
    this.#tables = tables;
    this.#grouping = grouping;
  }

  obstacles(): readonly Obstacle[] {
    return [...this.#told.values()];
  }

  /** A rule that does not know all children of its operator would not see what they read. */
  requireAll(node: TreeNode): void {
    const isTable = node['type'] === 'LOGICAL_GET' && this.#tables.has(occurrenceOf(node));
    if (isTable && !this.#visited.has(node))
      this.#tell({ kind: 'order', what: 'an operator that reads more than is understood' });
    for (const child of childrenOf(node)) this.requireAll(child);
  }

  visit(node: TreeNode, scope: Scope, marks: ReadonlySet<number>): NodeFacts {
    this.#visited.add(node);
    for (const obstacle of volatileIn(node)) this.#tell(obstacle);
    if (isTrimmed(node)) return this.#unknown(node, scope, 'columns that are left out');
    switch (node['type']) {
      case 'LOGICAL_GET':
        return this.#get(node, scope);
      case 'LOGICAL_MATERIALIZED_CTE':
        return this.#cte(node, scope);
      case 'LOGICAL_CTE_REF':
        return this.#reference(node, scope);
      case 'LOGICAL_DELIM_JOIN': {
        const lists = unnestedLists(node);
        if (lists !== undefined) return this.#unnested(node, lists, scope);
      }
    }
    const rule = operators[textAt(node, 'type')];
    if (rule === undefined) return this.#unknown(node, scope, plainOperator(textAt(node, 'type')));
    return rule(node, {
      visit: (child, below = new Set()) => this.visit(child, scope, below),
      tell: (obstacle) => this.#tell(obstacle),
      marks,
      grouped:
        node === this.#grouping ? () => this.leaves.push({ occurrence: groupedName, columns: [] }) - 1 : undefined,
    });
  }

  #tell(obstacle: Obstacle | undefined): void {
    if (obstacle !== undefined) this.#told.set(`${obstacle.kind} ${obstacle.what}`, obstacle);
  }

  /** Nothing is proven of it, and the order of its rows may be what matters. */
  #unknown(node: TreeNode, scope: Scope, what: string): NodeFacts {
    this.#tell({ kind: 'order', what });
    return unknownRows(
      childrenOf(node).map((child) => this.visit(child, scope, new Set())),
      0,
    );
  }

  #get(node: TreeNode, scope: Scope): NodeFacts {
    const occurrence = occurrenceOf(node);
    const table = this.#tables.get(occurrence);
    const indexes = columnIndexes(node);
    if (childrenOf(node).length === 0 && tableFunctions.has(textAt(node, 'name')))
      return constantRows(Math.max(1, indexes.length));
    if (table === undefined || childrenOf(node).length > 0) {
      this.#tell({ kind: 'volatile', what: textAt(node, 'name') });
      return this.#unknown(node, scope, textAt(node, 'name'));
    }
    if (isFiltered(node)) return this.#unknown(node, scope, 'a filter inside a scan');
    const leaf: Leaf = this.leaves.length;
    const columns = indexes.map((index) => (index < table.width ? index : -1));
    this.leaves.push({ occurrence, columns: columns.filter((column) => column >= 0) });
    const types = nodesAt(node, 'returned_types').map(typeName);
    const keys = new KeyMap();
    for (const [index, column] of columns.entries()) {
      if (column < 0) continue;
      const type = types[column];
      keys.add({ kind: 'column', index, type }, new Map([[leaf, { kind: 'column', index: column, type }]]));
    }
    const unique = table.unique
      .map((set) => set.map((column) => columns.indexOf(column)))
      .filter((set) => set.every((column) => column >= 0));
    return {
      width: columns.length,
      leaves: new Set([leaf]),
      keys,
      linear: new Map([[leaf, new Set<Leaf>()]]),
      zero: true,
      unique,
    };
  }

  #cte(node: TreeNode, scope: Scope): NodeFacts {
    const [query = {}, body = {}] = childrenOf(node);
    // What it says counts even if nobody reads it; but only where it is read do its tables matter.
    const { length } = this.leaves;
    this.visit(query, scope, new Set());
    this.leaves.length = length;
    return this.visit(body, new Map([...scope, [Number(node['table_index']), { query, scope }]]), new Set());
  }

  /** Every reference has leaves of its own. */
  #reference(node: TreeNode, scope: Scope): NodeFacts {
    const cte = scope.get(Number(node['cte_index']));
    if (cte === undefined) return this.#unknown(node, scope, 'a recursive CTE');
    return this.visit(cte.query, cte.scope, new Set());
  }

  /** `FROM t, unnest(t.list)`: each row gives its own. */
  #unnested(node: TreeNode, lists: number, scope: Scope): NodeFacts {
    const [numbered = {}, right = {}] = childrenOf(node);
    for (const obstacle of volatileIn(right)) this.#tell(obstacle);
    for (const obstacle of childrenOf(right).flatMap(volatileBelow)) this.#tell(obstacle);
    const rows = this.visit(childrenOf(numbered)[0] ?? {}, scope, new Set());
    return { ...rows, width: rows.width + 1 + lists, unique: [] };
  }
}

/** The aggregate of the outermost SELECT, above which are only what is done with its groups, and subqueries beside it. */
function outermostAggregate(plan: TreeNode, scope: Scope = new Map()): TreeNode | undefined {
  const type = textAt(plan, 'type');
  const [first, second] = childrenOf(plan);
  if (type === 'LOGICAL_AGGREGATE_AND_GROUP_BY') return plan;
  if (type === 'LOGICAL_MATERIALIZED_CTE' && first !== undefined && second !== undefined)
    return outermostAggregate(second, new Map([...scope, [Number(plan['table_index']), { query: first, scope }]]));
  if (type === 'LOGICAL_CTE_REF') {
    const cte = scope.get(Number(plan['cte_index']));
    return cte === undefined ? undefined : outermostAggregate(cte.query, cte.scope);
  }
  const isPassed = /^LOGICAL_(?:PROJECTION|FILTER|ORDER_BY|WINDOW|CROSS_PRODUCT|(?:COMPARISON|DELIM|ANY)_JOIN)$/.test(
    type,
  );
  return first === undefined || !isPassed ? undefined : outermostAggregate(first, scope);
}

function volatileBelow(node: TreeNode): readonly Obstacle[] {
  return [...volatileIn(node), ...childrenOf(node).flatMap(volatileBelow)];
}

/** Columns of the table in the order of the scan's own; those that are none are beyond all columns. */
function columnIndexes(node: TreeNode): readonly number[] {
  return nodesAt(node, 'column_indexes').map(({ index }) => (typeof index === 'number' ? index : Infinity));
}

function isFiltered(node: TreeNode): boolean {
  const filters = nodeAt(node, 'table_filters');
  const parts = nodesAt(node, 'column_indexes').some((index) => nodesAt(index, 'child_indexes').length > 0);
  return parts || hasItems(node['projection_ids']) || (filters !== undefined && hasItems(filters['filters']));
}

/** The planner left columns out, so that numbers do not mean what they say. */
export function isTrimmed(node: TreeNode): boolean {
  return ['projection_map', 'left_projection_map', 'right_projection_map'].some((key) => hasItems(node[key]));
}

export function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** How many columns the lists of a row-wise lateral add besides the row number; undefined for every other join. */
function unnestedLists(node: TreeNode): number | undefined {
  const [numbered, right] = childrenOf(node);
  if (node['join_type'] !== 'INNER' || numbered?.['type'] !== 'LOGICAL_WINDOW') return undefined;
  const windows = nodesAt(numbered, 'expressions');
  if (windows.length !== 1 || windows[0]?.['alias'] !== 'delim_index') return undefined;
  if (right?.['type'] !== 'LOGICAL_GET' || right['name'] !== 'unnest') return undefined;
  let below = childrenOf(right)[0];
  while (below?.['type'] === 'LOGICAL_PROJECTION') below = childrenOf(below)[0];
  if (below?.['type'] !== 'LOGICAL_DELIM_GET') return undefined;
  const { length } = Array.isArray(right['projected_input']) ? right['projected_input'] : [];
  // The items, and their number in the list where somebody asks for it.
  return columnIndexes(right).length + length;
}

/** 'LOGICAL_RECURSIVE_CTE' as a person says it: 'recursive cte'. */
function plainOperator(type: string): string {
  return type.replace('LOGICAL_', '').replaceAll('_', ' ').toLowerCase();
}
