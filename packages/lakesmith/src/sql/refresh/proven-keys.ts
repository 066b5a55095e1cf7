import { LakeError } from '../../core/errors.ts';
import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { fromEngineType } from '../../core/type-policy.ts';
import type { SqlCompiler } from '../compiler.ts';
import { nodesAt } from '../tree.ts';
import type { TreeNode } from '../tree.ts';
import type { Expression } from './expression.ts';
import { attempted, identityOf, isExact, printExpression, readExpression } from './expression.ts';
import type { NodeFacts } from './facts.ts';
import type { Carriers, KeyEntry, Leaf } from './key-map.ts';
import type { NearTime } from './monotone.ts';
import { nearTimeOf } from './monotone.ts';

/** Rows with a value in this output column depend, of these leaves, only on the rows with that value there. */
export interface ProvenKey {
  readonly column: number;
  /** SQL over the columns of a leaf's table, which go by `t`. */
  readonly at: readonly (readonly [leaf: Leaf, sql: string])[];
  /** Leaves of which it is a column, as it stands there. */
  readonly plain: readonly (readonly [leaf: Leaf, column: string])[];
  /** Leaves of which a column of times is near it. */
  readonly near?: readonly (readonly [leaf: Leaf, time: NearTime])[];
}

/** Keys that are output columns; the same value said over the rows of leaves. */
export function keysOf(entries: readonly KeyEntry[], printer: LeafPrinter): readonly ProvenKey[] {
  return entries.flatMap(({ output, at }) =>
    output.kind === 'column' && isExact(output) ? provenKey(output.index, at, printer) : [],
  );
}

/** Keys of rows that nobody sees: any exact expression over them is one. */
export function rowKeysOf(
  entries: readonly KeyEntry[],
  printer: LeafPrinter,
): { readonly keys: readonly ProvenKey[]; readonly columns: readonly Column[] } {
  const columns: Column[] = [];
  const keys = entries.flatMap(({ output, at }) => {
    const type = isExact(output) ? keptType(output) : undefined;
    const found = type === undefined ? [] : provenKey(columns.length, at, printer);
    if (type !== undefined) columns.push(...found.map(({ column }) => ({ name: `k${column}`, type })));
    return found;
  });
  return { keys, columns };
}

/** In which type its values are looked for. Where some become one, more rows are looked at than need be. */
function keptType({ type }: Expression): Column['type'] | undefined {
  try {
    return type === undefined ? undefined : fromEngineType(type, 'key');
  } catch (error) {
    if (error instanceof LakeError) return undefined;
    throw error;
  }
}

function provenKey(column: number, at: Carriers, printer: LeafPrinter): readonly ProvenKey[] {
  const said = [...at].flatMap(([leaf, expression]): readonly [Leaf, string][] => {
    const sql = printer.print(leaf, expression);
    return sql === undefined ? [] : [[leaf, sql]];
  });
  const plain = [...at].flatMap(([leaf, expression]): readonly [Leaf, string][] => {
    const name = printer.columnOf(leaf, expression);
    return name === undefined ? [] : [[leaf, name]];
  });
  const near = [...at].flatMap(([leaf, expression]): readonly [Leaf, NearTime][] => {
    const time = expression.kind === 'column' ? undefined : nearTimeOf(expression);
    return time === undefined ? [] : [[leaf, time]];
  });
  return said.length === 0 ? [] : [{ column, at: said, plain, ...(near.length === 0 ? {} : { near }) }];
}

/** Columns of leaves that would be keys if they were shown. */
export function unshownOf(root: NodeFacts, printer: LeafPrinter): readonly (readonly [leaf: Leaf, column: string])[] {
  return (root.unshown ?? []).flatMap(({ at }) =>
    [...at].flatMap(([leaf, expression]): readonly (readonly [Leaf, string])[] => {
      const name = printer.columnOf(leaf, expression);
      return name === undefined ? [] : [[leaf, name]];
    }),
  );
}

/**
 * Expressions over leaves as SQL; only those of which it was seen that they mean there what they meant in the plan. They are asked of rows
 * that the SELECT may leave out before it comes to them, so that what would refuse a value gives NULL: such rows are some more to look at.
 */
export class LeafPrinter {
  readonly #leaves: readonly { readonly occurrence: string }[];
  readonly #tables: ReadonlyMap<string, readonly Column[]>;
  readonly #confirmed: Set<string> = new Set();

  constructor(leaves: readonly { readonly occurrence: string }[], tables: ReadonlyMap<string, readonly Column[]>) {
    this.#leaves = leaves;
    this.#tables = tables;
  }

  /** Binds every expression that is more than a column, and compares. */
  async confirm(entries: readonly KeyEntry[], compiler: Pick<SqlCompiler, 'plan'>, timezone: string): Promise<void> {
    const asked = new Map<string, { readonly sql: string; readonly expression: Expression }>();
    for (const { at } of entries) {
      for (const [leaf, expression] of at) {
        if (expression.kind === 'column') continue;
        const occurrence = this.#leaves[leaf]?.occurrence ?? '';
        const sql = `select ${this.#sql(occurrence, expression)} from ${occurrence} as t`;
        asked.set(confirmedKey(occurrence, expression), { sql, expression: attempted(expression) });
      }
    }
    const plans = await compiler.plan(
      [...asked.values()].map(({ sql }) => sql),
      this.#tables,
      timezone,
    );
    for (const [i, [key, { expression }]] of [...asked].entries()) {
      const plan = plans[i];
      if (plan?.ok === true && isThatOf(plan.plan, expression)) this.#confirmed.add(key);
    }
  }

  print(leaf: Leaf, expression: Expression): string | undefined {
    const occurrence = this.#leaves[leaf]?.occurrence ?? '';
    const isSafe = expression.kind === 'column' || this.#confirmed.has(confirmedKey(occurrence, expression));
    return isSafe ? this.#sql(occurrence, expression) : undefined;
  }

  /** The column of the leaf's table that the expression is. */
  columnOf(leaf: Leaf, expression: Expression): string | undefined {
    if (expression.kind !== 'column') return undefined;
    return this.#tables.get(this.#leaves[leaf]?.occurrence ?? '')?.[expression.index]?.name;
  }

  #sql(occurrence: string, expression: Expression): string {
    const columns = this.#tables.get(occurrence) ?? [];
    return printExpression(attempted(expression), (index) => `t.${quoteName(columns[index]?.name ?? '')}`);
  }
}

function confirmedKey(occurrence: string, expression: Expression): string {
  return `${occurrence} ${identityOf(expression)}`;
}

/** Whether a SELECT of one expression over one table is bound to this expression over the table's columns. */
function isThatOf(plan: TreeNode, expression: Expression): boolean {
  const [scan] = nodesAt(plan, 'children');
  const [bound] = nodesAt(plan, 'expressions');
  const found = readExpression(bound);
  if (plan['type'] !== 'LOGICAL_PROJECTION' || scan?.['type'] !== 'LOGICAL_GET' || found === undefined) return false;
  const columns = nodesAt(scan, 'column_indexes').map(({ index }) => (typeof index === 'number' ? index : -1));
  const overTable = identityOf(found).replace(/#(\d+)/g, (_, index: string) => `#${columns[Number(index)] ?? -1}`);
  return overTable === identityOf(expression) && found.type === expression.type;
}
