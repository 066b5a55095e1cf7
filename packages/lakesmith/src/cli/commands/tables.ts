import { LakeError } from '../../core/errors.ts';
import { newestRelease } from '../../lake/release.ts';
import type { CommonOptions } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { count } from '../../core/quantity.ts';
import { moment, renderBytes, renderTable } from '../render.ts';

export async function tables(options: CommonOptions): Promise<number> {
  return await withWorkbench(options, async ({ lake }) => {
    const release = await newestRelease(lake);
    if (release === undefined)
      throw new LakeError('LS3001', 'There is no release yet: `lakesmith run` makes the first.');
    const all = Object.entries(release.tables);
    if (options.json === true) {
      printJson({ release: release.release, tables: all.map(([name, table]) => ({ name, ...table })) });
      return 0;
    }
    print(
      renderTable(
        ['table', 'rows', 'size', 'version', 'key', 'columns'],
        all.map(([name, table]) => [
          name,
          table.rows,
          renderBytes(table.bytes),
          table.version,
          table.key.join(', '),
          table.columns.length,
        ]),
      ),
    );
    print(`${count(all.length, 'table')} · release ${release.release} · ${moment(release.at)}`);
    return 0;
  });
}
