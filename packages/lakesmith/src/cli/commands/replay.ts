import { openWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { listQuarantine } from '../../run/quarantine-list.ts';
import { previewReplay } from '../replay-preview.ts';
import { runOn } from '../run-opened.ts';
import type { RunOptions } from './run.ts';

export interface ReplayOptions extends RunOptions {
  /** Only tell what would come of it. */
  readonly dryRun?: boolean;
}

/** Judges the rows in quarantine again, by making their tables again: what passes now lands where it would have landed. */
export async function replay(names: readonly string[], options: ReplayOptions): Promise<number> {
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
    const words = tables.map((name) => `${name}+`);
    if (options.dryRun === true) return await previewReplay(bench, words, options);
    return await runOn(bench, words, options, { cause: 'replay' });
  } finally {
    await bench.close();
  }
}
