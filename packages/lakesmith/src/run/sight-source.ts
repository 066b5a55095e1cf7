import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { LakeError, messageOf } from '../core/errors.ts';
import { count } from '../core/quantity.ts';
import type { Column } from '../core/schema.ts';
import type { InferredColumn, TextFormat } from '../engine/engine.ts';
import type { FormGroup } from '../engine/text-forms.ts';
import { groupByForm } from '../engine/text-forms.ts';
import type { Lake } from '../lake/lake.ts';
import { columnsOf } from '../lake/relation.ts';
import type { ConnectionOrigin, FileOrigin, Project, SourceTable } from '../project/model.ts';
import { isOwnColumn, provenanceColumns, rescuedColumn } from '../project/own-columns.ts';
import type { SourceColumns } from '../sources/columns.ts';
import { mergeColumns } from '../sources/columns.ts';
import type { FoundFile } from '../sources/discover.ts';
import { discoverFiles } from '../sources/discover.ts';
import { textFormatOf } from '../sources/text-format.ts';
import type { Ledger } from '../sources/ledger.ts';
import { compareWithLedger, readLedger } from '../sources/ledger.ts';
import { openSampleTable } from '../sources/sample.ts';
import { findPaddedNumber, isNumber } from './padded-number.ts';
import type { TextFile } from './source-relations.ts';

/** What a source holds now, as far as the table has not got it. */
export interface SourceSighting {
  /** Files to load, in order. */
  readonly pending: readonly FoundFile[];
  /** Loaded before and different now. */
  readonly overwritten: readonly string[];
  /** Those of the pending files that take the place of what was loaded of them before. */
  readonly again: ReadonlySet<string>;
  /** Those of the pending files whose rows the table gets. */
  readonly read: readonly FoundFile[];
  /** Changes of a connection that the table does not show yet. */
  readonly changes: number;
  readonly ledger: Ledger;
  /** The files of `read`, or the change log, by the form they are written in. */
  readonly groups: readonly FormGroup<TextFile>[];
  /** The source's own columns, as the table will have them and as they are read. */
  readonly merged: SourceColumns;
  /** All columns that the table will have. */
  readonly columns: readonly Column[];
  /** For a connection: how long its change log is. */
  readonly log: { readonly total: number } | undefined;
  /** Why its files cannot be read: to be told by the step that would load them. */
  readonly problem: LakeError | undefined;
}

/** Fields that are not columns, as JSON, for `new_columns: rescue`. */

interface World {
  readonly project: Project;
  readonly lake: Lake;
  readonly clock: Clock;
  /** Files that changed after they were loaded are to be read again. */
  readonly reread?: boolean;
  /** What the source holds by now is not asked for: the table is taken as it is. */
  readonly asleep: boolean;
}

/** Where the table lies; without a version it is taken as it is now. */
interface Place {
  readonly path: string;
  readonly version: number | undefined;
}

export async function sightSource(world: World, table: SourceTable, place: Place): Promise<SourceSighting> {
  const snapshot = await world.lake.open(place.path, place.version);
  const ledger = readLedger(snapshot?.domains ?? new Map());
  // What only headers have said about types binds nobody.
  const hadRows = ledger.changes > 0 || [...ledger.files.values()].some((file) => file.rows > 0);
  const existing =
    snapshot === undefined || !hadRows ? undefined : columnsOf(snapshot).filter((column) => !isOwnColumn(column.name));
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
  const found = world.asleep ? [] : await discoverFiles(project.folder, from.pattern);
  const { pending: fresh, overwritten } = compareWithLedger(found, ledger);
  const again = new Set(world.reread === true ? overwritten.map((file) => file.path) : []);
  const pending = [...fresh, ...overwritten.filter((file) => again.has(file.path))].sort(byPath);
  const read = from.eachFile === 'replaces' ? newestOf(pending, ledger) : pending;
  const format = textFormatOf(from);
  const groups = await groupByForm(
    format,
    read.map(({ path }) => ({ location: join(project.folder, path), label: path })),
  );
  const { columns: inferred, problem } = await inferFiles(world, table, { groups, format, existing });
  const merged = mergeColumns(table, existing, inferred);
  const rescued = table.newColumns === 'rescue' ? [rescuedColumn] : [];
  // Files without a single column hold nothing yet.
  const isBlank = merged.data.length === 0 && problem === undefined;
  return {
    pending: isBlank ? [] : pending,
    overwritten: overwritten.map((file) => file.path),
    again,
    read,
    changes: 0,
    ledger,
    groups,
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
  {
    groups,
    format,
    existing,
  }: {
    readonly groups: readonly FormGroup<TextFile>[];
    readonly format: TextFormat;
    readonly existing: readonly Column[] | undefined;
  },
): Promise<{ readonly columns: readonly InferredColumn[]; readonly problem: LakeError | undefined }> {
  if (groups.length === 0) return { columns: [], problem: undefined };
  try {
    const columns = await lake.engine.infer({
      format,
      locations: groups.flatMap(({ files }) => files.map((file) => file.location)),
      timezone: project.timezone,
      known: settledNames(table, existing),
      // The names of a CSV stand in its header; the keys of JSON stand in every row.
      ...(format.type === 'csv' ? { sampleRows: 20_000 } : {}),
    });
    const taken = columns.find((column) => isOwnColumn(column.name.toLowerCase()));
    if (taken !== undefined) {
      throw new LakeError(
        'LS2001',
        `${table.name} has a column ${taken.name} in its files, which is a name that Lakesmith gives to a column of its own: rename it at the source.`,
      );
    }
    const problem = await findPaddedNumber({ project, lake }, table, { groups, existing, inferred: columns });
    return { columns: problem === undefined ? columns : [], problem };
  } catch (error) {
    const known = error instanceof LakeError ? error : undefined;
    if (known?.code === 'LS2103' || known?.code === 'LS2104') throw error;
    // Files are known by their place in the project.
    const message = messageOf(error).replaceAll(`${project.folder}/`, '');
    const told = known === undefined ? `The files of ${table.name} cannot be read: ${message}` : message;
    const problem = new LakeError(known?.code ?? 'LS2001', told, { cause: error, context: known?.context ?? {} });
    return { columns: [], problem };
  }
}

/** Columns whose types no row of the files can change or put in doubt. */
function settledNames(table: SourceTable, existing: readonly Column[] = []): readonly string[] {
  // A number that is text in new files may have lost zeros before (findPaddedNumber).
  return [...table.types.keys(), ...existing.filter(({ type }) => !isNumber(type)).map((column) => column.name)];
}

/** Of files that each hold the whole table only the newest counts: the last by name. */
function newestOf(pending: readonly FoundFile[], ledger: Ledger): readonly FoundFile[] {
  const newest = pending.at(-1);
  const isOld = newest === undefined || [...ledger.files.values()].some((loaded) => byPath(loaded, newest) > 0);
  return isOld ? [] : [newest];
}

function byPath(a: FoundFile, b: FoundFile): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
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
  const total = world.asleep ? ledger.changes : sample.changes;
  const changes = total - ledger.changes;
  const inferred =
    changes === 0 && existing !== undefined
      ? []
      : await world.lake.engine.infer({
          format,
          locations: [sample.location],
          timezone: world.project.timezone,
          known: [...table.types.keys(), ...(existing ?? []).map((column) => column.name)],
        });
  const merged = mergeColumns(
    { ...table, newColumns: 'add' },
    existing,
    inferred.filter((column) => column.name !== '_op'),
  );
  const log = { location: sample.location, label: `${connection.url}/${from.remoteTable}` };
  return {
    pending: [],
    overwritten: [],
    again: new Set(),
    read: [],
    changes,
    ledger,
    groups: [{ format, files: [log] }],
    merged: { ...merged, unknown: inferred.filter((column) => column.name === '_op') },
    columns: [...merged.data, ...provenanceColumns],
    log: { total },
    problem: changes < 0 ? shortened(table, sample.changes, ledger.changes) : undefined,
  };
}

/** A log only grows: one that lost changes is not the log that was followed. */
function shortened(table: SourceTable, now: number, before: number): LakeError {
  return new LakeError(
    'LS2003',
    `${table.name} follows a log of ${count(before, 'change')} that has ${now} now: it was cut or replaced, and nothing was loaded. Bring the log back, or load it under another name.`,
    { context: { table: table.name, before, now } },
  );
}
