import type { ColumnSpec, Predicate } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { Relation } from '../engine/engine.ts';

/** What becomes of a row of the table. */
export type RowAction =
  | { readonly kind: 'delete' }
  /** New values by column, in SQL over the row as it is and, where there is one, the row of the source that it meets. */
  | { readonly kind: 'update'; readonly set: ReadonlyMap<string, string> };

/** Conditions are SQL that means the same whenever it is asked; NULL is not met. Of several clauses, the first that is met counts. */
export interface RowClause {
  readonly when?: string | undefined;
  readonly action: RowAction;
}

/** A row that is added; columns without a value get that which the table gives them (`completeChange`). */
export interface InsertClause {
  readonly when?: string | undefined;
  readonly values: ReadonlyMap<string, string>;
}

/** Rows that come from elsewhere. */
export interface SourceRows {
  /** The relation that has the rows, last, and what it is made from. */
  readonly relations: readonly Relation[];
  /** SQL for the same rows with their numbers as one more column, when they are cheap to read again. */
  readonly numbered?: string | undefined;
  readonly columns: readonly Column[];
  /** What it is called in conditions and values. */
  readonly alias: string;
  /** Which row of the table it meets, in SQL over both. Absent: none meets any. */
  readonly on?: string | undefined;
  /** Columns of the table that equal columns of the source when `on` holds. */
  readonly equal?: readonly { readonly column: string; readonly source: string }[];
  /** Columns that have a value in each row, and together another in each. */
  readonly unique?: readonly string[] | undefined;
  /** A condition over the rows, as if they were the table's, that all must meet. */
  readonly allMeet?: string | undefined;
}

/** A change of rows as a value: what DELETE, UPDATE, MERGE and the overwriting of some rows come to. */
export interface RowChange {
  /** In Spark's words. */
  readonly operation: 'DELETE' | 'UPDATE' | 'MERGE' | 'WRITE';
  readonly operationParameters: Readonly<Record<string, unknown>>;
  /** What the table is called in conditions and values. */
  readonly alias: string;
  readonly source?: SourceRows | undefined;
  /** For rows that a row of the source meets. */
  readonly matched: readonly RowClause[];
  /** For rows that none meets: without a source, all. Their conditions may ask the relation `source`. */
  readonly unmatched: readonly RowClause[];
  /** For rows of the source that meet none. */
  readonly inserts: readonly InsertClause[];
  /** What a row must meet to be concerned at all. */
  readonly predicate?: Predicate | undefined;
  /** A condition asks for other rows of the table too. */
  readonly asks?: boolean;
  /** Who meets the predicate goes: all there is, is one clause that deletes what meets it. */
  readonly deletesWhole?: boolean;
  /** All columns that the table has from now on, when some are new. */
  readonly columns?: readonly ColumnSpec[] | undefined;
  readonly signal?: AbortSignal;
}
