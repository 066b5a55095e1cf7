import type { Diagnostic } from '../core/errors.ts';
import type { Memory } from '../core/memory.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import type { ScriptRead } from '../script/scripts.ts';
import type { Step, Vocabulary } from '../sql/vocabulary.ts';
import type { Definitions } from './graph.ts';
import { interpolate } from './interpolate.ts';
import type { Environment } from './interpolate.ts';
import { isScript, isTypeScript, isYaml, wordOf } from './layer-files.ts';
import { LayerNames } from './layer-names.ts';
import type { ModelFile } from './layer-names.ts';
import type { LaterFile } from './later.ts';
import { readLaterFiles } from './later-files.ts';
import { readModel, statementsIn } from './model-file.ts';
import type { ModelSource, ParsedModel } from './model-file.ts';
import { RememberedModels, textOf } from './remembered-models.ts';
import type { ModelText } from './remembered-models.ts';
import { readSteps } from './steps.ts';
import type { Connection } from './model.ts';
import type { ProjectText } from './project-text.ts';
import { reachedTables, textOfFiles, textOfValue } from './reach.ts';
import type { DeclaredTable, Reach, Text, Wanted } from './reach.ts';
import { readReference } from './reference.ts';
import type { ParsedReference } from './reference.ts';
import { scriptSources } from './script-models.ts';
import { readSource } from './source.ts';
import { readSourceAudit } from './source-audit.ts';
import type { ParsedSource } from './source-audit.ts';
import { splitSqlFile } from './settings-comment.ts';

/** So many models are read together: each question to the engine costs more than a model. */
const together = 100;

interface ReadOptions {
  /** Undefined when lakesmith.yml is wrong: then nothing is said about connections. */
  readonly connections: ReadonlyMap<string, Connection> | undefined;
  readonly env: Environment;
  /** It knows the words. */
  readonly compiler: SqlCompiler;
  readonly words: Vocabulary & { readonly steps: Map<string, Step> };
  readonly memory: Memory;
  /** Absent: everything is read. */
  readonly about?: Reach;
  /** Reads files of TypeScript; absent: they are refused. */
  readonly readScripts?: (paths: readonly string[]) => Promise<readonly ScriptRead[]>;
}

/** Everything that the folders of a project define. */
export interface Layers {
  readonly definitions: Omit<Definitions, 'macroReads'>;
  /** Tables of which nothing was read but their names. One that turns out to be needed makes it wrong: see `missedTables`. */
  readonly unread: ReadonlySet<string>;
  /** Also those that are wrong. */
  readonly declared: readonly DeclaredTable[];
  readonly later: readonly LaterFile[];
  /** 'bronze.shop': each file of bronze/, which may define many tables. */
  readonly sources: ReadonlySet<string>;
  /** Files beside those of the layers that decide what they define. */
  readonly imports: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads bronze/, reference/, silver/, gold/ and the folders beside them. */
export async function readLayers(text: ProjectText, options: ReadOptions): Promise<Layers> {
  const reading = new LayerReading(text, options);
  await reading.bronze();
  await reading.findNames();
  await reading.reference();
  await reading.models();
  await reading.others();
  return {
    declared: reading.names.tables(),
    unread: new Set([...reading.names.declared.keys()].filter((name) => !reading.isWanted(name))),
    definitions: {
      sources: reading.sources.filter(({ table }) => reading.isWanted(table.name)),
      references: reading.references,
      models: reading.found,
      steps: reading.steps,
      declared: new Set(reading.names.declared.keys()),
    },
    later: reading.laterFiles,
    sources: new Set((await text.list('bronze')).filter(isYaml).map((file) => `bronze.${wordOf(file)}`)),
    imports: [...reading.imports].sort(),
    diagnostics: [...reading.names.diagnostics, ...reading.diagnostics],
  };
}

/** Tables that were left out, and that what was read names all the same. */
export function missedTables({ definitions, unread }: Layers): readonly string[] {
  if (unread.size === 0) return [];
  const { models, steps, sources, references } = definitions;
  const reads = [
    ...[...models, ...steps].flatMap((model) => model.references),
    ...[...models, ...steps, ...sources, ...references].flatMap(({ audit }) => audit.reads),
  ];
  return reads.map(({ schema, name }) => `${schema}.${name}`.toLowerCase()).filter((name) => unread.has(name));
}

class LayerReading {
  readonly sources: ParsedSource[] = [];
  readonly references: ParsedReference[] = [];
  readonly found: ParsedModel[] = [];
  readonly steps: ParsedModel[] = [];
  readonly laterFiles: LaterFile[] = [];
  readonly imports = new Set<string>();
  readonly diagnostics: Diagnostic[] = [];
  /** Undefined: everything. */
  private wanted: ReadonlySet<string> | undefined;
  private wantsOthers: Wanted['withOthers'] = true;
  private readonly scripts: ModelSource[] = [];
  readonly names: LayerNames;
  private readonly text: ProjectText;
  private readonly options: ReadOptions;

  constructor(text: ProjectText, options: ReadOptions) {
    this.text = text;
    this.names = new LayerNames(text);
    this.options = options;
  }

  async bronze(): Promise<void> {
    for (const file of await this.text.list('bronze')) {
      if (file.endsWith('.sql'))
        this.names.misplaced(file, 'Models do not stand in bronze/', 'move it to silver/ or gold/');
      if (isScript(file))
        this.names.misplaced(
          file,
          `${file} is a program, which this version does not run`,
          'read files or a connection from a .yml',
        );
      if (!isYaml(file)) continue;
      const written = await this.text.yaml(file);
      if (written === undefined) {
        this.names.declare(`bronze.${wordOf(file)}`, { file, line: 1, column: 1 });
        continue;
      }
      const { value, diagnostics } = interpolate(written, this.options.env);
      const source = readSource(value, { file, connections: this.options.connections });
      this.diagnostics.push(...diagnostics, ...source.diagnostics);
      for (const { name, place, settings } of source.declared) {
        const audit = await readSourceAudit(name, settings, this.options.compiler);
        this.diagnostics.push(...audit.diagnostics);
        const table = source.tables.find((one) => one.name === name);
        if (!this.names.declare(name, place) || table === undefined) continue;
        this.sources.push({ table: { ...table, rules: audit.rules, checks: audit.checks }, audit });
      }
    }
  }

  /** Finds which tables the files define, and which of them are wanted. */
  async findNames(): Promise<void> {
    await this.names.referenceFiles();
    for (const layer of ['silver', 'gold'] as const) await this.names.sqlFiles(layer);
    for (const layer of ['silver', 'gold'] as const) this.scripts.push(...(await this.scriptsOf(layer)));
    await this.reach();
  }

  isWanted(name: string): boolean {
    return this.wanted?.has(name) !== false;
  }

  async reference(): Promise<void> {
    for (const { name, file, besideFile } of this.names.csvs) {
      if (!this.isWanted(name)) continue;
      const bytes = await this.text.bytes(file);
      const beside = besideFile === undefined ? undefined : await this.text.yaml(besideFile);
      const read = await readReference({ name, csv: file, bytes, beside }, this.options.compiler);
      this.diagnostics.push(...read.diagnostics);
      if (read.reference !== undefined) this.references.push(read.reference);
    }
  }

  /** Reads silver/ and gold/: first the models whose rows are not stored, since they are part of what reads them. */
  async models(): Promise<void> {
    const { compiler, words, memory } = this.options;
    const texts: ModelText[] = [];
    for (const file of this.names.files) if (this.isWanted(file.name)) texts.push(...(await this.textOf(file)));
    const scripts = this.scripts.filter(({ name }) => this.isWanted(name));
    await compiler.parse(scripts.flatMap(statementsIn));
    const mayBeSteps = texts.filter((text) => /\b(?:ephemeral|view)\b/.test(textOf(text)));
    const steps = await readSteps([...(await this.takeApart(mayBeSteps)), ...scripts], this.options);
    this.diagnostics.push(...steps.diagnostics);
    this.steps.push(...steps.steps);
    const known = new RememberedModels(memory, words);
    const others = texts.filter(({ name }) => !steps.names.has(name));
    const models = new Map(others.map((text) => [text.name, known.recall(text)]));
    const read = async ({ text, ...source }: ModelSource & { readonly text?: ModelText }): Promise<void> => {
      const { model, diagnostics } = await readModel(source, compiler, words);
      this.diagnostics.push(...diagnostics);
      models.set(source.name, model);
      if (text !== undefined && model !== undefined && diagnostics.length === 0) known.keep(text, model);
    };
    const unknown = others.filter(({ name }) => models.get(name) === undefined);
    // Some at a time, so that the trees of all are never there together; while these are read the engine is at the next.
    const takeApart = (from: number): ReturnType<typeof this.takeApart> => {
      const taken = this.takeApart(unknown.slice(from, from + together));
      // Who waits for it is told, and nobody does when the models before it could not be read.
      taken.catch(() => undefined);
      return taken;
    };
    let next = takeApart(0);
    for (let from = 0; from < unknown.length; from += together) {
      const sources = await next;
      next = takeApart(from + together);
      for (const source of sources) await read(source);
    }
    for (const source of scripts) if (!steps.names.has(source.name)) await read(source);
    for (const { name } of [...others, ...scripts]) {
      const model = models.get(name);
      if (model !== undefined) this.found.push(model);
    }
  }

  private async takeApart(
    texts: readonly ModelText[],
  ): Promise<readonly (ModelSource & { readonly text: ModelText })[]> {
    const sources: (ModelSource & { readonly text: ModelText })[] = [];
    for (const text of texts) {
      const beside = text.besideFile === undefined ? undefined : await this.text.yaml(text.besideFile);
      const { name, layer, file } = text;
      sources.push({ text, name, layer, file, written: splitSqlFile(text.content, file), beside });
    }
    // All at once is much faster than one by one; the compiler remembers what it said.
    await this.options.compiler.parse(sources.flatMap(statementsIn));
    return sources;
  }

  private async textOf({ alone, ...model }: ModelFile): Promise<readonly ModelText[]> {
    const content = alone ? '' : await this.text.read(model.file);
    const besideText = model.besideFile === undefined ? undefined : await this.text.read(model.besideFile);
    return content === undefined ? [] : [{ ...model, content, besideText }];
  }

  /** Finds out what is wanted, by what the texts of it seem to name. */
  private async reach(): Promise<void> {
    const wanted = this.options.about?.(this.names.tables());
    if (wanted === undefined) return;
    this.wantsOthers = wanted.withOthers;
    const read = (file: string): Promise<string | undefined> => this.text.read(file);
    const texts = new Map<string, Text>([
      ...this.sources.map(({ table }): [string, Text] => [table.name, textOfFiles([table.file], read)]),
      ...this.names.csvs.map(({ name, besideFile }): [string, Text] => [name, textOfFiles([besideFile], read)]),
      ...this.names.files.map(({ name, alone, file, besideFile }): [string, Text] => [
        name,
        textOfFiles([alone ? undefined : file, besideFile], read),
      ]),
      ...this.scripts.map((source): [string, Text] => [source.name, textOfValue(source)]),
    ]);
    // A word of the project brings what it names into each SQL that uses it.
    const macros = [...this.text.texts].flatMap(([file, content]) => (file.startsWith('macros/') ? [content] : []));
    this.wanted = await reachedTables(wanted, { texts, shared: macros });
  }

  private async scriptsOf(layer: 'silver' | 'gold'): Promise<readonly ModelSource[]> {
    const files = (await this.text.list(layer)).filter(isTypeScript);
    const texts = await Promise.all(files.map((file) => this.text.read(file)));
    const { readScripts } = this.options;
    if (readScripts === undefined) {
      for (const file of files)
        this.names.misplaced(
          file,
          `${file} is a program, which is not run here`,
          'write the model as one SELECT in a .sql file',
        );
      return [];
    }
    const reads = await readScripts(files.filter((_, i) => texts[i] !== undefined));
    const sources = files
      .filter((_, i) => texts[i] !== undefined)
      .flatMap((file, i) => {
        const read = reads[i];
        if (read === undefined) return [];
        if (read.ok) for (const path of [...read.texts.keys(), ...read.packages.keys()]) this.imports.add(path);
        const script = { file, layer, word: wordOf(file), text: this.text.texts.get(file) ?? '' };
        const found = scriptSources(script, read);
        this.diagnostics.push(...found.diagnostics);
        // What reads it should not be told that it does not exist.
        if (found.sources.length === 0) this.names.declare(`${layer}.${script.word}`, { file, line: 1, column: 1 });
        return found.sources.filter(({ name, place }) => this.names.declare(name, place));
      });
    return sources;
  }

  async others(): Promise<void> {
    const wanted = { withOthers: this.wantsOthers, isWanted: (name: string) => this.isWanted(name) };
    this.laterFiles.push(...(await readLaterFiles(this.text, wanted)));
    const grants = await this.text.read('grants.yml');
    if (grants !== undefined) {
      this.names.misplaced(
        'grants.yml',
        'Grants are not enforced by this version',
        'remove the file, and keep the lake where only its readers can reach it',
      );
    }
  }
}
