import type { ModelTest } from '../project/model-test.ts';
import type { LawSettings, ModelLaws } from '../run/laws/check-laws.ts';
import { checkLaws } from '../run/laws/check-laws.ts';
import type { TestWorld } from '../run/test-model.ts';
import { wholeNumber } from './whole-number.ts';

export interface LawOptions {
  /** False: only what is written is tested. */
  readonly laws?: boolean;
  readonly seed?: string;
  readonly cases?: string;
}

/** Which cases are tried; undefined: none. */
export function lawSettings({ laws, seed = '1', cases = '4' }: LawOptions): LawSettings | undefined {
  if (laws === false) return undefined;
  return { seed: wholeNumber('--seed', seed), cases: wholeNumber('--cases', cases) };
}

/** Tries the laws of each model that these tests are of, one model after the other. */
export async function* lawsOfTests(
  world: TestWorld,
  tests: readonly ModelTest[],
  settings: LawSettings,
): AsyncGenerator<ModelLaws> {
  for (const table of new Set(tests.map((one) => one.table))) {
    const laws = await checkLaws(world, { table, tests: tests.filter((one) => one.table === table) }, settings);
    if (laws !== undefined) yield laws;
  }
}
