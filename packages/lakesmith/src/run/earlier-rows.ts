import { listReleases, readRelease } from '../lake/release.ts';
import type { ModelTable, ReferenceTable } from '../project/model.ts';
import type { RunContext } from './context.ts';

const weekMs = 7 * 24 * 3600 * 1000;

/** Rows of the table in the last release, or in the newest that is a week old, as its check asks; undefined: none such. */
export async function earlierRows(
  context: RunContext,
  table: ModelTable | ReferenceTable,
): Promise<number | undefined> {
  const check = table.checks.find(
    (candidate) => candidate.kind === 'row_count' && candidate.withinPercent !== undefined,
  );
  if (check?.kind !== 'row_count') return undefined;
  const before = check.of === 'last release' ? Infinity : context.clock.now() - weekMs;
  for (const number of (await listReleases(context.lake.store)).reverse()) {
    const release = await readRelease(context.lake.store, number);
    if (Date.parse(release.at) <= before) return release.tables[table.name]?.rows;
  }
  return undefined;
}
