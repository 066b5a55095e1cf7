import { compactLog, readSnapshot, stageAppend, writeCheckpoint } from '@lakesmith/delta';
import { detailsOf } from '../../../lake/write-table.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { print, printJson } from '../../output.ts';

export interface CheckpointOptions extends TableOptions {
  readonly compact?: boolean;
}

/**
 * Writes a checkpoint of the newest version, so that readers need not go through the commits before it; or only these commits as
 * one file, which is less to write where the table is large.
 */
export async function tableCheckpoint(path: string, options: CheckpointOptions): Promise<number> {
  const startedMs = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - startedMs);
  return await withTable(path, options, async (table) => {
    const snapshot = await readSnapshot(table.io);
    // A table that nothing can be written to has things that our checkpoint would leave out.
    stageAppend(snapshot, { ...detailsOf(table), files: [] });
    if (options.compact === true) {
      const range = await compactLog(table.io, snapshot);
      if (options.json === true)
        printJson({ ok: true, version: snapshot.version, ...(range && { compacted: range }), elapsedMs: elapsedMs() });
      else if (range === undefined)
        print(`version ${snapshot.version} · no commits to put together · ${elapsedMs()} ms`);
      else
        print(
          `version ${snapshot.version} · commits ${range.from} to ${range.to} put together in one file · ${elapsedMs()} ms`,
        );
      return 0;
    }
    await writeCheckpoint(table.io, snapshot);
    if (options.json === true) printJson({ ok: true, version: snapshot.version, elapsedMs: elapsedMs() });
    else print(`version ${snapshot.version} · checkpoint written · ${elapsedMs()} ms`);
    return 0;
  });
}
