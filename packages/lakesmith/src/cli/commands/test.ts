import { resolve } from 'node:path';
import { reachToTest } from '../../plan/reach.ts';
import type { ModelLaws } from '../../run/laws/check-laws.ts';
import { prepare } from '../../run/prepare.ts';
import type { TestOutcome } from '../../run/test-model.ts';
import { testModel } from '../../run/test-model.ts';
import { chosenTests, testedTables } from '../chosen-tests.ts';
import { changes } from '../file-changes.ts';
import { interruptSignal } from '../interrupt.ts';
import { areKept, lawSummary, renderLaws } from '../law-text.ts';
import type { LawOptions } from '../laws-of-tests.ts';
import { lawSettings, lawsOfTests } from '../laws-of-tests.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { widest } from '../render.ts';
import { reportError } from '../report-error.ts';
import { hasPassed, renderOutcome, testSummary } from '../test-text.ts';
import { recordTest } from './test-record.ts';

export interface TestOptions extends CommonOptions, LawOptions {
  readonly watch?: boolean;
  readonly record?: string;
}

/** Runs the project's tests, or those that are named: by their file, or by the tables that they test. */
export async function test(names: readonly string[], options: TestOptions): Promise<number> {
  if (options.record !== undefined) return await recordTest(options.record, names, options);
  if (options.watch === true) return await watchTests(names, options);
  return await runTests(names, options);
}

async function runTests(names: readonly string[], options: TestOptions): Promise<number> {
  const settings = lawSettings(options);
  const act = async (bench: Workbench): Promise<number> => {
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
    const laws: ModelLaws[] = [];
    if (settings !== undefined) {
      for await (const one of lawsOfTests(world, tests, settings)) {
        laws.push(one);
        say(renderLaws(one, widths));
      }
    }
    const failed = outcomes.filter((outcome) => !hasPassed(outcome)).length;
    const passed = outcomes.length - failed;
    if (options.json === true) printJson({ passed, failed, tests: outcomes, laws });
    else print([testSummary(passed, failed), ...lawSummary(laws)].join(' · '));
    return failed === 0 && laws.every(areKept) ? 0 : 1;
  };
  const words = await testedTables(names, options);
  // The name of a file is judged when all tests are known.
  const tables = words.filter((word) => !/\.ya?ml$/.test(word));
  return await withWorkbench(options, act, { about: reachToTest(words), words: tables });
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
