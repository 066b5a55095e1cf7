import { readdir, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LakeError, messageOf } from '../../core/errors.ts';
import { systemErrorCode } from '../../core/platform.ts';
import type { Column, DataType } from '../../core/schema.ts';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import type { StagedFile, StageRequest } from '../engine.ts';
import { newFilesError } from '../new-files.ts';
import { flushFiles } from '../../storage/flush-files.ts';
import { makeFolder } from '../../storage/local-put.ts';
import { typedSelect } from './describe.ts';
import { readFailure, storeFailure } from './errors.ts';
import { contractSql } from './exact-cast.ts';
import type { Session } from './session.ts';
import { partitionText } from './partition-text.ts';
import { brokenCheck, checkError, withChecks } from './row-checks.ts';
import { storedValue } from './stored-value.ts';
import { rememberShape } from './parquet-shape.ts';
import { boundsOfGroups, childrenOf, endlessColumn, mapEntries, readStats } from './written-stats.ts';

/** Writes the query's rows as Parquet files; none when there are no rows. */
export async function stageQuery(session: Session, request: StageRequest): Promise<readonly StagedFile[]> {
  try {
    return await writeFiles(session, request);
  } catch (error) {
    const { names } = layoutOf(request);
    if (isLocal(request.folder) && names !== undefined) await removeWritten(request.folder, names);
    throw writeFailure(error, request);
  }
}

async function writeFiles(session: Session, request: StageRequest): Promise<readonly StagedFile[]> {
  const parameters = request.parameters ?? {};
  const { sql, types } = await typedSelect(session, request);
  if (types.length !== request.columns.length) {
    throw new LakeError(
      'LS2101',
      `The query has ${types.length} columns where the table has ${request.columns.length}`,
    );
  }
  const local = isLocal(request.folder);
  if (local) await makeFolder(request.folder);
  const folder = request.folder.replace(/\/$/, '');
  const whole = withComputed(contractSql(sql, request.columns, types), request);
  const inFiles = { ...request, columns: request.stored ?? request.columns };
  const named = withStoredNames(withoutNulls(withChecks(whole, request), request), request);
  const select = withPartitionTexts(named, inFiles);
  const { target, options } = layoutOf(request);
  const copy = `COPY (${select}) TO ${quoteText(target)} (${[...copyOptions(inFiles), ...options].join(', ')})`;
  const rows = await session.rows(copy, parameters).catch(async (error: unknown) => {
    const broken = brokenCheck(error, request.checks ?? []);
    throw broken === undefined
      ? error
      : await checkError(session, broken, { select: whole, hidden: request.hidden ?? [], parameters });
  });
  const told = rows.map((row) => stagedFile(row, inFiles, folder));
  const staged = request.passing === true ? told : await exactStats(session, told, inFiles);
  const endless = endlessColumn(staged, inFiles.columns);
  if (endless !== undefined) {
    for (const file of staged) if (local) await unlink(join(folder, file.name));
    throw new LakeError(
      'LS2106',
      `Column ${endless} cannot hold an infinite time, which others take for a day far off.`,
      {
        context: { column: endless },
      },
    );
  }
  if (local && request.flat === true)
    for (const [i, file] of staged.entries()) staged[i] = await liftedOut(folder, file);
  const empty = staged.filter((file) => file.rows === 0);
  for (const file of empty) if (local) await unlink(join(folder, file.name));
  const written = staged.filter((file) => file.rows > 0);
  // The engine leaves that to the system, and a commit must not outlive the files that it names.
  const lasts = local && request.passing !== true && request.loose !== true;
  if (lasts)
    await flushFiles(
      folder,
      written.map(({ name }) => name),
    );
  const columns = storedColumns(inFiles);
  for (const file of written) rememberShape(`${folder}/${file.name}`, columns, request.fieldIds);
  return written;
}

function isLocal(folder: string): boolean {
  return !/^[a-z][a-z0-9+.-]+:\/\//i.test(folder);
}

/** Of rows that could not all be written nothing stays: files of partitions lie in folders below. */
async function removeWritten(folder: string, names: readonly [string, string]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (systemErrorCode(error) === undefined) throw error;
    return [];
  });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name.includes('=')) await removeWritten(path, names);
    else if (entry.name.startsWith(names[0]) && entry.name.endsWith(names[1])) await rm(path, { force: true });
  }
}

/** What goes wrong with new files is no fault of those that are read. */
function writeFailure(error: unknown, { folder, fileName }: StageRequest): unknown {
  const said =
    error instanceof LakeError ? (error.code === 'LS2101' ? readFailure(error.cause).message : '') : undefined;
  if (said === undefined && systemErrorCode(error) === undefined) return error;
  const [start, call, path] =
    /^(Could not write file|Cannot open file|Failed to create directory) "([^"]*)":?\s*/.exec(said ?? '') ?? [];
  const isNew = call?.endsWith('directory') === true || path?.endsWith(fileName.replace(/^.*-00000(?=-)/, '')) === true;
  if (said !== undefined && !isNew) return error;
  const reason = said?.slice(start?.length) ?? messageOf(error);
  return newFilesError(folder, reason, error);
}

function stagedFile(row: Readonly<Record<string, unknown>>, request: StageRequest, folder: string): StagedFile {
  const filename = String(row['filename']);
  const values = new Map(mapEntries(row['partition_keys']));
  const partitionValues = (request.partitionColumns ?? []).map((name): [string, string | null] => {
    const value = values.get(name);
    return [name, typeof value === 'string' ? value : null];
  });
  return {
    name: filename.startsWith(`${folder}/`) ? filename.slice(folder.length + 1) : filename,
    partitionValues: Object.fromEntries(partitionValues),
    rows: Number(row['count']),
    sizeBytes: Number(row['file_size_bytes']),
    stats: readStats(row['column_statistics'], request.columns),
  };
}

async function exactStats(
  session: Session,
  files: readonly StagedFile[],
  request: StageRequest,
): Promise<StagedFile[]> {
  const folder = request.folder.replace(/\/$/, '');
  const exact: StagedFile[] = [];
  for (const file of files) {
    const location = `${folder}/${file.name}`;
    exact.push({ ...file, stats: await boundsOfGroups(session, { ...file, location }, storedColumns(request)) });
  }
  return exact;
}

/** The engine puts files of different partitions into folders that are called after the values. */
async function liftedOut(folder: string, file: StagedFile): Promise<StagedFile> {
  const name = basename(file.name);
  if (name === file.name) return file;
  await rename(join(folder, file.name), join(folder, name));
  await removeEmpty(folder, dirname(file.name));
  return { ...file, name };
}

async function removeEmpty(folder: string, path: string): Promise<void> {
  for (let at = path; at !== '.'; at = dirname(at)) {
    try {
      await rmdir(join(folder, at));
    } catch (error) {
      // Others are in it still, or were faster.
      if (systemErrorCode(error) === undefined) throw error;
      return;
    }
  }
}

interface Layout {
  readonly target: string;
  readonly options: readonly string[];
  /** Where the engine makes the names of files: how each begins and ends. One file it takes away itself when it fails. */
  readonly names?: readonly [string, string];
}

/** Where the rows go: one file, or files whose names the engine makes. */
function layoutOf({ fileName, partitionColumns = [], fileBytes, ordered, folder }: StageRequest): Layout {
  const target = folder.replace(/\/$/, '');
  const several = (option: string, mark: string): Layout => {
    // The first of them only: zeros may stand in the rest of the name by chance.
    const [, start = '', end = `-${fileName}`] = /^(.*?-)00000(-.*)$/.exec(fileName) ?? [];
    const pattern = `${start}${mark}${end.replace(/\.parquet$/, '')}`;
    const options = [option, 'OVERWRITE_OR_IGNORE', `FILENAME_PATTERN ${quoteText(pattern)}`];
    return { target, options, names: [start, end] };
  };
  if (partitionColumns.length > 0)
    return several(`PARTITION_BY (${partitionColumns.map(quoteName).join(', ')})`, '{uuid}');
  if (fileBytes !== undefined && ordered !== true) return several(`FILE_SIZE_BYTES ${fileBytes}`, '{i}');
  return { target: `${target}/${fileName}`, options: [] };
}

function withComputed(select: string, { computed = {} }: StageRequest): string {
  const items = Object.entries(computed).map(([name, value]) => `(${value}) AS ${quoteName(name)}`);
  return items.length === 0 ? select : `SELECT * REPLACE (${items.join(', ')}) FROM (${select})`;
}

function withStoredNames(select: string, { columns, stored }: StageRequest): string {
  if (stored === undefined) return select;
  const items = columns.map(({ name, type }, i) => {
    const field = stored[i] ?? { name, type };
    return `${storedValue(quoteName(name), type, field.type)} AS ${quoteName(field.name)}`;
  });
  return `SELECT ${items.join(', ')} FROM (${select})`;
}

function withoutNulls(select: string, { required = [] }: StageRequest): string {
  if (required.length === 0) return select;
  const checked = required.map(
    (name) =>
      `CASE WHEN ${quoteName(name)} IS NULL THEN ${storeFailure(name, 'NULL, which it must not be')} ELSE ${quoteName(name)} END AS ${quoteName(name)}`,
  );
  return `SELECT * REPLACE (${checked.join(', ')}) FROM (${select})`;
}

/** The partition columns as the texts that stand in the log, behind the others. */
function withPartitionTexts(select: string, { columns, partitionColumns = [] }: StageRequest): string {
  if (partitionColumns.length === 0) return select;
  const isPartition = ({ name }: Column): boolean => partitionColumns.includes(name);
  const items = [
    ...columns.filter((column) => !isPartition(column)).map(({ name }) => quoteName(name)),
    ...columns.filter(isPartition).map((column) => `${partitionText(column)} AS ${quoteName(column.name)}`),
  ];
  return `SELECT ${items.join(', ')} FROM (${select})`;
}

/** The columns that are in the files. */
function storedColumns({ columns, partitionColumns = [] }: StageRequest): readonly Column[] {
  return columns.filter(({ name }) => !partitionColumns.includes(name));
}

function copyOptions(request: StageRequest): string[] {
  const { fieldIds, rowGroupSize } = request;
  const columns = storedColumns(request);
  const ids = fieldIdSpec(columns, fieldIds);
  return [
    'FORMAT parquet',
    'RETURN_STATS',
    // Rows that are read once or twice and go: to make them small takes longer than it saves.
    ...(request.passing === true && request.packed !== true
      ? ['COMPRESSION uncompressed']
      : ['COMPRESSION zstd', 'COMPRESSION_LEVEL 1']),
    // Spark cannot read what version 2 makes of FLOAT and DOUBLE, and arrow-rs cannot skip what it makes of whole numbers.
    'PARQUET_VERSION V1',
    ...(rowGroupSize === undefined ? [] : [`ROW_GROUP_SIZE ${rowGroupSize}`]),
    ...(ids === '' ? [] : [`FIELD_IDS {${ids}}`]),
  ];
}

type FieldIds = StageRequest['fieldIds'];

function fieldIdSpec(columns: readonly Column[], ids: FieldIds): string {
  return columns.flatMap((column) => fieldSpec(column.name, column.name, column.type, ids)).join(', ');
}

function fieldSpec(name: string, path: string, type: DataType, ids: FieldIds): string[] {
  const id = ids[path];
  const children = childrenOf(type).flatMap((child) => fieldSpec(child.name, `${path}.${child.name}`, child.type, ids));
  if (id === undefined && children.length === 0) return [];
  if (children.length === 0) return [`${quoteName(name)}: ${id}`];
  const own = id === undefined ? [] : [`__duckdb_field_id: ${id}`];
  return [`${quoteName(name)}: {${[...own, ...children].join(', ')}}`];
}
