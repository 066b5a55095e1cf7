import type { Lake } from '../lake/lake.ts';
import type { ProjectTable } from '../project/model.ts';
import type { QualityResult } from './journal.ts';
import { lastRun, readRun } from './journal.ts';

/** What a rule or check of a table found, now and in the runs before. */
export interface QualityTrend {
  readonly table: string;
  readonly newest: QualityResult;
  /** The run that found it. */
  readonly run: number;
  /** Since when it has been broken without a break; undefined: it holds. */
  readonly brokenSince: number | undefined;
  /** Broken rows by run, oldest first; runs that did not ask are left out. */
  readonly broken: readonly { readonly run: number; readonly broken: number; readonly value?: number }[];
}

/** So many results make a trend. */
const mostResults = 20;
/** So many runs are looked at for them. */
const mostRuns = 500;

/** All that the rules and checks of tables found last, or last up to a run, with what they found before, by table and name. */
export async function qualityTrends(
  lake: Lake,
  of: Iterable<ProjectTable>,
  upTo?: number,
): Promise<readonly QualityTrend[]> {
  const tables = new Map([...of].map((table) => [table.name, table]));
  const found = new Map<string, { table: string; results: { run: number; result: QualityResult }[] }>();
  const last = upTo ?? (await lastRun(lake.state));
  for (let run = last; run > Math.max(0, last - mostRuns); run -= 1) {
    for (const { table, quality } of (await readRun(lake.state, run))?.steps ?? []) {
      const judged = tables.get(table);
      if (judged === undefined) continue;
      for (const result of quality) {
        if (!isAsked(judged, result)) continue;
        const key = `${table} ${result.name}`;
        const one = found.get(key) ?? { table, results: [] };
        if (one.results.length < mostResults) one.results.push({ run, result });
        found.set(key, one);
      }
    }
  }
  return [...found.values()].flatMap(({ table, results }) => {
    const [newest] = results;
    if (newest === undefined) return [];
    const holds = results.findIndex(({ result }) => result.broken === 0);
    const brokenSince = results.at(holds < 0 ? -1 : holds - 1)?.run;
    return [
      {
        table,
        newest: newest.result,
        run: newest.run,
        brokenSince: holds === 0 ? undefined : brokenSince,
        broken: [...results]
          .reverse()
          .map(({ run, result: { broken, value } }) => ({ run, broken, ...(value === undefined ? {} : { value }) })),
      },
    ];
  });
}

/** Whether a table is judged by it still: what a rule found that is gone is history. */
function isAsked({ key, rules, checks }: ProjectTable, { kind, name }: QualityResult): boolean {
  if (kind === 'key') return key.length > 0;
  return (kind === 'rule' ? rules : checks).some((one) => one.name === name);
}
