import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Column } from '../core/schema.ts';
import type { Engine, Relation } from '../engine/engine.ts';
import type { SqlCompiler } from '../sql/compiler.ts';

/** The real engine, as what projects are loaded and bound with. */
export async function openEngineCompiler(): Promise<SqlCompiler & { readonly engine: Engine }> {
  const engine = await openDuckDb();
  return {
    engine,
    parse: (statements) => engine.parse(statements),
    print: (trees) => engine.print(trees),
    bind: (sql, tables, timezone) => engine.describe({ sql, relations: emptyTables(tables), timezone }),
    plan: (statements, tables, timezone) => engine.plan({ statements, relations: emptyTables(tables), timezone }),
  };
}

function emptyTables(tables: ReadonlyMap<string, readonly Column[]>): readonly Relation[] {
  return [...tables].map(([name, columns]) => ({ name, kind: 'empty', columns }) as const);
}
