import { LakeError } from '../../core/errors.ts';
import type { Column, DataType } from '../../core/schema.ts';
import { quoteFiles, quoteName, quoteText } from '../../core/sql-text.ts';
import { toUserType } from '../../core/type-policy.ts';
import type { Relation, TextFormat } from '../engine.ts';
import { emptySql } from './empty.ts';
import { readCsvLayout } from './csv-header.ts';
import type { CsvLayout } from './csv-header.ts';
import { losesDigits, withExactNumbers } from './exact-numbers.ts';
import { sourceCall } from './source-errors.ts';
import { leafCast, textCast, textShape, tryCast } from './text-cast.ts';
import type { Workspace } from './workspace.ts';

/** Text files as rows of exact types, in file order, with the label of their file as `_source`. */
export type TextFilesRelation = Extract<Relation, { kind: 'text-files' }>;

/** A file of a relation and where the engine reads it. */
interface ReadFile {
  readonly location: string;
  readonly label: string;
}

/** A SELECT of the relation's columns. */
export async function textFilesSql(relation: TextFilesRelation, workspace: Workspace): Promise<string> {
  const { columns, files, format } = relation;
  if (files.length === 0) return emptySql([...columns, { name: '_source', type: 'string' }]);
  const parts =
    format.type === 'csv' ? await csvParts(relation, format, workspace) : [await jsonPart(relation, workspace)];
  const items = columns.map((column, i) => `${exactValue(column, i)} AS ${quoteName(column.name)}`);
  // Casts stand in a projection of their own, so that each is made once and tested after.
  const casts = columns.flatMap(({ name, type }, i) =>
    isCast(type) ? [`${tryCast(quoteName(name), type)} AS _cast${i}`] : [],
  );
  const selects = parts.map(
    (part) =>
      `SELECT ${[...items, `${sourceOf(part)} AS _source`].join(', ')} FROM (SELECT ${['*', ...casts].join(', ')} FROM (${part.sql}))`,
  );
  return selects.length === 0
    ? emptySql([...columns, { name: '_source', type: 'string' }])
    : selects.join(' UNION ALL ');
}

// A constant where it can be: looking it up costs as much as reading a column.
function sourceOf({ labels }: TextPart): string {
  const [first, ...others] = labels.map(quoteText);
  return first !== undefined && others.length === 0
    ? first
    : `[${labels.map(quoteText).join(', ')}][CAST(file_index AS BIGINT) + 1]`;
}

function isCast(type: DataType): type is Exclude<DataType, object> {
  return typeof type === 'string' && type !== 'string' && type !== 'binary' && type !== 'boolean';
}

function exactValue({ name, type }: Column, i: number): string {
  return isCast(type)
    ? leafCast(quoteName(name), type, 'SOURCE', name, `_cast${i}`)
    : textCast(quoteName(name), type, name);
}

/** Files that are read by one call: their columns as text, and `file_index`. */
interface TextPart {
  readonly sql: string;
  readonly labels: readonly string[];
}

async function jsonPart({ columns, files, format }: TextFilesRelation, workspace: Workspace): Promise<TextPart> {
  const read: ReadFile[] = [];
  for (const file of files) {
    const location = await sourceCall(file.label, () => withExactNumbers(file.location, workspace, losesDigits));
    workspace.nameFile(location, file.label);
    read.push({ ...file, location });
  }
  const items = [...columns.map((column) => quoteName(column.name)), 'file_index'];
  return {
    sql: `SELECT ${items.join(', ')} FROM ${readJson(
      read.map((file) => file.location),
      columns,
      format,
    )}`,
    labels: files.map((file) => file.label),
  };
}

/** A read_json call with these columns in their text shape. */
export function readJson(locations: readonly string[], columns: readonly Column[], format: TextFormat): string {
  const shape = columns.length === 0 ? [{ name: '_none', type: 'string' } as const] : columns;
  const list = shape.map((column) => `${quoteText(column.name)}: ${quoteText(textShape(column.type))}`);
  const form = format.type === 'json' ? 'array' : 'newline_delimited';
  return `read_json(${quoteFiles(locations)}, format = '${form}', records = 'true', auto_detect = false, columns = {${list.join(', ')}})`;
}

/** A CSV file and its layout. */
export interface CsvFile {
  readonly location: string;
  readonly label: string;
  readonly layout: CsvLayout;
}

/** Neighbouring CSV files with the same header: the engine matches columns by position, so others must be read apart. */
export async function csvGroups(
  files: readonly ReadFile[],
  format: Extract<TextFormat, { type: 'csv' }>,
  workspace: Workspace,
): Promise<CsvFile[][]> {
  const groups: CsvFile[][] = [];
  for (const file of files) {
    workspace.nameFile(file.location, file.label);
    const layout = await sourceCall(file.label, () => readCsvLayout(file.location, file.label, format));
    if (layout.names === undefined) continue;
    const group = groups.at(-1);
    if (group?.[0] !== undefined && JSON.stringify(group[0].layout) === JSON.stringify(layout))
      group.push({ ...file, layout });
    else groups.push([{ ...file, layout }]);
  }
  return groups;
}

async function csvParts(
  { columns, files }: TextFilesRelation,
  format: Extract<TextFormat, { type: 'csv' }>,
  workspace: Workspace,
): Promise<TextPart[]> {
  const groups = await csvGroups(files, format, workspace);
  return groups.map((group) => {
    const names = group[0]?.layout.names ?? [];
    const items = columns.map((column, position) => {
      const inFile = format.header
        ? names.find((name) => name.toLowerCase() === column.name.toLowerCase())
        : names[position];
      const cell = inFile === undefined ? 'CAST(NULL AS VARCHAR)' : quoteName(inFile);
      if (typeof column.type !== 'string') {
        throw new LakeError(
          'LS2004',
          `Column ${column.name} cannot be read from CSV as ${toUserType(column.type)}: cells hold single values, so declare it VARCHAR`,
        );
      }
      return `${cell} AS ${quoteName(column.name)}`;
    });
    return {
      sql: `SELECT ${[...items, 'file_index'].join(', ')} FROM ${readCsv(group, format)}`,
      labels: group.map((file) => file.label),
    };
  });
}

/** A read_csv call over files of one layout: every cell is text; an empty cell without quotes is NULL. */
export function readCsv(group: readonly CsvFile[], format: Extract<TextFormat, { type: 'csv' }>): string {
  const { delimiter = ',', quote = '"', names = [] } = group[0]?.layout ?? {};
  const columns = names.map((name) => `${quoteText(name)}: 'VARCHAR'`);
  return `read_csv(${quoteFiles(group.map((file) => file.location))}, auto_detect = false, header = ${format.header}, delim = ${quoteText(delimiter)}, quote = ${quoteText(quote)}, escape = ${quoteText(quote)}, nullstr = '', allow_quoted_nulls = false, columns = {${columns.join(', ')}})`;
}
