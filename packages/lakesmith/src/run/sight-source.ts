import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { TextFormat } from '../engine/engine.ts';
import type { Lake } from '../lake/lake.ts';
import { columnsOf } from '../lake/relation.ts';
import type { ConnectionOrigin, FileOrigin, Project, SourceTable } from '../project/model.ts';
import { changeColumns } from '../plan/kinds/history.ts';
import type { SourceColumns } from '../sources/columns.ts';
import { mergeColumns } from '../sources/columns.ts';
import type { FoundFile } from '../sources/discover.ts';
import { discoverFiles } from '../sources/discover.ts';
import type { Ledger } from '../sources/ledger.ts';
import { compareWithLedger, readLedger } from '../sources/ledger.ts';
import { openSampleTable } from '../sources/sample.ts';

/** What a source holds now, as far as the table has not got it. */
export interface SourceSighting {
  readonly pending: readonly FoundFile[];
  readonly overwritten: readonly string[];
  /** Changes of a connection that the table does not show yet. */
  readonly changes: number;
  readonly ledger: Ledger;
  readonly format: TextFormat;
  /** The source's own columns, as the table will have them and as they are read. */
  readonly merged: SourceColumns;
  /** All columns that the table will have. */
  readonly columns: readonly Column[];
  /** For a connection: where its change log lies, and how long it is. */
  readonly log: { readonly location: string; readonly label: string; readonly total: number } | undefined;
  /** Why its files cannot be read: to be told by the step that would load them. */
  readonly problem: LakeError | undefined;
}

/** Every bronze row says where it came from; its place in the file is the order of rows in the data file (see the ledger). */
export const provenanceColumns: readonly Column[] = [
  { name: '_source', type: 'string' },
  { name: '_ingested_at', type: 'timestamp' },
  { name: '_run', type: 'long' },
];
/** Fields that are not columns, as JSON, for `new_columns: rescue`. */
const rescuedColumn: Column = { name: '_rescued', type: 'string' };

interface World {
  readonly project: Project;
  readonly lake: Lake;
  readonly clock: Clock;
}

const own = new Set([...provenanceColumns, rescuedColumn, ...changeColumns].map((column) => column.name));

export async function sightSource(world: World, table: SourceTable, path: string): Promise<SourceSighting> {
  const snapshot = await world.lake.open(path);
  const ledger = readLedger(snapshot?.domains ?? new Map());
  // What only headers have said about types binds nobody.
  const hadRows = ledger.changes > 0 || [...ledger.files.values()].some((file) => file.rows > 0);
  const existing = snapshot === undefined || !hadRows ? undefined : columnsOf(snapshot).filter((column) => !own.has(column.name));
  return table.from.kind === 'files'
    ? await sightFiles(world, table, table.from, { ledger, existing })
    : await sightConnection(world, table, table.from, { ledger, existing });
}

interface Known {
  readonly ledger: Ledger;
  readonly existing: readonly Column[] | undefined;
}

async function sightFiles(
  world: World,
  table: SourceTable,
  from: FileOrigin,
  { ledger, existing }: Known,
): Promise<SourceSighting> {
  const { project } = world;
  const found = await discoverFiles(project.folder, from.pattern);
  const { pending, overwritten } = compareWithLedger(found, ledger);
  const read = from.eachFile === 'replaces' ? newestOf(pending, ledger) : pending;
  const first = read[0];
  const format = await formatOf(from, first === undefined ? undefined : join(project.folder, first.path));
  const { columns: inferred, problem } = await inferFiles(world, table, { read, format });
  const merged = mergeColumns(table, existing, inferred);
  const rescued = table.newColumns === 'rescue' ? [rescuedColumn] : [];
  // Files without a single column hold nothing yet.
  const isBlank = merged.data.length === 0 && problem === undefined;
  return {
    pending: isBlank ? [] : pending,
    overwritten,
    changes: 0,
    ledger,
    format,
    merged,
    columns: merged.data.length === 0 ? [] : [...merged.data, ...rescued, ...provenanceColumns],
    log: undefined,
    problem,
  };
}

/** The columns of files. A file that cannot be read concerns its own table only. */
async function inferFiles(
  { project, lake }: World,
  table: SourceTable,
  { read, format }: { readonly read: readonly FoundFile[]; readonly format: TextFormat },
): Promise<{ readonly columns: readonly Column[]; readonly problem: LakeError | undefined }> {
  if (read.length === 0) return { columns: [], problem: undefined };
  try {
    const columns = await lake.engine.infer({
      format,
      locations: read.map((file) => join(project.folder, file.path)),
      timezone: project.timezone,
      // The names of a CSV stand in its header; the keys of JSON stand in every row.
      ...(format.type === 'csv' ? { sampleRows: 100_000 } : {}),
    });
    const taken = columns.find((column) => own.has(column.name.toLowerCase()));
    if (taken !== undefined) {
      throw new LakeError(
        'LS2001',
        `${table.name} has a column ${taken.name} in its files, which is a name that Lakesmith gives to a column of its own: rename it at the source.`,
      );
    }
    return { columns, problem: undefined };
  } catch (error) {
    if (!(error instanceof LakeError) || error.code === 'LS2103') throw error;
    // Files are known by their place in the project.
    const message = error.message.replaceAll(`${project.folder}/`, '');
    return { columns: [], problem: new LakeError(error.code, message, { cause: error, context: error.context }) };
  }
}

/** Of files that each hold the whole table only the newest counts: the last by name. */
export function newestOf(pending: readonly FoundFile[], ledger: Ledger): readonly FoundFile[] {
  const newest = pending.at(-1);
  const loaded = [...ledger.files.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).at(-1);
  return newest === undefined || (loaded !== undefined && loaded > newest.path) ? [] : [newest];
}

async function sightConnection(
  world: World,
  table: SourceTable,
  from: ConnectionOrigin,
  { ledger, existing }: Known,
): Promise<SourceSighting> {
  const connection = world.project.connections.get(from.connection);
  if (connection?.scheme !== 'sample') {
    throw new LakeError(
      'LS1303',
      `${table.name} reads connection ${from.connection} (${connection?.scheme ?? 'undefined'}://), for which there is no driver; sample:// needs none.`,
    );
  }
  const sample = await openSampleTable(world.project.folder, connection.url, from.remoteTable);
  const format: TextFormat = { type: 'csv', header: true };
  const changes = sample.changes - ledger.changes;
  const inferred =
    changes === 0 && existing !== undefined
      ? []
      : await world.lake.engine.infer({ format, locations: [sample.location], timezone: world.project.timezone });
  const merged = mergeColumns(
    { ...table, newColumns: 'add' },
    existing,
    inferred.filter((column) => column.name !== '_op'),
  );
  return {
    pending: [],
    overwritten: [],
    changes,
    ledger,
    format,
    merged: { ...merged, unknown: inferred.filter((column) => column.name === '_op') },
    columns: [...merged.data, ...provenanceColumns],
    log: { location: sample.location, label: `${connection.url}/${from.remoteTable}`, total: sample.changes },
    problem: undefined,
  };
}

async function formatOf(from: FileOrigin, firstFile: string | undefined): Promise<TextFormat> {
  if (from.format === 'csv') {
    return { type: 'csv', header: from.header, ...(from.delimiter === undefined ? {} : { delimiter: from.delimiter }) };
  }
  if (from.format === 'ndjson' || firstFile === undefined) return { type: from.format };
  return { type: (await firstByte(firstFile)) === '[' ? 'json' : 'ndjson' };
}

/** The first character that is not white space or a byte order mark. */
async function firstByte(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.min(4096, (await stat(path)).size)) });
    return buffer
      .toString('utf8', 0, bytesRead)
      .replace(/^\ufeff/, '')
      .trimStart()
      .charAt(0);
  } finally {
    await file.close();
  }
}
