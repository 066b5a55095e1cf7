import { readSnapshot, stageAppend, writeCheckpoint } from '@lakesmith/delta';
import { detailsOf } from '../../../lake/write-table.ts';
import type { TableOptions } from '../../open-table.ts';
import { withTable } from '../../open-table.ts';
import { print, printJson } from '../../output.ts';

/** Writes a checkpoint of the newest version, so that readers need not go through the commits before it. */
export async function tableCheckpoint(path: string, options: TableOptions): Promise<number> {
  return await withTable(path, options, async (table) => {
    const snapshot = await readSnapshot(table.io);
    // A table that nothing can be written to has things that our checkpoint would leave out.
    stageAppend(snapshot, { ...detailsOf(table), files: [] });
    await writeCheckpoint(table.io, snapshot);
    if (options.json === true) printJson({ ok: true, version: snapshot.version });
    else print(`version ${snapshot.version} · checkpoint written`);
    return 0;
  });
}
