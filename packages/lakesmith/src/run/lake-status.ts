import type { Clock } from '../core/clock.ts';
import type { Lake } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { newestRelease } from '../lake/release.ts';
import type { Project, ProjectTable } from '../project/model.ts';
import type { ForeignCommit } from './foreign-commits.ts';
import { foreignCommits } from './foreign-commits.ts';
import type { RunRecord } from './journal.ts';
import { lastRun, readRun } from './journal.ts';
import { isAtWork } from './lease.ts';
import type { QualityTrend } from './quality-trend.ts';
import { qualityTrends } from './quality-trend.ts';
import { openRowsByTable } from './quarantine-list.ts';
import type { StuckTable } from './stuck-tables.ts';
import { stuckTables } from './stuck-tables.ts';
import type { Verified } from './verifications.ts';
import { verifiedTables } from './verifications.ts';

/** How a lake stands, by what it keeps of itself: nothing is computed for it. */
export interface LakeStatus {
  readonly release: Pick<Release, 'release' | 'run' | 'at'> | undefined;
  /** The newest run; `died`: it says that it is at work, and nobody is. */
  readonly run: (Pick<RunRecord, 'run' | 'startedMs' | 'endedMs' | 'error'> & { readonly state: RunState }) | undefined;
  readonly stuck: readonly StuckTable[];
  /** Rules and checks that are broken. */
  readonly quality: readonly QualityTrend[];
  /** Rows in quarantine, by table. */
  readonly quarantine: ReadonlyMap<string, number>;
  readonly freshness: readonly Freshness[];
  readonly foreign: readonly UnauditedCommits[];
  readonly verified: ReadonlyMap<string, Verified>;
  /** Models that nobody ever verified. */
  readonly unverified: readonly string[];
}

type RunState = RunRecord['state'] | 'died';

/** How old the newest row of a table is that is to be younger than something. */
export interface Freshness {
  readonly table: string;
  readonly check: string;
  /** By now, if nothing came since the check was asked; undefined: the table has no rows, or it was never asked. */
  readonly lagSeconds: number | undefined;
  /** How old it may be; undefined: not older than it mostly was. */
  readonly withinSeconds: number | undefined;
  readonly isStale: boolean;
}

/** Versions of a table that another writer made and no run has audited. */
interface UnauditedCommits {
  readonly table: string;
  readonly released: number;
  readonly versions: readonly ForeignCommit[];
}

export interface StatusWorld {
  readonly project: Project;
  readonly lake: Lake;
  readonly clock: Clock;
}

export async function lakeStatus(world: StatusWorld, tables: ReadonlySet<string>): Promise<LakeStatus> {
  const { project, lake } = world;
  const release = await newestRelease(lake);
  const asked = [...project.tables.values()].filter(({ name }) => tables.has(name));
  const trends = await qualityTrends(lake, asked);
  const verified = await verifiedTables(lake.state);
  const last = await readRun(lake.state, await lastRun(lake.state));
  return {
    release,
    run: last === undefined ? undefined : await runState(lake, last),
    stuck: (await stuckTables(lake, project, release)).filter(({ table }) => tables.has(table)),
    quality: trends.filter(({ newest }) => newest.broken > 0),
    quarantine: new Map([...(await openRowsByTable(lake))].filter(([table]) => tables.has(table))),
    freshness: await freshness(world, tables, trends),
    foreign: await unauditedCommits(lake, release, tables),
    verified: new Map([...verified].filter(([table]) => tables.has(table))),
    unverified: [...project.tables.values()].flatMap((table) =>
      tables.has(table.name) && isComputed(table, release) && verified.get(table.name)?.last === undefined
        ? [table.name]
        : [],
    ),
  };
}

/** True when somebody should look: not for what is only worth knowing. */
export function isAnythingWrong({ run, stuck, freshness: lags, foreign, verified }: LakeStatus): boolean {
  return (
    stuck.length > 0 ||
    isRunWrong(run) ||
    lags.some(({ isStale }) => isStale) ||
    foreign.length > 0 ||
    [...verified.values()].some(({ different, broken }) => different !== undefined || broken !== undefined)
  );
}

/** A run that failed is told by its tables, unless it came to none. */
export function isRunWrong(run: LakeStatus['run']): boolean {
  return run !== undefined && (run.state === 'died' || run.state === 'cancelled' || run.error !== undefined);
}

async function runState(
  { state }: Lake,
  { run, startedMs, endedMs, error, state: said }: RunRecord,
): Promise<LakeStatus['run']> {
  const now: RunState = said === 'running' && !(await isAtWork(state)) ? 'died' : said;
  return {
    run,
    startedMs,
    ...(endedMs === undefined ? {} : { endedMs }),
    ...(error === undefined ? {} : { error }),
    state: now,
  };
}

async function freshness(
  { project, lake, clock }: StatusWorld,
  tables: ReadonlySet<string>,
  trends: readonly QualityTrend[],
): Promise<readonly Freshness[]> {
  const found: Freshness[] = [];
  for (const table of project.tables.values()) {
    if (!tables.has(table.name)) continue;
    for (const check of table.checks) {
      if (check.kind !== 'fresh') continue;
      const trend = trends.find((one) => one.table === table.name && one.newest.name === check.name);
      const asked = trend === undefined ? undefined : await readRun(lake.state, trend.run);
      const value = trend?.newest.value;
      const sinceMs = clock.frozen ? 0 : Math.max(0, clock.now() - (asked?.endedMs ?? asked?.startedMs ?? clock.now()));
      const lagSeconds = value === undefined ? undefined : value + sinceMs / 1000;
      const withinSeconds = check.withinMs === 'usual' ? undefined : check.withinMs / 1000;
      const isLate = withinSeconds !== undefined && lagSeconds !== undefined && lagSeconds > withinSeconds;
      const isStale = isLate || (trend?.newest.broken ?? 0) > 0;
      found.push({ table: table.name, check: check.name, lagSeconds, withinSeconds, isStale });
    }
  }
  return found;
}

async function unauditedCommits(
  lake: Lake,
  release: Release | undefined,
  tables: ReadonlySet<string>,
): Promise<readonly UnauditedCommits[]> {
  const found: UnauditedCommits[] = [];
  for (const [table, { path, version }] of Object.entries(release?.tables ?? {})) {
    if (!tables.has(table) || !lake.owns(path)) continue;
    const head = await lake.open(path);
    if (head === undefined || head.version <= version) continue;
    const versions = await foreignCommits(lake, path, { after: version, head: head.version });
    if (versions.length > 0) found.push({ table, released: version, versions });
  }
  return found;
}

function isComputed(table: ProjectTable, release: Release | undefined): boolean {
  return table.kind === 'model' && !table.facts.usesNow && release?.tables[table.name] !== undefined;
}
