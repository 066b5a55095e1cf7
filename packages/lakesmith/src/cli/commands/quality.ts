import { count } from '../../core/quantity.ts';
import { reachOfWords } from '../../plan/reach.ts';
import type { QualityTrend } from '../../run/quality-trend.ts';
import { qualityTrends } from '../../run/quality-trend.ts';
import type { CommonOptions, Workbench } from '../open.ts';
import { withWorkbench } from '../open.ts';
import { print, printJson } from '../output.ts';
import { renderTable } from '../render.ts';
import { requireTable } from '../require-table.ts';

export interface QualityOptions extends CommonOptions {
  /** Also rules and checks that hold. */
  readonly all?: boolean;
}

/** Shows which rules and checks are broken, and how that came about. */
export async function quality(table: string | undefined, options: QualityOptions): Promise<number> {
  const act = async ({ lake, project }: Workbench): Promise<number> => {
    const tables = [...project.tables.keys()];
    if (table !== undefined) requireTable(table, tables);
    const asked = [...project.tables.values()].filter(({ name }) => table === undefined || name === table);
    const found = (await qualityTrends(lake, asked)).toSorted(
      (a, b) => tables.indexOf(a.table) - tables.indexOf(b.table),
    );
    const shown = options.all === true ? found : found.filter(({ newest }) => newest.broken > 0);
    if (options.json === true) printJson(shown);
    else if (found.length === 0) print('no rule and no check was asked yet');
    else tell(shown, found.length);
    return 0;
  };
  const words = table === undefined ? [] : [table];
  return await withWorkbench(options, act, { about: reachOfWords(words), words });
}

function tell(shown: readonly QualityTrend[], all: number): void {
  const broken = shown.filter(({ newest }) => newest.broken > 0);
  if (shown.length > 0)
    print(
      renderTable(
        ['table', 'rule', 'severity', 'broken', 'since', 'trend', ''],
        shown.map(({ table, newest, brokenSince, broken: trend }) => [
          table,
          newest.name,
          newest.severity,
          newest.broken === 0 ? '' : `${newest.broken} of ${newest.rows}`,
          brokenSince === undefined ? '' : `run ${brokenSince}`,
          sparkline(trend.map((one) => one.broken)),
          newest.message.replace(`${newest.name}: `, ''),
        ]),
      ),
    );
  print(`${broken.length} of ${count(all, 'rule')} and checks ${broken.length === 1 ? 'is' : 'are'} broken`);
}

const steps = '▁▂▃▄▅▆▇█';

/** One character for each value, from none to the most. */
function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 1);
  return values.map((value) => steps[Math.ceil((value / most) * (steps.length - 1))] ?? '').join('');
}
