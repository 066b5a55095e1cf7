import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { quoteNames, quoteText } from '../core/sql-text.ts';
import type { Relation, StagedFile } from '../engine/engine.ts';
import { commitTable } from '../lake/commit.ts';
import { bindSnapshot, countRows } from '../lake/relation.ts';
import type { MadeBy } from '../lake/release.ts';
import { stageTable } from '../lake/staged.ts';
import { changeColumns } from '../plan/kinds/history.ts';
import type { SourceTable } from '../project/model.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import { dataItems, rescuedItem } from '../sources/columns.ts';
import { loadAppId, loadDomain, readLedger } from '../sources/ledger.ts';
import type { BoundTable, RunContext } from './context.ts';
import { nowIso } from './context.ts';
import { readRows } from './read-rows.ts';
import type { SourceSighting } from './sight-source.ts';
import { provenanceColumns } from './sight-source.ts';
import { sourceRelations } from './source-relations.ts';

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
  const base = await context.lake.open(path);
  const { ledger, read } = sighting;
  const isWhole = table.from.kind === 'files' && table.from.eachFile === 'replaces';
  const whole = isWhole && read.length > 0;
  const replaced = isWhole || base === undefined ? undefined : filesToReplace(base, sighting);
  const kept = keptRows(context, { path, sighting }, { base, replaced });
  let loaded: readonly LoadedFile[] = [];
  const staged = await stageTable(context.lake, {
    table: table.name,
    path,
    base,
    mode: whole || replaced !== undefined ? 'overwrite' : 'append',
    ...(replaced === undefined ? {} : { replaced }),
    query: {
      sql: `${kept.sql}select ${[...projection(table, sighting), ...provenance(context)].join(', ')} from source_files`,
      relations: [...kept.relations, ...sourceFiles(table, sighting)],
      timezone: context.project.timezone,
    },
    columns: sighting.columns,
    ordered: true,
    details: async (files) => ({
      operation: whole ? 'LOAD REPLACE' : replaced === undefined ? 'LOAD' : 'LOAD AGAIN',
      madeBy: madeBySource(context, table),
      txns: [{ appId: loadAppId(table.name), version: ledger.next }],
      domains: loadDomain({
        number: ledger.next,
        run: context.run,
        files: (loaded = await placeRows(context, { path, sighting, replaced }, files)),
      }),
    }),
    signal: context.signal,
  });
  const snapshot = await commitTable(context.lake, staged, context.run);
  const rows = countRows(snapshot) ?? 0;
  const before = replaced === undefined || base === undefined ? undefined : (countRows(base) ?? 0);
  return {
    table: { path, snapshot },
    rows,
    added: before === undefined ? staged.rowsWritten : rows - before,
    unit: 'rows',
    loaded: loaded.filter((file) => read.some((one) => one.path === file.path) || replaced === undefined),
  };
}

function sourceFiles({ newColumns }: SourceTable, { merged, groups }: SourceSighting): readonly Relation[] {
  return sourceRelations('source_files', [...merged.read, ...(newColumns === 'rescue' ? merged.unknown : [])], groups);
}

/** Data files that hold rows of source files which are read again; undefined: none is read again. */
function filesToReplace(base: Snapshot, { again, ledger }: SourceSighting): ReadonlySet<string> | undefined {
  if (again.size === 0) return undefined;
  const places = [...again].flatMap((path) => {
    const file = ledger.files.get(path);
    return file === undefined || file.rows === 0 ? [] : [file.dataFile ?? ''];
  });
  // Another writer may have put the rows elsewhere: then they can be anywhere.
  return places.every((key) => base.files.has(key)) ? new Set(places) : new Set(base.files.keys());
}

/** The rows of other source files in the data files that are replaced, in their order. */
function keptRows(
  context: RunContext,
  { path, sighting }: { readonly path: string; readonly sighting: SourceSighting },
  { base, replaced }: { readonly base: Snapshot | undefined; readonly replaced: ReadonlySet<string> | undefined },
): { readonly sql: string; readonly relations: readonly Relation[] } {
  if (base === undefined || replaced === undefined) return { sql: '', relations: [] };
  const files = new Map([...base.files].filter(([key]) => replaced.has(key)));
  const kept = bindSnapshot(context.lake, 'kept', { path, snapshot: { ...base, files } });
  const columns = quoteNames(sighting.columns.map((column) => column.name));
  const gone = [...sighting.again].map(quoteText).join(', ');
  return {
    sql: `select ${columns} from kept where _source is null or _source not in (${gone}) union all `,
    relations: [{ ...kept, columns: sighting.columns }],
  };
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
  readonly replaced: ReadonlySet<string> | undefined;
}

/** What the ledger keeps of this load: rows of a source file lie together in one data file, in the order of the file. */
async function placeRows(
  context: RunContext,
  { path, sighting, replaced }: Placement,
  written: readonly StagedFile[],
): Promise<LoadedFile[]> {
  const [dataFile] = written;
  const places = await placesIn(context, { path, sighting, replaced }, dataFile);
  const isPending = new Set(sighting.pending.map((file) => file.path));
  // Rows that were moved to the new data file are found there from now on.
  const moved = [...sighting.ledger.files.values()].filter(
    (file) => !isPending.has(file.path) && replaced?.has(file.dataFile ?? '') === true,
  );
  return [...moved, ...sighting.pending].map(({ path: label, sizeBytes, modifiedMs }) => {
    const { rows = 0, firstRow } = places.get(label) ?? {};
    const lies = dataFile === undefined || firstRow === undefined ? {} : { dataFile: dataFile.name, firstRow };
    return { path: label, sizeBytes, modifiedMs, rows, ...lies };
  });
}

interface RowPlace {
  readonly rows: number;
  /** Absent when the rows do not lie together. */
  readonly firstRow?: number;
}

async function placesIn(
  context: RunContext,
  { path, sighting, replaced }: Placement,
  dataFile: StagedFile | undefined,
): Promise<ReadonlyMap<string, RowPlace>> {
  const [only] = sighting.read;
  if (dataFile === undefined || only === undefined) return new Map();
  if (sighting.read.length === 1 && replaced === undefined)
    return new Map([[only.path, { rows: dataFile.rows, firstRow: 0 }]]);
  const { rows } = await readRows(context.engine, {
    sql: 'select _source, count(*), min(_position), max(_position) from loaded group by 1',
    relations: [
      {
        name: 'loaded',
        kind: 'parquet',
        columns: [{ name: '_source', type: 'string' }],
        files: [{ location: context.lake.locate(`${path}/${dataFile.name}`), partitionValues: {} }],
        rowPositions: true,
      },
    ],
    timezone: 'UTC',
  });
  return new Map(
    rows.map(([source, count, first, last]) => {
      const together = Number(last) - Number(first) + 1 === Number(count);
      return [String(source), { rows: Number(count), ...(together ? { firstRow: Number(first) } : {}) }];
    }),
  );
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
  if (sighting.problem !== undefined) throw sighting.problem;
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
      relations: sourceRelations('log_file', [...sighting.merged.data, ...sighting.merged.unknown], sighting.groups),
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
