import { isAggregate } from '../functions.ts';
import { isNode, nodeAt, nodesAt, queryOf, textAt, withQuery } from '../tree.ts';
import type { TreeNode, TreeValue } from '../tree.ts';
import type { Levels } from './levels.ts';
import { within } from './levels.ts';
import type { TiedQuery } from './tied-rows.ts';
import { distinctRows, groupRows, isDistinctOn, tieColumn, tieName, windowRows } from './tied-rows.ts';
/**
 * A part of a SELECT whose value is chance where rows are equal in what it sorts them by and not otherwise, and how to ask whether there
 * are such rows: without any, it has one value.
 */
export interface Tie {
  /** What the plan may call it: 'row_number', 'DISTINCT ON', 'list'. */
  readonly names: readonly string[];
  /** A statement whose rows are looked at; undefined: it cannot be asked. */
  readonly rows: TiedRows | undefined;
}

interface TiedRows extends Pick<TiedQuery, 'equalIn'> {
  readonly tree: unknown;
  /** A cheaper statement whose rows tell first whether any may be equal. */
  readonly wider: unknown;
}

/** Every part of a statement that may depend on how rows stand that its order does not tell apart. */
export function tiesIn(tree: unknown): readonly Tie[] {
  const found: Tie[] = [];
  new Walk(tree, found).query(queryOf(tree), []);
  return found;
}

/** How many groups of rows are equal in an order and not otherwise, as SQL over the printed statement. */
export function countOfTies(printed: string, equalIn: number | undefined): string {
  if (equalIn === undefined) return `select count(*) as ties from (${printed}) as r`;
  const columns = tieColumns(equalIn);
  const by = columns.length === 0 ? '' : groupBy(columns);
  const isOther = 'count(distinct r) > 1 or count(distinct cast(r as varchar)) > 1';
  if (columns.length === 0) return `select count(*) as ties from (select 1 from (${printed}) as r having ${isOther})`;
  // First only what is equal, so that whole rows are compared of few: the statement is read twice, and nothing of it is kept.
  const equal = `select ${columns.map((name) => `r.${name}`).join(', ')} from (${printed}) as r${by} having count(*) > 1`;
  const on = columns.map((name) => `r.${name} is not distinct from g.${name}`).join(' and ');
  return `select count(*) as ties from (select 1 from (${printed}) as r semi join (${equal}) as g on ${on}${by} having ${isOther})`;
}

/** Whether rows may be equal in an order at all, as SQL over the printed statement of only what they may be equal in: a row if they may. */
export function mayBeTied(printed: string, equalIn: number): string {
  return `select 1 from (${printed}) as r${groupBy(tieColumns(equalIn))} having count(*) > 1 limit 1`;
}

function tieColumns(equalIn: number): readonly string[] {
  return Array.from({ length: equalIn }, (_, i) => tieColumn(i));
}

function groupBy(columns: readonly string[]): string {
  return ` group by ${columns.map((name) => `r.${name}`).join(', ')}`;
}

class Walk {
  readonly #tree: unknown;
  readonly #found: Tie[];

  constructor(tree: unknown, found: Tie[]) {
    this.#tree = tree;
    this.#found = found;
  }

  query(query: TreeNode, around: Levels | undefined): void {
    // Rows that a query makes of its own rows cannot be asked about alone.
    const levels = query['type'] === 'RECURSIVE_CTE_NODE' ? undefined : around;
    const map = nodeAt(query, 'cte_map') ?? {};
    const entries = nodesAt(map, 'map');
    for (const [i, entry] of entries.entries()) {
      const before = levels === undefined ? undefined : [...levels, entries.slice(0, i)];
      this.#below(nodeAt(entry, 'value') ?? {}, query, before);
    }
    const inside = levels === undefined ? undefined : [...levels, entries];
    if (isDistinctOn(query)) this.#tell(['DISTINCT ON'], distinctRows(query), inside);
    for (const [key, child] of Object.entries(query)) if (key !== 'cte_map') this.#below(child, query, inside);
  }

  #below(value: TreeValue, query: TreeNode, levels: Levels | undefined): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#below(item, query, levels);
      return;
    }
    if (!isNode(value)) return;
    if (nodeAt(value, 'cte_map') !== undefined) {
      this.query(value, levels);
      return;
    }
    const name = textAt(value, 'function_name').toLowerCase();
    if (value['class'] === 'WINDOW') {
      const kind = textAt(value, 'type').replace('WINDOW_', '').toLowerCase();
      this.#tell([kind, ...(kind === 'aggregate' ? [name] : [])], windowRows(value, query), levels);
    } else if (value['class'] === 'FUNCTION' && isAggregate(name)) {
      this.#tell([name], groupRows(value, query), levels);
    }
    for (const child of Object.values(value)) this.#below(child, query, levels);
  }

  #tell(names: readonly string[], rows: TiedQuery | undefined, levels: Levels | undefined): void {
    const treeOf = (query: TreeNode): unknown => withQuery(this.#tree, within(query, levels ?? []));
    const tied =
      rows === undefined || levels === undefined
        ? undefined
        : { tree: treeOf(rows.query), wider: rows.wider && treeOf(rows.wider), equalIn: rows.equalIn };
    this.#found.push({ names: names.map(tieName), rows: tied });
  }
}
