import type { ChangePlan, Snapshot } from '@lakesmith/delta';
import { DeltaError, locate, planChanges, readHistory } from '@lakesmith/delta';
import { changeRelations } from '../lake/bind-changes.ts';
import type { Lake } from '../lake/lake.ts';
import type { MadeBy } from '../lake/release.ts';
import type { BoundTable, RunContext } from './context.ts';
import { readRows } from './read-rows.ts';

/** The newest commit that changed a row of a stretch of time. */
export interface LastChange {
  readonly version: number;
  readonly atMs: number;
  /** The run that made it; undefined: none did. */
  readonly run: number | undefined;
}

/** So many commits are looked at, or fewer where more are not told any more. */
const ranges = [100, 10, 1];

/** By stretch, as `label` says it of rows that go by `t`, what changed rows of it last. What is older than what the log still tells is left out. */
export async function changeDays(
  { lake, engine, project, signal }: Pick<RunContext, 'lake' | 'engine' | 'project' | 'signal'>,
  table: BoundTable,
  label: string,
): Promise<ReadonlyMap<string | null, LastChange>> {
  const io = lake.io(table.path);
  const told = await tellingPlan(lake, table);
  if (told === undefined) return new Map();
  const reachable = { io, locate: (path: string): string => lake.locate(`${table.path}/${path}`) };
  const relations = changeRelations(reachable, '__changes', told);
  const { rows } = await readRows(
    engine,
    {
      sql: `select ${label}, max(_commit_version) from __changes as t group by 1`,
      relations,
      timezone: project.timezone,
    },
    signal,
  );
  const commits = new Map((await readHistory(io, ranges[0])).map((entry) => [entry.version, entry]));
  return new Map(
    rows.map(([day, version]): [string | null, LastChange] => {
      const commit = commits.get(Number(version));
      const run = (commit?.commitInfo?.['lakesmith'] as MadeBy | undefined)?.run;
      return [
        day === null || day === undefined ? null : String(day),
        { version: Number(version), atMs: commit?.timestampMs ?? 0, run },
      ];
    }),
  );
}

/** The newest changes of a table, back to where every row that it has came or the files are not there any more. */
async function tellingPlan(lake: Lake, { path, snapshot }: BoundTable): Promise<ChangePlan | undefined> {
  const plan = await newestPlan(lake, path, snapshot);
  if (plan === undefined) return undefined;
  const unexplained = new Set([...snapshot.files.values()].map((file) => file.path));
  const versions: ChangePlan['versions'][number][] = [];
  for (const one of [...plan.versions].reverse()) {
    const came = one.files.filter(({ kind }) => kind === 'insert');
    for (const file of came) unexplained.delete(file.path);
    // All rows came with this commit or later: whatever it took away is of no account.
    const isAll = unexplained.size === 0;
    const files = isAll ? came : one.files;
    if (!(await areThere(lake, path, files))) break;
    versions.unshift({ ...one, files });
    if (isAll) break;
  }
  return { ...plan, versions };
}

async function newestPlan(lake: Lake, path: string, { version }: Snapshot): Promise<ChangePlan | undefined> {
  for (const range of ranges) {
    try {
      return await planChanges(
        lake.io(path),
        { from: Math.max(0, version - range + 1), to: version },
        { unrecorded: true },
      );
    } catch (error) {
      if (!(error instanceof DeltaError)) throw error;
    }
  }
  return undefined;
}

async function areThere(lake: Lake, table: string, files: readonly { readonly path: string }[]): Promise<boolean> {
  for (const file of files) {
    const place = locate(file.path);
    if (place.kind === 'inside' && (await lake.store.head(`${table}/${place.path}`)) === undefined) return false;
  }
  return true;
}
