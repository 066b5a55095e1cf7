/**
 * What has to be read to judge a rule or a check. same pass: nothing more than to make the table. new rows: what the step adds.
 * changed keys: that, and the rows with the same keys. statistics: nothing, the log tells it. each row: one pass over the table.
 */
export type Cost =
  'same pass' | 'new rows' | 'changed keys' | 'statistics' | 'each row' | 'whole table' | 'other tables';

/** A rule, a check, or the key of a table, and what it costs in one step. */
export interface Judged {
  readonly of: 'key' | 'rule' | 'check';
  readonly name: string;
  readonly severity: string;
  readonly cost: Cost;
}

/** What the run that made the very version of a table that a step builds on found in it. */
export interface Proof {
  /** The key ('key'), rules and checks ('rule positive') that no row broke. */
  readonly passed: ReadonlySet<string>;
  /** The versions of other tables by which that was told. */
  readonly versions: Readonly<Record<string, { readonly path: string; readonly version: number }>>;
}
