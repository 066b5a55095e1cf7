import { openWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { listQuarantine } from '../../run/quarantine-list.ts';
import { runOn } from '../run-opened.ts';
import type { RunOptions } from './run.ts';

/** Judges the rows in quarantine again, by making their tables again: what passes now lands where it would have landed. */
export async function replay(names: readonly string[], options: RunOptions): Promise<number> {
  const bench = await openWorkbench(options);
  try {
    const waiting = await listQuarantine(bench.lake, bench.project.timezone);
    const tables =
      names.length > 0
        ? names
        : [...new Set(waiting.map((row) => row.table))].filter((name) => bench.project.tables.has(name));
    if (tables.length === 0) {
      if (options.json === true) printJson({ ok: true, run: null, release: null, changed: false, steps: [] });
      else print('nothing to replay · no rows are in quarantine');
      return 0;
    }
    return await runOn(
      bench,
      tables.map((name) => `${name}+`),
      options,
      { cause: 'replay' },
    );
  } finally {
    await bench.close();
  }
}
