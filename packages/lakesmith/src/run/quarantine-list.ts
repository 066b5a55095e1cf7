import type { Lake } from '../lake/lake.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { quarantinePath, quarantineTable } from './quarantine.ts';
import { readRows } from './read-rows.ts';

/** A quarantined row as it is listed. */
export interface QuarantinedRow {
  readonly id: string;
  readonly table: string;
  /** Column to value; undefined when the table has no key. */
  readonly key: Readonly<Record<string, unknown>> | undefined;
  readonly reasons: readonly string[];
  readonly row: Readonly<Record<string, unknown>>;
  readonly source: string | undefined;
  /** Which record of the source, from 1. */
  readonly sourceRow: number | undefined;
  readonly sinceRun: number;
  readonly status: string;
}

/** How many rows are in quarantine now. */
export async function countOpenRows(lake: Lake): Promise<number> {
  const snapshot = await lake.open(quarantinePath);
  if (snapshot === undefined) return 0;
  const { rows } = await readRows(lake.engine, {
    sql: `select count(*) from ${quarantineTable} where status = 'open'`,
    relations: [await bindLakeTable(lake, quarantineTable, { path: quarantinePath, snapshot })],
    timezone: 'UTC',
  });
  return Number(rows[0]?.[0] ?? 0);
}

/** Rows in quarantine, oldest first within a table. */
export async function openRows(lake: Lake, timezone: string, all = false): Promise<readonly QuarantinedRow[]> {
  const snapshot = await lake.open(quarantinePath);
  if (snapshot === undefined) return [];
  const { rows } = await readRows(lake.engine, {
    sql: `select id, table_name, row_key, to_json(reasons)::varchar, "row", source, source_row, since_run, status from ${quarantineTable}
      ${all ? '' : "where status = 'open'"} order by table_name, since_run, source, source_row, row_key, id`,
    relations: [await bindLakeTable(lake, quarantineTable, { path: quarantinePath, snapshot })],
    timezone,
  });
  return rows.map(([id, table, key, reasons, row, source, sourceRow, sinceRun, status]) => ({
    id: String(id),
    table: String(table),
    key: key === null ? undefined : (JSON.parse(String(key)) as Record<string, unknown>),
    reasons: JSON.parse(String(reasons)) as string[],
    row: JSON.parse(String(row)) as Record<string, unknown>,
    source: source === null ? undefined : String(source),
    sourceRow: sourceRow === null ? undefined : Number(sourceRow),
    sinceRun: Number(sinceRun),
    status: String(status),
  }));
}
