import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LakeError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import { systemErrorCode } from '../core/platform.ts';
import type { ModelTest } from '../project/model-test.ts';
import type { CommonOptions, Workbench } from './open.ts';
import { selection } from './selection.ts';

/** The tests that words on a command line mean: files of tests, or tables; without words all. */
export async function chosenTests(bench: Workbench, names: readonly string[]): Promise<readonly ModelTest[]> {
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

/** The same words with the table that a test is of in the place of its file, to tell what must be read for them. */
export async function testedTables(names: readonly string[], { project }: CommonOptions): Promise<readonly string[]> {
  return await Promise.all(
    names.map(async (name) => {
      if (!/\.ya?ml$/.test(name)) return name;
      const texts = await Promise.all([resolve(name), resolve(project, name)].map(textOf));
      const text = texts.find((one) => one !== undefined) ?? '';
      return /^test:\s*["']?([\w.]+)/m.exec(text)?.[1] ?? name;
    }),
  );
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    // What is wrong with the name is told when all tests are known.
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function noSuchTest(name: string, tests: readonly ModelTest[]): LakeError {
  const files = tests.map(({ file }) => file);
  const near = nearestName(name, files);
  const hint = near === undefined ? 'tests stand in tests/' : `Did you mean ${near}?`;
  return new LakeError('LS4003', `There is no test ${name}`, { hint });
}
