import { countRows } from '@lakesmith/delta';
import { join } from 'node:path';
import type { Snapshot } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { checkFormat } from '../lake/format.ts';
import { madeUnder } from '../lake/made-under.ts';
import { columnsOf, sizeOf } from '../lake/relation.ts';
import type { MadeBy, Release, ReleasedTable } from '../lake/release.ts';
import { namesIn, newestRelease } from '../lake/release.ts';
import type { Lake } from '../lake/lake.ts';
import { pathOfTable } from '../lake/lake.ts';
import type { Observation, SourceState, TableState } from '../plan/observation.ts';
import type { Project, ReferenceTable } from '../project/model.ts';
import type { Clock } from '../core/clock.ts';
import type { SourceSighting } from './sight-source.ts';
import { sightSource } from './sight-source.ts';
import { dayIn } from './context.ts';

/** Everything that was seen: what plans are made of, and what acting on them needs. */
export interface Sighting {
  readonly release: Release | undefined;
  /** Folder of each table in the lake. */
  readonly paths: ReadonlyMap<string, string>;
  readonly tables: ReadonlyMap<string, TableState>;
  readonly sources: ReadonlyMap<string, SourceSighting>;
  /** Columns of reference tables, by their files as they are now. */
  readonly references: ReadonlyMap<string, readonly Column[]>;
  /** True when some table's head is ahead of the release. */
  readonly ahead: boolean;
}

interface World {
  readonly project: Project;
  readonly lake: Lake;
  readonly clock: Clock;
  /** Files that changed after they were loaded are to be read again. */
  readonly reread?: boolean;
  /** Whether sources are looked at whose tables are released; absent: those of tables that are the lake's own. */
  readonly load?: boolean;
}

/** Looks at the lake and at every source. Reads nothing that cannot have changed, writes nothing. */
export async function observe(world: World): Promise<Sighting> {
  const { project, lake } = world;
  await checkFormat(lake.store);
  const release = await newestRelease(lake);
  const paths = new Map<string, string>();
  const tables = new Map<string, TableState>();
  const sources = new Map<string, SourceSighting>();
  const references = new Map<string, readonly Column[]>();
  let ahead = false;
  for (const table of project.tables.values()) {
    const released = release?.tables[table.name];
    const isView = table.kind === 'model' && table.modelKind === 'view';
    if (released !== undefined || !isView) paths.set(table.name, released?.path ?? lake.own(pathOfTable(table.name)));
  }
  const states = await observeTables(lake, paths, release);
  for (const table of project.tables.values()) {
    const released = release?.tables[table.name];
    const path = paths.get(table.name);
    // Of a view there is only the table that it was.
    if (path === undefined) continue;
    const state = states.get(table.name);
    if (state !== undefined) {
      tables.set(table.name, state);
      if (state.version !== released?.version) ahead = true;
    }
    if (table.kind === 'source') {
      const place = { path, version: lake.owns(path) ? undefined : released?.version };
      const asleep = released !== undefined && !(world.load ?? lake.owns(path));
      sources.set(table.name, await sightSource({ ...world, asleep }, table, place));
    }
    if (table.kind === 'reference') references.set(table.name, await referenceColumns(world, table, state));
  }
  return { release, paths, tables, sources, references, ahead };
}

/** True when the lake is as it was seen: the same newest release, and no table has gone on. */
export async function isStillTrue(lake: Lake, sighting: Sighting): Promise<boolean> {
  const release = await newestRelease(lake);
  if (release?.release !== sighting.release?.release) return false;
  for (const [name, path] of sighting.paths) {
    if (!lake.owns(path)) continue;
    const next = (sighting.tables.get(name)?.version ?? -1) + 1;
    if ((await lake.store.head(commitPath(path, next))) !== undefined) return false;
  }
  return true;
}

function commitPath(table: string, version: number): string {
  return `${table}/_delta_log/${String(version).padStart(20, '0')}.json`;
}

/** The plan's view of a sighting. */
export function toObservation(sighting: Sighting, world: World): Observation {
  const sources = new Map<string, SourceState>();
  for (const [name, source] of sighting.sources) {
    sources.set(name, {
      pending: source.pending,
      overwritten: source.overwritten,
      again: source.again.size,
      changes: source.changes,
      fresh: !sighting.tables.has(name),
      ...(source.problem === undefined ? {} : { problem: source.problem.message }),
    });
  }
  for (const table of world.project.tables.values()) {
    if (table.kind === 'reference') sources.set(table.name, referenceState(table, sighting));
  }
  const nowMs = world.clock.now();
  return {
    release: sighting.release?.release ?? 0,
    released: new Set(sighting.release === undefined ? [] : namesIn(sighting.release)),
    nowMs,
    today: dayIn(world.project.timezone, nowMs),
    under: madeUnder(world.lake.engine, world.project.timezone),
    tables: sighting.tables,
    views: new Map(Object.entries(sighting.release?.views ?? {})),
    sources,
  };
}

function referenceState(table: ReferenceTable, sighting: Sighting): SourceState {
  return {
    pending: [],
    overwritten: [],
    changes: 0,
    fresh: !sighting.tables.has(table.name),
    contentHash: table.contentHash,
  };
}

/** What every bronze and reference table has as columns now, with what its pending files bring. */
export function sourceSchemas(sighting: Sighting): ReadonlyMap<string, readonly Column[]> {
  const known = [...sighting.sources].filter(([, source]) => source.columns.length > 0);
  return new Map([...known.map(([name, source]) => [name, source.columns] as const), ...sighting.references]);
}

async function referenceColumns(
  { project, lake }: World,
  table: ReferenceTable,
  state: TableState | undefined,
): Promise<readonly Column[]> {
  if (state?.madeBy?.fingerprint === table.fingerprint) return state.columns;
  const inferred = await lake.engine.infer({
    format: { type: 'csv', header: true },
    locations: [join(project.folder, table.csv)],
    timezone: project.timezone,
    known: [...table.types.keys()],
  });
  return inferred.map(({ name, type }) => ({ name, type: table.types.get(name) ?? type }));
}

/** So many tables are looked at together: one look is mostly waiting. */
const together = 16;

async function observeTables(
  lake: Lake,
  paths: ReadonlyMap<string, string>,
  release: Release | undefined,
): Promise<ReadonlyMap<string, TableState | undefined>> {
  const waiting = [...paths];
  const states = new Map<string, TableState | undefined>();
  while (waiting.length > 0) {
    const some = waiting.splice(0, together);
    const seen = await Promise.all(some.map(([table, path]) => observeTable(lake, path, release?.tables[table])));
    for (const [i, [table]] of some.entries()) states.set(table, seen[i]);
  }
  return states;
}

async function observeTable(
  lake: Lake,
  path: string,
  released: ReleasedTable | undefined,
): Promise<TableState | undefined> {
  if (released !== undefined) {
    // A table of the base goes on without the overlay.
    const isHead = !lake.owns(path) || (await lake.store.head(commitPath(path, released.version + 1))) === undefined;
    if (isHead) return { ...released, foreign: false, ...(lake.owns(path) ? {} : { shared: true as const }) };
  }
  const snapshot = await lake.open(path);
  return snapshot === undefined ? undefined : stateOf(path, snapshot);
}

function stateOf(path: string, snapshot: Snapshot): TableState {
  const madeBy = snapshot.commitInfo?.['lakesmith'] as MadeBy | undefined;
  return {
    path,
    version: snapshot.version,
    columns: columnsOf(snapshot),
    rows: countRows(snapshot) ?? 0,
    ...sizeOf(snapshot),
    foreign: madeBy === undefined,
    madeBy,
  };
}
