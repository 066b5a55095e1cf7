import { writeFile } from 'node:fs/promises';
import { LakeError, messageOf } from '../../core/errors.ts';
import { count } from '../../core/quantity.ts';
import { fromProtocol } from '../../lake/protocol-errors.ts';
import type { Release } from '../../lake/release.ts';
import { newestRelease, readRelease } from '../../lake/release.ts';
import type { BoundProject } from '../../project/model.ts';
import { diffReleases } from '../../run/diff-releases.ts';
import type { LawSettings, ModelLaws } from '../../run/laws/check-laws.ts';
import { qualityChanges } from '../../run/quality-changes.ts';
import { standingOf } from '../../run/standing.ts';
import type { TestOutcome } from '../../run/test-model.ts';
import { testModel } from '../../run/test-model.ts';
import { unwritable } from '../answer.ts';
import type { CiReport } from '../ci-report.ts';
import { ciJson, ciMarkdown, failuresOf, qualityCells } from '../ci-report.ts';
import { diffText } from '../diff-text.ts';
import { interruptSignal } from '../interrupt.ts';
import { lawSummary, renderLaws } from '../law-text.ts';
import type { LawOptions } from '../laws-of-tests.ts';
import { lawSettings, lawsOfTests } from '../laws-of-tests.ts';
import { maskedInReleases } from '../masked-columns.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { renderTable, widest } from '../render.ts';
import { selection } from '../selection.ts';
import { performRun, runReporter } from '../run-opened.ts';
import { temporaryName, withTemporaryEnvironment } from '../temporary-environment.ts';
import { hasPassed, renderOutcome, testSummary } from '../test-text.ts';
import { checkProject } from '../check-project.ts';

export interface CiOptions extends Pick<CommonOptions, 'project' | 'json'>, LawOptions {
  readonly base?: string;
  readonly markdown?: string;
  readonly keep?: boolean;
}

/** What is defined otherwise than in the base, with what is made from it. */
const whatChanged = 'changed+';

/** What every part of the work has at hand. */
interface Work {
  readonly options: CiOptions;
  readonly laws: LawSettings | undefined;
  /** Filled while the parts end. */
  readonly report: CiReport;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/**
 * Checks and tests the project, makes what changed in an environment of its own over the base, and tells what is otherwise there.
 * The environment goes at the end, however that comes about. 0, or 1 when a test or a table failed.
 */
export async function ci(options: CiOptions): Promise<number> {
  const laws = lawSettings(options);
  const interrupt = interruptSignal();
  const report: CiReport = { base: '', environment: '' };
  const say = options.json === true ? (): void => undefined : print;
  try {
    // A report that cannot be written is not worth working for.
    if (options.markdown !== undefined) await writeReport(options.markdown, '');
    await withWorkbench(withEnvironment(options, options.base), (base) =>
      perform(base, { options, laws, report, say, signal: interrupt.signal }),
    );
  } catch (error) {
    const told = fromProtocol(error);
    report.error = told instanceof LakeError ? told : new LakeError('LS9001', messageOf(error));
    throw error;
  } finally {
    interrupt.stop();
    if (options.markdown !== undefined) await writeReport(options.markdown, `${ciMarkdown(report)}\n`);
  }
  const failures = failuresOf(report);
  if (options.json === true) printJson(ciJson(report));
  else print(`ci ─ ${failures.length === 0 ? 'passed' : failures.join(', ')}`);
  return failures.length === 0 ? 0 : 1;
}

function withEnvironment(options: CiOptions, env: string | undefined): CommonOptions {
  return { project: options.project, ...(env === undefined ? {} : { env }) };
}

async function writeReport(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw unwritable(file, error);
  }
}

async function perform(base: Workbench, work: Work): Promise<void> {
  const { options, report, say } = work;
  report.base = base.project.environment;
  const { bound } = await checkProject(base);
  report.tables = bound.schemas.size;
  say(`ok · ${count(bound.schemas.size, 'table')}`);
  await runTests(base, bound, work);
  const name = temporaryName(base, 'ci');
  report.environment = name;
  const keep = options.keep === true;
  await withTemporaryEnvironment(base, { name, keep }, async (bench) => {
    if (keep) say(`${name} is kept: lakesmith env drop ${name}`);
    await makeAndCompare(base, bench, work);
  });
}

async function runTests(base: Workbench, bound: BoundProject, { laws, report, say, signal }: Work): Promise<void> {
  const { tests } = base.project.extras;
  const world = { bound, engine: base.engine, nowMs: base.clock.now() };
  const widths = [widest(tests.map(({ file }) => file)), widest(tests.map(({ table }) => table))];
  const outcomes: TestOutcome[] = [];
  for (const one of tests) {
    stopIfAsked(signal);
    const outcome = await testModel(world, one);
    outcomes.push(outcome);
    say(renderOutcome(outcome, widths));
  }
  report.tests = outcomes;
  const found: ModelLaws[] = [];
  if (laws !== undefined) {
    // What is as it was in the base kept its laws there.
    const changed = await selection(base, [whatChanged]);
    const concerned = tests.filter(({ table }) => changed?.has(table) === true);
    for await (const one of lawsOfTests(world, concerned, laws)) {
      stopIfAsked(signal);
      found.push(one);
      say(renderLaws(one, widths));
    }
    report.laws = found;
  }
  const passed = outcomes.filter(hasPassed).length;
  say([testSummary(passed, outcomes.length - passed), ...lawSummary(found)].join(' · '));
}

async function makeAndCompare(
  base: Workbench,
  bench: Workbench,
  { options, report, say, signal }: Work,
): Promise<void> {
  stopIfAsked(signal);
  const startedMs = performance.now();
  const reporter = runReporter(options.json !== true);
  const ear = { signal, emit: reporter.hear.bind(reporter) };
  // What is held until somebody agrees is what a reviewer has to see.
  const result = await performRun(bench, [whatChanged], { ...options, apply: true }, { cause: 'run', ...ear });
  stopIfAsked(signal);
  const standing = standingOf(bench, result.release);
  report.steps = result.record?.steps ?? [];
  if (standing !== undefined) report.standing = standing;
  if (options.json !== true) reporter.conclude(result, performance.now() - startedMs, standing);
  report.quality = await qualityChanges(bench.lake, base.lake, bench.project);
  if (report.quality.length > 0)
    say(renderTable(['table', 'rule', 'severity', 'broken', 'before'], report.quality.map(qualityCells)));
  const now = await newest(bench);
  const before = { name: report.base, lake: base.lake, release: await readRelease(base.lake.state, now.base ?? 0) };
  const after = { name: report.environment, lake: bench.lake, release: now };
  const masked = await maskedInReleases(bench, {});
  report.diff = { before, after, tables: await diffReleases({ ...bench, signal, masked }, before, after) };
  say(diffText(report.diff.tables));
}

async function newest({ lake, project }: Workbench): Promise<Release> {
  const release = await newestRelease(lake);
  if (release === undefined)
    throw new LakeError('LS3001', `${project.environment} lost its releases while it was at work.`);
  return release;
}

function stopIfAsked(signal: AbortSignal): void {
  if (signal.aborted) throw new LakeError('LS2103', 'It was asked to stop before it had come to its end.');
}
