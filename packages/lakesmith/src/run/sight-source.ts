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
  /** The source's own columns: those that the table will have. */
  readonly data: readonly Column[];
  /** Found in pending files, and not to become columns of the table. */
  readonly unknown: readonly Column[];
  /** All columns that the table will have. */
  readonly columns: readonly Column[];
  /** For a connection: where its change log lies, and how long it is. */
  readonly log: { readonly location: string; readonly label: string; readonly total: number } | undefined;
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
  const existing = snapshot === undefined ? undefined : columnsOf(snapshot).filter((column) => !own.has(column.name));
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
  const first = read.find((file) => file.sizeBytes > 0);
  const format = await formatOf(from, first === undefined ? undefined : join(project.folder, first.path));
  const inferred =
    first === undefined
      ? []
      : await world.lake.engine.infer({
          format,
          locations: read.map((file) => join(project.folder, file.path)),
          timezone: project.timezone,
          // The names of a CSV stand in its header; the keys of JSON stand in every row.
          ...(format.type === 'csv' ? { sampleRows: 100_000 } : {}),
        });
  const { data, unknown } = mergeColumns(table, existing, inferred);
  const rescued = table.newColumns === 'rescue' ? [rescuedColumn] : [];
  return {
    pending,
    overwritten,
    changes: 0,
    ledger,
    format,
    data,
    unknown,
    columns: data.length === 0 ? [] : [...data, ...rescued, ...provenanceColumns],
    log: undefined,
  };
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
  const { data } = mergeColumns(
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
    data,
    unknown: inferred.filter((column) => column.name === '_op'),
    columns: [...data, ...provenanceColumns],
    log: { location: sample.location, label: `${connection.url}/${from.remoteTable}`, total: sample.changes },
  };
}

/** Declared types win, then those that the table has, then what the files look like. */
function mergeColumns(
  table: SourceTable,
  existing: readonly Column[] | undefined,
  inferred: readonly Column[],
): { readonly data: readonly Column[]; readonly unknown: readonly Column[] } {
  const typed = (column: Column): Column => ({ name: column.name, type: table.types.get(column.name) ?? column.type });
  const declared = [...table.types].map(([name, type]): Column => ({ name, type }));
  if (existing === undefined) {
    const names = new Set(inferred.map((column) => column.name));
    const absent = inferred.length === 0 ? [] : declared.filter((column) => !names.has(column.name));
    return { data: [...inferred.map(typed), ...absent], unknown: [] };
  }
  const known = new Set(existing.map((column) => column.name.toLowerCase()));
  const fresh = inferred.filter((column) => !known.has(column.name.toLowerCase())).map(typed);
  return table.newColumns === 'add'
    ? { data: [...existing, ...fresh], unknown: [] }
    : { data: existing, unknown: fresh };
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
