import { resolve } from 'node:path';
import type { Place } from '../../run/quiet-look.ts';
import type { QuietAnswer } from '../../run/quiet-memo.ts';
import { lookFirst } from '../../run/quiet-memo.ts';
import type { CommonOptions } from '../open.ts';
import type { Bounds } from '../selection.ts';
import { print, printJson } from '../output.ts';
import { quietJson, quietLine, standingText } from '../quiet-text.ts';
import { programVersion } from '../version.ts';

export interface RunOptions extends CommonOptions, Bounds {
  readonly full?: boolean;
  readonly apply?: boolean;
  readonly load?: boolean;
  readonly resume?: string | true;
  readonly parallel?: string;
  readonly memory?: string;
}

export async function run(names: readonly string[], options: RunOptions): Promise<number> {
  const place = placeOf(options);
  const isPlain =
    names.length === 0 &&
    [options.from, options.to, options.column, options.full, options.apply, options.load, options.resume].every(
      (option) => option === undefined,
    );
  const first = isPlain ? await lookFirst<QuietAnswer>(place) : undefined;
  if (first?.answer !== undefined) return tellQuiet(first.answer, options);
  const { runOpened } = await import('../run-opened.ts');
  return await runOpened(names, options, first === undefined ? undefined : { place, first });
}

function placeOf(options: CommonOptions): Place {
  return {
    folder: resolve(options.project),
    environment: options.env,
    parameters: options.param ?? [],
    program: `lakesmith ${programVersion()}`,
    memo: 'quiet',
  };
}

/** Says that nothing is to be done, without having opened an engine to find out. */
function tellQuiet(memo: QuietAnswer, options: CommonOptions): number {
  if (options.json === true) printJson(quietJson(memo.release, memo.tables, memo.standing));
  else {
    print(quietLine(memo.release, memo.tables.length, performance.now()));
    if (memo.standing !== undefined) print(`${memo.standing.environment} ─ ${standingText(memo.standing)}`);
  }
  return 0;
}
