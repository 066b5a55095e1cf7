import { join } from 'node:path';
import { LakeError } from '../core/errors.ts';
import { quoteNames, quoteText } from '../core/sql-text.ts';
import type { Relation, StagedFile } from '../engine/engine.ts';
import { commitTable } from '../lake/commit.ts';
import { bindSnapshot, countRows } from '../lake/relation.ts';
import type { MadeBy } from '../lake/release.ts';
import { stageTable } from '../lake/staged.ts';
import { changeColumns } from '../plan/kinds/history.ts';
import type { SourceTable } from '../project/model.ts';
import type { FoundFile } from '../sources/discover.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import { dataItems, rescuedItem } from '../sources/columns.ts';
import { loadAppId, loadDomain, readLedger } from '../sources/ledger.ts';
import type { BoundTable, RunContext } from './context.ts';
import { nowIso } from './context.ts';
import { readRows } from './read-rows.ts';
import type { SourceSighting } from './sight-source.ts';
import { newestOf, provenanceColumns } from './sight-source.ts';

export interface LoadResult {
  readonly table: BoundTable;
  readonly rows: number;
  readonly added: number;
  readonly unit: 'rows' | 'changes';
  readonly loaded: readonly LoadedFile[];
}

/** Companion of a table that follows a change log: every change, in order. */
export function changesOf(table: string): string {
  return `${table}__changes`;
}

/** Brings what is new of a source into its bronze table and commits at once: rows and position in one commit. */
export async function loadSource(
  context: RunContext,
  table: SourceTable,
  path: string,
  sighting: SourceSighting,
): Promise<LoadResult> {
  return table.from.kind === 'files'
    ? await loadFiles(context, table, path, sighting)
    : await loadChanges(context, table, path, sighting);
}

async function loadFiles(
  context: RunContext,
  table: SourceTable,
  path: string,
  sighting: SourceSighting,
): Promise<LoadResult> {
  if (sighting.problem !== undefined) throw sighting.problem;
  refuseNewColumns(table, sighting);
  const replaces = table.from.kind === 'files' && table.from.eachFile === 'replaces';
  const read = replaces ? newestOf(sighting.pending, sighting.ledger) : sighting.pending;
  const base = await context.lake.open(path);
  const { ledger } = sighting;
  let loaded: readonly LoadedFile[] = [];
  const replace = replaces && read.length > 0;
  const staged = await stageTable(context.lake, {
    table: table.name,
    path,
    base,
    mode: replace ? 'overwrite' : 'append',
    query: {
      sql: `select ${[...projection(table, sighting), ...provenance(context)].join(', ')} from source_files`,
      relations: [
        {
          name: 'source_files',
          kind: 'text-files',
          columns: [...sighting.merged.read, ...(table.newColumns === 'rescue' ? sighting.merged.unknown : [])],
          format: sighting.format,
          files: read.map((file) => ({ location: join(context.project.folder, file.path), label: file.path })),
        },
      ],
      timezone: context.project.timezone,
    },
    columns: sighting.columns,
    ordered: true,
    details: async (files) => ({
      operation: replace ? 'LOAD REPLACE' : 'LOAD',
      madeBy: madeBySource(context, table),
      txns: [{ appId: loadAppId(table.name), version: ledger.next }],
      domains: loadDomain({
        number: ledger.next,
        run: context.run,
        files: (loaded = await placeRows(context, { path, sighting, read }, files)),
      }),
    }),
    signal: context.signal,
  });
  const snapshot = await commitTable(context.lake, staged, context.run);
  return { table: { path, snapshot }, rows: countRows(snapshot) ?? 0, added: staged.rowsWritten, unit: 'rows', loaded };
}

/** The source's columns as the table has them; what else the files hold together as JSON when it is to be rescued. */
function projection({ newColumns }: SourceTable, { merged }: SourceSighting): string[] {
  return newColumns === 'rescue' ? [...dataItems(merged), rescuedItem(merged)] : dataItems(merged);
}

function provenance(context: RunContext): string[] {
  return ['_source', `${quoteText(nowIso(context))}::timestamptz as _ingested_at`, `${context.run}::bigint as _run`];
}

function refuseNewColumns(table: SourceTable, { merged }: SourceSighting): void {
  if (table.newColumns !== 'fail' || merged.refused.length === 0) return;
  const names = merged.refused.join(', ');
  throw new LakeError(
    'LS2002',
    `${table.name} has new columns in its files (${names}), and ${table.file} says new_columns: fail. Nothing was loaded; set new_columns to add, rescue or ignore.`,
    { context: { table: table.name, columns: names } },
  );
}

interface Placement {
  readonly path: string;
  readonly sighting: SourceSighting;
  readonly read: readonly FoundFile[];
}

/** What the ledger keeps of this load: rows lie in one data file, in the order of the source files. */
async function placeRows(
  context: RunContext,
  { path, sighting, read }: Placement,
  written: readonly StagedFile[],
): Promise<LoadedFile[]> {
  const [dataFile] = written;
  const counts = await countBySource(context, path, read, dataFile);
  const places = new Map<string, { readonly firstRow: number; readonly rows: number }>();
  let firstRow = 0;
  for (const file of read) {
    const rows = counts.get(file.path) ?? 0;
    places.set(file.path, { firstRow, rows });
    firstRow += rows;
  }
  return sighting.pending.map((file) => {
    const place = places.get(file.path);
    const lies =
      dataFile === undefined || place === undefined || place.rows === 0
        ? {}
        : { dataFile: dataFile.name, firstRow: place.firstRow };
    return { ...file, rows: place?.rows ?? 0, ...lies };
  });
}

async function countBySource(
  context: RunContext,
  path: string,
  read: readonly FoundFile[],
  dataFile: StagedFile | undefined,
): Promise<ReadonlyMap<string, number>> {
  const [only] = read;
  if (dataFile === undefined || only === undefined) return new Map();
  if (read.length === 1) return new Map([[only.path, dataFile.rows]]);
  const { rows } = await readRows(context.engine, {
    sql: 'select _source, count(*) from loaded group by 1',
    relations: [
      {
        name: 'loaded',
        kind: 'parquet',
        columns: [{ name: '_source', type: 'string' }],
        files: [{ location: context.lake.locate(`${path}/${dataFile.name}`), partitionValues: {} }],
      },
    ],
    timezone: 'UTC',
  });
  return new Map(rows.map(([source, count]) => [String(source), Number(count)]));
}

function madeBySource(context: RunContext, table: SourceTable): MadeBy {
  return { run: context.run, fingerprint: table.fingerprint, rulesFingerprint: '', inputs: {}, day: undefined };
}

async function loadChanges(
  context: RunContext,
  table: SourceTable,
  path: string,
  sighting: SourceSighting,
): Promise<LoadResult> {
  const log = sighting.log;
  if (log === undefined) throw new LakeError('LS9001', `${table.name} has no change log to read.`);
  const changesPath = changesOf(path);
  const changes = await loadLog(context, table, changesPath, { ...sighting, log });
  const load = { number: sighting.ledger.next, run: context.run, files: [], changes: log.total };
  const data = quoteNames(sighting.merged.data.map((column) => column.name));
  const staged = await stageTable(context.lake, {
    table: table.name,
    path,
    base: await context.lake.open(path),
    mode: 'overwrite',
    query: {
      sql: `select ${data}, _source, _ingested_at, _run from changes
        qualify row_number() over (partition by ${quoteNames(table.key)} order by _change_number desc) = 1
          and _change_type <> 'delete'`,
      relations: [bindSnapshot(context.lake, 'changes', changes)],
      timezone: context.project.timezone,
    },
    columns: sighting.columns,
    details: () => ({
      operation: 'FOLLOW CHANGES',
      madeBy: madeBySource(context, table),
      txns: [{ appId: loadAppId(table.name), version: load.number }],
      domains: loadDomain(load),
    }),
    signal: context.signal,
  });
  const snapshot = await commitTable(context.lake, staged, context.run);
  return {
    table: { path, snapshot },
    rows: countRows(snapshot) ?? 0,
    added: sighting.changes,
    unit: 'changes',
    loaded: [],
  };
}

/** Appends what is new in a change log to the table of changes; a table that has it all is left alone. */
async function loadLog(
  context: RunContext,
  table: SourceTable,
  path: string,
  sighting: SourceSighting & { readonly log: NonNullable<SourceSighting['log']> },
): Promise<BoundTable> {
  const name = changesOf(table.name);
  const base = await context.lake.open(path);
  const done = readLedger(base?.domains ?? new Map());
  if (base !== undefined && done.changes >= sighting.log.total) return { path, snapshot: base };
  const data = quoteNames(sighting.merged.data.map((column) => column.name));
  const said = sighting.merged.unknown.some((column) => column.name === '_op') ? '_op' : 'null';
  const dated = sighting.merged.data.some((column) => column.name === 'updated_at') ? 'updated_at' : 'null';
  const source: Relation = {
    name: 'log_file',
    kind: 'text-files',
    columns: [...sighting.merged.data, ...sighting.merged.unknown],
    format: sighting.format,
    files: [{ location: sighting.log.location, label: sighting.log.label }],
  };
  const number = done.next;
  const staged = await stageTable(context.lake, {
    table: name,
    path,
    base,
    mode: 'append',
    query: {
      sql: `with log as (select *, row_number() over () as _n from log_file)
        select ${data}, coalesce(${said}, case when row_number() over (partition by ${quoteNames(table.key)} order by _n) = 1 then 'insert' else 'update' end),
          _n, coalesce(${dated}, ${quoteText(nowIso(context))})::timestamptz, ${provenance(context).join(', ')}
        from log qualify _n > ${done.changes} order by _n`,
      relations: [source],
      timezone: context.project.timezone,
    },
    columns: [...sighting.merged.data, ...changeColumns, ...provenanceColumns],
    ordered: true,
    details: () => ({
      operation: 'LOAD CHANGES',
      madeBy: madeBySource(context, table),
      txns: [{ appId: loadAppId(name), version: number }],
      domains: loadDomain({ number, run: context.run, files: [], changes: sighting.log.total }),
    }),
    signal: context.signal,
  });
  return { path, snapshot: await commitTable(context.lake, staged, context.run) };
}
