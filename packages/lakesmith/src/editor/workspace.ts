import type { Diagnostic } from '../core/errors.ts';
import type { Examination } from '../project/examine.ts';
import type { ProjectFiles } from '../project/files.ts';
import { nodeProjectFiles } from '../project/files.ts';
import { jsonSchemas } from '../project/json-schema.ts';
import type { BoundProject, ProjectTable } from '../project/model.ts';
import { Catalog } from './catalog.ts';
import type { KnownColumn } from './catalog.ts';
import type { CompletionItem } from './completion-item.ts';
import type { Location } from './definition.ts';
import { columnLocation, tableLocation } from './definition.ts';
import { Documents, projectPath, uriOf } from './documents.ts';
import { partAt, roleOf } from './file-part.ts';
import { rememberProject } from './known-project.ts';
import { descriptionAt } from './schema-walk.ts';
import { completeSql } from './sql-completion.ts';
import type { SqlMeaning } from './sql-view.ts';
import { SqlView } from './sql-view.ts';
import type { Position, Range } from './text.ts';
import { offsetAt, rangeOf } from './text.ts';
import { completeYaml, tableAt } from './yaml-completion.ts';
import type { YamlPlace } from './yaml-completion.ts';
import { yamlCursor } from './yaml-cursor.ts';

/** Judges a project. `fresh`: what was known of its sources may have changed. */
export type Examine = (files: ProjectFiles, fresh: boolean) => Promise<Examination>;

export interface OfferedItem extends CompletionItem {
  readonly textEdit?: { readonly range: Range; readonly newText: string };
}

export interface Hover {
  readonly text: string;
  readonly range: Range;
}

/** What is at a place of a document. */
type Spot =
  | {
      readonly kind: 'sql';
      readonly sql: string;
      readonly offset: number;
      readonly start: number;
      readonly text: string;
    }
  | { readonly kind: 'yaml'; readonly place: YamlPlace; readonly position: Position };

/** One project as an editor sees it: its open documents, what is wrong, and what stands where. */
export class Workspace {
  readonly documents: Documents = new Documents();
  readonly folder: string;
  readonly #files: ProjectFiles;
  readonly #examine: Examine;
  readonly #schemas: Readonly<Record<string, unknown>> = jsonSchemas();
  #known: BoundProject | undefined;
  #catalog: Catalog | undefined;
  #isKnown = false;

  constructor(folder: string, examine: Examine) {
    this.folder = folder;
    this.#files = this.documents.over(nodeProjectFiles(folder));
    this.#examine = examine;
  }

  /** Judges the project as it is now, and gives what is wrong by document. */
  async examine(fresh: boolean): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
    const { bound, diagnostics } = await this.#examine(this.#files, fresh);
    this.#known = await rememberProject(this.#known, bound, this.#files);
    this.#catalog = this.#known === undefined ? undefined : new Catalog(this.#known);
    this.#isKnown = true;
    const byUri = new Map<string, Diagnostic[]>();
    for (const found of diagnostics) {
      const uri = uriOf(this.folder, found.place?.file ?? 'lakesmith.yml');
      byUri.set(uri, [...(byUri.get(uri) ?? []), found]);
    }
    return byUri;
  }

  /** True when it was judged once, so that tables and columns can be told. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  complete(uri: string, position: Position): readonly OfferedItem[] {
    const spot = this.#spotAt(uri, position);
    if (spot?.kind === 'sql')
      return this.#catalog === undefined ? [] : completeSql(spot.sql, spot.offset, this.#catalog);
    if (spot === undefined) return [];
    const { word, wordStart } = spot.place.cursor;
    return completeYaml(spot.place, this.#catalog).map((item) => {
      // A table replaces all that is written of it, a column only what stands after the last point.
      const start = item.label.includes('.')
        ? wordStart
        : wordStart + word.slice(0, position.character - wordStart).lastIndexOf('.') + 1;
      const range = { start: { line: position.line, character: start }, end: position };
      return { ...item, textEdit: { range, newText: item.insertText ?? item.label } };
    });
  }

  hover(uri: string, position: Position): Hover | undefined {
    const spot = this.#spotAt(uri, position);
    const catalog = this.#catalog;
    if (spot?.kind === 'sql') {
      const meaning = catalog === undefined ? undefined : new SqlView(spot.sql, catalog).meaningAt(spot.offset);
      if (meaning === undefined || catalog === undefined) return undefined;
      const range = rangeOf(spot.text, spot.start + meaning.start, spot.start + meaning.end);
      return { text: describeMeaning(meaning, spot.sql, catalog), range };
    }
    if (spot === undefined) return undefined;
    const { cursor, schema } = spot.place;
    const range = wordRange(spot);
    const named = this.#namedIn(spot.place);
    if (named !== undefined && catalog !== undefined) {
      const { table, column } = named;
      return {
        text: column === undefined ? catalog.describeTable(table) : catalog.describeColumn(table, column),
        range,
      };
    }
    const said = cursor.key === undefined ? descriptionAt(schema, [...cursor.path, cursor.word]) : undefined;
    return said === undefined ? undefined : { text: `**${cursor.word}** ${said}`, range };
  }

  async define(uri: string, position: Position): Promise<Location | undefined> {
    const spot = this.#spotAt(uri, position);
    const catalog = this.#catalog;
    if (spot === undefined || catalog === undefined) return undefined;
    if (spot.kind === 'yaml') {
      const named = this.#namedIn(spot.place);
      if (named === undefined) return undefined;
      const from = { files: this.#files, catalog };
      return named.column === undefined
        ? await tableLocation(named.table, this.#files)
        : await columnLocation(named.table, named.column.name, from);
    }
    const meaning = new SqlView(spot.sql, catalog).meaningAt(spot.offset);
    if (meaning === undefined) return undefined;
    if (meaning.kind === 'table') return await tableLocation(meaning.table, this.#files);
    if (meaning.kind === 'column')
      return await columnLocation(meaning.table, meaning.column.name, { files: this.#files, catalog });
    const { start, end } = meaning.kind === 'cte' ? meaning.cte : meaning.item;
    return { uri, range: rangeOf(spot.text, spot.start + start, spot.start + end) };
  }

  /** The table or column that the word at a place of YAML names. */
  #namedIn(place: YamlPlace): { table: ProjectTable; column?: KnownColumn } | undefined {
    const { cursor } = place;
    const catalog = this.#catalog;
    const direct = catalog?.table(cursor.word);
    if (direct !== undefined) return { table: direct };
    const dotted = /^(\w+\.\w+)\.(\w+)$/.exec(cursor.word);
    const path = cursor.key === undefined ? cursor.path : [...cursor.path, cursor.key];
    const table = catalog?.table(dotted?.[1] ?? tableAt(place, path) ?? '');
    const isName = cursor.key !== undefined || cursor.path.length > 0;
    if (table === undefined || !isName) return undefined;
    const column = catalog?.columns(table.name).find(({ name }) => name === (dotted?.[2] ?? cursor.word));
    return column === undefined ? undefined : { table, column };
  }

  #spotAt(uri: string, position: Position): Spot | undefined {
    const text = this.documents.get(uri)?.text;
    const path = projectPath(this.folder, uri);
    const role = path === undefined ? undefined : roleOf(path);
    if (text === undefined || path === undefined || role === undefined) return undefined;
    const offset = offsetAt(text, position);
    const part = partAt(path, text, offset);
    if (part.kind === 'none') return undefined;
    if (part.kind === 'sql')
      return { kind: 'sql', sql: part.sql, offset: offset - part.start, start: part.start, text };
    const cursor = yamlCursor(part.lines, position.line - part.firstLine, position.character);
    if (cursor === undefined) return undefined;
    const tested = part.lines.flatMap((line) => /^test:\s*([\w.]+)/.exec(line)?.[1] ?? [])[0];
    return { kind: 'yaml', place: { role, cursor, schema: this.#schemas[role.schema], tested }, position };
  }
}

function wordRange({ place, position }: Extract<Spot, { kind: 'yaml' }>): Range {
  const start = { line: position.line, character: place.cursor.wordStart };
  return { start, end: { line: position.line, character: place.cursor.wordStart + place.cursor.word.length } };
}

function describeMeaning(meaning: SqlMeaning, sql: string, catalog: Catalog): string {
  switch (meaning.kind) {
    case 'table':
      return catalog.describeTable(meaning.table);
    case 'column':
      return catalog.describeColumn(meaning.table, meaning.column);
    case 'cte':
      return `**${meaning.cte.name}** · with`;
    case 'item':
      return catalog.describeItem(meaning.column, sql.slice(meaning.item.start, meaning.item.end));
  }
}
