import { newestRelease } from '../../lake/release.ts';
import { openRows } from '../../run/quarantine-list.ts';
import type { QuarantinedRow } from '../../run/quarantine-list.ts';
import type { RowOrigin } from '../../run/trace.ts';
import { lineIn, originOfBroken, originText, releasedWorld } from '../../run/trace.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { renderTable } from '../render.ts';

export async function quarantine(
  table: string | undefined,
  options: CommonOptions & { readonly all?: boolean },
): Promise<number> {
  return await withWorkbench(options, async (bench) => {
    const rows = (await openRows(bench.lake, bench.project.timezone, options.all)).filter(
      (row) => table === undefined || row.table === table,
    );
    const order = [...bench.project.tables.keys()];
    const listed = await Promise.all(
      [...rows]
        .sort((a, b) => order.indexOf(a.table) - order.indexOf(b.table))
        .map(async (row) => ({ row, origin: await originOf(bench, row) })),
    );
    if (options.json === true) {
      printJson(listed.map(({ row, origin }) => ({ ...row, origin: origin ?? null })));
      return 0;
    }
    if (listed.length === 0) {
      print('no rows are in quarantine');
      return 0;
    }
    const status = options.all === true ? ['status'] : [];
    print(
      renderTable(
        ['table', 'row', 'reasons', 'from', 'since', ...status],
        listed.map(({ row, origin }) => [
          row.table,
          nameRow(row),
          row.reasons.join(', '),
          origin === undefined ? '' : originText(origin),
          `run ${row.sinceRun}`,
          ...(options.all === true ? [row.status] : []),
        ]),
      ),
    );
    const tables = [...new Set(listed.filter(({ row }) => row.status === 'open').map(({ row }) => row.table))];
    if (tables.length > 0) print(`fix the file or the rule, then: lakesmith replay ${tables[0] ?? ''}`);
    return 0;
  });
}

/** 'order_id 1106 line_no 1'. */
function nameRow(row: QuarantinedRow): string {
  if (row.key === undefined) return row.source === undefined ? row.id.slice(0, 8) : `record ${row.sourceRow ?? '?'}`;
  return Object.entries(row.key)
    .map(([column, value]) => `${column} ${String(value)}`)
    .join(' ');
}

async function originOf({ project, lake }: Workbench, row: QuarantinedRow): Promise<RowOrigin | undefined> {
  if (row.source !== undefined) {
    const { source, sourceRow: record } = row;
    return { source, record, line: record === undefined ? undefined : await lineIn(project, source, record) };
  }
  const model = project.tables.get(row.table);
  const release = await newestRelease(lake.store);
  if (model?.kind !== 'model' || release === undefined) return undefined;
  const values = Object.fromEntries(
    Object.entries(row.row).map(([name, value]) => [
      name,
      value === null || typeof value !== 'object' ? (value as string | number | null) : JSON.stringify(value),
    ]),
  );
  return await originOfBroken(releasedWorld({ project, lake, release }), model, values);
}
