import { RawNumber, parseJson } from '@lakesmith/delta';
import type { Json, JsonObject } from '@lakesmith/delta';
import { quoteText } from '../core/sql-text.ts';
import type { Lake } from '../lake/lake.ts';
import type { CellValue } from '../engine/engine.ts';
import { quarantineRows } from './quarantine.ts';
import { readRows } from './read-rows.ts';

/** A quarantined row as it is listed. */
export interface QuarantinedRow {
  readonly id: string;
  readonly table: string;
  /** Column to value; undefined when the table has no key. */
  readonly key: Readonly<Record<string, Exact>> | undefined;
  readonly reasons: readonly string[];
  readonly row: Readonly<Record<string, Exact>>;
  /** The row of the model's only input that it was made of. */
  readonly input: Readonly<Record<string, Exact>> | undefined;
  readonly source: string | undefined;
  /** Which record of the source, from 1. */
  readonly sourceRow: number | undefined;
  readonly sinceRun: number;
  readonly status: string;
}

/** A value of JSON of which no digit is lost: what no number holds is text. */
export type Exact = null | boolean | number | bigint | string | readonly Exact[] | { readonly [key: string]: Exact };

/** How many rows are in quarantine now. */
export async function countOpenRows(lake: Lake): Promise<number> {
  return [...(await openRowsByTable(lake)).values()].reduce((sum, rows) => sum + rows, 0);
}

/** The same by the table that they were to be in; tables without any are left out. */
export async function openRowsByTable(lake: Lake): Promise<ReadonlyMap<string, number>> {
  const { sql, relations } = await quarantineRows(lake);
  const { rows } = await readRows(lake.engine, {
    sql: `select table_name, count(*) from (${sql}) where status = 'open' group by table_name`,
    relations,
    timezone: 'UTC',
  });
  return new Map(rows.map(([table, open]) => [String(table), Number(open)]));
}

/** Which rows are asked for. */
export interface QuarantineQuestion {
  readonly table?: string | undefined;
  /** Also those that were replayed or resolved. */
  readonly all?: boolean | undefined;
}

/** Rows in quarantine, oldest first within a table. */
export async function* quarantinedRows(
  lake: Lake,
  timezone: string,
  { table, all = false }: QuarantineQuestion = {},
): AsyncIterable<QuarantinedRow> {
  const { sql, relations } = await quarantineRows(lake);
  const wanted = [
    ...(all ? [] : ["status = 'open'"]),
    ...(table === undefined ? [] : [`table_name = ${quoteText(table)}`]),
  ];
  const { batches } = await lake.engine.query({
    sql: `select id, table_name, row_key, to_json(reasons)::varchar, "row", input, source, source_row, since_run, status
      from (${sql}) ${wanted.length === 0 ? '' : `where ${wanted.join(' and ')}`}
      order by table_name, since_run, source, source_row, row_key, id`,
    relations,
    timezone,
  });
  for await (const { rowCount, columns } of batches)
    for (let i = 0; i < rowCount; i += 1) yield rowOf(columns.map((column) => column[i] ?? null));
}

/** The same all at once. */
export async function listQuarantine(
  lake: Lake,
  timezone: string,
  question?: QuarantineQuestion,
): Promise<readonly QuarantinedRow[]> {
  const rows: QuarantinedRow[] = [];
  for await (const row of quarantinedRows(lake, timezone, question)) rows.push(row);
  return rows;
}

function rowOf(cells: readonly CellValue[]): QuarantinedRow {
  const [id, table, key, reasons, row, input, source, sourceRow, sinceRun, status] = cells;
  const text = (cell: CellValue | undefined): string => (typeof cell === 'string' ? cell : '');
  const objectIn = (cell: CellValue | undefined): Readonly<Record<string, Exact>> | undefined =>
    typeof cell === 'string' ? exactObject(parseJson(cell)) : undefined;
  return {
    id: text(id),
    table: text(table),
    key: objectIn(key),
    reasons: JSON.parse(text(reasons)) as string[],
    row: objectIn(row) ?? {},
    input: objectIn(input),
    source: typeof source === 'string' ? source : undefined,
    sourceRow: typeof sourceRow === 'bigint' || typeof sourceRow === 'number' ? Number(sourceRow) : undefined,
    sinceRun: Number(sinceRun),
    status: text(status),
  };
}

function exactObject(value: Json): Readonly<Record<string, Exact>> | undefined {
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, exact(one)])) : undefined;
}

function exact(value: Json): Exact {
  if (value instanceof RawNumber) return value.text;
  if (Array.isArray(value)) return value.map(exact);
  return isObject(value) ? (exactObject(value) ?? null) : (value as Exclude<typeof value, RawNumber | readonly Json[]>);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}
