import { nearestName } from '../core/nearest-name.ts';
import type { Column } from '../core/schema.ts';
import type { SqlBinding, SqlCompiler, SqlParse } from './compiler.ts';
import { isSingleSelect } from './gate.ts';
import { mayUseWords, putInWords } from './vocabulary.ts';
import type { Vocabulary, WordProblem } from './vocabulary.ts';

/** A compiler that knows the words of a project, and which of them were used so far. */
export interface SpeakingCompiler extends SqlCompiler {
  readonly used: ReadonlySet<string>;
}

/** The same compiler for SQL with parameters and macros: they are put into each tree that it parses, and each query it binds. */
export function speaking(compiler: SqlCompiler, words: Vocabulary): SpeakingCompiler {
  const used = new Set<string>();
  const parse = async (statements: readonly string[]): Promise<readonly SqlParse[]> => {
    const parses = await compiler.parse(statements);
    return parses.map((parsed, i): SqlParse => {
      const sql = statements[i] ?? '';
      if (!parsed.ok || !isSingleSelect(parsed.tree) || !mayUseWords(sql, words)) return parsed;
      const plain = putInWords(parsed.tree, words);
      if (!plain.ok) return problemOf(plain.problem, sql, words);
      for (const use of plain.uses) used.add(use);
      return plain.uses.length === 0 ? parsed : { ok: true, tree: plain.tree, uses: plain.uses };
    });
  };
  return {
    used,
    parse,
    print: (trees) => compiler.print(trees),
    plan: (statements, tables, timezone) => compiler.plan(statements, tables, timezone),
    async bind(sql, tables: ReadonlyMap<string, readonly Column[]>, timezone): Promise<SqlBinding> {
      const said = mayUseWords(sql, words) ? await plainSql({ ...compiler, parse }, sql) : sql;
      const binding = await compiler.bind(said, tables, timezone);
      if (binding.ok || said === sql || binding.offset === undefined) return binding;
      return { ...binding, offset: offsetInSource(binding.offset, said, sql) };
    },
  };
}

/** The text of a statement without words of the project; the text itself when it has none, or cannot be parsed. */
export async function plainSql(compiler: Pick<SqlCompiler, 'parse' | 'print'>, sql: string): Promise<string> {
  const [parsed] = await compiler.parse([sql]);
  if (parsed?.ok !== true || parsed.uses === undefined) return sql;
  const [text = sql] = await compiler.print([parsed.tree]);
  return text;
}

function problemOf({ kind, name, message, offset }: WordProblem, sql: string, words: Vocabulary): SqlParse {
  if (kind === 'call') {
    const parameters = words.macros.get(name.toLowerCase())?.parameters ?? [];
    const call = parameters.map((one) => `${one.name}${one.fallback === undefined ? '' : ' := …'}`).join(', ');
    return { ok: false, message, offset: offset ?? 0, word: { code: 'LS1210', hint: `it is ${name}(${call})` } };
  }
  const near = nearestName(name, words.parameters.keys());
  const hint = near === undefined ? `add it to parameters: in lakesmith.yml` : `Did you mean $${near}?`;
  const at = sql.search(new RegExp(`\\$${name}(?![\\w$])`));
  return { ok: false, message, offset: Math.max(0, at), word: { code: 'LS1010', hint } };
}

/** Where the word that stands at an offset of the printed SQL stands in the SQL as written: the same word, as often met before. */
function offsetInSource(offset: number, printed: string, sql: string): number {
  const word = /^"?([\w.]+)/.exec(printed.slice(offset))?.[1] ?? '';
  if (word === '') return 0;
  const pattern = new RegExp(`\\b${word.replaceAll('.', '\\.')}\\b`, 'gi');
  const before = [...printed.slice(0, offset).matchAll(pattern)].length;
  const places = [...sql.matchAll(pattern)].map((match) => match.index);
  return places[before] ?? places.at(-1) ?? 0;
}
