import { LakeError } from '../core/errors.ts';
import type { Engine, Relation } from '../engine/engine.ts';
import type { Lake } from '../lake/lake.ts';
import { bindReleased } from '../lake/bind-view.ts';
import type { Release, ReleasedTable, ReleasedView } from '../lake/release.ts';
import { findIn, isSameVersion, isSameView, namesIn } from '../lake/release.ts';
import type { TableVersion } from '../lake/rows-apart.ts';
import { tableInLake } from '../lake/table-in-lake.ts';
import { readsOf } from '../project/graph.ts';
import type { Project, ProjectTable } from '../project/model.ts';
import type { RowDiff, SchemaDiff } from './diff-table.ts';
import { commonColumns, compareRows, diffRows, diffSchemas } from './diff-table.ts';
import { countRows } from './read-rows.ts';

/** A release of an environment, as it is compared with another. */
export interface ComparedRelease {
  readonly name: string;
  readonly lake: Lake;
  readonly release: Release;
}

export interface TableDiff {
  readonly table: string;
  readonly state: 'equal' | 'changed' | 'added' | 'removed';
  /** null: of a view that is equal, which nobody counted. */
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
  /** Absent for a table of one side. */
  readonly schema?: SchemaDiff;
  readonly rows?: RowDiff;
  /** Tables of the project that are made from it, however far. */
  readonly reaches: readonly string[];
  /** Where it, and what is made from it, is published to: 'publish/sales.yml reporting.sales'. */
  readonly publishes: readonly string[];
}

export interface DiffWorld {
  readonly engine: Engine;
  readonly project: Project;
  readonly signal: AbortSignal;
  /** Those among the columns of a table whose values are not shown. */
  readonly masked: (table: string, columns: readonly string[]) => ReadonlySet<string>;
  /** Only these; absent: all. */
  readonly select?: ReadonlySet<string> | undefined;
}

/** Compares two releases table by table. What is the same version of the same table is not read. */
export async function diffReleases(
  world: DiffWorld,
  before: ComparedRelease,
  after: ComparedRelease,
): Promise<readonly TableDiff[]> {
  const names = new Set([...namesIn(after.release), ...namesIn(before.release)]);
  const diffs: TableDiff[] = [];
  for (const table of names) {
    if (world.select?.has(table) === false) continue;
    const [old, now] = [findIn(before.release, table), findIn(after.release, table)];
    const reaches = reachedFrom(world.project, table);
    const reached = { reaches, publishes: publishedFrom(world.project, [table, ...reaches]) };
    const isSame = before.lake.store.url === after.lake.store.url && isSameIn(before.release, after.release, table);
    const rowsIn = (side: ComparedRelease): Promise<number | null> => countIn(world, side, { table, isSame });
    const counts = { table, rowsBefore: await rowsIn(before), rowsAfter: await rowsIn(after) };
    if (old === undefined || now === undefined)
      diffs.push({ ...counts, state: old === undefined ? 'added' : 'removed', ...reached });
    else if (isSame) diffs.push({ ...counts, state: 'equal', reaches: [], publishes: [] });
    else diffs.push({ ...counts, ...(await diffTable(world, table, [before, old], [after, now])), ...reached });
  }
  return diffs;
}

/** The same version of a table; or the same view over such. */
function isSameIn(before: Release, after: Release, name: string): boolean {
  const [old, now] = [before.views?.[name], after.views?.[name]];
  if (old === undefined || now === undefined)
    return old === now && isSameVersion(before.tables[name], after.tables[name]);
  return isSameView(old, now);
}

async function countIn(
  { engine, project, signal }: DiffWorld,
  { lake, release }: ComparedRelease,
  { table, isSame }: { readonly table: string; readonly isSame: boolean },
): Promise<number | null> {
  const found = findIn(release, table);
  if (found === undefined) return 0;
  if ('rows' in found) return found.rows;
  if (isSame) return null;
  const relations = (await bindReleased(lake, release, table)) ?? [];
  return await countRows(engine, relations, { timezone: project.timezone, signal });
}

type Side = readonly [ComparedRelease, ReleasedTable | ReleasedView];

async function diffTable(
  { engine, project, signal, masked: maskedAmong }: DiffWorld,
  name: string,
  before: Side,
  after: Side,
): Promise<Pick<TableDiff, 'state' | 'schema' | 'rows'>> {
  const table = project.tables.get(name);
  const columns = new Set([...before[1].columns, ...after[1].columns].map((column) => column.name));
  const masked = maskedAmong(name, [...columns]);
  const request = { engine, timezone: project.timezone, signal, key: keyOf(table), masked };
  const [old, now] = [await sideOf(name, before), await sideOf(name, after)];
  const rows =
    old === undefined || now === undefined
      ? await compareRows({
          ...request,
          columns: commonColumns(before[1].columns, after[1].columns),
          relations: [
            ...(await relationsOf(name, before, 'side_before')),
            ...(await relationsOf(name, after, 'side_after')),
          ],
        })
      : await diffRows({ ...request, before: old, after: now });
  const schema = diffSchemas(before[1].columns, after[1].columns);
  const isEqual =
    rows.added + rows.removed + rows.changed + schema.added.length + schema.removed.length + schema.retyped.length ===
    0;
  return { state: isEqual ? 'equal' : 'changed', schema, rows };
}

async function relationsOf(name: string, [{ lake, release }]: Side, called: string): Promise<readonly Relation[]> {
  return (await bindReleased(lake, release, name, called)) ?? [];
}

/** undefined: a view. */
async function sideOf(name: string, [{ lake }, released]: Side): Promise<TableVersion | undefined> {
  if (!('version' in released)) return undefined;
  const { path, version } = released;
  const snapshot = await lake.open(path, version);
  if (snapshot === undefined)
    throw new LakeError('LS3004', `${name} is gone from the lake: ${path} has no version ${version}.`);
  return { table: tableInLake(lake, path), snapshot };
}

/** What names one row; nothing where no check made sure of that. */
function keyOf(table: ProjectTable | undefined): readonly string[] {
  if (table === undefined || (table.kind === 'source' && table.from.kind === 'files')) return [];
  return table.kind === 'model' && table.history !== undefined ? [...table.key, 'valid_from'] : table.key;
}

function publishedFrom({ extras }: Project, tables: readonly string[]): readonly string[] {
  return extras.publications.flatMap(({ file, targets }) =>
    [...targets].flatMap(([table, target]) => (tables.includes(table) ? [`${file} ${target}`] : [])),
  );
}

function reachedFrom({ tables }: Project, name: string): readonly string[] {
  const reached = new Set([name]);
  // Inputs come first in the project.
  for (const table of tables.values()) if (readsOf(table).some((input) => reached.has(input))) reached.add(table.name);
  return [...reached].filter((table) => table !== name);
}
