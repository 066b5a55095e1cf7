import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBType } from '@duckdb/node-api';
import { LakeError } from '../../core/errors.ts';
import { quoteFiles, quoteName, quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { CellValue, ParquetRow, ParquetText } from '../engine.ts';
import { readFailure } from './errors.ts';
import { duckdb } from './library.ts';
import { fileError } from './parquet-errors.ts';
import { bulkRows } from './parquet-bulk.ts';
import type { BulkRows } from './parquet-bulk.ts';
import { guardParquet } from './parquet-guard.ts';
import type { Session } from './session.ts';
import { cellConverter } from './values.ts';
import type { Workspace } from './workspace.ts';

/** Rows that come in one block. */
const together = 8192;

/** Rows of one group: the threads of a reader share the groups. */
const inGroup = 16_384;

/** All rows of a Parquet file as objects, in no particular order. */
export async function readParquetRows(session: Session, location: string): Promise<readonly ParquetRow[]> {
  guardParquet([location]);
  return await rowsOrFileError(
    location,
    async () => (await readInBulk(session, location)) ?? (await readCells(session, location)),
  );
}

/** Does the reading; what the engine says of the file becomes an error that names it. */
export async function rowsOrFileError<T>(location: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof LakeError && error.code === 'LS2101'
      ? fileError(location, readFailure(error.cause).message, error.cause)
      : error;
  }
}

/** Undefined when the rows cannot be told from their texts. */
async function readInBulk(session: Session, location: string): Promise<readonly ParquetRow[] | undefined> {
  const source = `read_parquet(${quoteFiles([location])}, hive_partitioning = false)`;
  const described = await session.rows(`DESCRIBE SELECT * FROM ${source}`);
  const columns = described.map((column) => ({
    name: String(column['column_name']),
    type: String(column['column_type']),
  }));
  if (columns.some(({ name }) => name === 'file_row_number')) return undefined;
  return await readRowsWhere(session, { source, columns });
}

/** The rows of a file of these columns that meet a condition; undefined when they cannot be told from their texts. */
export async function readRowsWhere(
  session: Session,
  from: {
    readonly source: string;
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    readonly condition?: string;
  },
): Promise<readonly ParquetRow[] | undefined> {
  const source = from.condition === undefined ? from.source : `${from.source} WHERE ${from.condition}`;
  return (
    (await readBlocks(session, source, bulkRows(from.columns, false))) ??
    (await readBlocks(session, source, bulkRows(from.columns, true)))
  );
}

async function readBlocks(
  session: Session,
  source: string,
  bulk: BulkRows | undefined,
): Promise<readonly ParquetRow[] | undefined> {
  if (bulk === undefined) return undefined;
  return await session.guard(async () => {
    const result = await session.connection.stream(
      `SELECT ${bulk.sql.join(', ')} FROM ${source} GROUP BY file_row_number // ${together}`,
    );
    const rows: ParquetRow[] = [];
    for await (const chunk of result) {
      for (const values of chunk.getRows()) {
        const block = bulk.decode(values);
        if (block === undefined) return undefined;
        for (const row of block) rows.push(row);
      }
    }
    return rows;
  });
}

async function readCells(session: Session, location: string): Promise<readonly ParquetRow[]> {
  return await session.guard(async () => {
    const result = await session.connection.stream(
      `SELECT * FROM read_parquet(${quoteFiles([location])}, hive_partitioning = false)`,
    );
    const names = result.columnNames();
    const types = result.columnTypes();
    const converters = types.map(cellConverter);
    const rows: ParquetRow[] = [];
    for await (const chunk of result) {
      const columns = converters.map((convert, index) => chunk.getColumnValues(index).map(convert));
      for (let row = 0; row < chunk.rowCount; row++) {
        rows.push(present(names.map((name, index) => [name, types[index], columns[index]?.[row] ?? null])));
      }
    }
    return rows;
  });
}

/** The fields that have a value, and whole numbers as numbers where these hold them. */
function present(
  fields: readonly (readonly [name: string, type: DuckDBType | undefined, value: CellValue])[],
): Record<string, CellValue> {
  const entries = fields.flatMap(([name, type, value]): [string, CellValue][] => {
    // No action has a field that would be the object's prototype.
    if (value === null || name === '__proto__') return [];
    if (type instanceof duckdb.DuckDBStructType && isFields(value)) {
      const inner = type.entryNames.map((of, i) => [of, type.entryTypes[i], value[of] ?? null] as const);
      return [[name, present(inner)]];
    }
    return [[name, typeof value === 'bigint' ? smallest(value) : value]];
  });
  return Object.fromEntries(entries);
}

function isFields(value: CellValue): value is { readonly [key: string]: CellValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function smallest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Writes rows, given as lines of JSON, with exactly these columns. */
export async function writeParquetRows(
  scope: { readonly session: Session; readonly workspace: Workspace },
  request: ParquetText,
): Promise<number> {
  const { session, workspace } = scope;
  const text = join(await workspace.folder(), 'rows.json');
  await pipeline(request.lines, createWriteStream(text));
  const longest = request.lines.reduce((length, line) => Math.max(length, line.length), 0);
  const columns = request.columns.map((column) => `${quoteText(column.name)}: ${quoteText(toEngineType(column.type))}`);
  const names = request.columns.map((column) => quoteName(column.name));
  const source = `read_json(${quoteFiles([text])}, format = 'newline_delimited', records = 'true', auto_detect = false, maximum_object_size = ${Math.max(1 << 24, longest * 4)}, columns = {${columns.join(', ')}})`;
  const [row] = await session.rows(
    `COPY (SELECT ${names.join(', ')} FROM ${source}) TO ${quoteText(request.location)} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${inGroup})`,
  );
  return Number(row?.['Count']);
}
