import type { Constant } from './values.ts';

/**
 * A condition on rows, for leaving out files that cannot hold any row that meets it. A column is named by its path; upper and
 * lower case matter only between names that differ in nothing else. NULL behaves as in SQL; `<=>` is IS NOT DISTINCT FROM.
 * Constants are values of the column's type: int64 as bigint or number, decimals as text, dates '2026-01-31', timestamps
 * '2026-01-31 10:00:00.123456+00' (with an offset or Z; timestamp_ntz without).
 */
export type Predicate =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Predicate[] }
  | { readonly kind: 'not'; readonly operand: Predicate }
  | {
      readonly kind: 'compare';
      readonly column: readonly string[];
      readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>=' | '<=>';
      readonly value: Constant;
    }
  | { readonly kind: 'in'; readonly column: readonly string[]; readonly values: readonly Constant[] }
  | { readonly kind: 'starts-with'; readonly column: readonly string[]; readonly prefix: string }
  | { readonly kind: 'is-null'; readonly column: readonly string[] }
  /** A condition that has no other form here: it may be anything. */
  | { readonly kind: 'unknown' };
