import type { Diagnostic, Place } from '../core/errors.ts';
import { fingerprint } from './fingerprint.ts';
import { sourceForm } from './forms.ts';
import type { Connection, ConnectionOrigin, FileOrigin, SourceTable } from './model.ts';
import type { UnjudgedSource } from './source-audit.ts';
import { nearestName } from '../core/nearest-name.ts';
import { formatOf, outside } from './landing-pattern.ts';
import { readStorage } from './storage.ts';
import { columnNotesOf, listOf, namedColumns, readTypes, tableName } from './table-settings.ts';
import { checkForm } from './validate.ts';
import { entryOf } from './yaml.ts';
import type { YamlValue } from './yaml.ts';
import type { z } from 'zod';

type SourceSettings = z.infer<typeof sourceForm>;

/** What a file of bronze/ defines. `declared` names its tables also when they are wrong, and the block that each has its settings in. */
export interface SourceFile {
  readonly tables: readonly UnjudgedSource[];
  readonly declared: readonly {
    readonly name: string;
    readonly place: Place;
    readonly settings: YamlValue | undefined;
  }[];
  readonly diagnostics: readonly Diagnostic[];
}

const layoutElsewhere = 'bronze keeps rows in the order of their files: say it in the model that reads this table';
const hints = {
  cluster_by: layoutElsewhere,
  partition_by: layoutElsewhere,
  file_size: layoutElsewhere,
  cursor: 'write follow: changes or follow: full',
  http: 'a source reads files or a connection',
  module: 'a source reads files or a connection',
  push: 'a source reads files or a connection',
};

const judgedElsewhere = ['expect', 'check', 'tables.*.expect', 'tables.*.check'];

/** Reads one file of bronze/, but for what judges its tables. */
export function readSource(
  value: YamlValue,
  options: { readonly file: string; readonly connections: ReadonlyMap<string, Connection> | undefined },
): SourceFile {
  const { file } = options;
  const source = sourceName(file);
  const here: Place = { file, line: 1, column: 1 };
  const form = checkForm(value, sourceForm, { hints, judgedElsewhere });
  const own = { name: `bronze.${source}`, place: here, settings: value };
  const broken = (diagnostics: readonly Diagnostic[]): SourceFile => ({
    tables: [],
    declared: declaredTables(value, own),
    diagnostics,
  });
  if (entryOf(value, 'tables')?.value.kind === 'scalar') return broken([listTables(value, here)]);
  if (form.data === undefined) return broken(form.diagnostics);
  const origin = { value, settings: form.data, source, file, here };
  if (form.data.files !== undefined && form.data.connection !== undefined) {
    const place = entryOf(value, 'connection')?.key ?? here;
    return broken([
      {
        code: 'LS1301',
        message: `Source ${source} reads files and a connection`,
        place,
        hint: 'make two source files of it',
      },
    ]);
  }
  if (form.data.files !== undefined) return fileSource(origin, form.data.files);
  if (form.data.connection !== undefined) return connectionSource(origin, form.data.connection, options.connections);
  return broken([
    {
      code: 'LS1301',
      message: `Source ${source} does not say where to read from`,
      place: value.place,
      hint: `add files: landing/${source}/*.json, or connection: and tables:`,
    },
  ]);
}

interface Origin {
  readonly value: YamlValue;
  readonly settings: SourceSettings;
  readonly source: string;
  readonly file: string;
  readonly here: Place;
}

function sourceName(file: string): string {
  return file.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
}

function declaredTables(value: YamlValue, own: SourceFile['declared'][number]): SourceFile['declared'] {
  const tables = entryOf(value, 'tables')?.value;
  if (tables?.kind !== 'map') return [own];
  return [...tables.entries].map(([name, entry]) => ({
    name: `bronze.${localName(name)}`,
    place: entry.key,
    settings: entry.value,
  }));
}

function listTables(value: YamlValue, here: Place): Diagnostic {
  const place = entryOf(value, 'tables')?.value.place ?? here;
  return {
    code: 'LS1004',
    message: '"tables" must name each table',
    place,
    hint: 'write one table per line, such as customers: { key: customer_id }',
  };
}

function fileSource(origin: Origin, pattern: string): SourceFile {
  const { settings, value, source, here } = origin;
  const diagnostics: Diagnostic[] = [];
  const place = entryOf(value, 'files')?.value.place ?? here;
  const named = tableName('bronze', source, here);
  diagnostics.push(
    ...named.diagnostics,
    ...foreignKeys(origin, ['tables', 'follow'], ofA('connection')),
    ...outside(pattern, place),
  );
  const format = formatOf(settings.format, pattern);
  if (format === undefined) {
    const word = settings.format ?? /[^/]*$/.exec(pattern)?.[0] ?? pattern;
    diagnostics.push({
      code: 'LS1302',
      message: `Source ${source} has an unknown file format: ${word}`,
      place: entryOf(value, 'format')?.value.place ?? place,
      hint: 'Lakesmith reads json, ndjson and csv; add format: when the ending does not say which',
    });
  }
  if (settings.delimiter !== undefined && !/^.$/su.test(settings.delimiter)) {
    const at = entryOf(value, 'delimiter')?.value.place ?? here;
    diagnostics.push({
      code: 'LS1004',
      message: '"delimiter" must be one character',
      place: at,
      hint: 'write ";" or "\\t"',
    });
  }
  if (format !== undefined && format !== 'csv')
    diagnostics.push(...foreignKeys(origin, ['header', 'delimiter'], ofA('csv')));
  const from: FileOrigin = {
    kind: 'files',
    pattern,
    format: format ?? 'json',
    header: settings.header ?? true,
    delimiter: settings.delimiter ?? (/\.tsv(\.\w+)?$/.test(pattern) ? '\t' : undefined),
    eachFile: settings.each_file ?? 'adds',
  };
  const types = readTypes(value, diagnostics);
  const { storage, diagnostics: ofStorage } = readStorage(value, named.name);
  diagnostics.push(...ofStorage);
  const table = sourceTable(origin, { name: named.name, value, settings, storage, types, from });
  const declared = [{ name: named.name, place: here, settings: value }];
  return { tables: diagnostics.length > 0 ? [] : [table], declared, diagnostics };
}

function connectionSource(
  origin: Origin,
  connection: string,
  connections: ReadonlyMap<string, Connection> | undefined,
): SourceFile {
  const { settings, value, source, here } = origin;
  const fileOnly = ['format', 'header', 'delimiter', 'each_file'] as const;
  const diagnostics: Diagnostic[] = [
    ...foreignKeys(origin, fileOnly, ofA('files')),
    ...foreignKeys(origin, ['expect', 'check'], 'put it under the table that it judges, below tables:'),
    ...connectionProblem(origin, connection, connections),
  ];
  const declared: { name: string; place: Place; settings: YamlValue | undefined }[] = [];
  const tables: UnjudgedSource[] = [];
  if (settings.tables === undefined || Object.keys(settings.tables).length === 0) {
    const message = `Source ${source} names no tables of connection ${connection}`;
    diagnostics.push({ code: 'LS1301', message, place: value.place, hint: 'add tables: with one table per line' });
  }
  const block = entryOf(value, 'tables')?.value;
  for (const [remote, tableSettings] of Object.entries(settings.tables ?? {})) {
    const entry = entryOf(block, remote);
    const named = tableName('bronze', localName(remote), entry?.key ?? here);
    declared.push({ name: named.name, place: entry?.key ?? here, settings: entry?.value });
    diagnostics.push(...named.diagnostics);
    const from: ConnectionOrigin = {
      kind: 'connection',
      connection,
      remoteTable: remote,
      follow: settings.follow ?? 'full',
    };
    const ownSettings = { new_columns: settings.new_columns, tags: settings.tags, ...tableSettings };
    if (from.follow === 'changes' && ownSettings.key === undefined) {
      const message = `${named.name} follows changes and has no key to apply them by`;
      diagnostics.push({
        code: 'LS1004',
        message,
        place: entry?.key ?? here,
        hint: 'add key: under it, with the column or columns that name a row',
      });
    }
    const { storage, diagnostics: ofStorage } = readStorage(entry?.value, named.name);
    diagnostics.push(...ofStorage);
    tables.push(
      sourceTable(origin, {
        storage,
        name: named.name,
        value: entry?.value,
        settings: ownSettings,
        types: readTypes(entry?.value, diagnostics),
        from,
      }),
    );
  }
  return { tables: diagnostics.length > 0 ? [] : tables, declared, diagnostics };
}

function connectionProblem(
  origin: Origin,
  connection: string,
  connections: ReadonlyMap<string, Connection> | undefined,
): Diagnostic[] {
  if (connections === undefined) return [];
  const place = entryOf(origin.value, 'connection')?.value.place ?? origin.here;
  const found = connections.get(connection);
  if (found === undefined) {
    const near = nearestName(connection, connections.keys());
    const hint = near === undefined ? `add it to connections: in lakesmith.yml` : `Did you mean ${near}?`;
    return [{ code: 'LS1303', message: `Connection ${connection} is not defined in lakesmith.yml`, place, hint }];
  }
  if (found.url !== 'none') return [];
  const hint = 'give it a URL in lakesmith.yml, such as sample://shop';
  return [
    { code: 'LS1303', message: `Source ${origin.source} reads connection ${connection}, which is none`, place, hint },
  ];
}

function sourceTable(
  origin: Origin,
  parts: Pick<SourceTable, 'name' | 'types' | 'from' | 'storage'> & {
    /** The block that the table's settings stand in. */
    readonly value: YamlValue | undefined;
    readonly settings: Pick<SourceSettings, 'description' | 'owner' | 'key' | 'new_columns' | 'columns' | 'tags'>;
  },
): UnjudgedSource {
  const { settings, name, types, from, storage } = parts;
  const key = listOf(settings.key);
  const newColumns = settings.new_columns ?? 'add';
  return {
    kind: 'source',
    name,
    layer: 'bronze',
    file: origin.file,
    description: settings.description ?? origin.settings.description,
    owner: settings.owner ?? origin.settings.owner,
    key,
    namedColumns: namedColumns(parts.value, { values: ['key'], blocks: ['columns'] }),
    tags: settings.tags ?? [],
    columnNotes: columnNotesOf(settings.columns),
    storage,
    fingerprint: fingerprint({ key, types, newColumns, from }),
    source: origin.source,
    types,
    typePlaces: new Map(namedColumns(parts.value, { blocks: ['types'] }).map(({ column, place }) => [column, place])),
    newColumns,
    from,
  };
}

function ofA(word: string): string {
  return `it belongs to a source of ${word}`;
}

/** Settings that mean nothing for this kind of source, each refused where it stands. */
function foreignKeys(origin: Origin, keys: readonly string[], hint: string): Diagnostic[] {
  return keys.flatMap((key) => {
    const entry = entryOf(origin.value, key);
    if (entry === undefined) return [];
    return [
      {
        code: 'LS1003' as const,
        message: `"${key}" has no meaning here`,
        place: entry.key,
        hint,
      },
    ];
  });
}

function localName(remote: string): string {
  return remote.slice(remote.lastIndexOf('.') + 1);
}
