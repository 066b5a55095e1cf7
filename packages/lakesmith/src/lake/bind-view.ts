import type { Snapshot } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Relation } from '../engine/engine.ts';
import { withTablesCalled } from '../sql/views.ts';
import { bindLakeTable } from './bind-table.ts';
import type { Lake } from './lake.ts';
import type { Release, ReleasedView } from './release.ts';
import { inputsOfView } from './release.ts';

/** A table at one version. */
export interface OpenTable {
  readonly path: string;
  readonly snapshot: Snapshot;
}

/**
 * A view under a name in SQL, behind the tables that it reads. These get names that belong to it alone, so that two versions of a view
 * can stand in one query. LS3004 when one of its tables is gone.
 */
export async function bindView(
  lake: Lake,
  name: string,
  view: ReleasedView,
  /** Tables as they are while nobody can see them yet; absent: as they were committed. */
  staged: ReadonlyMap<string, OpenTable> = new Map(),
): Promise<readonly Relation[]> {
  const own = new Map<string, string>();
  const tables: Relation[] = [];
  for (const { name: input, path, version } of inputsOfView(view)) {
    const snapshot = staged.get(input)?.snapshot ?? (await lake.open(path, version));
    if (snapshot === undefined)
      throw new LakeError('LS3004', `${name} reads ${input}, which has no version ${version} any more.`);
    const called = `_${name.replace('.', '_')}_${own.size}`;
    own.set(input, called);
    tables.push(await bindLakeTable(lake, called, { path: staged.get(input)?.path ?? path, snapshot }));
  }
  const [parsed] = await lake.engine.parse([view.sql]);
  if (parsed?.ok !== true)
    throw new LakeError('LS3004', `The definition of ${name} cannot be read: ${parsed?.message ?? 'it is empty'}.`);
  const [sql = ''] = await lake.engine.print([withTablesCalled(parsed.tree, own)]);
  return [...tables, { name, kind: 'sql', columns: view.columns, sql, exact: true }];
}

/** What a release has under a name, called so or otherwise in SQL: a table, or a view behind what it reads; undefined: nothing. */
export async function bindReleased(
  lake: Lake,
  release: Pick<Release, 'tables' | 'views'>,
  name: string,
  called: string = name,
): Promise<readonly Relation[] | undefined> {
  const view = release.views?.[name];
  if (view !== undefined) return await bindView(lake, called, view);
  const table = await openReleased(lake, release, name);
  return table === undefined ? undefined : [await bindLakeTable(lake, called, table)];
}

/** A table of a release; undefined when it has none of that name, or its version is gone. */
export async function openReleased(
  lake: Lake,
  { tables }: Pick<Release, 'tables'>,
  name: string,
): Promise<OpenTable | undefined> {
  const released = tables[name];
  const snapshot = released === undefined ? undefined : await lake.open(released.path, released.version);
  return released === undefined || snapshot === undefined ? undefined : { path: released.path, snapshot };
}
