import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine } from '../engine/engine.ts';
import type { SqlCompiler } from '../sql/compiler.ts';

/** The real engine, as what projects are loaded and bound with. */
export async function openEngineCompiler(): Promise<SqlCompiler & { readonly engine: Engine }> {
  const engine = await openDuckDb();
  return {
    engine,
    parse: (statements) => engine.parse(statements),
    print: (trees) => engine.print(trees),
    bind: (sql, tables, timezone) => {
      const relations = [...tables].map(([name, columns]) => ({ name, kind: 'empty', columns }) as const);
      return engine.describe({ sql, relations, timezone });
    },
    plan: (statements, tables, timezone) => {
      const relations = [...tables].map(([name, columns]) => ({ name, kind: 'empty', columns }) as const);
      return engine.plan({ statements, relations, timezone });
    },
  };
}
