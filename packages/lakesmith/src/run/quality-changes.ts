import type { Lake } from '../lake/lake.ts';
import type { Project } from '../project/model.ts';
import type { QualityResult } from './journal.ts';
import { qualityTrends } from './quality-trend.ts';

/** A rule or check that more rows break than before. */
export interface QualityChange {
  readonly table: string;
  readonly now: QualityResult;
  /** Broken rows in the base; undefined: it was never asked there. */
  readonly before: number | undefined;
}

/** What is broken in an overlay and was not, or less, in its base. */
export async function qualityChanges(
  overlay: Lake,
  base: Lake,
  project: Pick<Project, 'tables'>,
): Promise<readonly QualityChange[]> {
  const tables = [...project.tables.values()];
  const known = await qualityTrends(base, tables);
  return (await qualityTrends(overlay, tables)).flatMap(({ table, newest }) => {
    const old = known.find((one) => one.table === table && one.newest.name === newest.name);
    const before = old?.newest.broken;
    return newest.broken > (before ?? 0) ? [{ table, now: newest, before }] : [];
  });
}
