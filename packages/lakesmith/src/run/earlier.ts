import type { Relation } from '../engine/engine.ts';
import { bindReleased } from '../lake/bind-view.ts';
import { findIn, listReleases, readRelease } from '../lake/release.ts';
import type { Release } from '../lake/release.ts';
import type { AuditSubject, EarlierFinding, EarlierTable } from '../plan/audit-question.ts';
import type { Check, EarlierTime } from '../project/model.ts';
import type { RunContext } from './context.ts';
import { lastRun, readRun } from './journal.ts';
import { countRows } from './read-rows.ts';

const weekMs = 7 * 24 * 3600 * 1000;
/** So many findings say what is usual, and so many runs are looked at for them. */
const mostFindings = 30;
const mostRuns = 300;

/** What a table was, as far as its checks compare it with that. */
export interface Earlier extends Pick<AuditSubject, 'earlier' | 'found'> {
  /** The table in those releases, under the names that the audit reads. */
  readonly relations: readonly Relation[];
}

/** Reads of earlier releases and runs what the checks of a table ask for; of most tables that is nothing. */
export async function earlierOf(
  context: RunContext,
  { table, checks }: { readonly table: string; readonly checks: readonly Check[] },
): Promise<Earlier> {
  const earlier: Partial<Record<EarlierTime, EarlierTable>> = {};
  const relations: Relation[] = [];
  for (const of of ['last week', 'last release'] as const) {
    const asking = checks.filter((check) => 'of' in check && check.of === of);
    if (asking.length === 0) continue;
    const release = await releaseAt(context, of);
    const released = release === undefined ? undefined : findIn(release, table);
    if (release === undefined || released === undefined) continue;
    const relation = `_${of.replace(' ', '_')}`;
    const isDrift = asking.some(({ kind }) => kind === 'drift');
    const bound = 'rows' in released && !isDrift ? [] : await bindReleased(context.lake, release, table, relation);
    const rows = 'rows' in released ? released.rows : await countRows(context.engine, bound ?? [], context.project);
    earlier[of] = { rows, columns: released.columns, relation };
    if (isDrift) relations.push(...(bound ?? []));
  }
  const usual = checks.filter(
    (check) =>
      (check.kind === 'row_count' && check.usual === true) || (check.kind === 'fresh' && check.withinMs === 'usual'),
  );
  return { earlier, relations, found: usual.length === 0 ? new Map() : await findingsOf(context, table) };
}

async function releaseAt(context: RunContext, of: EarlierTime): Promise<Release | undefined> {
  const before = of === 'last release' ? Infinity : context.clock.now() - weekMs;
  for (const number of (await listReleases(context.lake.state)).reverse()) {
    const release = await readRelease(context.lake.state, number);
    if (Date.parse(release.at) <= before) return release;
  }
  return undefined;
}

/** What earlier runs measured, where it was right: what was wrong is no measure of what is usual. */
async function findingsOf(
  { lake, run }: RunContext,
  table: string,
): Promise<ReadonlyMap<string, readonly EarlierFinding[]>> {
  const found = new Map<string, EarlierFinding[]>();
  const first = Math.max(1, (await lastRun(lake.state)) - mostRuns);
  for (let number = run - 1; number >= first; number -= 1) {
    const record = await readRun(lake.state, number);
    for (const { name, rows, value, broken } of record?.steps.find((step) => step.table === table)?.quality ?? []) {
      const findings = found.get(name) ?? [];
      if (broken > 0 || findings.length === mostFindings) continue;
      findings.push({ rows, ...(value === undefined ? {} : { value }) });
      found.set(name, findings);
    }
  }
  return found;
}
