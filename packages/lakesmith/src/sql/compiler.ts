import type { Column } from '../core/schema.ts';
import type { TreeNode } from './tree.ts';

/**
 * What the program needs of an engine to understand SQL, without running any. An Engine is one (its `parse`, `print` and
 * `describe` have these shapes); tests may pass a real engine or a table of answers.
 */
export interface SqlCompiler {
  parse(statements: readonly string[]): Promise<readonly SqlParse[]>;
  print(trees: readonly unknown[]): Promise<readonly string[]>;
  /** Binds `sql` over empty tables with these columns. */
  bind(sql: string, tables: ReadonlyMap<string, readonly Column[]>, timezone: string): Promise<SqlBinding>;
  /** The engine's own plans of statements over empty tables with these columns, bound and not made fast, in order. */
  plan(
    statements: readonly string[],
    tables: ReadonlyMap<string, readonly Column[]>,
    timezone: string,
  ): Promise<readonly SqlPlan[]>;
}

/** A bound plan: names, stars and casts are resolved, and columns are numbers. Its exact numbers are those of `TreeNode`. */
export type SqlPlan = { readonly ok: true; readonly plan: TreeNode } | { readonly ok: false; readonly message: string };

/** A syntax tree, or why there is none and where. */
export type SqlParse =
  | {
      readonly ok: true;
      readonly tree: unknown;
      /** The tree as JSON; absent where it would have to be written first. */
      readonly text?: string;
      /** Words of the project that were put in: 'parameter country', 'macro vat'. Absent: the tree is that of the text. */
      readonly uses?: readonly string[];
    }
  | {
      readonly ok: false;
      readonly message: string;
      readonly offset: number;
      /** Where the SQL is right and a word of the project in it is not. */
      readonly word?: { readonly code: 'LS1010' | 'LS1210'; readonly hint: string };
    };

/** The columns of a query, or what the engine refuses. */
export type SqlBinding =
  | { readonly ok: true; readonly columns: readonly Column[] }
  | {
      readonly ok: false;
      /** 'type': the column's type cannot be stored (message names it). 'bind': anything the engine refuses. */
      readonly problem: 'column' | 'table' | 'type' | 'bind' | 'parse';
      readonly message: string;
      /** Character offset in the SQL, when the engine says one. */
      readonly offset?: number;
      /** The name that was not found, when that is the problem. */
      readonly name?: string;
      /** Near names that the engine offers. */
      readonly candidates: readonly string[];
    };
