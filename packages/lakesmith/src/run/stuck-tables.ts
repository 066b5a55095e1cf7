import type { Lake } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { findIn, isMadeOf } from '../lake/release.ts';
import type { Project } from '../project/model.ts';
import type { StepRecord } from './journal.ts';
import { lastRun, readRun } from './journal.ts';

/** A table that runs could not make, and that is not what it should be since. */
export interface StuckTable {
  readonly table: string;
  readonly status: 'failed' | 'blocked' | 'held';
  /** The last run that tried, and the first of those that could not, one after the other. */
  readonly run: number;
  readonly sinceRun: number;
  readonly sinceMs: number;
  /** What the run said. */
  readonly why: string;
  readonly blockedBy?: string;
}

/** So many runs are looked at. */
const mostRuns = 500;

/** The tables that the last runs about them could not make; without those that have come right by themselves, as when a file is as it was. */
export async function stuckTables(
  lake: Lake,
  project: Project,
  release: Release | undefined,
): Promise<readonly StuckTable[]> {
  const open = new Map<string, StuckTable>();
  const settled = new Set<string>();
  const last = await lastRun(lake.state);
  for (let run = last; run > Math.max(0, last - mostRuns) && settled.size < project.tables.size; run -= 1) {
    const record = await readRun(lake.state, run);
    for (const step of record?.steps ?? []) {
      const { table, status } = step;
      if (settled.has(table) || !project.tables.has(table)) continue;
      const known = open.get(table);
      if (status === 'done' || (known !== undefined && known.status !== status)) settled.add(table);
      else open.set(table, stuck(step, { run, sinceMs: record?.startedMs ?? 0, known }));
    }
  }
  const isStuck = ({ table, blockedBy }: StuckTable): boolean => {
    const before = blockedBy === undefined ? undefined : open.get(blockedBy);
    return before === undefined ? !isUpToDate(table, project, release) : isStuck(before);
  };
  return [...project.tables.keys()].flatMap((table) => {
    const one = open.get(table);
    return one !== undefined && isStuck(one) ? [one] : [];
  });
}

function stuck(
  { table, status, error, reason, blockedBy }: StepRecord,
  { run, sinceMs, known }: { run: number; sinceMs: number; known: StuckTable | undefined },
): StuckTable {
  if (known !== undefined) return { ...known, sinceRun: run, sinceMs };
  return {
    table,
    status: status === 'done' ? 'failed' : status,
    run,
    sinceRun: run,
    sinceMs,
    why: error?.message ?? (status === 'held' ? reason : ''),
    ...(blockedBy === undefined ? {} : { blockedBy }),
  };
}

/** Whether a model was made of what the release has, as it is written now. Of sources, only a run can tell. */
function isUpToDate(name: string, { tables }: Project, release: Release | undefined): boolean {
  const model = tables.get(name);
  const madeBy = release === undefined ? undefined : findIn(release, name)?.madeBy;
  if (model?.kind !== 'model' || madeBy === undefined) return false;
  return (
    madeBy.fingerprint === model.fingerprint &&
    madeBy.rulesFingerprint === model.rulesFingerprint &&
    model.inputs.every((input) => isMadeOf(madeBy, input, release?.tables[input]))
  );
}
