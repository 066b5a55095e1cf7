import { join } from 'node:path';
import { LakeError, messageOf } from '../core/errors.ts';
import type { ProgressListener } from '../core/progress.ts';
import type { Clock } from '../core/clock.ts';
import { ensureFormat } from '../lake/format.ts';
import type { Intent } from '../lake/intent.ts';
import { carryOut, checkHeads, putIntent, rollForward } from '../lake/intent.ts';
import type { Lake } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { namesIn, newestRelease } from '../lake/release.ts';
import type { StagedTable } from '../lake/staged.ts';
import type { Plan } from '../plan/plan.ts';
import type { BoundProject, Project } from '../project/model.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import { readLedger } from '../sources/ledger.ts';
import { reapTemporaries, temporaryLifeMs } from '../storage/local-temporaries.ts';
import type { RunContext } from './context.ts';
import type { Execution } from './step-results.ts';
import { execute } from './execute.ts';
import type { RunRecord, StepRecord } from './journal.ts';
import { putRun, startRun } from './journal.ts';
import { allDrafts, keepUnseen } from './keep-unseen.ts';
import { takeLease } from './lease.ts';
import type { Sighting } from './observe.ts';
import { isStillTrue } from './observe.ts';
import { prepare } from './prepare.ts';
import type { PlanOptions, Prepared } from './prepare.ts';
import { stageQuarantine } from './stage-quarantine.ts';
import { countOpenRows } from './quarantine-list.ts';
import type { Shown } from './shown-tables.ts';
import { isSameShown, shownAfter } from './shown-tables.ts';
import { foldJournal } from './system-tables.ts';

export interface RunRequest extends PlanOptions {
  readonly project: Project;
  readonly lake: Lake;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: ProgressListener;
  readonly parallel: number;
  readonly memoryBytes: number;
  readonly program: string;
  readonly cause?: 'run' | 'replay';
  /** Throws what is against doing what was prepared; asked under the lease, before anything is written. */
  readonly approve?: (prepared: Prepared) => Promise<void>;
}

export interface RunResult {
  readonly plan: Plan;
  readonly bound: BoundProject;
  /** undefined: there was nothing to do, and nothing was written. */
  readonly record: RunRecord | undefined;
  readonly release: Release | undefined;
  readonly execution: Execution | undefined;
  /** Runs that had died while committing, and that this one finished first. */
  readonly rolledForward: readonly Intent[];
  readonly overwritten: readonly string[];
  /** Rows of all tables that are in quarantine after the run; 0 when there was nothing to do, since nobody looked. */
  readonly quarantined: number;
  readonly sighting: Sighting;
}

/**
 * Observe, plan, execute, audit, commit together, release. One at a time on a lake. A run with nothing to do takes no lease
 * and writes nothing.
 */
export async function runProject(request: RunRequest): Promise<RunResult> {
  const prepareNow = (): Promise<Prepared> => prepare({ ...request, reread: request.cause === 'replay' });
  const first = await prepareNow();
  if (isQuiet(first) && !(await hasIntent(request.lake))) return quiet(first);
  await ensureFormat(request.lake.store);
  const lease = await takeLease(request.lake.state);
  try {
    const rolledForward = await rollForward(request.lake);
    await sweepDrafts(request.lake);
    // Whoever held the lease in between has changed what the plan was made on.
    const prepared =
      rolledForward.length === 0 && (await isStillTrue(request.lake, first.sighting)) ? first : await prepareNow();
    if (isQuiet(prepared)) return { ...quiet(prepared), rolledForward };
    await request.approve?.(prepared);
    const record = await startRun(request.lake.state, {
      startedMs: Date.now(),
      environment: request.project.environment,
      program: request.program,
      planned: prepared.plan.steps.flatMap(({ table, action }) => (action === 'skip' ? [] : [table])),
    });
    const context: RunContext = { ...request, engine: request.lake.engine, run: record.run };
    const steps: StepRecord[] = [];
    try {
      const started = { record, steps, checkLease: () => lease.check() };
      return { ...(await act(request, context, prepared, started)), rolledForward };
    } catch (error) {
      await putRun(request.lake.state, {
        ...record,
        steps,
        state: request.signal.aborted ? 'cancelled' : 'failed',
        endedMs: Date.now(),
        error: { code: error instanceof LakeError ? error.code : 'LS9001', message: messageOf(error) },
      });
      throw error;
    }
  } finally {
    await lease.release();
  }
}

/** Runs that were killed leave the drafts of their puts; those of tables are swept by `doctor`, since there are many folders. */
async function sweepDrafts({ state }: Lake): Promise<void> {
  if (state.localPath !== undefined) await reapTemporaries(join(state.localPath, '_lakesmith'), temporaryLifeMs);
}

async function hasIntent(lake: Lake): Promise<boolean> {
  for await (const _ of lake.state.list('_lakesmith/intents/', { shallow: true })) return true;
  return false;
}

function isQuiet({ plan, sighting }: Prepared): boolean {
  return plan.steps.every((step) => step.action === 'skip') && plan.dropped.length === 0 && !sighting.ahead;
}

function quiet({ plan, bound, sighting, overwritten }: Prepared): RunResult {
  return {
    plan,
    bound,
    record: undefined,
    release: sighting.release,
    execution: undefined,
    rolledForward: [],
    overwritten,
    quarantined: 0,
    sighting,
  };
}

interface Started {
  readonly record: RunRecord;
  /** Filled while the steps end. */
  readonly steps: StepRecord[];
  readonly checkLease: () => Promise<void>;
}

async function act(
  request: RunRequest,
  context: RunContext,
  prepared: Prepared,
  { record: started, steps, checkLease }: Started,
): Promise<Omit<RunResult, 'rolledForward'>> {
  const { plan, bound, sighting, overwritten } = prepared;
  const { emit, parallel, memoryBytes } = request;
  emit({
    kind: 'run-started',
    run: context.run,
    tables: plan.steps.filter((step) => step.action !== 'skip').map((step) => step.table),
    parallel,
    memoryBytes,
  });
  const execution = await execute(
    { context, bound, sighting, emit, record: (step) => steps.push(step) },
    plan,
    parallel,
  );
  const failed = execution.steps.filter((step) => step.status === 'failed');
  await checkLease();
  const shown = shownAfter(request.project, execution, sighting);
  const commits = request.project.release === 'each' || failed.length === 0;
  const release = commits ? await commitTogether(request, context, execution, shown) : undefined;
  const unseen = commits ? { ...execution.refused, altered: [] } : allDrafts(execution);
  const kept = failed.length === 0 ? [] : await keepUnseen(context, { shown, unseen, cause: request.cause ?? 'run' });
  const record: RunRecord = {
    ...started,
    state: failed.length === 0 ? 'done' : 'failed',
    endedMs: Date.now(),
    steps: execution.steps,
    ...(kept.length === 0 ? {} : { kept }),
    ...(release === undefined ? {} : { release: release.release }),
  };
  await putRun(request.lake.state, record);
  await foldJournal(context, loadedBy(execution));
  if (release !== undefined) {
    emit({
      kind: 'released',
      release: release.release,
      tables: namesIn(release).length,
      elapsedMs: Date.now() - started.startedMs,
    });
  }
  return {
    plan,
    bound,
    record,
    release: release ?? sighting.release,
    execution,
    overwritten,
    quarantined: await countOpenRows(request.lake),
    sighting,
  };
}

/** What each run loaded into bronze, as the tables themselves tell it: the journal of a run that died does not know. */
function loadedBy(execution: Execution): (run: number) => ReadonlyMap<string, readonly LoadedFile[]> {
  const ledgers = [...execution.tables].map(([name, { snapshot }]) => [name, readLedger(snapshot.domains)] as const);
  return (run) =>
    new Map(
      ledgers.map(([name, { loads }]) => [
        name,
        loads.filter((load) => load.run === run).flatMap(({ files }) => files),
      ]),
    );
}

async function commitTogether(
  request: RunRequest,
  context: RunContext,
  execution: Execution,
  shown: Shown,
): Promise<Release | undefined> {
  const quarantine = await stageQuarantine(context, execution, request.cause ?? 'run');
  const staged = [...execution.staged, ...execution.altered, ...(quarantine === undefined ? [] : [quarantine])];
  const before = await newestRelease(request.lake);
  if (staged.length === 0 && before !== undefined && isSameShown(before, shown)) return undefined;
  const release: Release = {
    release: (before?.release ?? 0) + 1,
    run: context.run,
    at: new Date(request.clock.now()).toISOString(),
    cause: request.cause ?? 'run',
    ...(before?.base === undefined ? {} : { base: before.base }),
    ...shown,
  };
  const intent: Intent = {
    run: context.run,
    commits: staged.map(({ table, path, staged: commit }: StagedTable) => ({ table, path, staged: commit })),
    release,
  };
  await checkHeads(request.lake, intent);
  await putIntent(request.lake, intent);
  await carryOut(request.lake, intent);
  return release;
}
