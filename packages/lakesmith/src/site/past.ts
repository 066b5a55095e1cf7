import { errorCodes } from '../core/errors.ts';
import type { Lake } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { isSameVersion, listReleases, readRelease } from '../lake/release.ts';
import type { RunRecord, StepRecord } from '../run/journal.ts';
import { lastRun, readRun } from '../run/journal.ts';
import type { ReleaseLine, RunLine, TableData } from './catalogue.ts';

/** So many releases and runs are told. */
const mostReleases = 50;
const mostRuns = 30;

/** What led to a release, and what ran since when it is the newest. */
export interface Past {
  /** Newest first; the one that is shown is the first. */
  readonly releases: readonly Release[];
  /** Newest first. */
  readonly runs: readonly RunRecord[];
  /** The newest run that is told. */
  readonly lastRun: number;
}

export async function readPast(lake: Lake, shown: Release | undefined, isNewest: boolean): Promise<Past> {
  const numbers = (await listReleases(lake.state)).filter((number) => number <= (shown?.release ?? 0));
  const releases: Release[] = [];
  for (const number of numbers.slice(-mostReleases).reverse()) releases.push(await readRelease(lake.state, number));
  // An overlay that has released nothing shows its base's.
  if (releases.length === 0 && shown !== undefined) releases.push(shown);
  const last = isNewest ? await lastRun(lake.state) : (shown?.run ?? 0);
  const runs: RunRecord[] = [];
  for (let run = last; run > Math.max(0, last - mostRuns); run -= 1) {
    const record = await readRun(lake.state, run);
    if (record !== undefined) runs.push(record);
  }
  return { releases, runs, lastRun: last };
}

export function releaseLines({ releases }: Past): readonly ReleaseLine[] {
  return releases.map((one, i) => ({
    release: one.release,
    at: one.at,
    run: one.run,
    cause: one.cause,
    changed: Object.entries(one.tables).filter(([name, table]) => !isSameVersion(releases[i + 1]?.tables[name], table))
      .length,
  }));
}

export function runLines({ runs }: Past): readonly RunLine[] {
  return runs.map((run, i) => ({
    run: run.run,
    // Only the newest can be at work still.
    state: run.state === 'running' && i > 0 ? 'interrupted' : run.state,
    at: new Date(run.startedMs).toISOString(),
    ...(run.release === undefined ? {} : { release: run.release }),
    tables: run.steps.length,
    failed: run.steps.flatMap(({ table, status, error }) =>
      status === 'failed' ? [{ table, code: error?.code ?? '', title: titleOf(error?.code) }] : [],
    ),
    blocked: run.steps.filter(({ status }) => status === 'blocked').length,
  }));
}

/** The releases with which a table changed, newest first. */
export function historyOf({ releases }: Past, name: string): TableData['history'] {
  return releases.flatMap((release, i) => {
    const table = release.tables[name];
    if (table === undefined || isSameVersion(releases[i + 1]?.tables[name], table)) return [];
    const { version, rows, bytes } = table;
    return [{ release: release.release, at: release.at, run: release.run, version, rows, bytes }];
  });
}

/** What the newest run that had to do with a table did to it. */
export function lastStepOf({ runs }: Past, table: string): TableData['lastStep'] {
  for (const { run, steps } of runs) {
    const step = steps.find((one) => one.table === table);
    if (step !== undefined) return { run, ...stepFacts(step) };
  }
  return undefined;
}

function stepFacts({
  status,
  action,
  strategy,
  reason,
  error,
  blockedBy,
}: StepRecord): Omit<NonNullable<TableData['lastStep']>, 'run'> {
  return {
    status,
    action,
    strategy,
    reason,
    ...(error === undefined ? {} : { error: `${error.code} ${titleOf(error.code)}`.trim() }),
    ...(blockedBy === undefined ? {} : { blockedBy }),
  };
}

/** Messages of errors may show rows, their titles do not. */
function titleOf(code: string | undefined): string {
  return Object.entries(errorCodes).find(([known]) => known === code)?.[1].title ?? '';
}
