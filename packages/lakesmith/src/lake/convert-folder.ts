import type { NewFile, StagedCommit } from '@lakesmith/delta';
import { applyStaged, latestVersion, stageCreate } from '@lakesmith/delta';
import type { ColumnDefinition } from '../core/column-definitions.ts';
import { LakeError } from '../core/errors.ts';
import type { Column, DataType } from '../core/schema.ts';
import { quoteFile, quoteFiles, quoteName } from '../core/sql-text.ts';
import { fromStoredType, requirePartitionType, toEngineType } from '../core/type-policy.ts';
import type { ObjectInfo } from '../storage/object-store.ts';
import { askRows } from './ask-rows.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import type { WriteReport } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';

/**
 * Makes a table of a folder of Parquet files, which stay as they are. Folders named `column=value` are partitions; `partitions`
 * says the types of their columns, which are texts otherwise. All files must hold the same types.
 */
export async function convertFolder(
  table: DeltaTable,
  partitions: readonly ColumnDefinition[] = [],
): Promise<WriteReport> {
  if ((await latestVersion(table.io)) !== undefined)
    throw new LakeError('LS3301', 'There is a Delta table here already.', { retry: 'never' });
  const files = await findFiles(table);
  const columns = partitionColumns(files, partitions);
  const stored = await storedColumns(table, files);
  const twice = columns.find(({ name }) => stored.some((column) => column.name.toLowerCase() === name.toLowerCase()));
  if (twice !== undefined)
    throw new LakeError('LS2001', `The column ${twice.name} is in the names of folders and in the files: leave one.`);
  const counts = await rowCounts(table, files);
  const added = files.map(({ info, values }, i): NewFile => ({
    path: info.path,
    sizeBytes: info.sizeBytes,
    modifiedMs: info.modifiedMs,
    rows: counts[i] ?? 0,
    partitionValues: Object.fromEntries(columns.map(({ name }) => [name, values.get(name) ?? null])),
    stats: `{"numRecords":${counts[i] ?? 0}}`,
  }));
  const staged = stageCreate({
    ...detailsOf(table),
    operation: 'CONVERT',
    operationParameters: { numFiles: files.length },
    columns: [...stored, ...columns],
    partitionColumns: columns.map(({ name }) => name),
    files: added,
  });
  await checkValues(table, staged);
  // The files were there before: a commit that loses must not take them with it.
  const report = await commitWrite(table, { ...staged, ownsFiles: false }, { operation: 'CONVERT', files: added });
  return { ...report, rowsWritten: 0, bytesWritten: 0 };
}

interface FoundFile {
  readonly info: ObjectInfo;
  /** By the names in its folders, in their order. */
  readonly values: ReadonlyMap<string, string | null>;
}

async function findFiles(table: DeltaTable): Promise<readonly FoundFile[]> {
  const files: FoundFile[] = [];
  for await (const info of table.store.list('')) {
    const parts = info.path.split('/');
    if (parts.some((part) => /^[._]/.test(part) && !part.includes('='))) continue;
    if (!/\.parquet$/i.test(info.path))
      throw new LakeError('LS2001', `${info.path} is not a .parquet file: a table is made of Parquet files alone.`, {
        context: { file: info.path },
      });
    files.push({ info, values: new Map(parts.slice(0, -1).flatMap((part) => partitionOf(part))) });
  }
  const [first] = files;
  if (first === undefined) throw new LakeError('LS2001', 'There is no Parquet file here.');
  const names = [...first.values.keys()].join('/');
  const other = files.find(({ values }) => [...values.keys()].join('/') !== names);
  if (other !== undefined)
    throw new LakeError(
      'LS2001',
      `${other.info.path} is not in folders like those of ${first.info.path}, so that it is not known which partition it is.`,
      { context: { file: other.info.path } },
    );
  return files;
}

function partitionOf(part: string): [string, string | null][] {
  const at = part.indexOf('=');
  if (at <= 0) return [];
  const [name, value] = [decoded(part.slice(0, at)), decoded(part.slice(at + 1))];
  return [[name, value === '__HIVE_DEFAULT_PARTITION__' || value === '' ? null : value]];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    // A percent sign that begins no escape is one.
    if (error instanceof URIError) return text;
    throw error;
  }
}

function partitionColumns(files: readonly FoundFile[], declared: readonly ColumnDefinition[]): readonly Column[] {
  const names = [...(files[0]?.values.keys() ?? [])];
  const unknown = declared.find(({ name }) => !names.includes(name));
  if (unknown !== undefined)
    throw new LakeError('LS4001', `No folder is named ${unknown.name}=…, so that it is no partition column.`);
  const columns = names.map((name): Column => {
    const type = declared.find((column) => column.name === name)?.type ?? 'string';
    return { name, type };
  });
  for (const column of columns) requirePartitionType(column);
  return columns;
}

/** Texts in names of folders have to be values of their columns, or nobody could read the table. */
async function checkValues(table: DeltaTable, staged: StagedCommit): Promise<void> {
  const target = applyStaged(undefined, staged);
  const counts = target.metadata.partitionColumns.map((name) => `count(${quoteName(name)})`);
  if (counts.length === 0) return;
  try {
    const { relation } = await bindTable(table, 't', target);
    await askRows(table, { sql: `select ${counts.join(', ')} from t`, relations: [relation] });
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    throw new LakeError(
      'LS2001',
      `The names of folders do not have values of these types: ${error.message}. Say others with --partition-by.`,
      { cause: error },
    );
  }
}

/** Types as the files hold them: nothing is converted, so that they must be those of tables, and the same in all files. */
async function storedColumns(table: DeltaTable, files: readonly FoundFile[]): Promise<readonly Column[]> {
  const known = new Map<string, { readonly column: Column; readonly file: string }>();
  for (const [file, legacyTimes] of await differentFiles(table, files)) {
    const rows = await askRows(table, {
      sql: `select column_name, column_type from (describe select * from read_parquet(${quoteFile(file)}, hive_partitioning = false))`,
      relations: [],
    });
    for (const [name, engineType] of rows) {
      if (typeof name !== 'string' || typeof engineType !== 'string') continue;
      const type = fromStoredType(engineType, name, { legacyTimes: legacyTimes.has(name) });
      const before = known.get(name.toLowerCase());
      if (before === undefined) known.set(name.toLowerCase(), { column: { name, type }, file });
      else if (toEngineType(before.column.type) !== toEngineType(type) || before.column.name !== name)
        throw new LakeError(
          'LS2001',
          `The files do not hold the same: ${name} is ${shown(type)} in ${file}, and ${before.column.name} is ${shown(before.column.type)} in ${before.file}.`,
          { context: { column: name, file } },
        );
    }
  }
  return [...known.values()].map(({ column }) => column);
}

function shown(type: DataType): string {
  return toEngineType(type);
}

/** One file of each kind of schema, with the names of its columns that hold times in the old form without a mark. */
async function differentFiles(
  table: DeltaTable,
  files: readonly FoundFile[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await askRows(table, {
    sql: `select min(file_name), any_value(legacy) from (
        select file_name, list(concat_ws('|', name, type, converted_type, logical_type, num_children)) as kind,
          list(name) filter (where type = 'INT96') as legacy
        from parquet_schema(${listOf(table, files)}) group by file_name)
      group by kind`,
    relations: [],
  });
  return new Map(
    rows.map(([file, legacy]) => [
      typeof file === 'string' ? file : '',
      new Set(Array.isArray(legacy) ? legacy.map(String) : []),
    ]),
  );
}

async function rowCounts(table: DeltaTable, files: readonly FoundFile[]): Promise<readonly number[]> {
  const rows = await askRows(table, {
    sql: `select file_name, num_rows from parquet_file_metadata(${listOf(table, files)})`,
    relations: [],
  });
  const counts = new Map(rows.map(([file, count]) => [file, Number(count)]));
  return files.map(({ info }) => {
    const count = counts.get(table.locate(info.path));
    if (count === undefined) throw new LakeError('LS2001', `It is not known how many rows ${info.path} has.`);
    return count;
  });
}

function listOf(table: DeltaTable, files: readonly FoundFile[]): string {
  return quoteFiles(files.map(({ info }) => table.locate(info.path)));
}
