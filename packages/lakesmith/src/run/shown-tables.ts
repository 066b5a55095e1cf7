import { countRows } from '@lakesmith/delta';
import { columnsOf, sizeOf } from '../lake/relation.ts';
import type { Release, ReleasedTable, ReleasedView } from '../lake/release.ts';
import { isSameVersion } from '../lake/release.ts';
import type { Project, ProjectTable } from '../project/model.ts';
import type { Execution } from './step-results.ts';
import { changesOf } from './load-changes.ts';
import type { Sighting } from './observe.ts';

/** What readers see. */
export type Shown = Pick<Release, 'tables' | 'views'>;

/** What readers see once a run has committed what it made. */
export function shownAfter(project: Project, execution: Execution, sighting: Sighting): Shown {
  const tables = tablesAfter(project, execution, sighting);
  const views = viewsAfter(project, execution, sighting.release, tables);
  return { tables, ...(Object.keys(views).length === 0 ? {} : { views }) };
}

export function isSameShown(a: Shown, b: Shown): boolean {
  const names = new Set([...Object.keys(a.tables), ...Object.keys(b.tables)]);
  const sameTables = [...names].every((name) => isSameVersion(a.tables[name], b.tables[name]));
  return sameTables && JSON.stringify(a.views ?? {}) === JSON.stringify(b.views ?? {});
}

/** Every table of the project at its version after the run; what failed or was not touched stays as it was released. */
function tablesAfter(
  project: Project,
  execution: Execution,
  { release: before, tables: seen }: Sighting,
): Record<string, ReleasedTable> {
  const tables: Record<string, ReleasedTable> = {};
  for (const table of project.tables.values()) {
    const made = execution.steps.find((step) => step.table === table.name)?.status === 'done';
    const now = execution.tables.get(table.name);
    const old = before?.tables[table.name];
    if (isView(table)) {
      // Held, or failed: it is still what it was.
      if (old !== undefined && !execution.views.has(table.name)) tables[table.name] = old;
      continue;
    }
    if (now === undefined || (!made && old === undefined && table.kind !== 'source')) continue;
    const changed = made || old === undefined || !isSameVersion(old, { path: now.path, version: now.snapshot.version });
    // Bronze commits at once, so also what an earlier run loaded before it died belongs to this release.
    if (!changed || (!made && table.kind !== 'source' && seen.get(table.name)?.foreign === true)) {
      if (old !== undefined) tables[table.name] = old;
      continue;
    }
    const log = execution.tables.get(changesOf(table.name));
    tables[table.name] = {
      path: now.path,
      version: now.snapshot.version,
      rows: countRows(now.snapshot) ?? 0,
      ...sizeOf(now.snapshot),
      columns: columnsOf(now.snapshot),
      key: table.key,
      madeBy: now.snapshot.commitInfo?.['lakesmith'] as ReleasedTable['madeBy'],
      ...(log === undefined ? {} : { changes: { path: log.path, version: log.snapshot.version } }),
    };
  }
  return withUnread(tables, before?.tables ?? {}, project);
}

/** Nobody looked at tables that were not read, so they stay what they are, where they are. */
function withUnread<T>(
  now: Record<string, T>,
  before: Readonly<Record<string, T>>,
  { unread }: Project,
): Record<string, T> {
  if (unread.size === 0) return now;
  const kept = Object.entries(before).flatMap(([name, old]): [string, T][] => {
    const is = unread.has(name) ? old : now[name];
    return is === undefined ? [] : [[name, is]];
  });
  return { ...Object.fromEntries(kept), ...now };
}

/** Every view of the project as the run defined it; one that it did not, or that is still a table, stays what it was. */
function viewsAfter(
  project: Project,
  { views }: Execution,
  before: Release | undefined,
  tables: Release['tables'],
): Readonly<Record<string, ReleasedView>> {
  const all = [...project.tables.keys()].flatMap((name): [string, ReleasedView][] => {
    const view = views.get(name) ?? before?.views?.[name];
    return view === undefined || tables[name] !== undefined ? [] : [[name, view]];
  });
  return withUnread(Object.fromEntries(all), before?.views ?? {}, project);
}

function isView(table: ProjectTable): boolean {
  return table.kind === 'model' && table.modelKind === 'view';
}
