import { LakeError } from '../core/errors.ts';
import type { Diagnostic, Place } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { parseUserType } from '../core/type-policy.ts';
import type { RowsProgram } from '../script/make-rows.ts';
import type { ModuleRecord } from '../script/user-modules.ts';
import type { ScriptModel } from '../script/scripts.ts';
import { fingerprint } from './fingerprint.ts';
import { rowsForm } from './forms.ts';
import type { RowsSource } from './model-file.ts';
import { checkForm } from './validate.ts';
import { entryOf } from './yaml.ts';
import type { YamlMap, YamlValue } from './yaml.ts';

const usualTimeMs = 600_000;
const usualMemory = 512 * 2 ** 20;
/** What only a SELECT can be: rows that TypeScript makes are a table. */
const sqlSettings = [
  'kind',
  'follows',
  'joins',
  'valid_from',
  'track',
  'first_valid_from',
  'from',
  'to',
  'week_starts',
  'fiscal_year_starts',
];

/** A model that has rows(), as its file says it. */
export interface RowsWritten {
  readonly file: string;
  readonly made: ModuleRecord;
  readonly model: ScriptModel;
  /** With the places where they stand. */
  readonly settings: YamlMap;
}

/** Understands what is said of rows() beside it; undefined when that cannot be used. */
export function readRowsSource(written: RowsWritten): {
  readonly rows: RowsSource | undefined;
  readonly diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  return { rows: new RowsReading(written, diagnostics).rows(), diagnostics };
}

/** Of the settings of a model with rows() those that a SQL file has too; of its columns what describes them. */
export function settingsBesideRows(settings: YamlMap): YamlMap {
  const own = ['inputs', 'limits', ...sqlSettings];
  const entries = [...settings.entries].filter(([key]) => !own.includes(key));
  return {
    ...settings,
    entries: new Map(
      entries.map(([key, entry]) => [key, key === 'columns' ? { ...entry, value: notesOf(entry.value) } : entry]),
    ),
  };
}

class RowsReading {
  readonly #written: RowsWritten;
  readonly #settings: YamlMap;
  readonly #place: Place;
  readonly #diagnostics: Diagnostic[];

  constructor(written: RowsWritten, diagnostics: Diagnostic[]) {
    this.#written = written;
    this.#settings = written.settings;
    this.#place = written.model.place;
    this.#diagnostics = diagnostics;
  }

  rows(): RowsSource | undefined {
    const own = this.#only(['inputs', 'columns', 'limits']);
    const form = checkForm(own, rowsForm);
    this.#diagnostics.push(...form.diagnostics);
    if (form.data === undefined) return undefined;
    this.#refuseSqlSettings();
    const columns = this.#columns();
    const inputs = this.#inputs(form.data.inputs ?? []);
    const timeMs = this.#limit('time', form.data.limits?.time, /^(\d{1,6})\s*(s|m|h)$/, {
      s: 1000,
      m: 60_000,
      h: 3_600_000,
    });
    const memoryBytes = this.#limit('memory', form.data.limits?.memory, /^(\d{1,6})\s*(MB|GB)$/i, {
      mb: 2 ** 20,
      gb: 2 ** 30,
    });
    if (columns === undefined || inputs === undefined) return undefined;
    const { file, made, model } = this.#written;
    const { texts, packages } = made;
    const { name, refresh } = model.settings;
    const program: RowsProgram = {
      file,
      member: typeof name === 'string' ? name : undefined,
      place: this.#place,
      modules: texts,
      inputs: new Map(inputs.map(({ property, table }) => [property, table])),
      timeMs: timeMs ?? usualTimeMs,
      memoryBytes: memoryBytes ?? usualMemory,
      knowsTime: refresh === 'full',
    };
    const others = [...texts].filter(([path]) => path !== file);
    const parts = {
      model: fingerprint([texts.get(file), columns, program.inputs, program.member, program.knowsTime]),
      ...Object.fromEntries(others.map(([path, text]) => [path, fingerprint(text)])),
      ...(packages.size === 0 ? {} : { packages: fingerprint(packages) }),
    };
    return { program, columns, parts, references: inputs.map(referenceTo) };
  }

  #columns(): readonly Column[] | undefined {
    const block = entryOf(this.#settings, 'columns')?.value;
    const before = this.#diagnostics.length;
    const columns = [...(block?.kind === 'map' ? block.entries : [])].flatMap(
      ([name, { value }]): readonly Column[] => {
        const type = value.kind === 'map' ? entryOf(value, 'type')?.value : value;
        if (type?.kind !== 'scalar') return [];
        try {
          return [{ name, type: parseUserType(String(type.value)) }];
        } catch (error) {
          if (!(error instanceof LakeError)) throw error;
          const [what = error.message, ...next] = error.message.split(': ');
          this.#diagnostics.push({
            code: error.code,
            message: what,
            place: type.place,
            hint: error.diagnostics[0]?.hint ?? next.join(': '),
          });
          return [];
        }
      },
    );
    for (const [i, { name, type }] of columns.entries()) {
      const place = entryOf(block, name)?.key ?? this.#place;
      const isTwice = columns.some((other, at) => at < i && other.name.toLowerCase() === name.toLowerCase());
      if (isTwice) this.#refuse(`Two columns are called ${name}`, place, 'give one another name', 'LS1205');
      if (/[ ,;{}()\n\t=]/.test(name))
        this.#refuse(`No column can be called ${name}`, place, 'use letters, digits and _', 'LS1205');
      if (typeof type !== 'string' && JSON.stringify(type).includes('"binary"'))
        this.#refuse(
          `Column ${name} has BLOB inside of it, which rows() cannot give`,
          place,
          'give it a column of its own',
        );
    }
    if (block !== undefined && columns.length === 0 && this.#diagnostics.length === before)
      this.#refuse('A table has at least one column', block.place, "write columns: { id: 'bigint' }");
    return this.#diagnostics.length > before ? undefined : columns;
  }

  /** Rows are a table, and are made anew as a whole. */
  #refuseSqlSettings(): void {
    const out = (setting: string, hint: string): void => {
      const place = entryOf(this.#settings, setting)?.key;
      if (place !== undefined)
        this.#refuse(`"${setting}" has no meaning for rows that are made by TypeScript`, place, hint);
    };
    for (const setting of sqlSettings) out(setting, 'write its SELECT as sql, or remove it');
    const { refresh } = this.#written.model.settings;
    if (refresh === 'incremental' || refresh === 'strict') out('refresh', 'it can be auto or full');
  }

  #inputs(written: readonly string[] | Readonly<Record<string, string>>): readonly InputOf[] | undefined {
    const block = entryOf(this.#settings, 'inputs')?.value;
    const places = block?.kind === 'list' ? block.items.map(({ place }) => place) : placesIn(block);
    const pairs = isList(written)
      ? written.map((table) => [table.replace(/^.*\./, ''), table] as const)
      : Object.entries(written);
    const inputs = pairs.map(([property, table], i) => ({
      property,
      table: table.toLowerCase(),
      place: places[i] ?? this.#place,
    }));
    const twice = inputs.find(({ property }, i) => inputs.some((other, at) => at < i && other.property === property));
    if (twice === undefined) return inputs;
    const hint = `give them names: { ${twice.property}: '${twice.table}', … }`;
    return this.#refuse(`Two inputs would be called ${twice.property}`, twice.place, hint);
  }

  #limit(
    name: string,
    text: string | undefined,
    form: RegExp,
    units: Readonly<Record<string, number>>,
  ): number | undefined {
    if (text === undefined) return undefined;
    const [, amount, unit = ''] = form.exec(text.trim()) ?? [];
    const size = units[unit.toLowerCase()];
    if (amount !== undefined && Number(amount) > 0 && size !== undefined) return Number(amount) * size;
    const place = entryOf(entryOf(this.#settings, 'limits')?.value, name)?.value.place ?? this.#place;
    return this.#refuse(
      `"limits.${name}" must be ${name === 'time' ? 'a time' : 'a size'}, and ${text} is none`,
      place,
      name === 'time' ? 'write 30s, 5m or 1h' : 'write 512MB or 2GB',
    );
  }

  #only(keys: readonly string[]): YamlMap {
    return { ...this.#settings, entries: new Map([...this.#settings.entries].filter(([key]) => keys.includes(key))) };
  }

  #refuse(message: string, place: Place, hint: string, code: 'LS1004' | 'LS1205' = 'LS1004'): undefined {
    this.#diagnostics.push({ code, message, place, hint });
    return undefined;
  }
}

interface InputOf {
  readonly property: string;
  readonly table: string;
  readonly place: Place;
}

function isList(written: readonly string[] | Readonly<Record<string, string>>): written is readonly string[] {
  return Array.isArray(written);
}

function placesIn(block: YamlValue | undefined): readonly Place[] {
  return block?.kind === 'map' ? [...block.entries.values()].map(({ value }) => value.place) : [];
}

function referenceTo({ table, place }: InputOf): RowsSource['references'][number] {
  const dot = table.indexOf('.');
  const [schema, name] = [table.slice(0, Math.max(0, dot)), table.slice(dot + 1)];
  return { kind: 'table', catalog: '', schema, name, offset: 0, readsOutside: false, place };
}

/** Columns without their types, which a SQL file has from its SELECT. */
function notesOf(columns: YamlValue): YamlValue {
  if (columns.kind !== 'map') return columns;
  const noted = [...columns.entries].flatMap(([name, entry]) => {
    if (entry.value.kind !== 'map') return [];
    const entries = new Map([...entry.value.entries].filter(([key]) => key !== 'type'));
    return [[name, { ...entry, value: { ...entry.value, entries } }] as const];
  });
  return { ...columns, entries: new Map(noted) };
}
