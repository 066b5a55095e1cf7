import type { CommonOptions } from '../open.ts';
import { withLake } from '../open.ts';
import { print, printJson } from '../output.ts';
import { requireRelease } from '../../serve/required-release.ts';
import { toldRelease } from '../told-release.ts';
import { count } from '../../core/quantity.ts';
import { moment, renderBytes, renderTable } from '../render.ts';

export async function tables(options: CommonOptions): Promise<number> {
  return await withLake(options, async (bench) => {
    const release = await requireRelease(bench);
    const all = Object.entries(release.tables);
    const views = Object.entries(release.views ?? {});
    if (options.json === true) {
      printJson({
        release: release.release,
        tables: Object.entries(toldRelease(release).tables).map(([name, table]) => ({ name, ...table })),
        views: views.map(([name, view]) => ({ name, ...view })),
      });
      return 0;
    }
    print(
      renderTable(
        ['table', 'rows', 'size', 'version', 'key', 'columns'],
        [
          ...all.map(([name, table]) => [
            name,
            table.rows,
            renderBytes(table.bytes),
            table.version,
            table.key.join(', '),
            table.columns.length,
          ]),
          ...views.map(([name, { key, columns }]) => [name, '', '', 'view', key.join(', '), columns.length]),
        ],
      ),
    );
    const told = [count(all.length, 'table'), ...(views.length === 0 ? [] : [count(views.length, 'view')])];
    print(`${told.join(' · ')} · release ${release.release} · ${moment(release.at)}`);
    return 0;
  });
}
