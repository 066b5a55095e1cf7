import { ensureEnvironment } from '../lake/environment.ts';
import type { Place } from '../run/quiet-look.ts';
import type { FirstLook, QuietAnswer } from '../run/quiet-memo.ts';
import { reachToRun } from '../plan/reach.ts';
import { madeInFull } from '../plan/selection.ts';
import { noteQuiet } from '../run/quiet-memo.ts';
import type { RunResult } from '../run/run.ts';
import type { RunRequest } from '../run/run.ts';
import { runProject } from '../run/run.ts';
import { standingOf } from '../run/standing.ts';
import type { RunOptions } from './commands/run.ts';
import { interruptSignal } from './interrupt.ts';
import { liveLine } from './live-line.ts';
import type { Workbench } from './open.ts';
import { defaultMemoryBytes } from './memory.ts';
import { openWorkbench } from './open.ts';
import { print, printJson } from './output.ts';
import { missingOf } from './missing-of-run.ts';
import { usualParallelism } from './parallelism.ts';
import { RunReporter, runJson } from './run-reporter.ts';
import { scope } from './selection.ts';
import { parseSize } from './size.ts';
import { programVersion } from './version.ts';
import { wholeNumber } from './whole-number.ts';

/** What was seen before the workbench was opened; see run/quiet-memo.ts. */
interface Before {
  readonly place: Place;
  readonly first: FirstLook<QuietAnswer>;
}

export async function runOpened(
  names: readonly string[],
  options: RunOptions,
  before: Before | undefined,
): Promise<number> {
  const isNamed = [options.from, options.to, options.resume].every((option) => option === undefined);
  const bench = await openWorkbench(options, {
    ...(isNamed ? { about: reachToRun(names) } : {}),
    words: names,
    memoryBytes: options.memory === undefined ? defaultMemoryBytes() : parseSize(options.memory),
  });
  try {
    return await runOn(bench, names, options, { cause: 'run', before });
  } finally {
    await bench.close();
  }
}

interface RunSettings {
  readonly cause: 'run' | 'replay';
  /** What is asked besides, or otherwise than the options say. */
  readonly more?: Partial<Pick<RunRequest, 'select' | 'load' | 'apply' | 'approve'>>;
}

/** Runs and reports on an open workbench; `replay` does the same with another cause. */
export async function runOn(
  bench: Workbench,
  names: readonly string[],
  options: RunOptions,
  { before, ...settings }: RunSettings & { readonly before?: Before | undefined },
): Promise<number> {
  const startedMs = performance.now();
  const interrupt = interruptSignal();
  const isTold = options.json !== true;
  const reporter = runReporter(isTold);
  try {
    const ear = { signal: interrupt.signal, emit: reporter.hear.bind(reporter) };
    const result = await performRun(bench, names, options, { ...settings, ...ear });
    const standing = standingOf(bench, result.release);
    if (options.json === true) printJson(runJson(result, standing));
    else reporter.conclude(result, performance.now() - startedMs, standing);
    const exit = exitOf(result);
    // A file that changed after it was loaded is told each time.
    const isQuiet = result.record === undefined && exit === 0 && result.overwritten.length === 0;
    if (before !== undefined && isQuiet) await note(bench, before, result);
    return exit;
  } finally {
    interrupt.stop();
  }
}

/** Tells a run on the terminal, or nobody. */
export function runReporter(isTold: boolean): RunReporter {
  return new RunReporter(isTold ? print : () => undefined, isTold ? liveLine(process.stdout) : undefined);
}

/** Runs what the names and options ask for. */
export async function performRun(
  bench: Workbench,
  names: readonly string[],
  options: RunOptions,
  { cause, more = {}, ...ear }: RunSettings & Pick<RunRequest, 'signal' | 'emit'>,
): Promise<RunResult> {
  await makeOverlay(bench);
  const { select, exactly, stretch } =
    options.resume === undefined
      ? await scope(bench, names, options)
      : { ...(await missingOf(bench, options.resume)), stretch: undefined };
  return await runProject({
    project: bench.project,
    lake: bench.lake,
    clock: bench.clock,
    ...ear,
    parallel: parallelism(options),
    memoryBytes: bench.memoryBytes,
    program: `lakesmith ${programVersion()}`,
    cause,
    ...(select === undefined ? {} : { select }),
    ...(exactly === undefined ? {} : { exactly }),
    ...(stretch === undefined ? {} : { stretch }),
    ...(options.full === true || cause === 'replay'
      ? { full: madeInFull(bench.project, { select, names: cause === 'replay' ? [] : names }) }
      : {}),
    ...(options.apply === undefined ? {} : { apply: options.apply }),
    ...(options.load === undefined ? {} : { load: options.load }),
    ...more,
  });
}

/** An environment that lakesmith.yml names is made by its first run. */
async function makeOverlay({ lake, project, clock }: Workbench): Promise<void> {
  if (project.base === undefined) return;
  await ensureEnvironment(lake, { name: project.environment, base: project.base }, clock.now());
}

async function note({ project, lake }: Workbench, { place, first }: Before, { sighting }: RunResult): Promise<void> {
  await noteQuiet(place, first, { project, sighting, lake });
}

function exitOf({ record, plan }: RunResult): number {
  if (record?.steps.some((step) => step.status === 'failed') === true) return 1;
  return plan.steps.some((step) => step.action === 'held') ? 3 : 0;
}

/** How many tables at a time. */
export function parallelism({ parallel }: Pick<RunOptions, 'parallel'>): number {
  if (parallel === undefined) return usualParallelism();
  return wholeNumber('--parallel', parallel);
}
