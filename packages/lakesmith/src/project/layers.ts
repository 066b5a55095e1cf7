import type { Diagnostic, Place } from '../core/errors.ts';
import type { Memory } from '../core/memory.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import type { ScriptRead } from '../script/scripts.ts';
import type { Step, Vocabulary } from '../sql/vocabulary.ts';
import type { Definitions } from './graph.ts';
import { interpolate } from './interpolate.ts';
import type { Environment } from './interpolate.ts';
import { laterFolders } from './later.ts';
import type { LaterFile } from './later.ts';
import { readModel, statementsIn } from './model-file.ts';
import type { ModelSource, ParsedModel } from './model-file.ts';
import { RememberedModels, textOf } from './remembered-models.ts';
import type { ModelText } from './remembered-models.ts';
import { readSteps } from './steps.ts';
import type { Connection, Layer } from './model.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { ProjectText } from './project-text.ts';
import { readReference } from './reference.ts';
import type { ParsedReference } from './reference.ts';
import { scriptSources } from './script-models.ts';
import { readSource } from './source.ts';
import { readSourceAudit } from './source-audit.ts';
import type { ParsedSource } from './source-audit.ts';
import { splitSqlFile } from './settings-comment.ts';
import { tableName } from './table-settings.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';

interface ReadOptions {
  /** Undefined when lakesmith.yml is wrong: then nothing is said about connections. */
  readonly connections: ReadonlyMap<string, Connection> | undefined;
  readonly env: Environment;
  /** It knows the words. */
  readonly compiler: SqlCompiler;
  readonly words: Vocabulary & { readonly steps: Map<string, Step> };
  readonly memory: Memory;
  /** Reads files of TypeScript; absent: they are refused. */
  readonly readScripts?: (paths: readonly string[]) => Promise<readonly ScriptRead[]>;
}

/** Everything that the folders of a project define. */
export interface Layers {
  readonly definitions: Omit<Definitions, 'macroReads'>;
  readonly later: readonly LaterFile[];
  /** Files beside those of the layers that decide what they define. */
  readonly imports: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads bronze/, reference/, silver/, gold/ and the folders beside them. */
export async function readLayers(text: ProjectText, options: ReadOptions): Promise<Layers> {
  const reading = new LayerReading(text, options);
  await reading.bronze();
  await reading.reference();
  await reading.models();
  await reading.others();
  return {
    definitions: {
      sources: reading.sources,
      references: reading.references,
      models: reading.found,
      steps: reading.steps,
      declared: new Set(reading.declared.keys()),
    },
    later: reading.laterFiles,
    imports: [...reading.imports].sort(),
    diagnostics: reading.diagnostics,
  };
}

class LayerReading {
  readonly sources: ParsedSource[] = [];
  readonly references: ParsedReference[] = [];
  readonly found: ParsedModel[] = [];
  readonly steps: ParsedModel[] = [];
  readonly laterFiles: LaterFile[] = [];
  readonly imports = new Set<string>();
  readonly declared = new Map<string, Place>();
  readonly diagnostics: Diagnostic[] = [];
  private readonly text: ProjectText;
  private readonly options: ReadOptions;

  constructor(text: ProjectText, options: ReadOptions) {
    this.text = text;
    this.options = options;
  }

  async bronze(): Promise<void> {
    for (const file of await this.text.list('bronze')) {
      if (file.endsWith('.sql')) this.misplaced(file, 'Models do not stand in bronze/', 'move it to silver/ or gold/');
      if (isScript(file))
        this.misplaced(
          file,
          `${file} is a program, which this version does not run`,
          'read files or a connection from a .yml',
        );
      if (!isYaml(file)) continue;
      const written = await this.text.yaml(file);
      if (written === undefined) {
        this.declare(`bronze.${wordOf(file)}`, { file, line: 1, column: 1 });
        continue;
      }
      const { value, diagnostics } = interpolate(written, this.options.env);
      const source = readSource(value, { file, connections: this.options.connections });
      this.diagnostics.push(...diagnostics, ...source.diagnostics);
      for (const { name, place, settings } of source.declared) {
        const audit = await readSourceAudit(name, settings, this.options.compiler);
        this.diagnostics.push(...audit.diagnostics);
        const table = source.tables.find((one) => one.name === name);
        if (!this.declare(name, place) || table === undefined) continue;
        this.sources.push({ table: { ...table, rules: audit.rules, checks: audit.checks }, audit });
      }
    }
  }

  async reference(): Promise<void> {
    const files = await this.text.list('reference');
    const settings = await this.filesBeside(files, 'reference', '.csv');
    for (const file of files) {
      if (!file.endsWith('.csv')) {
        if (/\.(tsv|xlsx?|json|ndjson|parquet)$/.test(file)) this.unreadable(file);
        continue;
      }
      const place = { file, line: 1, column: 1 };
      const { name, diagnostics } = tableName('reference', wordOf(file), place);
      this.diagnostics.push(...diagnostics);
      if (!this.declare(name, place) || diagnostics.length > 0) continue;
      const bytes = await this.text.bytes(file);
      const besideFile = settings.get(stem(file));
      const beside = besideFile === undefined ? undefined : await this.text.yaml(besideFile);
      const read = await readReference({ name, csv: file, bytes, beside }, this.options.compiler);
      this.diagnostics.push(...read.diagnostics);
      if (read.reference !== undefined) this.references.push(read.reference);
    }
  }

  /** Reads silver/ and gold/: first the models whose rows are not stored, since they are part of what reads them. */
  async models(): Promise<void> {
    const texts = [...(await this.textsOf('silver')), ...(await this.textsOf('gold'))];
    const scripts = [...(await this.scriptsOf('silver')), ...(await this.scriptsOf('gold'))];
    const { compiler, words, memory } = this.options;
    const mayBeSteps = texts.filter((text) => /\b(?:ephemeral|view)\b/.test(textOf(text)));
    const steps = await readSteps([...(await this.takeApart(mayBeSteps)), ...scripts], this.options);
    this.diagnostics.push(...steps.diagnostics);
    this.steps.push(...steps.steps);
    const known = new RememberedModels(memory, words);
    const others = texts.filter(({ name }) => !steps.names.has(name));
    const models = new Map(others.map((text) => [text.name, known.recall(text)]));
    const sources: readonly (ModelSource & { readonly text?: ModelText })[] = [
      ...(await this.takeApart(others.filter(({ name }) => models.get(name) === undefined))),
      ...scripts.filter(({ name }) => !steps.names.has(name)),
    ];
    for (const { text, ...source } of sources) {
      const { model, diagnostics } = await readModel(source, compiler, words);
      this.diagnostics.push(...diagnostics);
      models.set(source.name, model);
      if (text !== undefined && model !== undefined && diagnostics.length === 0) known.keep(text, model);
    }
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

  private async textsOf(layer: 'silver' | 'gold'): Promise<readonly ModelText[]> {
    const files = await this.text.list(layer);
    const settings = await this.filesBeside(files, layer, '.sql');
    const texts: ModelText[] = [];
    for (const file of files) {
      if (isScript(file) && !isTypeScript(file))
        this.misplaced(
          file,
          `${file} is a program, which this version does not run`,
          'write the model as one SELECT in a .sql file, or in TypeScript in a .ts file',
        );
      const besideFile = settings.get(stem(file));
      const alone = isYaml(file) && file === besideFile && !files.includes(`${stem(file)}.sql`);
      // orders.spark.sql stands in for orders.sql on Spark.
      if (!alone && (!file.endsWith('.sql') || file.endsWith('.spark.sql'))) continue;
      const place = { file, line: 1, column: 1 };
      const content = alone ? '' : await this.text.read(file);
      const { name, diagnostics } = tableName(layer, wordOf(file), place);
      this.diagnostics.push(...diagnostics);
      if (!this.declare(name, place) || diagnostics.length > 0) continue;
      const besideText = besideFile === undefined ? undefined : await this.text.read(besideFile);
      if (content !== undefined) texts.push({ name, layer, file, content, besideFile, besideText });
    }
    return texts;
  }

  private async scriptsOf(layer: 'silver' | 'gold'): Promise<readonly ModelSource[]> {
    const files = (await this.text.list(layer)).filter(isTypeScript);
    const texts = await Promise.all(files.map((file) => this.text.read(file)));
    const { readScripts } = this.options;
    if (readScripts === undefined) {
      for (const file of files)
        this.misplaced(
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
        if (found.sources.length === 0) this.declare(`${layer}.${script.word}`, { file, line: 1, column: 1 });
        return found.sources.filter(({ name, place }) => this.declare(name, place));
      });
    await this.options.compiler.parse(sources.flatMap(statementsIn));
    return sources;
  }

  async others(): Promise<void> {
    for (const folder of laterFolders) {
      for (const path of await this.text.list(folder)) {
        if (!isYaml(path)) continue;
        const value = await this.text.yaml(path);
        if (value !== undefined) this.laterFiles.push({ path, value });
      }
    }
    const grants = await this.text.read('grants.yml');
    if (grants !== undefined) {
      this.misplaced(
        'grants.yml',
        'Grants are not enforced by this version',
        'remove the file, and keep the lake where only its readers can reach it',
      );
    }
  }

  /** The .yml files that say something of another file, or of a table without one, by path without ending. Others are found. */
  private async filesBeside(
    files: readonly string[],
    layer: Layer,
    ending: string,
  ): Promise<ReadonlyMap<string, string>> {
    const beside = new Map<string, string>();
    const owners = new Set(files.filter((file) => file.endsWith(ending)).map(stem));
    for (const file of files.filter(isYaml)) {
      const value = owners.has(stem(file)) ? undefined : await this.text.yaml(file);
      if (owners.has(stem(file)) || (ending === '.sql' && isCalendar(value))) {
        beside.set(stem(file), file);
        continue;
      }
      const near = nearestName(wordOf(file), [...owners].map(wordOf));
      const hint =
        near === undefined ? `add ${stem(file)}${ending}, or remove this file` : `Did you mean ${layer}/${near}.yml?`;
      const code = layer === 'reference' ? 'LS1304' : 'LS1004';
      const message = `${file} has no ${wordOf(file)}${ending} beside it`;
      this.diagnostics.push({ code, message, place: { file, line: 1, column: 1 }, hint });
    }
    return beside;
  }

  /** False when another file defines the table already. */
  private declare(name: string, place: Place): boolean {
    const first = this.declared.get(name);
    if (first === undefined) {
      this.declared.set(name, place);
      return true;
    }
    const message = `Table ${name} is defined by ${first.file} and by ${place.file}`;
    this.diagnostics.push({ code: 'LS1008', message, place, hint: 'rename one of them' });
    return false;
  }

  private misplaced(file: string, message: string, hint: string): void {
    this.diagnostics.push({ code: 'LS1004', message, place: { file, line: 1, column: 1 }, hint });
  }

  private unreadable(file: string): void {
    const message = `Reference table ${file} cannot be read: it is not CSV`;
    this.diagnostics.push({
      code: 'LS1304',
      message,
      place: { file, line: 1, column: 1 },
      hint: 'save it as CSV with a line of column names',
    });
  }
}

/** A calendar needs no SQL. */
function isCalendar(settings: YamlValue | undefined): boolean {
  const value = entryOf(settings, 'kind')?.value;
  return value?.kind === 'scalar' && value.value === 'date';
}

function isYaml(file: string): boolean {
  return /\.ya?ml$/.test(file);
}

function isScript(file: string): boolean {
  return /\.([cm]?[jt]s|py)$/.test(file) && !file.endsWith('.d.ts');
}

function isTypeScript(file: string): boolean {
  return file.endsWith('.ts') && !file.endsWith('.d.ts');
}

function stem(file: string): string {
  return file.replace(/\.[^./]+$/, '');
}

function wordOf(file: string): string {
  return stem(file).replace(/^.*\//, '');
}
