import { count } from '../../core/quantity.ts';
import type { RefreshProof, TieQuestion } from '../../sql/refresh/proof.ts';
import type { BoundMention } from './mention.ts';
import { mentionsOf } from './mention.ts';

/** Questions whether rows are equal in an order and not otherwise: for each part that depends on it, a number of groups. */
export interface TieCheck {
  readonly questions: readonly TieQuestion[];
  /** All of them as one, without what is asked first: a row of their numbers. */
  readonly sql: string;
  readonly mentions: readonly BoundMention[];
}

/**
 * Asks them of what mentions of tables are bound to; undefined where nothing depends on it. Rows that differ only in columns that nobody
 * reads are one to the SELECT.
 */
export function tieCheck(proof: RefreshProof, sqlOf: (occurrence: number) => string): TieCheck | undefined {
  if (proof.ties.length === 0) return undefined;
  const mentions = mentionsOf(proof, sqlOf).map((mention, occurrence): BoundMention => {
    const read = new Set(proof.leaves.flatMap((leaf) => (leaf.occurrence === occurrence ? leaf.columns : [])));
    return read.size === 0 ? mention : { ...mention, read };
  });
  const sql = `select ${proof.ties.map((one) => `(${one.sql})`).join(', ')}`;
  return { questions: proof.ties, sql, mentions };
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
