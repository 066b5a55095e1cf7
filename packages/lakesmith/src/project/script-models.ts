import type { Diagnostic, Place } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { ScriptModel, ScriptRead } from '../script/scripts.ts';
import type { ModelSource, RowsSource } from './model-file.ts';
import { readRowsSource, settingsBesideRows } from './script-rows.ts';
import type { SqlFile } from './settings-comment.ts';
import { ScriptText } from './script-value.ts';
import { tableName } from './table-settings.ts';
import { entryOf } from './yaml.ts';
import type { YamlMap } from './yaml.ts';

/** The relation that stands for the rows that TypeScript makes. */
export const madeRows = 'typescript.rows';

/** Models of a file of TypeScript as if each had a SQL file of its own. */
export interface ScriptSources {
  readonly sources: readonly (ModelSource & { readonly place: Place })[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface ScriptFile {
  readonly file: string;
  readonly layer: 'silver' | 'gold';
  /** What the file is called. */
  readonly word: string;
  readonly text: string;
}

export function scriptSources(script: ScriptFile, read: ScriptRead): ScriptSources {
  if (!read.ok) return { sources: [], diagnostics: [read.diagnostic] };
  const diagnostics: Diagnostic[] = [];
  const sources = read.models.flatMap((model) => {
    const found = new ScriptReading(script, read, model).source();
    diagnostics.push(...found.diagnostics);
    return found.source === undefined ? [] : [found.source];
  });
  return { sources, diagnostics };
}

type Read = Extract<ScriptRead, { ok: true }>;

const ownSettings = ['name', 'sql'];

class ScriptReading {
  readonly #script: ScriptFile;
  readonly #read: Read;
  readonly #model: ScriptModel;
  readonly #text: ScriptText;
  readonly #settings: YamlMap;
  readonly #diagnostics: Diagnostic[] = [];

  constructor(script: ScriptFile, read: Read, model: ScriptModel) {
    this.#script = script;
    this.#read = read;
    this.#model = model;
    this.#text = new ScriptText(script.file, script.text);
    this.#settings = this.#text.placed(model.settings, model.place);
  }

  source(): { source: (ModelSource & { readonly place: Place }) | undefined; diagnostics: readonly Diagnostic[] } {
    const { file, layer } = this.#script;
    const { makesRows } = this.#model;
    const named = this.#name();
    const sql = this.#sql();
    const rows = makesRows ? this.#rows() : undefined;
    const diagnostics = this.#diagnostics;
    if (named === undefined || (makesRows ? rows === undefined : sql === undefined))
      return { source: undefined, diagnostics };
    const written = rows === undefined ? (sql ?? '') : selectOf(rows.columns);
    const source = {
      name: `${layer}.${named.word}`,
      layer,
      file,
      place: named.place,
      written: { ...this.#written(written), settings: this.#sqlSettings() },
      beside: undefined,
      ...(rows === undefined ? {} : { rows }),
    };
    return { source, diagnostics };
  }

  /** Of a family each model has a name of its own; else it is the file's. */
  #name(): { readonly word: string; readonly place: Place } | undefined {
    const { family } = this.#read;
    const entry = entryOf(this.#settings, 'name');
    const name = this.#model.settings['name'];
    if (!family && entry !== undefined)
      return this.#refuse(
        `"name" has no meaning for a model that is called as its file`,
        entry.key,
        'rename the file, or define several with models([…])',
      );
    if (family && typeof name !== 'string')
      return this.#refuse(
        'Key "name" is missing',
        entry?.value.place ?? this.#model.place,
        "each of models([…]) needs a name: '…'",
      );
    const word = typeof name === 'string' ? name : this.#script.word;
    const place = family ? (entry?.value.place ?? this.#model.place) : { file: this.#script.file, line: 1, column: 1 };
    const { diagnostics } = tableName(this.#script.layer, word, place);
    this.#diagnostics.push(...diagnostics);
    return diagnostics.length > 0 ? undefined : { word, place };
  }

  #sql(): string | undefined {
    const { settings, makesRows, place } = this.#model;
    const entry = entryOf(this.#settings, 'sql');
    const { sql } = settings;
    if (makesRows && entry !== undefined)
      return this.#refuse('A model has rows() or sql, and not both', entry.key, 'remove one of them');
    if (makesRows) return undefined;
    if (entry === undefined)
      return this.#refuse('Key "sql" is missing', place, "add sql: 'select …', or rows() with columns:");
    if (typeof sql !== 'string')
      return this.#refuse('"sql" must be text', entry.value.place, "write it as sql: 'select …'");
    return sql.trim().replace(/[\s;]+$/, '');
  }

  #written(sql: string): Omit<SqlFile, 'settings'> {
    const { line, column } = this.#model.place;
    const found = sql === '' || this.#model.makesRows ? undefined : this.#text.find(sql, this.#model.place);
    const sqlStart = found ?? ({ line, column, isMade: true } as const);
    return { sql, sqlStart, lead: undefined, diagnostics: [] };
  }

  #rows(): RowsSource | undefined {
    const { file } = this.#script;
    const written = { file, made: this.#read, model: this.#model, settings: this.#settings };
    const { rows, diagnostics } = readRowsSource(written);
    this.#diagnostics.push(...diagnostics);
    return rows;
  }

  /** The settings that a SQL file has too. */
  #sqlSettings(): YamlMap {
    const settings = this.#model.makesRows ? settingsBesideRows(this.#settings) : this.#settings;
    return { ...settings, entries: new Map([...settings.entries].filter(([key]) => !ownSettings.includes(key))) };
  }

  #refuse(message: string, place: Place, hint: string): undefined {
    this.#diagnostics.push({ code: 'LS1004', message, place, hint });
    return undefined;
  }
}

/** All rows that were made, as the columns are said to be. Binary values come as hexadecimal digits. */
function selectOf(columns: readonly Column[]): string {
  const items = columns.map(({ name, type }) =>
    type === 'binary' ? `unhex(${quoteName(name)}) as ${quoteName(name)}` : quoteName(name),
  );
  return `select ${items.join(', ')} from ${madeRows}`;
}
