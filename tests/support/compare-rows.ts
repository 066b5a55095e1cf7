import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function named(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A relation in SQL with the columns that it has. */
export interface Rows {
  readonly sql: string;
  readonly types: ReadonlyMap<string, string>;
}

/** The rows of a Parquet file, or of all those in a folder. */
export async function parquetRows(connection: DuckDBConnection, path: string): Promise<Rows> {
  const files = statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.parquet'))
        .map((name) => join(path, name))
    : [path];
  const list = files.map(quoted).join(', ');
  const sql = `read_parquet([${list}], hive_partitioning = false, union_by_name = true)`;
  const legacy = await connection.runAndReadAll(`select count(*) from parquet_schema([${list}]) where type = 'INT96'`);
  const types = await typesOf(connection, sql);
  // A time of 96 bits is an instant; the engine that compares takes it for a time without a zone.
  if (Number(legacy.getRows()[0]?.[0]) === 0) return { sql, types };
  const zoned = new Map(
    [...types].map(([name, type]) => [
      name,
      type.replaceAll('TIMESTAMP WITH TIME ZONE', 'TIMESTAMP').replaceAll('TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'),
    ]),
  );
  const columns = [...zoned].map(([name, type]) => `${named(name)}::${type} as ${named(name)}`);
  return { sql: `(select ${columns.join(', ')} from ${sql})`, types: zoned };
}

async function typesOf(connection: DuckDBConnection, sql: string): Promise<ReadonlyMap<string, string>> {
  const described = await connection.runAndReadAll(`describe select * from ${sql}`);
  return new Map(described.getRows().map((row) => [String(row[0]), String(row[1])]));
}

/** Rows that stand as text or JSON in a file, {columns, rows}, in the types of the rows that they are compared with. */
export function writtenRows(file: string, like: ReadonlyMap<string, string>): Rows {
  const { columns } = JSON.parse(readFileSync(file, 'utf8')) as { columns: readonly string[] };
  const types = new Map(columns.map((name) => [name, like.get(name) ?? 'VARCHAR']));
  const cells = columns.map((name, i) => {
    const text = `nullif(cells[${i + 1}] ->> '$', '')`;
    const type = types.get(name) ?? 'VARCHAR';
    return `${type === 'BLOB' ? `unhex(${text})` : `${text}::${type}`} as ${named(name)}`;
  });
  const rows = `select unnest((content::JSON -> 'rows')::JSON[])::JSON[] as cells from read_text(${quoted(file)})`;
  return { sql: `(select ${cells.join(', ')} from (${rows}))`, types };
}

/** The names of columns, or their types, that two relations do not share. */
export function typeDifferences(ours: Rows, theirs: Rows): readonly string[] {
  const names = [...new Set([...ours.types.keys(), ...theirs.types.keys()])];
  return names
    .filter((name) => ours.types.get(name) !== theirs.types.get(name))
    .map((name) => `${name}: ${ours.types.get(name) ?? 'none'}, expected ${theirs.types.get(name) ?? 'none'}`);
}

/** Rows that only one of two relations has, as often as it has them more; at most three of each. */
export async function rowDifferences(connection: DuckDBConnection, ours: Rows, theirs: Rows): Promise<unknown[]> {
  const columns = [...theirs.types.keys()].map(named).join(', ');
  const only = (a: Rows, b: Rows, side: string): string =>
    `(select ${quoted(side)} as side, * from (select ${columns} from ${a.sql} except all select ${columns} from ${b.sql}) limit 3)`;
  const rows = await connection.runAndReadAll(
    `${only(ours, theirs, 'ours')} union all ${only(theirs, ours, 'theirs')}`,
  );
  return rows.getRowObjectsJson();
}
