import type { Snapshot } from '@lakesmith/delta';
import { quoteText } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import type { Lake } from '../lake/lake.ts';
import type { MadeBy } from '../lake/release.ts';
import type { StagedTable } from '../lake/staged.ts';
import { stageTable } from '../lake/staged.ts';
import { streamNames } from '../project/stream.ts';
import type { RunContext } from './context.ts';
import { nowIso } from './context.ts';
import type { QuarantineRows } from './quarantine.ts';
import { freshColumns, quarantineColumns, quarantinePath, quarantineRows, quarantineTable } from './quarantine.ts';
import { readRows } from './read-rows.ts';
import type { BrokenRows } from './refused-rows.ts';

/** Takes all rows out. */
export async function stageEmptyQuarantine(
  lake: Lake,
  { base, run }: { readonly base: Snapshot; readonly run: number },
): Promise<StagedTable> {
  return await stageTable(lake, {
    table: quarantineTable,
    path: quarantinePath(lake),
    base,
    mode: 'overwrite',
    query: {
      sql: 'select * from none',
      relations: [{ name: 'none', kind: 'empty', columns: quarantineColumns }],
      timezone: 'UTC',
    },
    columns: quarantineColumns,
    details: () => ({ operation: 'QUARANTINE', madeBy: madeByRun(run) }),
    signal: new AbortController().signal,
  });
}

/** What a commit to the quarantine says of itself. */
export function madeByRun(run: number): MadeBy {
  return { run, fingerprint: '', rulesFingerprint: '', inputs: {}, day: undefined };
}

/** The quarantine as it will be after this run: what broke, since when, and what passes now. Undefined: nothing changes. */
export async function stageQuarantine(
  context: RunContext,
  { staged, broken }: { readonly staged: readonly StagedTable[]; readonly broken: readonly BrokenRows[] },
  cause: 'run' | 'replay',
): Promise<StagedTable | undefined> {
  const parted = new Set(broken.map((part) => part.table));
  const streams = streamNames(context.project);
  const unruled = staged.flatMap((one) =>
    parted.has(one.table) || (streams.has(one.table) && !isMadeAnew(one)) ? [] : [one.table],
  );
  const path = quarantinePath(context.lake);
  const base = await context.lake.open(path);
  const old = await quarantineRows(context.lake, new Set(staged.map((one) => one.table)));
  const open = await tablesWithOpen(context, old);
  if (broken.every((part) => part.rows === 0) && base === undefined && open.length === 0) return undefined;
  const released = withoutRules(context, open, unruled);
  const isTaken = open.some((table) => old.inherited.has(table));
  if (broken.length === 0 && released.length === 0 && !isTaken) return undefined;
  const found: Relation = {
    name: 'found',
    kind: 'parquet',
    columns: freshColumns,
    files: broken
      .filter((part) => part.rows > 0)
      .flatMap(({ locations }) => locations.map((location) => ({ location, partitionValues: {} }))),
  };
  const judged = [...broken.filter((part) => part.scope === 'all').map((part) => part.table), ...released].map(
    quoteText,
  );
  const run = context.run;
  return await stageTable(context.lake, {
    table: quarantineTable,
    path,
    base,
    mode: 'overwrite',
    query: {
      sql: `with old as (${old.sql})
        select f.*, coalesce(o.since_run, ${run}), coalesce(o.since, ${quoteText(nowIso(context))}::timestamptz), 'open',
          case when o.status = 'open' then o.status_run else ${run} end
        from (select * from found qualify row_number() over (partition by id order by source desc, source_row desc) = 1) f
        left join old o on o.id = f.id
        union all
        select o.* replace (
          case when o.status = 'open' and o.table_name in (${judged.join(', ') || 'null'}) then ${quoteText(cause === 'replay' ? 'replayed' : 'resolved')} else o.status end as status,
          case when o.status = 'open' and o.table_name in (${judged.join(', ') || 'null'}) then ${run} else o.status_run end as status_run)
        from old o anti join found f on o.id = f.id`,
      relations: [...old.relations, found],
      timezone: context.project.timezone,
    },
    columns: quarantineColumns,
    details: () => ({
      operation: 'QUARANTINE',
      madeBy: madeByRun(run),
    }),
    signal: context.signal,
  });
}

/** What goes on from where it is does not make again what it was refused, whatever becomes of the rule. */
function isMadeAnew({ staged, snapshot }: StagedTable): boolean {
  const isChanged = staged.actions.some((action) => 'add' in action || 'remove' in action);
  return isChanged && snapshot.commitInfo?.operation !== 'APPEND';
}

async function tablesWithOpen({ engine }: RunContext, { sql, relations }: QuarantineRows): Promise<readonly string[]> {
  const asked = `select distinct table_name from (${sql}) where status = 'open'`;
  const { rows } = await readRows(engine, { sql: asked, relations, timezone: 'UTC' });
  return rows.map(([name]) => String(name));
}

/** Tables with rows in quarantine that no rule can hold there any more: made without one, or gone from the project. */
function withoutRules(
  { project: { tables, unread } }: RunContext,
  open: readonly string[],
  unruled: readonly string[],
): readonly string[] {
  return open.filter((name) => unruled.includes(name) || !(tables.has(name) || unread.has(name)));
}
