import { LakeError } from '../../core/errors.ts';
import { commandIn } from '../../project/command-line.ts';
import type { Project } from '../../project/model.ts';
import { streamNames } from '../../project/stream.ts';
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
  const bench = await openWorkbench(options, { words: names });
  try {
    const waiting = await listQuarantine(bench.lake, bench.project.timezone);
    const streams = streamNames(bench.project);
    const named = names.find((name) => streams.has(name));
    if (named !== undefined) throw streamError(bench.project, named);
    const held = [...new Set(waiting.map((row) => row.table))].filter((name) => bench.project.tables.has(name));
    if (options.json !== true && names.length === 0)
      for (const name of held.filter((name) => streams.has(name)))
        print(`rows of ${name} stay: a stream judges each row once`);
    const tables = names.length > 0 ? names : held.filter((name) => !streams.has(name));
    if (tables.length === 0) {
      if (options.json === true) printJson({ ok: true, run: null, release: null, changed: false, steps: [] });
      else print(`nothing to replay${held.length === 0 ? ' · no rows are in quarantine' : ''}`);
      return 0;
    }
    const words = tables.map((name) => `${name}+`);
    if (options.dryRun === true) return await previewReplay(bench, words, options);
    return await runOn(bench, words, options, { cause: 'replay' });
  } finally {
    await bench.close();
  }
}

function streamError(project: Project, table: string): LakeError {
  return new LakeError(
    'LS2204',
    `${table} is a stream: it judges each row once, and what it put aside is not made again. ${commandIn(project, `run ${table} --full`)} makes all of it anew from the rows that its input has now.`,
    { context: { table } },
  );
}
