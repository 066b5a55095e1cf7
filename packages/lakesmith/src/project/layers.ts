import type { Diagnostic, Place } from '../core/errors.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import type { Step, Vocabulary } from '../sql/vocabulary.ts';
import type { Definitions } from './graph.ts';
import { interpolate } from './interpolate.ts';
import type { Environment } from './interpolate.ts';
import { laterFolders } from './later.ts';
import type { LaterFile } from './later.ts';
import { readModel } from './model-file.ts';
import type { ModelSource, ParsedModel } from './model-file.ts';
import { readSteps } from './steps.ts';
import type { Connection, Layer, SourceTable } from './model.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { ProjectText } from './project-text.ts';
import { readReference } from './reference.ts';
import type { ParsedReference } from './reference.ts';
import { readSource } from './source.ts';
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
}

/** Everything that the folders of a project define. */
export interface Layers {
  readonly definitions: Omit<Definitions, 'macroReads'>;
  readonly later: readonly LaterFile[];
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
    diagnostics: reading.diagnostics,
  };
}

class LayerReading {
  readonly sources: SourceTable[] = [];
  readonly references: ParsedReference[] = [];
  readonly found: ParsedModel[] = [];
  readonly steps: ParsedModel[] = [];
  readonly laterFiles: LaterFile[] = [];
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
      const own = source.declared.filter(({ name, place }) => this.declare(name, place));
      this.sources.push(...source.tables.filter((table) => own.some(({ name }) => name === table.name)));
    }
  }

  async reference(): Promise<void> {
    const files = await this.text.list('reference');
    const settings = await this.settingsBeside(files, 'reference', '.csv');
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
      const read = await readReference(
        { name, csv: file, bytes, beside: settings.get(stem(file)) },
        this.options.compiler,
      );
      this.diagnostics.push(...read.diagnostics);
      if (read.reference !== undefined) this.references.push(read.reference);
    }
  }

  /** Reads silver/ and gold/: first the models that are no tables, since they are part of what reads them. */
  async models(): Promise<void> {
    const sources = [...(await this.sourcesOf('silver')), ...(await this.sourcesOf('gold'))];
    const mayBeSteps = sources.filter(({ content, beside }) => content.includes('ephemeral') || saysEphemeral(beside));
    const read = await readSteps(mayBeSteps, this.options);
    this.diagnostics.push(...read.diagnostics);
    this.steps.push(...read.steps);
    for (const source of sources) {
      if (read.names.has(source.name)) continue;
      const { model, diagnostics } = await readModel(source, this.options.compiler, this.options.words);
      this.diagnostics.push(...diagnostics);
      if (model !== undefined) this.found.push(model);
    }
  }

  private async sourcesOf(layer: 'silver' | 'gold'): Promise<readonly ModelSource[]> {
    const files = await this.text.list(layer);
    const settings = await this.settingsBeside(files, layer, '.sql');
    const sources: ModelSource[] = [];
    await this.parseTogether(files.filter((file) => file.endsWith('.sql') && !file.endsWith('.spark.sql')));
    for (const file of files) {
      if (isScript(file))
        this.misplaced(
          file,
          `${file} is a program, which this version does not run`,
          'write the model as one SELECT in a .sql file',
        );
      const beside = settings.get(stem(file));
      const alone = isYaml(file) && !files.includes(`${stem(file)}.sql`) && isCalendar(beside);
      // orders.spark.sql stands in for orders.sql on Spark.
      if (!alone && (!file.endsWith('.sql') || file.endsWith('.spark.sql'))) continue;
      const place = { file, line: 1, column: 1 };
      const { name, diagnostics } = tableName(layer, wordOf(file), place);
      this.diagnostics.push(...diagnostics);
      if (!this.declare(name, place) || diagnostics.length > 0) continue;
      const content = alone ? '' : await this.text.read(file);
      if (content !== undefined) sources.push({ name, layer, file, content, beside });
    }
    return sources;
  }

  /** All at once is much faster than one by one; the compiler remembers what it said. */
  private async parseTogether(files: readonly string[]): Promise<void> {
    const texts = await Promise.all(files.map((file) => this.text.read(file)));
    const statements = texts.flatMap((text, i) => (text === undefined ? [] : [splitSqlFile(text, files[i] ?? '').sql]));
    await this.options.compiler.parse(statements.filter((sql) => sql !== ''));
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

  /** The settings of the .yml files, by path without ending. One that stands beside nothing is found. */
  private async settingsBeside(
    files: readonly string[],
    layer: Layer,
    ending: string,
  ): Promise<ReadonlyMap<string, YamlValue>> {
    const settings = new Map<string, YamlValue>();
    const owners = files.filter((file) => file.endsWith(ending)).map(stem);
    for (const file of files.filter(isYaml)) {
      const value = await this.text.yaml(file);
      if (!owners.includes(stem(file)) && !(ending === '.sql' && value !== undefined && isCalendar(value))) {
        const near = nearestName(wordOf(file), owners.map(wordOf));
        const hint =
          near === undefined ? `add ${stem(file)}${ending}, or remove this file` : `Did you mean ${layer}/${near}.yml?`;
        const code = layer === 'reference' ? 'LS1304' : 'LS1004';
        const message = `${file} has no ${wordOf(file)}${ending} beside it`;
        this.diagnostics.push({ code, message, place: { file, line: 1, column: 1 }, hint });
      }
      if (value !== undefined) settings.set(stem(file), value);
    }
    return settings;
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

function kindIs(settings: YamlValue | undefined, kind: string): boolean {
  const value = entryOf(settings, 'kind')?.value;
  return value?.kind === 'scalar' && value.value === kind;
}

/** A calendar needs no SQL. */
function isCalendar(settings: YamlValue | undefined): boolean {
  return kindIs(settings, 'date');
}

function saysEphemeral(settings: YamlValue | undefined): boolean {
  return kindIs(settings, 'ephemeral');
}

function isYaml(file: string): boolean {
  return /\.ya?ml$/.test(file);
}

function isScript(file: string): boolean {
  return /\.([cm]?[jt]s|py)$/.test(file);
}

function stem(file: string): string {
  return file.replace(/\.[^./]+$/, '');
}

function wordOf(file: string): string {
  return stem(file).replace(/^.*\//, '');
}
