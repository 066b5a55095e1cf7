import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { quoteName, quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { CellValue, ParquetText } from '../engine.ts';
import type { Session } from './session.ts';
import { cellConverter } from './values.ts';
import type { Workspace } from './workspace.ts';
import { quoteFiles } from './file-names.ts';

/** All rows of a small Parquet file as objects, in no particular order. */
export async function readParquetRows(
  session: Session,
  location: string,
): Promise<readonly Readonly<Record<string, CellValue>>[]> {
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
