import { LakeError } from '../core/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { Lake } from '../lake/lake.ts';
import type { Release, ReleasedTable } from '../lake/release.ts';
import { isSameVersion } from '../lake/release.ts';
import { inputsOf } from '../project/graph.ts';
import type { Project, ProjectTable } from '../project/model.ts';
import type { DiffSide, RowDiff, SchemaDiff } from './diff-table.ts';
import { diffRows, diffSchemas } from './diff-table.ts';

/** A release of an environment, as it is compared with another. */
export interface ComparedRelease {
  readonly name: string;
  readonly lake: Lake;
  readonly release: Release;
}

export interface TableDiff {
  readonly table: string;
  readonly state: 'equal' | 'changed' | 'added' | 'removed';
  readonly rowsBefore: number;
  readonly rowsAfter: number;
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
  const names = new Set([...Object.keys(after.release.tables), ...Object.keys(before.release.tables)]);
  const diffs: TableDiff[] = [];
  for (const table of names) {
    if (world.select?.has(table) === false) continue;
    const [old, now] = [before.release.tables[table], after.release.tables[table]];
    const counts = { table, rowsBefore: old?.rows ?? 0, rowsAfter: now?.rows ?? 0 };
    const reaches = reachedFrom(world.project, table);
    const reached = { reaches, publishes: publishedFrom(world.project, [table, ...reaches]) };
    if (old === undefined || now === undefined)
      diffs.push({ ...counts, state: old === undefined ? 'added' : 'removed', ...reached });
    else if (before.lake.store.url === after.lake.store.url && isSameVersion(old, now))
      diffs.push({ ...counts, state: 'equal', reaches: [], publishes: [] });
    else
      diffs.push({ ...counts, ...(await diffTable(world, table, [before.lake, old], [after.lake, now])), ...reached });
  }
  return diffs;
}

type Version = readonly [Lake, ReleasedTable];

async function diffTable(
  { engine, project, signal, masked: maskedAmong }: DiffWorld,
  name: string,
  before: Version,
  after: Version,
): Promise<Pick<TableDiff, 'state' | 'schema' | 'rows'>> {
  const table = project.tables.get(name);
  const columns = new Set([...before[1].columns, ...after[1].columns].map((column) => column.name));
  const masked = maskedAmong(name, [...columns]);
  const request = { engine, timezone: project.timezone, signal, key: keyOf(table), masked };
  const rows = await diffRows({ ...request, before: await sideOf(name, before), after: await sideOf(name, after) });
  const schema = diffSchemas(before[1].columns, after[1].columns);
  const isEqual =
    rows.added + rows.removed + rows.changed + schema.added.length + schema.removed.length + schema.retyped.length ===
    0;
  return { state: isEqual ? 'equal' : 'changed', schema, rows };
}

async function sideOf(name: string, [lake, { path, version }]: Version): Promise<DiffSide> {
  const snapshot = await lake.open(path, version);
  if (snapshot === undefined)
    throw new LakeError('LS3004', `${name} is gone from the lake: ${path} has no version ${version}.`);
  return { lake, path, snapshot };
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
  for (const table of tables.values()) if (inputsOf(table).some((input) => reached.has(input))) reached.add(table.name);
  return [...reached].filter((table) => table !== name);
}
