import type { SourceTable } from '../project/model.ts';
import type { RunContext } from './context.ts';
import { loadChanges } from './load-changes.ts';
import { loadFiles } from './load-files.ts';
import type { LoadResult } from './load-result.ts';
import type { SourceSighting } from './sight-source.ts';

/** Brings what is new of a source into its bronze table and commits at once: rows and position in one commit. */
export async function loadSource(
  context: RunContext,
  table: SourceTable,
  path: string,
  sighting: SourceSighting,
): Promise<LoadResult> {
  if (sighting.problem !== undefined) throw sighting.problem;
  return table.from.kind === 'files'
    ? await loadFiles(context, table, path, sighting)
    : await loadChanges(context, table, path, sighting);
}
