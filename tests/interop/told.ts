import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Rows } from '../support/compare-rows.ts';
import { parquetRows, rowDifferences, typeDifferences } from '../support/compare-rows.ts';
import { runHere } from '../support/in-process.ts';

/** What another program reads of a table that it wrote: of one version, or of all its changes. */
export interface Told {
  readonly table: string;
  readonly path: string;
  readonly version?: number;
  readonly changes?: true;
  /** The times of commits stand in the log: without that, readers differ in where they take them from. */
  readonly timesInLog?: boolean;
  readonly parquet: string;
  readonly error?: string;
}

/** The lines of a program's answer. */
export function toldIn(stdout: string): readonly Told[] {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Told);
}

/** How what we read is not what the other program reads, by table and version; the answers go to the folder. */
export async function differences(some: readonly Told[], folder: string): Promise<Record<string, unknown>> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`set timezone = 'UTC'`);
  const found: Record<string, unknown> = {};
  for (const line of some) {
    const name = `${line.table} ${line.version ?? 'changes'}`;
    try {
      const differs = await compare(connection, line, folder);
      if (differs.length > 0) found[name] = differs;
    } catch (error) {
      found[name] = String(error);
    }
  }
  connection.closeSync();
  return found;
}

async function compare(connection: DuckDBConnection, line: Told, folder: string): Promise<readonly unknown[]> {
  const { path, version, parquet, timesInLog } = line;
  const args = version === undefined ? ['changes', path, '--from', '0'] : ['read', path, '--version', `${version}`];
  const out = join(folder, 'ours.parquet');
  const { code, stderr } = await runHere(['table', ...args, '--allow', join(folder, 'tables'), '--out', out]);
  if (code !== 0) return [stderr];
  const left = version === undefined && timesInLog !== true ? ['_commit_timestamp'] : [];
  const ours = without(left, await parquetRows(connection, out));
  const theirs = inTypesOf(ours, without(left, await parquetRows(connection, parquet)));
  const types = typeDifferences(ours, theirs);
  return types.length > 0 ? types : await rowDifferences(connection, ours, theirs);
}

/** The other program tells variants as text; here, this text is JSON. */
function inTypesOf(ours: Rows, theirs: Rows): Rows {
  const columns = [...theirs.types].map(([name, type]) => {
    const quoted = `"${name.replaceAll('"', '""')}"`;
    const other = ours.types.get(name) ?? type;
    const isText = other !== type && other.replaceAll('JSON', 'VARCHAR') === type;
    return { name, type: isText ? other : type, sql: isText ? `${quoted}::${other} as ${quoted}` : quoted };
  });
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  return { sql: `(select ${columns.map(({ sql }) => sql).join(', ')} from ${theirs.sql})`, types };
}

function without(names: readonly string[], rows: Rows): Rows {
  return { sql: rows.sql, types: new Map([...rows.types].filter(([name]) => !names.includes(name))) };
}
