import type { ErasedSubject } from '../lake/erasure.ts';
import { hashOf, subjectSql } from '../lake/erasure.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { Lake } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { readRelease } from '../lake/release.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import type { Project } from '../project/model.ts';
import { readLedger } from '../sources/ledger.ts';
import type { ForgetScope, ScopeTable } from './forget-scope.ts';
import type { Carrier, RootRows } from './forget-subject.ts';
import { changesOf } from './load-changes.ts';
import { quarantinePath, quarantineTable } from './quarantine.ts';
import { readRows } from './read-rows.ts';
import { dataFilesOf } from './row-places.ts';
import { lineIn } from './trace.ts';

/** What a table has of the rows. */
export interface FoundTable extends ScopeTable {
  /** undefined: it does not carry the columns, so no row of it can be told to be theirs. */
  readonly rows: number | undefined;
}

/** A file of the user's that has such rows: nobody but he may change it. */
export interface LandingRows {
  readonly source: string;
  readonly rows: number;
  /** Where the lines are known. */
  readonly lines: readonly number[];
}

interface World {
  readonly project: Project;
  readonly lake: Lake;
  readonly salt: string;
}

export function subjectOf(salt: string, { table, columns, values }: RootRows): ErasedSubject {
  return { table, columns, hash: hashOf(salt, values) };
}

/** True of the rows of a table that are to be forgotten; undefined when it does not carry the columns. */
export function rowsSql(salt: string, carriers: readonly Carrier[], table: string): string | undefined {
  const parts = carriers
    .filter((one) => one.table === table || changesOf(one.table) === table)
    .map(({ columns, root }) => subjectSql(salt, { ...subjectOf(salt, root), columns }));
  return parts.length === 0 ? undefined : parts.join(' or ');
}

/**
 * True of rows in quarantine that are to be forgotten: of those that carry the columns, themselves or in the row that they were
 * made of, the ones that have the values; of those that do not, all that are not open any more, since nobody can tell: but for `isSure`.
 */
export function quarantineSql(
  { project, salt }: Pick<World, 'project' | 'salt'>,
  { names, gone, carriers }: ForgetScope,
  isSure = false,
): string {
  const parts = names.map((name) => {
    const table = project.tables.get(name);
    const inputs = table?.kind === 'model' && table.reads.length === 1 ? table.reads : [];
    const told = [
      ...carriers.filter((one) => one.table === name).map((carrier) => ({ carrier, column: '"row"' })),
      ...carriers.filter((one) => inputs.includes(one.table)).map((carrier) => ({ carrier, column: 'input' })),
    ].map(({ carrier: { columns, root }, column }) => {
      const items = columns.map((each) => `json_extract_string(${column}, ${quoteText(`$.${quoteName(each)}`)})`);
      return subjectSql(salt, { ...subjectOf(salt, root), columns }, items);
    });
    const which = told.length > 0 ? told.join(' or ') : isSure ? 'false' : "status <> 'open'";
    return `(table_name = ${quoteText(name)} and (${which}))`;
  });
  // What is gone from the project is judged by nobody any more.
  const all = isSure ? parts : [...parts, ...gone.map((name) => `table_name = ${quoteText(name)}`)];
  return all.length === 0 ? 'false' : all.join(' or ');
}

/** How many rows each table has that are to be forgotten, as the tables are now. */
export async function findRows(world: World, scope: ForgetScope): Promise<readonly FoundTable[]> {
  const found: FoundTable[] = [];
  for (const table of scope.tables) {
    const where =
      table.name === quarantineTable ? quarantineSql(world, scope) : rowsSql(world.salt, scope.carriers, table.name);
    found.push({ ...table, rows: where === undefined ? undefined : await countWhere(world, table.path, where) });
  }
  return found;
}

/** Whether there are such rows in quarantine, or were in a source as some release has it. */
export async function isAside(world: World, scope: ForgetScope): Promise<boolean> {
  const { roots, releases } = scope;
  if ((await countWhere(world, quarantinePath(world.lake), quarantineSql(world, scope, true))) > 0) return true;
  const asked = new Set<string>();
  for (const number of releases) {
    const { tables } = await readRelease(world.lake.state, number);
    for (const root of roots) {
      const found = tables[root.table];
      const where = subjectSql(world.salt, subjectOf(world.salt, root));
      const question = JSON.stringify([found?.path, found?.version, where]);
      if (found === undefined || asked.has(question)) continue;
      asked.add(question);
      if ((await countWhere(world, found.path, where, found.version)) > 0) return true;
    }
  }
  return false;
}

async function countWhere({ project, lake }: World, path: string, where: string, version?: number): Promise<number> {
  const snapshot = await lake.open(path, version);
  if (snapshot === undefined) return 0;
  const { rows } = await readRows(lake.engine, {
    sql: `select count(*) from t where ${where}`,
    relations: [await bindLakeTable(lake, 't', { path, snapshot })],
    timezone: project.timezone,
  });
  return Number(rows[0]?.[0] ?? 0);
}

/** A source that nobody named. */
export interface Namesake {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: number;
}

/** Sources with the columns of a root, under the same names, and such rows in them. */
export async function findNamesakes(
  world: World,
  { roots, names }: ForgetScope,
  { tables }: Pick<Release, 'tables'>,
): Promise<readonly Namesake[]> {
  const { project, salt } = world;
  const found: Namesake[] = [];
  for (const [table, { path, columns: has }] of Object.entries(tables)) {
    if (names.includes(table) || project.tables.get(table)?.kind !== 'source') continue;
    const alike = roots.filter(({ columns }) => columns.every((name) => has.some((one) => one.name === name)));
    // Several roots may have the same values under the same names.
    const conditions = new Map(alike.map((root) => [subjectSql(salt, subjectOf(salt, root)), root.columns]));
    for (const [where, columns] of conditions) {
      const rows = await countWhere(world, path, where);
      if (rows > 0) found.push({ table, columns, rows });
    }
  }
  return found;
}

/** The files in landing folders that the rows came from, with the lines where they are known. */
export async function findLanding(world: World, { tables, carriers }: ForgetScope): Promise<readonly LandingRows[]> {
  const { project, lake, salt } = world;
  const found: LandingRows[] = [];
  for (const { name, path, kind } of tables) {
    const snapshot = await lake.open(path);
    const where = rowsSql(salt, carriers, name);
    if (kind !== 'source' || snapshot === undefined || where === undefined) continue;
    const { rows } = await readRows(lake.engine, {
      sql: `select _source, __ls_file, __ls_position from t where ${where} order by _source, __ls_file, __ls_position`,
      relations: [await bindLakeTable(lake, 't', { path, snapshot }, { rowPositions: true })],
      timezone: project.timezone,
    });
    const dataFile = dataFilesOf(snapshot);
    const ledger = readLedger(snapshot.domains).files;
    for (const source of new Set(rows.map(([from]) => String(from)))) {
      const places = rows.filter(([from]) => String(from) === source);
      const loaded = ledger.get(source);
      const lines: number[] = [];
      for (const [, file, position] of places) {
        if (loaded?.firstRow === undefined || loaded.dataFile !== dataFile(Number(file))) continue;
        const line = await lineIn(project, source, Number(position) - loaded.firstRow + 1);
        if (line !== undefined) lines.push(line);
      }
      found.push({ source, rows: places.length, lines });
    }
  }
  return found;
}
