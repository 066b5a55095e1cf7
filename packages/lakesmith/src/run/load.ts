import type { RunContext } from './context.ts';
import { loadChanges } from './load-changes.ts';
import { loadFiles } from './load-files.ts';
import type { JudgeLoad, Load, LoadResult } from './load-result.ts';

/** Brings what is new of a source into its bronze table and commits at once: rows and position in one commit. */
export async function loadSource(context: RunContext, load: Load, judge: JudgeLoad): Promise<LoadResult> {
  const { table, sighting } = load;
  if (sighting.problem !== undefined) throw sighting.problem;
  return table.from.kind === 'files' ? await loadFiles(context, load, judge) : await loadChanges(context, load, judge);
}
