import type { Constant } from './values.ts';

/**
 * A condition on rows, for leaving out files that cannot hold any row that meets it. A column is named by its path; NULL
 * behaves as in SQL. Constants are values of the column's type: int64 as bigint or number, decimals as text, dates
 * '2026-01-31', timestamps '2026-01-31 10:00:00.123456+00' (with an offset or Z; timestamp_ntz without).
 */
export type Predicate =
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Predicate[] }
  | { readonly kind: 'not'; readonly operand: Predicate }
  | {
      readonly kind: 'compare';
      readonly column: readonly string[];
      readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>=';
      readonly value: Constant;
    }
  | { readonly kind: 'in'; readonly column: readonly string[]; readonly values: readonly Constant[] }
  | { readonly kind: 'is-null'; readonly column: readonly string[] };
