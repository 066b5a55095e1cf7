import { LakeError } from '../../core/errors.ts';
import { count } from '../../core/quantity.ts';
import { newestRelease, readRelease } from '../../lake/release.ts';
import type { VerifiedTable } from '../../run/verify-table.ts';
import { verifyTable } from '../../run/verify-table.ts';
import { rowDiffText } from '../diff-text.ts';
import { interruptSignal } from '../interrupt.ts';
import { maskedColumns } from '../masked-columns.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { grouped, pad, widest } from '../render.ts';
import { selection } from '../selection.ts';
import { wholeNumber } from '../whole-number.ts';

export interface VerifyOptions extends CommonOptions {
  readonly release?: string;
  readonly quick?: boolean;
  readonly reveal?: boolean;
}

/** Holds the tables of a release against their files, their ledgers and their models. */
export async function verify(names: readonly string[], options: VerifyOptions): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const { lake, project } = bench;
    const release =
      options.release === undefined
        ? await newestRelease(lake)
        : await readRelease(lake.state, wholeNumber('--release', options.release));
    if (release === undefined)
      throw new LakeError('LS3001', 'There is no release yet: `lakesmith run` makes the first.');
    const select = await selection(bench, names);
    const tables = [...project.tables.values()].filter(({ name }) => select?.has(name) !== false);
    const masked = await maskedColumns(bench, options);
    const width = widest(tables.map(({ name }) => name));
    const interrupt = interruptSignal();
    const found: VerifiedTable[] = [];
    try {
      const context = { ...bench, signal: interrupt.signal };
      for (const table of tables) {
        const work = { context, release, table, masked: masked(table.name), quick: options.quick === true };
        const one = await verifyTable(work);
        if (one === undefined) continue;
        found.push(one);
        if (options.json !== true) tell(one, width);
      }
    } finally {
      interrupt.stop();
    }
    const wrong = found.filter(isWrong);
    if (options.json === true) printJson({ ok: wrong.length === 0, release: release.release, tables: found });
    else print(conclusion(found, wrong.length, release.release));
    return wrong.length === 0 ? 0 : 1;
  });
}

function isWrong({ problems, again }: VerifiedTable): boolean {
  return problems.length > 0 || again.state === 'different';
}

function tell(one: VerifiedTable, width: number): void {
  const { table, rows, files, problems, again } = one;
  const state =
    again.state === 'equal'
      ? 'equal to its model'
      : again.state === 'different'
        ? 'not what its model gives'
        : `not computed: ${again.why}`;
  const size = grouped(count(rows, 'row'));
  print(` ${isWrong(one) ? '✗' : ' '} ${pad(table, width)}   ${size}, ${count(files, 'file')}   ${state}`);
  for (const problem of problems) print(`     ${problem}`);
  // What is stored stands before, what the model gives after.
  if (again.state === 'different') for (const line of rowDiffText(again.rows)) print(`     ${line}`);
}

function conclusion(found: readonly VerifiedTable[], wrong: number, release: number): string {
  const equal = found.filter(({ again }) => again.state === 'equal').length;
  const parts = [`${count(equal, 'table')} equal to what ${equal === 1 ? 'its model gives' : 'their models give'}`];
  if (wrong > 0) parts.push(`${count(wrong, 'table')} not right`);
  return [...parts, `release ${release}`].join(' · ');
}
