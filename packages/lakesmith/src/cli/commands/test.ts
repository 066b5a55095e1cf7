import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import { nearestName } from '../../core/nearest-name.ts';
import type { ModelTest } from '../../project/model-test.ts';
import { readModelTest } from '../../project/model-test.ts';
import { parseYaml } from '../../project/yaml.ts';
import { prepare } from '../../run/prepare.ts';
import { recordedTest } from '../../run/record-test.ts';
import type { TestOutcome } from '../../run/test-model.ts';
import { testModel } from '../../run/test-model.ts';
import { releasedWorld, traceRows } from '../../run/trace.ts';
import { askedRow } from '../asked-row.ts';
import { changes } from '../file-changes.ts';
import { interruptSignal } from '../interrupt.ts';
import { selection } from '../selection.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { widest } from '../render.ts';
import { reportError } from '../report-error.ts';
import { hasPassed, renderFailure, renderOutcome, testSummary } from '../test-text.ts';

export interface TestOptions extends CommonOptions {
  readonly watch?: boolean;
  readonly record?: string;
}

/** Runs the project's tests, or those that are named: by their file, or by the tables that they test. */
export async function test(names: readonly string[], options: TestOptions): Promise<number> {
  if (options.record !== undefined) return await recordTest(options.record, names, options);
  if (options.watch === true) return await watchTests(names, options);
  return await runTests(names, options);
}

async function runTests(names: readonly string[], options: CommonOptions): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const tests = await chosen(bench, names);
    const { bound } = await prepare(bench);
    const world = { bound, engine: bench.engine, nowMs: bench.clock.now() };
    const outcomes: TestOutcome[] = [];
    const widths = [widest(tests.map(({ file }) => file)), widest(tests.map(({ table }) => table))];
    for (const one of tests) {
      const outcome = await testModel(world, one);
      outcomes.push(outcome);
      if (options.json !== true) print(renderOutcome(outcome, widths));
    }
    const failed = outcomes.filter((outcome) => !hasPassed(outcome)).length;
    if (options.json === true) printJson({ passed: outcomes.length - failed, failed, tests: outcomes });
    else print(testSummary(outcomes.length - failed, failed));
    return failed === 0 ? 0 : 1;
  });
}

/** Runs the tests again whenever a file of the project changes, until it is told to stop. */
async function watchTests(names: readonly string[], options: CommonOptions): Promise<number> {
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

/** Writes a test of a real row, once it has been seen to pass. */
async function recordTest(table: string, key: readonly string[], options: CommonOptions): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const { project, lake } = bench;
    const { release, values } = await askedRow(lake, table, key);
    const model = project.tables.get(table);
    if (model?.kind !== 'model') throw new LakeError('LS4003', `${table} is not a model, so there is nothing to test.`);
    const { rows, total } = await traceRows(releasedWorld({ project, lake, release }), table, values);
    const [row] = rows;
    const shown = Object.entries(values).map(([column, value]) => `${column}=${value}`);
    if (row === undefined) throw new LakeError('LS3006', `${table} has no row with ${shown.join(', ')}.`);
    if (total > 1)
      throw new LakeError('LS3006', `${table} has ${total} rows with ${shown.join(', ')}: name one of them.`);
    const name = [table.replace('.', '_'), ...Object.values(values)].join('_').replaceAll(/[^\p{L}\p{N}]+/gu, '_');
    const file = `tests/${name}.test.yml`;
    const path = join(project.folder, file);
    if (existsSync(path)) throw new LakeError('LS4005', `${file} is there already: remove it first.`);
    const text = recordedTest(model, row, { nowIso: release.at });
    const { value } = parseYaml({ text, file });
    const { test: recorded } = value === undefined ? { test: undefined } : readModelTest(file, value);
    if (recorded === undefined) throw new LakeError('LS9001', `The test of ${table} could not be written.`);
    const { bound } = await prepare(bench);
    const outcome = await testModel({ bound, engine: bench.engine, nowMs: bench.clock.now() }, recorded);
    if (!hasPassed(outcome)) {
      const why = renderFailure(outcome);
      throw new LakeError(
        'LS3006',
        `The rows that ${table} ${shown.join(', ')} came from do not make it by themselves, so no test was written:\n${why}`,
      );
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    if (options.json === true) printJson({ file, table, key: values });
    else print(`${file}  shows how ${table} ${shown.join(', ')} is made`);
    return 0;
  });
}

async function chosen(bench: Workbench, names: readonly string[]): Promise<readonly ModelTest[]> {
  const { project } = bench;
  const { tests } = project.extras;
  if (names.length === 0) return tests;
  const files = new Map(tests.map((one) => [resolve(project.folder, one.file), one]));
  const wanted = new Set<ModelTest>();
  for (const name of names) {
    const byFile = files.get(resolve(name)) ?? files.get(resolve(project.folder, name));
    if (byFile !== undefined) wanted.add(byFile);
    else if (name.endsWith('.yml') || name.endsWith('.yaml')) throw noSuchTest(name, tests);
    else {
      const tables = await selection(bench, [name]);
      for (const one of tests) if (tables?.has(one.table) === true) wanted.add(one);
    }
  }
  return tests.filter((one) => wanted.has(one));
}

function noSuchTest(name: string, tests: readonly ModelTest[]): LakeError {
  const files = tests.map(({ file }) => file);
  const near = nearestName(name, files);
  const hint = near === undefined ? 'tests stand in tests/' : `Did you mean ${near}?`;
  return new LakeError('LS4003', `There is no test ${name}`, { hint });
}
