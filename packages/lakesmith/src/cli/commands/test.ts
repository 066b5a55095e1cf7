import { resolve } from 'node:path';
import type { ModelTest } from '../../project/model-test.ts';
import type { LawSettings, ModelLaws } from '../../run/laws/check-laws.ts';
import { checkLaws } from '../../run/laws/check-laws.ts';
import { prepare } from '../../run/prepare.ts';
import type { TestOutcome, TestWorld } from '../../run/test-model.ts';
import { testModel } from '../../run/test-model.ts';
import { chosenTests } from '../chosen-tests.ts';
import { changes } from '../file-changes.ts';
import { interruptSignal } from '../interrupt.ts';
import { areKept, lawSummary, renderLaws } from '../law-text.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { widest } from '../render.ts';
import { reportError } from '../report-error.ts';
import { hasPassed, renderOutcome, testSummary } from '../test-text.ts';
import { wholeNumber } from '../whole-number.ts';
import { recordTest } from './test-record.ts';

export interface TestOptions extends CommonOptions {
  readonly watch?: boolean;
  readonly record?: string;
  /** False: only what is written is tested. */
  readonly laws?: boolean;
  readonly seed?: string;
  readonly cases?: string;
}

/** Runs the project's tests, or those that are named: by their file, or by the tables that they test. */
export async function test(names: readonly string[], options: TestOptions): Promise<number> {
  if (options.record !== undefined) return await recordTest(options.record, names, options);
  if (options.watch === true) return await watchTests(names, options);
  return await runTests(names, options);
}

async function runTests(names: readonly string[], options: TestOptions): Promise<number> {
  const settings = lawSettings(options);
  return await withWorkbench(options, async (bench) => {
    const tests = await chosenTests(bench, names);
    const { bound } = await prepare(bench);
    const world = { bound, engine: bench.engine, nowMs: bench.clock.now() };
    const say = options.json === true ? (): void => undefined : print;
    const widths = [widest(tests.map(({ file }) => file)), widest(tests.map(({ table }) => table))];
    const outcomes: TestOutcome[] = [];
    for (const one of tests) {
      const outcome = await testModel(world, one);
      outcomes.push(outcome);
      say(renderOutcome(outcome, widths));
    }
    const laws = settings === undefined ? [] : await lawsOf(tests, { world, settings });
    for (const one of laws) say(renderLaws(one, widths));
    const failed = outcomes.filter((outcome) => !hasPassed(outcome)).length;
    const passed = outcomes.length - failed;
    if (options.json === true) printJson({ passed, failed, tests: outcomes, laws });
    else print([testSummary(passed, failed), ...lawSummary(laws)].join(' · '));
    return failed === 0 && laws.every(areKept) ? 0 : 1;
  });
}

async function lawsOf(
  tests: readonly ModelTest[],
  { world, settings }: { readonly world: TestWorld; readonly settings: LawSettings },
): Promise<readonly ModelLaws[]> {
  const found: ModelLaws[] = [];
  for (const table of new Set(tests.map((one) => one.table))) {
    const laws = await checkLaws(world, { table, tests: tests.filter((one) => one.table === table) }, settings);
    if (laws !== undefined) found.push(laws);
  }
  return found;
}

function lawSettings({ laws, seed = '1', cases = '4' }: TestOptions): LawSettings | undefined {
  if (laws === false) return undefined;
  return { seed: wholeNumber('--seed', seed), cases: wholeNumber('--cases', cases) };
}

/** Runs the tests again whenever a file of the project changes, until it is told to stop. */
async function watchTests(names: readonly string[], options: TestOptions): Promise<number> {
  const interrupt = interruptSignal();
  try {
    for await (const _ of changes(resolve(options.project), interrupt.signal)) {
      print(`── ${new Date().toISOString().slice(11, 19)}`);
      try {
        await runTests(names, options);
      } catch (error) {
        reportError(error, { json: false });
      }
    }
    return 0;
  } finally {
    interrupt.stop();
  }
}
