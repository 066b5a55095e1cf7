import type { Column } from '../core/schema.ts';

/**
 * What the program needs of an engine to understand SQL, without running any. An Engine is one (its `parse`, `print` and
 * `describe` have these shapes); tests may pass a real engine or a table of answers.
 */
export interface SqlCompiler {
  parse(statements: readonly string[]): Promise<readonly SqlParse[]>;
  print(trees: readonly unknown[]): Promise<readonly string[]>;
  /** Binds `sql` over empty tables with these columns. */
  bind(sql: string, tables: ReadonlyMap<string, readonly Column[]>, timezone: string): Promise<SqlBinding>;
}

type SqlParse =
  | { readonly ok: true; readonly tree: unknown }
  | { readonly ok: false; readonly message: string; readonly offset: number };

export type SqlBinding =
  | { readonly ok: true; readonly columns: readonly Column[] }
  | {
      readonly ok: false;
      readonly problem: 'column' | 'table' | 'type' | 'bind' | 'parse';
      readonly message: string;
      readonly offset?: number;
      readonly name?: string;
      readonly candidates: readonly string[];
    };
