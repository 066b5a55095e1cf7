import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LakeError } from '../../core/errors.ts';
import { reachOfWords } from '../../plan/reach.ts';
import { readModelTest } from '../../project/model-test.ts';
import { parseYaml } from '../../project/yaml.ts';
import { prepare } from '../../run/prepare.ts';
import { recordedTest } from '../../run/record-test.ts';
import { testModel } from '../../run/test-model.ts';
import { releasedWorld, traceRows } from '../../run/trace.ts';
import { askedRow, noSuchRow } from '../asked-row.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { hasPassed, renderFailure } from '../test-text.ts';

/** Writes a test of a real row, once it has been seen to pass. */
export async function recordTest(table: string, key: readonly string[], options: CommonOptions): Promise<number> {
  const act = async (bench: Workbench): Promise<number> => {
    const { project, lake } = bench;
    const { release, values } = await askedRow({ project, lake }, table, key);
    const model = project.tables.get(table);
    if (model?.kind !== 'model') throw new LakeError('LS4003', `${table} is not a model, so there is nothing to test.`);
    const { rows, total } = await traceRows(releasedWorld({ project, lake, release }), table, values);
    const [row] = rows;
    const shown = Object.entries(values).map(([column, value]) => `${column}=${value}`);
    if (row === undefined) throw await noSuchRow({ project, lake, release: release.release }, table, values);
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
  };
  return await withWorkbench(options, act, { about: reachOfWords([table]), words: [table] });
}
