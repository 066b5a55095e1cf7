import type { Memory } from '../core/memory.ts';
import { memoryKey, noMemory } from '../core/memory.ts';
import type { DescribeResult, Engine, ParseResult, Relation } from '../engine/engine.ts';
import type { Column } from '../core/schema.ts';
import type { SqlCompiler } from '../sql/compiler.ts';

const compilers = new WeakMap<Engine, SqlCompiler>();
const memories = new WeakMap<Engine, Memory>();

/**
 * An engine as what understands SQL without running any. The same question gets the same answer, so each is asked once; the first
 * who asks for the compiler of an engine may give a memory of what was answered before.
 */
export function compilerOf(engine: Engine, memory: Memory = noMemory): SqlCompiler {
  const known = compilers.get(engine) ?? rememberingCompiler(engine, memory);
  compilers.set(engine, known);
  if (!memories.has(engine)) memories.set(engine, memory);
  return known;
}

/** What the compiler of an engine remembers by. */
export function memoryOf(engine: Engine): Memory {
  return memories.get(engine) ?? noMemory;
}

function rememberingCompiler(engine: Engine, memory: Memory): SqlCompiler {
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
    async print(trees) {
      const keys = trees.map((tree) => memoryKey('print', engine.version, JSON.stringify(tree)));
      const known = keys.map((key) => memory.recall(key) as string | undefined);
      const asked = trees.filter((_, i) => known[i] === undefined);
      const told = asked.length === 0 ? [] : [...(await engine.print(asked))];
      const texts = known.map((text) => text ?? told.shift() ?? '');
      for (const [i, key] of keys.entries()) if (known[i] === undefined) memory.keep(key, texts[i]);
      return texts;
    },
    plan: (statements, tables, timezone) => engine.plan({ statements, relations: emptyTables(tables), timezone }),
    async bind(sql, tables, timezone) {
      const question = JSON.stringify([sql, [...tables], timezone]);
      const known = bound.get(question);
      if (known !== undefined) return known;
      const key = memoryKey('bind', engine.version, question);
      const columns = memory.recall(key) as readonly Column[] | undefined;
      const answer: DescribeResult =
        columns === undefined ? await describeOver(tables, { engine, sql, timezone }) : { ok: true, columns };
      if (answer.ok && columns === undefined) memory.keep(key, answer.columns);
      bound.set(question, answer);
      return answer;
    },
  };
}

async function describeOver(
  tables: ReadonlyMap<string, readonly Column[]>,
  { engine, sql, timezone }: { readonly engine: Engine; readonly sql: string; readonly timezone: string },
): Promise<DescribeResult> {
  return await engine.describe({ sql, relations: emptyTables(tables), timezone });
}

function emptyTables(tables: ReadonlyMap<string, readonly Column[]>): readonly Relation[] {
  return [...tables].map(([name, columns]) => ({ name, kind: 'empty', columns }) as const);
}
