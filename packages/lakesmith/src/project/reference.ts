import type { Diagnostic, Place } from '../core/errors.ts';
import type { SqlCompiler } from '../sql/compiler.ts';
import { readAudit } from './audit.ts';
import type { Audit } from './audit.ts';
import { contentHash, fingerprint } from './fingerprint.ts';
import { referenceForm } from './forms.ts';
import type { ReferenceTable } from './model.ts';
import { readStorage, storageColumns } from './storage.ts';
import { columnNotesOf, listOf, missingColumns, namedColumns, readTypes } from './table-settings.ts';
import { checkForm } from './validate.ts';
import type { YamlValue } from './yaml.ts';

/** A reference table before the tables that its rules read were looked up. */
export interface ParsedReference {
  readonly table: Omit<ReferenceTable, 'auditInputs' | 'auditViews'>;
  readonly audit: Audit;
}

/** Reads a CSV of reference/ with the settings of the .yml beside it. */
export async function readReference(
  source: {
    readonly name: string;
    readonly csv: string;
    readonly bytes: Uint8Array;
    readonly beside: YamlValue | undefined;
  },
  compiler: SqlCompiler,
): Promise<{ reference: ParsedReference | undefined; diagnostics: readonly Diagnostic[] }> {
  const { name, csv, bytes, beside } = source;
  const header = readHeader(bytes, { file: csv, line: 1, column: 1 }, name);
  const form =
    beside === undefined
      ? { data: {}, diagnostics: [] }
      : checkForm(beside, referenceForm, { judgedElsewhere: ['expect', 'check'] });
  const diagnostics: Diagnostic[] = [...header.diagnostics, ...form.diagnostics];
  const types = readTypes(beside, diagnostics);
  const audit = await readAudit({ table: name, settings: beside, compiler });
  diagnostics.push(...audit.diagnostics);
  const named = namedColumns(beside, { values: ['key', ...storageColumns], blocks: ['types', 'columns'] });
  const { storage, diagnostics: ofStorage } = readStorage(beside, name);
  diagnostics.push(...ofStorage);
  if (header.diagnostics.length === 0)
    diagnostics.push(...missingColumns({ name, namedColumns: named }, header.columns));
  if (form.data === undefined || header.diagnostics.length > 0) return { reference: undefined, diagnostics };
  const key = listOf(form.data.key);
  const hash = contentHash(bytes);
  const table: ParsedReference['table'] = {
    kind: 'reference',
    name,
    layer: 'reference',
    file: beside?.place.file ?? csv,
    description: form.data.description,
    owner: form.data.owner,
    key,
    namedColumns: named,
    tags: form.data.tags ?? [],
    columnNotes: columnNotesOf(form.data.columns),
    storage,
    fingerprint: fingerprint({ key, types, hash, audit: audit.fingerprint }),
    types,
    csv,
    contentHash: hash,
    rowCount: header.rows,
    rules: audit.rules,
    checks: audit.checks,
  };
  return { reference: { table, audit }, diagnostics };
}

interface Header {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly diagnostics: readonly Diagnostic[];
}

function readHeader(bytes: Uint8Array, place: Place, table: string): Header {
  const failed = (why: string, hint: string): Header => ({
    columns: [],
    rows: 0,
    diagnostics: [{ code: 'LS1304', message: `Reference table ${table} cannot be read: ${why}`, place, hint }],
  });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return failed('it is not UTF-8', 'save the file as UTF-8');
  }
  const columns = headerNames(text);
  if (columns.every((column) => column === ''))
    return failed('its first line is empty', 'begin the file with a line of column names');
  if (columns.includes('')) return failed('a column has no name', 'give each column a name in the first line');
  const twice = columns.find(
    (column, index) => columns.findIndex((other) => other.toLowerCase() === column.toLowerCase()) < index,
  );
  if (twice !== undefined) return failed(`column ${twice} stands in it twice`, 'give each column its own name');
  return { columns, rows: countRecords(text) - 1, diagnostics: [] };
}

/** Lines that are not empty; a line break between quotes does not end one. */
function countRecords(text: string): number {
  const flat = text.replace(/"(?:[^"]|"")*"/g, '""');
  return flat.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '').length;
}

/** The names in the first line of a CSV. */
export function headerNames(text: string): readonly string[] {
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  const values: string[] = [];
  for (const [, quoted, bare] of line.matchAll(/(?:^|,)(?:\s*"((?:[^"]|"")*)"\s*|([^,]*))/g)) {
    values.push((quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"')).trim());
  }
  return values;
}
