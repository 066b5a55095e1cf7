import type { Memory } from '../core/memory.ts';
import { memoryKey, noMemory } from '../core/memory.ts';
import { Recent } from '../core/recent.ts';
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
  // Trees take room, and are wanted when they are made.
  const parsed = new Recent<ParseResult>(1000);
  const bound = new Map<string, Promise<DescribeResult>>();
  return {
    async parse(statements) {
      const answers = new Map(statements.map((statement) => [statement, parsed.get(statement)]));
      const unknown = [...answers].flatMap(([statement, answer]) => (answer === undefined ? [statement] : []));
      for (const [i, result] of (unknown.length === 0 ? [] : await engine.parse(unknown)).entries()) {
        answers.set(unknown[i] ?? '', result);
        parsed.set(unknown[i] ?? '', result);
      }
      return statements.flatMap((statement) => answers.get(statement) ?? []);
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
      const key = memoryKey('bind', engine.version, JSON.stringify([sql, [...tables], timezone]));
      const known = bound.get(key);
      if (known !== undefined) return await known;
      const columns = memory.recall(key) as readonly Column[] | undefined;
      if (columns !== undefined) return { ok: true, columns };
      const asked = describeOver(tables, { engine, sql, timezone });
      bound.set(key, asked);
      try {
        const answer = await asked;
        if (answer.ok) memory.keep(key, answer.columns);
        return answer;
      } catch (error) {
        // What the engine could not say now it may say later.
        bound.delete(key);
        throw error;
      }
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
