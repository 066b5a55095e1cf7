import type { Snapshot } from '@lakesmith/delta';
import { readHistory } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { quoteNames, quoteText } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { Lake } from '../lake/lake.ts';
import { pathOfTable } from '../lake/lake.ts';
import type { MadeBy } from '../lake/release.ts';
import type { StagedTable } from '../lake/staged.ts';
import { stageTable } from '../lake/staged.ts';
import { streamNames } from '../project/stream.ts';
import type { RunContext } from './context.ts';
import { nowIso } from './context.ts';
import { readRows } from './read-rows.ts';
import type { BrokenRows } from './refused-rows.ts';

export const quarantineTable = 'system.quarantine';
/** Its folder: each lake has its own, also an overlay. */
export function quarantinePath(lake: Lake): string {
  return lake.own(pathOfTable(quarantineTable));
}

/** A row that broke a rule: what it was, why, where it came from, and what became of it. */
const quarantineColumns: readonly Column[] = [
  { name: 'id', type: 'string' },
  { name: 'table_name', type: 'string' },
  { name: 'row_key', type: 'string' },
  { name: 'reasons', type: { type: 'array', elementType: 'string', containsNull: false } },
  { name: 'row', type: 'string' },
  { name: 'input', type: 'string' },
  { name: 'source', type: 'string' },
  { name: 'source_row', type: 'long' },
  { name: 'since_run', type: 'long' },
  { name: 'since', type: 'timestamp' },
  { name: 'status', type: 'string' },
  { name: 'status_run', type: 'long' },
];

/** What a run finds out about a broken row. */
export const freshColumns: readonly Column[] = quarantineColumns.slice(0, 8);

/** The open rows of a table, as a run found them out. */
export async function openRows(
  { lake }: Pick<RunContext, 'lake'>,
  table: string,
): Promise<{ readonly sql: string; readonly relations: readonly Relation[] }> {
  const path = quarantinePath(lake);
  const snapshot = await lake.open(path);
  const old = await quarantineRelation(lake, snapshot);
  const names = quoteNames(freshColumns.map(({ name }) => name));
  const sql = `select ${names} from old where status = 'open' and table_name = ${quoteText(table)}`;
  return { sql, relations: [old] };
}

/** Its versions, the newest first, and the run that left each. */
export type QuarantineVersions = readonly { readonly version: number; readonly run: number }[];

export async function quarantineVersions(lake: Lake): Promise<QuarantineVersions> {
  const history = await readHistory(lake.io(quarantinePath(lake)));
  return history.map(({ version, commitInfo }) => ({
    version,
    run: (commitInfo?.['lakesmith'] as MadeBy | undefined)?.run ?? 0,
  }));
}

/** What was in quarantine after a run; 'none': the table was made later; undefined: nobody knows any more. */
export function versionAfter(versions: QuarantineVersions, run: number): number | 'none' | undefined {
  const found = versions.find((one) => one.run <= run);
  return found?.version ?? ((versions.at(-1)?.version ?? 0) === 0 ? 'none' : undefined);
}

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

async function quarantineRelation(lake: Lake, snapshot: Snapshot | undefined): Promise<Relation> {
  return snapshot === undefined
    ? { name: 'old', kind: 'empty', columns: quarantineColumns }
    : await bindLakeTable(lake, 'old', { path: quarantinePath(lake), snapshot });
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
  if (broken.every((part) => part.rows === 0) && base === undefined) return undefined;
  const released = base === undefined ? [] : await withoutRules(context, base, unruled);
  if (broken.length === 0 && released.length === 0) return undefined;
  const old = await quarantineRelation(context.lake, base);
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
      sql: `select f.*, coalesce(o.since_run, ${run}), coalesce(o.since, ${quoteText(nowIso(context))}::timestamptz), 'open',
          case when o.status = 'open' then o.status_run else ${run} end
        from (select * from found qualify row_number() over (partition by id order by source desc, source_row desc) = 1) f
        left join old o on o.id = f.id
        union all
        select o.* replace (
          case when o.status = 'open' and o.table_name in (${judged.join(', ') || 'null'}) then ${quoteText(cause === 'replay' ? 'replayed' : 'resolved')} else o.status end as status,
          case when o.status = 'open' and o.table_name in (${judged.join(', ') || 'null'}) then ${run} else o.status_run end as status_run)
        from old o anti join found f on o.id = f.id`,
      relations: [old, found],
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

/** Tables with rows in quarantine that no rule can hold there any more: made without one, or gone from the project. */
async function withoutRules(
  context: RunContext,
  base: Snapshot,
  unruled: readonly string[],
): Promise<readonly string[]> {
  const { tables, unread } = context.project;
  const { rows } = await readRows(context.engine, {
    sql: `select distinct table_name from old where status = 'open'`,
    relations: [await quarantineRelation(context.lake, base)],
    timezone: 'UTC',
  });
  return rows
    .map(([name]) => String(name))
    .filter((name) => unruled.includes(name) || !(tables.has(name) || unread.has(name)));
}
