import type { DescribeResult, Engine, ParseResult } from '../engine/engine.ts';
import type { SqlCompiler } from '../sql/compiler.ts';

const compilers = new WeakMap<Engine, SqlCompiler>();

/** An engine as what understands SQL without running any. The same question gets the same answer, so each is asked once. */
export function compilerOf(engine: Engine): SqlCompiler {
  const known = compilers.get(engine) ?? rememberingCompiler(engine);
  compilers.set(engine, known);
  return known;
}

function rememberingCompiler(engine: Engine): SqlCompiler {
  const parsed = new Map<string, ParseResult>();
  const bound = new Map<string, DescribeResult>();
  return {
    async parse(statements) {
      const unknown = [...new Set(statements.filter((statement) => !parsed.has(statement)))];
      if (unknown.length > 0) {
        for (const [i, result] of (await engine.parse(unknown)).entries()) parsed.set(unknown[i] ?? '', result);
      }
      return statements.flatMap((statement) => parsed.get(statement) ?? []);
    },
    print: (trees) => engine.print(trees),
    async bind(sql, tables, timezone) {
      const question = JSON.stringify([sql, [...tables], timezone]);
      const answer =
        bound.get(question) ??
        (await engine.describe({
          sql,
          relations: [...tables].map(([name, columns]) => ({ name, kind: 'empty', columns })),
          timezone,
        }));
      bound.set(question, answer);
      return answer;
    },
  };
}
