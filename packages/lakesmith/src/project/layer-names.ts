import type { Diagnostic, Place } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { isCalendar, isScript, isTypeScript, isYaml, stem, wordOf } from './layer-files.ts';
import type { Layer } from './model.ts';
import type { ProjectText } from './project-text.ts';
import type { DeclaredTable } from './reach.ts';
import type { ModelText } from './remembered-models.ts';
import { tableName } from './table-settings.ts';

/** A reference table, before it is read. */
export interface CsvFile {
  readonly name: string;
  readonly file: string;
  readonly besideFile: string | undefined;
}

/** A model of SQL, before it is read. */
export type ModelFile = Pick<ModelText, 'name' | 'layer' | 'file' | 'besideFile'> & {
  /** It has no file of SQL. */
  readonly alone: boolean;
};

/** Which tables the files of a project define, by their names alone, and which files lie where nothing reads them. */
export class LayerNames {
  readonly declared: Map<string, Place> = new Map();
  readonly diagnostics: Diagnostic[] = [];
  readonly csvs: CsvFile[] = [];
  readonly files: ModelFile[] = [];
  private readonly text: ProjectText;

  constructor(text: ProjectText) {
    this.text = text;
  }

  /** Finds the files of reference/. */
  async referenceFiles(): Promise<void> {
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
      this.csvs.push({ name, file, besideFile: settings.get(stem(file)) });
    }
  }

  /** Finds the files of SQL, and those that need none, of a layer. */
  async sqlFiles(layer: 'silver' | 'gold'): Promise<void> {
    const files = await this.text.list(layer);
    const settings = await this.filesBeside(files, layer, '.sql');
    const names = new Set(files);
    for (const file of files) {
      if (isScript(file) && !isTypeScript(file))
        this.misplaced(
          file,
          `${file} is a program, which this version does not run`,
          'write the model as one SELECT in a .sql file, or in TypeScript in a .ts file',
        );
      const besideFile = settings.get(stem(file));
      const alone = isYaml(file) && file === besideFile && !names.has(`${stem(file)}.sql`);
      // orders.spark.sql stands in for orders.sql on Spark.
      if (!alone && (!file.endsWith('.sql') || file.endsWith('.spark.sql'))) continue;
      const place = { file, line: 1, column: 1 };
      const { name, diagnostics } = tableName(layer, wordOf(file), place);
      this.diagnostics.push(...diagnostics);
      if (!this.declare(name, place) || diagnostics.length > 0) {
        // What is found shows its line.
        if (!alone) await this.text.read(file);
        continue;
      }
      this.files.push({ name, layer, file, alone, besideFile });
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

  tables(): readonly DeclaredTable[] {
    return [...this.declared].map(([name, { file }]) => ({ name, file }));
  }

  /** False when another file defines the table already. */
  declare(name: string, place: Place): boolean {
    const first = this.declared.get(name);
    if (first === undefined) {
      this.declared.set(name, place);
      return true;
    }
    const message = `Table ${name} is defined by ${first.file} and by ${place.file}`;
    this.diagnostics.push({ code: 'LS1008', message, place, hint: 'rename one of them' });
    return false;
  }

  misplaced(file: string, message: string, hint: string): void {
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
