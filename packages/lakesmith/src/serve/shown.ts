import { LakeError } from '../core/errors.ts';
import type { KeptCommit, KeptRun } from '../lake/kept-run.ts';
import { keptDays, readKept } from '../lake/kept-run.ts';
import type { Lake } from '../lake/lake.ts';
import type { Release, ReleasedTable, ReleasedView } from '../lake/release.ts';
import { listReleases, readRelease } from '../lake/release.ts';
import type { Project } from '../project/model.ts';
import { readRun } from '../run/journal.ts';
import { requireRelease } from './required-release.ts';

/** What can be asked together: one version of every table, released or as a run staged it. */
export interface Shown {
  /** 'Release 3', 'Run 12': begins a sentence. */
  readonly name: string;
  /** What an answer says of itself. */
  readonly about: readonly string[];
  readonly facts: Readonly<Record<string, number | null>>;
  readonly tables: Readonly<Record<string, Pick<ReleasedTable, 'path' | 'version' | 'changes'>>>;
  readonly views: Readonly<Record<string, ReleasedView>>;
  /** Before `tables`. */
  readonly staged: ReadonlyMap<string, KeptCommit>;
}

/** What a release shows, or what a run would have shown; neither: the newest release. */
export async function shownBy(
  { lake, project }: { readonly lake: Lake; readonly project: Pick<Project, 'environment'> },
  { release, run }: { readonly release?: number | undefined; readonly run?: number | undefined },
): Promise<Shown> {
  if (run !== undefined) return await shownByRun(lake, run);
  return shownByRelease(await requireRelease({ lake, project }, release));
}

function shownByRelease({ release, tables, views = {} }: Release): Shown {
  return {
    name: `Release ${release}`,
    about: [`release ${release}`],
    facts: { release },
    tables,
    views,
    staged: new Map(),
  };
}

/** A run that refused nothing is what it released. */
async function shownByRun(lake: Lake, run: number): Promise<Shown> {
  const kept = await readKept(lake.state, run);
  if (kept !== undefined) return shownByKept(kept);
  const record = await readRun(lake.state, run);
  if (record === undefined)
    throw new LakeError('LS3003', `Run ${run} does not exist: \`lakesmith history\` shows those that do.`);
  // One that died may have been finished by the next, which did not write in its record.
  const number = record.release ?? (record.state === 'done' ? undefined : await releaseOf(lake, run));
  const seen = number === undefined ? '' : ` What it released is release ${number}.`;
  if (record.kept !== undefined)
    throw new LakeError(
      'LS3010',
      `What run ${run} made and did not release is gone: it is kept for ${keptDays} days, and \`lakesmith vacuum\` takes it then.${seen}`,
    );
  if (number === undefined) throw new LakeError('LS3010', `Run ${run} has nothing to show: ${reasonOf(record)}.`);
  const released = shownByRelease(await readRelease(lake.state, number));
  return { ...released, about: [`run ${run}`, ...released.about], facts: { run, ...released.facts } };
}

function shownByKept({ run, tables, views, staged }: KeptRun): Shown {
  return {
    name: `Run ${run}`,
    about: [`run ${run}, not released`],
    facts: { run, release: null },
    tables,
    views,
    staged: new Map(staged.map((commit) => [commit.table, commit])),
  };
}

function reasonOf({ state, error }: { readonly state: string; readonly error?: { readonly code: string } }): string {
  if (state === 'running') return 'it has not ended yet, or it died before it had anything to release';
  if (state === 'done') return 'it left what readers see as it was';
  return error === undefined ? 'it failed before rows were there to be refused' : `it ended with ${error.code}`;
}

async function releaseOf({ state }: Lake, run: number): Promise<number | undefined> {
  for (const number of (await listReleases(state)).reverse())
    if ((await readRelease(state, number)).run === run) return number;
  return undefined;
}
