import { count } from '../../core/quantity.ts';
import type { Column } from '../../core/schema.ts';
import type { RefreshProof } from '../../sql/refresh/proof.ts';

/**
 * The columns that a mention has where rows are compared that are equal in an order: only those that are read of it, since rows that
 * differ in others are one to the SELECT.
 */
export function comparedColumns(
  { leaves }: RefreshProof,
  occurrence: number,
  columns: readonly Column[],
): readonly Column[] {
  const read = new Set(leaves.flatMap((leaf) => (leaf.occurrence === occurrence ? leaf.columns : [])));
  return read.size === 0 ? columns : columns.filter(({ name }) => read.has(name));
}

/** For each part that depends on how equal rows stand, how many groups there are of them: one row. */
export function tiesSql({ ties }: RefreshProof): string {
  return `select ${ties.map(({ sql }) => `(${sql})`).join(', ')}`;
}

/** 'row_number: there are 3 groups of rows that are equal in its order and not otherwise'. */
export function tiesText(what: string, groups: number): string {
  const are = groups === 1 ? 'is' : 'are';
  return `${what}: there ${are} ${count(groups, 'group')} of rows that are equal in its order and not otherwise`;
}

/** What of these counts stands against making rows by parts; undefined: nothing. */
export function tiesIn(counts: Readonly<Record<string, number>>): string | undefined {
  const [what, found = 0] = Object.entries(counts).find(([, groups]) => groups > 0) ?? [];
  return what === undefined ? undefined : tiesText(what, found);
}
