import type { Engine } from '../engine/engine.ts';
import type { SqlCompiler } from '../sql/compiler.ts';

/** An engine as what understands SQL without running any. */
export function compilerOf(engine: Engine): SqlCompiler {
  return {
    parse: (statements) => engine.parse(statements),
    print: (trees) => engine.print(trees),
    bind: (sql, tables, timezone) =>
      engine.describe({
        sql,
        relations: [...tables].map(([name, columns]) => ({ name, kind: 'empty', columns })),
        timezone,
      }),
  };
}
