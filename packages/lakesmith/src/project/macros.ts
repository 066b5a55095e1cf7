import type { Diagnostic, Place } from '../core/errors.ts';
import { LakeError } from '../core/errors.ts';
import type { SqlCompiler, SqlParse } from '../sql/compiler.ts';
import { isSingleSelect } from '../sql/gate.ts';
import { selectFrom, starNode } from '../sql/nodes.ts';
import { tableReferences } from '../sql/references.ts';
import { ruleExpression, ruleStatement } from '../sql/rules-in-tree.ts';
import { speaking } from '../sql/speaking.ts';
import { queryOf, textAt, walkTree, withQuery } from '../sql/tree.ts';
import type { TreeNode } from '../sql/tree.ts';
import type { Macro } from '../sql/vocabulary.ts';
import type { AuditRead } from './audit.ts';
import type { SqlPart, WrittenMacro } from './macro-file.ts';
import { readMacroFile } from './macro-file.ts';
import { sqlPlace } from './sql-place.ts';

/** The macros of a project, and the tables that their bodies read. */
export interface Macros {
  readonly macros: ReadonlyMap<string, Macro>;
  readonly reads: readonly AuditRead[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the files of macros/. Each macro's body is complete: other macros and parameters are put into it. */
export async function readMacros(
  files: ReadonlyMap<string, string>,
  words: { readonly parameters: ReadonlyMap<string, TreeNode>; readonly compiler: SqlCompiler },
): Promise<Macros> {
  const reading = new MacroReading(files, words);
  for (const [file, text] of files) await reading.declare(file, text);
  for (const key of reading.written.keys()) await reading.resolve(key, []);
  return { macros: reading.macros, reads: reading.reads, diagnostics: reading.diagnostics };
}

class MacroReading {
  readonly written = new Map<string, WrittenMacro>();
  readonly macros = new Map<string, Macro>();
  readonly reads: AuditRead[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #done = new Set<string>();
  readonly #files: ReadonlyMap<string, string>;
  readonly #compiler: SqlCompiler;
  readonly #words: SqlCompiler;

  constructor(
    files: ReadonlyMap<string, string>,
    words: { readonly parameters: ReadonlyMap<string, TreeNode>; readonly compiler: SqlCompiler },
  ) {
    this.#files = files;
    this.#compiler = words.compiler;
    this.#words = speaking(words.compiler, {
      parameters: words.parameters,
      macros: this.macros,
      steps: new Map(),
    });
  }

  async declare(file: string, text: string): Promise<void> {
    const read = readMacroFile(file, text);
    this.diagnostics.push(...read.diagnostics);
    for (const macro of read.macros) {
      const key = macro.name.toLowerCase();
      const first = this.written.get(key);
      const taken =
        first !== undefined
          ? `is defined at ${first.place.file}:${first.place.line} too`
          : (await this.#isOfEngine(macro.name))
            ? 'has the name of a function of the engine'
            : undefined;
      if (taken === undefined) this.written.set(key, macro);
      else
        this.diagnostics.push({
          code: 'LS1211',
          message: `Macro ${macro.name} ${taken}`,
          place: macro.place,
          hint: 'give it another name',
        });
    }
  }

  /** Whether the engine knows the name: it refuses any call of it then, but not for its name. */
  async #isOfEngine(name: string): Promise<boolean> {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    for (const sql of [`select ${quoted}()`, `select * from ${quoted}()`]) {
      const found = await this.#compiler.bind(sql, new Map(), 'UTC');
      if (found.ok || !/Function with name .* does not exist/.test(found.message)) return true;
    }
    return false;
  }

  /** Those that a macro uses come first. */
  async resolve(key: string, trail: readonly string[]): Promise<void> {
    const macro = this.written.get(key);
    if (macro === undefined || this.#done.has(key)) return;
    if (trail.includes(key)) {
      const circle = [...trail.slice(trail.indexOf(key)), key].map((one) => this.written.get(one)?.name ?? one);
      const message =
        circle.length === 2 ? `Macro ${macro.name} uses itself` : `Macros need each other: ${circle.join(' → ')}`;
      for (const one of trail.slice(trail.indexOf(key))) this.#done.add(one);
      this.diagnostics.push({
        code: 'LS1212',
        message,
        place: macro.place,
        hint: 'a macro is put in where it is called, so it cannot come back to itself',
      });
      return;
    }
    const isTable = macro.kind === 'table';
    const [parsed] = await this.#compiler.parse([isTable ? macro.body.sql : ruleStatement(macro.body.sql)]);
    for (const name of parsed?.ok === true ? calledIn(parsed.tree) : []) await this.resolve(name, [...trail, key]);
    if (this.#done.has(key)) return;
    this.#done.add(key);
    const body = await this.#part(macro, macro.body, isTable);
    const parameters: Macro['parameters'][number][] = [];
    for (const { name, fallback } of macro.parameters) {
      const value = fallback === undefined ? undefined : await this.#part(macro, fallback, false);
      parameters.push(value === undefined ? { name } : { name, fallback: value.node });
    }
    if (body === undefined) return;
    this.macros.set(key, {
      name: macro.name,
      kind: macro.kind,
      parameters,
      body: body.node,
      written: textOf(macro),
      uses: body.uses,
    });
  }

  async #part(
    macro: WrittenMacro,
    part: SqlPart,
    isTable: boolean,
  ): Promise<{ node: TreeNode; uses: readonly string[] } | undefined> {
    const before = isTable ? 0 : ruleStatement('').length;
    const place = (offset: number): Place =>
      sqlPlace(
        { file: macro.place.file, sql: this.#files.get(macro.place.file) ?? '', sqlStart: { line: 1, column: 1 } },
        part.offset + Math.max(0, offset - before),
      );
    const [parsed] = await this.#words.parse([isTable ? part.sql : ruleStatement(part.sql)]);
    if (parsed === undefined) return undefined;
    const node = parsed.ok ? bodyIn(parsed, isTable) : undefined;
    if (!parsed.ok || node === undefined) {
      this.diagnostics.push(
        parsed.ok ? notOne(macro, isTable, place(before)) : notSql(macro, parsed, place(parsed.offset)),
      );
      return undefined;
    }
    const by = `Macro ${macro.name}`;
    const tree = isTable
      ? parsed.tree
      : withQuery(parsed.tree, selectFrom(queryOf(parsed.tree), 'm', [starNode()], null));
    // What another macro brings is told there.
    const own = parsed.uses?.some((use) => use.startsWith('macro ')) === true ? [] : tableReferences(tree);
    this.reads.push(...own.map((reference) => ({ ...reference, place: place(reference.offset), by })));
    return { node, uses: parsed.uses ?? [] };
  }
}

function textOf({ kind, parameters, body }: WrittenMacro): string {
  const words = [kind, ...parameters.flatMap(({ name, fallback }) => [name, fallback?.sql ?? '']), body.sql];
  return JSON.stringify(words).replaceAll(/(?:\s|\\n|\\t)+/g, ' ');
}

function bodyIn(parsed: Extract<SqlParse, { ok: true }>, isTable: boolean): TreeNode | undefined {
  if (isTable) return isSingleSelect(parsed.tree) ? queryOf(parsed.tree) : undefined;
  try {
    return ruleExpression({ name: '', tree: parsed.tree });
  } catch (error) {
    if (error instanceof LakeError) return undefined;
    throw error;
  }
}

function notOne({ name }: WrittenMacro, isTable: boolean, place: Place): Diagnostic {
  const message = `Macro ${name} is not one ${isTable ? 'SELECT' : 'expression'}`;
  const hint = isTable ? 'write AS TABLE SELECT …' : 'write one expression, or AS TABLE SELECT …';
  return { code: 'LS1209', message, place, hint };
}

function notSql({ name }: WrittenMacro, parsed: Extract<SqlParse, { ok: false }>, place: Place): Diagnostic {
  const message = `Macro ${name} cannot be parsed: ${parsed.message}`;
  if (parsed.word === undefined) return { code: 'LS1201', message, place, hint: 'the mistake is here or just before' };
  return { code: parsed.word.code, message: parsed.message, place, hint: parsed.word.hint };
}

/** Names of everything that a statement calls, in lower case. */
function calledIn(tree: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  walkTree(queryOf(tree), (node) => {
    if (node['class'] === 'FUNCTION') names.add(textAt(node, 'function_name').toLowerCase());
  });
  return names;
}
