import { LakeError } from '../../core/errors.ts';
import type { DayUnit, NoDays, TableDays } from '../../run/days-of-table.ts';
import { daysOfTable } from '../../run/days-of-table.ts';
import { isAnythingWrong, lakeStatus } from '../../run/lake-status.ts';
import { standingOf } from '../../run/standing.ts';
import { newestRelease } from '../../lake/release.ts';
import { daysText } from '../days-text.ts';
import { interruptSignal } from '../interrupt.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { standingText } from '../quiet-text.ts';
import { selection } from '../selection.ts';
import { requireRelease } from '../../serve/required-release.ts';
import { statusText } from '../status-text.ts';

export interface StatusOptions extends CommonOptions {
  readonly by?: DayUnit;
  readonly column?: string;
}

/** Says in one screen whether anything is wrong. */
export async function status(names: readonly string[], options: StatusOptions): Promise<number> {
  const act = async (bench: Workbench): Promise<number> => {
    const tables = (await selection(bench, names)) ?? new Set(bench.project.tables.keys());
    if (options.by !== undefined)
      return await tellDays(bench, { tables, unit: options.by, isNamed: names.length > 0, options });
    if (options.column !== undefined)
      throw new LakeError('LS4001', '--column says by which column --by day goes: give --by, too.');
    const found = await lakeStatus(bench, tables);
    const isWrong = isAnythingWrong(found);
    const standing = standingOf(bench, await newestRelease(bench.lake));
    if (options.json === true) {
      printJson({
        ok: !isWrong,
        ...found,
        release: found.release?.release ?? null,
        releasedAt: found.release?.at ?? null,
        run: found.run ?? null,
        quality: found.quality.map(({ table, newest, brokenSince }) => ({ table, ...newest, brokenSince })),
        quarantine: Object.fromEntries(found.quarantine),
        verified: Object.fromEntries(found.verified),
        ...(standing === undefined ? {} : { standing }),
      });
    } else {
      for (const line of statusText(found, { nowMs: bench.clock.now(), project: bench.project })) print(line);
      if (standing !== undefined) print(`${standing.environment} ─ ${standingText(standing)}`);
    }
    return isWrong ? 3 : 0;
  };
  return await withWorkbench(options, act, { words: names });
}

/** Which days are done, of each table that has such. */
async function tellDays(
  bench: Workbench,
  {
    tables,
    unit,
    isNamed,
    options,
  }: { tables: ReadonlySet<string>; unit: DayUnit; isNamed: boolean; options: StatusOptions },
): Promise<number> {
  const release = await requireRelease(bench);
  const interrupt = interruptSignal();
  try {
    const found: (TableDays | NoDays)[] = [];
    for (const table of bench.project.tables.values()) {
      if (!tables.has(table.name)) continue;
      const days = await daysOfTable({ ...bench, signal: interrupt.signal }, release, {
        table,
        unit,
        column: options.column,
      });
      if ('why' in days && !isNamed) continue;
      found.push(days);
      if (options.json !== true) for (const line of daysText(days, bench.clock.now())) print(line);
    }
    if (options.json === true) printJson({ release: release.release, tables: found });
    else if (found.length === 0) print('no table has a column that says when its rows belong: name one with --column');
    return 0;
  } finally {
    interrupt.stop();
  }
}
