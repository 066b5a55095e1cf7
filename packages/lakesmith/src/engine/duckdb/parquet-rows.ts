import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LakeError } from '../../core/errors.ts';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { CellValue, ParquetText } from '../engine.ts';
import { readFailure } from './errors.ts';
import { fileError } from './parquet-errors.ts';
import { rowMark, rowText } from './parquet-row-text.ts';
import type { Session } from './session.ts';
import { cellConverter } from './values.ts';
import type { Workspace } from './workspace.ts';
import { quoteFiles } from './file-names.ts';

/** Rows whose text comes in one piece. */
const together = 2048;

/** All rows of a Parquet file as objects, in no particular order. */
export async function readParquetRows(
  session: Session,
  location: string,
): Promise<readonly Readonly<Record<string, CellValue>>[]> {
  try {
    return (await readAsText(session, location)) ?? (await readCells(session, location));
  } catch (error) {
    throw error instanceof LakeError && error.code === 'LS2101'
      ? fileError(location, readFailure(error.cause).message, error.cause)
      : error;
  }
}

/** Undefined when the rows cannot be told from their text. */
async function readAsText(
  session: Session,
  location: string,
): Promise<readonly Readonly<Record<string, CellValue>>[] | undefined> {
  const source = `read_parquet(${quoteFiles([location])}, hive_partitioning = false)`;
  const described = await session.rows(`DESCRIBE SELECT * FROM ${source}`);
  const columns = described.map((column) => ({
    name: String(column['column_name']),
    type: String(column['column_type']),
  }));
  const form = columns.some(({ name }) => name === 'file_row_number') ? undefined : rowText(columns);
  if (form === undefined) return undefined;
  return await session.guard(async () => {
    const result = await session.connection.stream(
      `SELECT string_agg(line, chr(28)), count(*) FROM (SELECT ${form.sql} AS line, file_row_number // ${together} AS block FROM ${source}) GROUP BY block`,
    );
    const rows: Record<string, CellValue>[] = [];
    for await (const chunk of result) {
      const [texts, counts] = [chunk.getColumnValues(0), chunk.getColumnValues(1)];
      for (const [i, text] of texts.entries()) {
        const lines = String(text).split(rowMark);
        if (lines.length !== Number(counts[i])) return undefined;
        for (const line of lines) {
          const row = form.decode(line);
          if (row === undefined) return undefined;
          rows.push(row);
        }
      }
    }
    return rows;
  });
}

async function readCells(session: Session, location: string): Promise<readonly Readonly<Record<string, CellValue>>[]> {
  return await session.guard(async () => {
    const result = await session.connection.stream(
      `SELECT * FROM read_parquet(${quoteFiles([location])}, hive_partitioning = false)`,
    );
    const names = result.columnNames();
    const converters = result.columnTypes().map(cellConverter);
    const rows: Record<string, CellValue>[] = [];
    for await (const chunk of result) {
      const columns = converters.map((convert, index) => chunk.getColumnValues(index).map(convert));
      for (let row = 0; row < chunk.rowCount; row++) {
        rows.push(Object.fromEntries(names.map((name, index) => [name, columns[index]?.[row] ?? null])));
      }
    }
    return rows;
  });
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
    `COPY (SELECT ${names.join(', ')} FROM ${source}) TO ${quoteText(request.location)} (FORMAT parquet, COMPRESSION snappy)`,
  );
  return Number(row?.['Count']);
}
