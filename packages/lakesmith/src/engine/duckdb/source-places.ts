import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Relation } from '../engine.ts';
import type { CastFailure } from './errors.ts';
import { csvRecords } from './csv-records.ts';
import { readCsvLayout } from './csv-header.ts';
import { jsonErrorOffset } from './json-error.ts';

/** A place in a source file: a line, or for a JSON array a record; both from 1. */
export interface SourcePlace {
  readonly label: string;
  readonly line?: number;
  readonly record?: number;
}

type TextFiles = Extract<Relation, { kind: 'text-files' }>;

// Beyond this a file is named without a line: it would have to be held in memory.
const largestWhole = 512 << 20;

/** The first line of a file that is neither empty nor JSON; of an array the line at which it ceases to be JSON. */
export async function findBadJsonLine(source: TextFiles, label: string): Promise<SourcePlace | undefined> {
  for (const file of source.files.filter((candidate) => candidate.label === label)) {
    if (source.format.type === 'json') return { label, ...(await badLineOfArray(file.location)) };
    for await (const { text, line } of numberedLines(file.location)) {
      if (parsed(text) === undefined) return { label, line };
    }
  }
  return undefined;
}

async function badLineOfArray(location: string): Promise<{ readonly line?: number }> {
  if ((await stat(location)).size > largestWhole) return {};
  const text = await readFile(location, 'utf8');
  const offset = jsonErrorOffset(text.replace(/^\uFEFF/, ' '));
  return offset === undefined ? {} : { line: text.slice(0, offset).split('\n').length };
}

/** Where the value first stands in that column. */
export async function findValue(source: TextFiles, failure: CastFailure): Promise<SourcePlace | undefined> {
  for (const { location, label } of source.files) {
    const place = await findInFile(source, location, label, failure);
    if (place !== undefined) return { label, ...place };
  }
  return undefined;
}

async function findInFile(
  source: TextFiles,
  location: string,
  label: string,
  failure: CastFailure,
): Promise<Omit<SourcePlace, 'label'> | undefined> {
  const { format } = source;
  if (format.type !== 'csv') {
    const path = failure.column.split('.');
    return await findJsonRow(location, format, (row) => holdsValue(row, path, failure.value));
  }
  if ((await stat(location)).size > largestWhole) return undefined;
  const text = (await readFile(location, 'utf8')).replace(/^\uFEFF/, '');
  const layout = await readCsvLayout(location, label, format);
  const declared = source.columns.findIndex((column) => column.name === failure.column);
  const position = format.header
    ? (layout.names ?? []).findIndex((name) => name.toLowerCase() === failure.column.toLowerCase())
    : declared;
  let header = format.header;
  for (const record of csvRecords(text, layout.delimiter, layout.quote)) {
    if (!header && record.fields[position] === failure.value) return { line: record.line };
    header = false;
  }
  return undefined;
}

/** The first JSON of a file of which something holds. */
export async function findJsonRow(
  location: string,
  format: TextFiles['format'],
  holds: (row: unknown) => boolean,
): Promise<Omit<SourcePlace, 'label'> | undefined> {
  if (format.type === 'ndjson') {
    for await (const { text, line } of numberedLines(location)) if (holds(parsed(text))) return { line };
    return undefined;
  }
  if ((await stat(location)).size > largestWhole) return undefined;
  const rows: unknown = parsed((await readFile(location, 'utf8')).replace(/^\uFEFF/, ''));
  const index = Array.isArray(rows) ? rows.findIndex(holds) : -1;
  return index === -1 ? undefined : { record: index + 1 };
}

async function* numberedLines(location: string): AsyncGenerator<{ text: string; line: number }> {
  const lines = createInterface({
    input: createReadStream(location, { encoding: 'utf8' }),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let line = 0;
  for await (const raw of lines) {
    line++;
    const text = raw.replace(/^\uFEFF/, '');
    if (text.trim() !== '') yield { text, line };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** True when the value at the path, looked for in every element of lists, prints as this text. */
function holdsValue(node: unknown, path: readonly string[], value: string): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return printsAs(node, value);
  if (Array.isArray(node)) return first === 'element' && node.some((item) => holdsValue(item, rest, value));
  if (typeof node !== 'object' || node === null) return false;
  const entries = Object.entries(node);
  if (entries.some(([key, child]) => key === first && holdsValue(child, rest, value))) return true;
  if (first === 'key') return entries.some(([key]) => key === value);
  return first === 'value' && entries.some(([, child]) => holdsValue(child, rest, value));
}

function printsAs(node: unknown, value: string): boolean {
  if (typeof node === 'string') return node === value;
  if (typeof node === 'number') return node === Number(value);
  return node !== undefined && node !== null && JSON.stringify(node) === value;
}
