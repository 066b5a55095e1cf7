import { occurrenceName } from '../../sql/refresh/occurrences.ts';
import type { RefreshProof } from '../../sql/refresh/proof.ts';

/** A mention of a table in a proven SELECT, and the rows that it is bound to. */
export interface BoundMention {
  readonly name: string;
  /** The table that is meant: the rows have its columns. */
  readonly table: string;
  readonly sql: string;
  /** Only these columns of it; absent: all. */
  readonly read?: ReadonlySet<string>;
}

export function mentionsOf(proof: RefreshProof, sqlOf: (occurrence: number) => string): readonly BoundMention[] {
  return proof.occurrences.map((table, occurrence) => ({
    name: occurrenceName(occurrence),
    table,
    sql: sqlOf(occurrence),
  }));
}
