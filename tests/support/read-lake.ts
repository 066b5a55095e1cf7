import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * A reader of its own, which shares no code with the product: the newest release, and a version of a table replayed from
 * its JSON commits and checkpoints.
 */
export async function newestRelease(lake: string): Promise<ReleaseFile | undefined> {
  return (await allReleases(lake)).at(-1);
}

export interface ReleaseFile {
  readonly release: number;
  readonly tables: Readonly<Record<string, ReleaseTable>>;
}

interface ReleaseTable {
  readonly path: string;
  readonly version: number;
  readonly changes?: { readonly path: string; readonly version: number };
}

/** Every release of a lake, or of an environment's folder in it. */
export async function allReleases(lake: string): Promise<readonly ReleaseFile[]> {
  const folder = join(lake, '_lakesmith/releases');
  const names = (await readdir(folder).catch(() => [] as string[]))
    .filter((name) => /^\d{20}\.json$/.test(name))
    .sort();
  return await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as ReleaseFile),
  );
}

/** The newest version of a table, whatever the release says; undefined when there is no table. */
export async function newestVersion(table: string): Promise<number | undefined> {
  const names = (await readdir(join(table, '_delta_log')).catch(() => [] as string[])).sort();
  const newest = names.filter((name) => /^\d{20}\.json$/.test(name)).at(-1);
  return newest === undefined ? undefined : Number.parseInt(newest, 10);
}

interface LogAction {
  readonly add?: { readonly path: string };
  readonly remove?: { readonly path: string };
}

/** Data files of a version, absolute. Every line of every commit must be whole, and versions must have no gap. */
export async function dataFiles(connection: DuckDBConnection, table: string, version: number): Promise<string[]> {
  const log = join(table, '_delta_log');
  const names = await readdir(log);
  const checkpoints = names.flatMap((name) => /^(\d{20})\.checkpoint\.parquet$/.exec(name)?.[1] ?? []).map(Number);
  const from = Math.max(-1, ...checkpoints.filter((checkpoint) => checkpoint <= version));
  const live = new Set<string>();
  if (from >= 0) {
    const file = join(log, `${String(from).padStart(20, '0')}.checkpoint.parquet`);
    const rows = await connection.runAndReadAll(
      `select add.path from read_parquet('${file}') where add.path is not null`,
    );
    for (const [path] of rows.getRows()) live.add(String(path));
  }
  for (let v = from + 1; v <= version; v += 1) {
    const text = await readFile(join(log, `${String(v).padStart(20, '0')}.json`), 'utf8');
    if (!text.endsWith('\n')) throw new Error(`commit ${v} of ${table} is torn`);
    const actions = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as LogAction);
    for (const { remove } of actions) if (remove !== undefined) live.delete(remove.path);
    for (const { add } of actions) if (add !== undefined) live.add(add.path);
  }
  return [...live].map((path) => join(table, decodeURIComponent(path)));
}

export async function readTable(
  connection: DuckDBConnection,
  table: string,
  version: number,
  select: string,
): Promise<unknown[][]> {
  const files = await dataFiles(connection, table, version);
  if (files.length === 0) return [];
  const list = files.map((file) => `'${file}'`).join(', ');
  return (await connection.runAndReadAll(select.replace('$table', `read_parquet([${list}])`))).getRowsJson();
}

/** Ids of the rows that lie in quarantine, after checking that none lies there twice. It belongs to no release: it is as it is. */
export async function quarantinedIds(connection: DuckDBConnection, lake: string): Promise<number[]> {
  const table = join(lake, 'system/quarantine');
  const version = await newestVersion(table);
  if (version === undefined) return [];
  const select = "select (\"row\"->>'id')::int from $table where status = 'open' order by 1";
  const ids = (await readTable(connection, table, version, select)).map(([id]) => Number(id));
  if (new Set(ids).size !== ids.length) throw new Error(`rows lie in quarantine twice: ${ids.join(', ')}`);
  return ids;
}
