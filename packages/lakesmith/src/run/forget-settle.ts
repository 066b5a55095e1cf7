import type { StagedCommit } from '@lakesmith/delta';
import { stageAppend } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Intent } from '../lake/intent.ts';
import { carryOut, checkHeads, putIntent } from '../lake/intent.ts';
import { programName } from '../lake/program-name.ts';
import type { MadeBy, Release, ReleasedTable } from '../lake/release.ts';
import { inputsOfView, isMadeOf, newestRelease, placeOf, standingSince } from '../lake/release.ts';
import { keeps } from '../lake/staged.ts';
import type { RunContext } from './context.ts';
import { nowIso } from './context.ts';
import type { ForgetScope } from './forget-scope.ts';

/**
 * Gives every table of the scope one more version with the same files, and releases these. So the newest version is one whose
 * commit names nothing that was removed, and all before it can go. LS3305 while something is made of rows that are to be forgotten.
 */
export async function settle(context: RunContext, scope: ForgetScope): Promise<Release> {
  const { lake, run } = context;
  const before = await newestRelease(lake);
  if (before === undefined) throw new LakeError('LS3001', 'There is no release yet: `lakesmith run` makes the first.');
  requireMadeAnew(scope, before);
  const versions = new Map<string, number>();
  for (const { path } of scope.tables) versions.set(path, ((await lake.open(path))?.version ?? -1) + 1);
  requireReleased(before, versions);
  const onSettled = (madeBy: MadeBy): MadeBy => ({
    ...madeBy,
    inputs: Object.fromEntries(
      Object.entries(madeBy.inputs).map(([name, version]) => [name, versions.get(placeOf(madeBy, name)) ?? version]),
    ),
  });
  const commits: Intent['commits'][number][] = [];
  const made = new Map<string, MadeBy>();
  for (const { name, path } of scope.tables) {
    const base = await lake.open(path);
    if (base === undefined) continue;
    const madeBy = base.commitInfo?.['lakesmith'] as MadeBy | undefined;
    const settled =
      madeBy === undefined ? undefined : { ...onSettled(madeBy), since: standingSince(base.version, madeBy) };
    if (settled !== undefined) made.set(path, settled);
    const staged: StagedCommit = stageAppend(base, {
      nowMs: lake.io(path).now(),
      engineInfo: programName,
      keeps,
      operation: 'FORGET',
      ...(settled === undefined ? {} : { extra: { lakesmith: settled } }),
      files: [],
    });
    commits.push({ table: name, path, staged });
  }
  const tables = Object.entries(before.tables).map(([name, table]): [string, ReleasedTable] => {
    const version = versions.get(table.path);
    if (version === undefined) return [name, table];
    const log = table.changes === undefined ? undefined : versions.get(table.changes.path);
    const changes =
      table.changes === undefined || log === undefined ? {} : { changes: { ...table.changes, version: log } };
    return [name, { ...table, version, madeBy: made.get(table.path) ?? table.madeBy, ...changes }];
  });
  const views = Object.entries(before.views ?? {}).map(
    ([name, view]) => [name, { ...view, madeBy: onSettled(view.madeBy) }] as const,
  );
  const release: Release = {
    ...before,
    release: before.release + 1,
    run,
    at: nowIso(context),
    cause: 'forget',
    tables: Object.fromEntries(tables),
    ...(before.views === undefined ? {} : { views: Object.fromEntries(views) }),
  };
  const intent: Intent = { run, commits, release };
  await checkHeads(lake, intent);
  await putIntent(lake, intent);
  await carryOut(lake, intent);
  return release;
}

/** What goes on to be read must be what is released, and nothing that came after it. */
function requireReleased({ tables }: Release, versions: ReadonlyMap<string, number>): void {
  for (const [name, { path, version }] of Object.entries(tables)) {
    const next = versions.get(path);
    if (next === undefined || next === version + 1) continue;
    throw new LakeError(
      'LS3305',
      `${name} has version ${next - 1}, and version ${version} of it is released: \`lakesmith run\` says why, if not another writer was at work. Once they are the same, call forget again: it goes on from here.`,
      { context: { table: name, version: next - 1, released: version } },
    );
  }
}

/** All that is made of the sources must be made of them as they are now. */
function requireMadeAnew({ names, abandoned }: ForgetScope, { tables, views = {} }: Release): void {
  for (const name of names) {
    const made = tables[name]?.madeBy ?? views[name]?.madeBy;
    const inputs =
      views[name] === undefined ? Object.keys(made?.inputs ?? {}) : inputsOfView(views[name]).map((one) => one.name);
    const stale = inputs.find((input) => !isMadeOf(made, input, tables[input]));
    if (stale === undefined) continue;
    throw new LakeError(
      'LS3305',
      `${name} still shows rows that are to be forgotten, since it was not made anew from ${stale}: \`lakesmith run\` says why. Once it succeeds, call forget again: it goes on from here.`,
      { context: { table: name, input: stale } },
    );
  }
  const left = Object.entries(tables).find(([, { path }]) => abandoned.includes(path));
  if (left !== undefined)
    throw new LakeError('LS9001', `${left[0]} is released from ${left[1].path}, which was to be removed.`);
}
