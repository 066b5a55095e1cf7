import { LakeError } from '../core/errors.ts';
import { quoteNames, quoteText } from '../core/sql-text.ts';
import { commitTable } from '../lake/commit.ts';
import { countRows } from '@lakesmith/delta';
import { bindLakeTable } from '../lake/bind-table.ts';
import { forgottenRows } from '../lake/forgotten-rows.ts';
import { stageTable } from '../lake/staged.ts';
import { changeColumns, provenanceColumns } from '../project/own-columns.ts';
import type { SourceTable } from '../project/model.ts';
import { loadAppId, loadDomain, readLedger } from '../sources/ledger.ts';
import type { BoundTable, RunContext } from './context.ts';
import { nowIso } from './context.ts';
import type { JudgeLoad, Load, LoadResult } from './load-result.ts';
import { madeBySource, provenanceItems } from './provenance.ts';
import type { SourceSighting } from './sight-source.ts';
import { sourceRelations } from './source-relations.ts';

/** Companion of a table that follows a change log: every change, in order. */
export function changesOf(table: string): string {
  return `${table}__changes`;
}

/** What is new in a change log: the changes into their companion table, and the state they lead to into the table itself. */
export async function loadChanges(
  context: RunContext,
  { table, path, sighting }: Load,
  judge: JudgeLoad,
): Promise<LoadResult> {
  const log = sighting.log;
  if (log === undefined) throw new LakeError('LS9001', `${table.name} has no change log to read.`);
  const changesPath = changesOf(path);
  const { changes, commit } = await stageLog(context, table, changesPath, { ...sighting, log });
  const load = { number: sighting.ledger.next, run: context.run, files: [], changes: log.total };
  const data = quoteNames(sighting.merged.data.map((column) => column.name));
  const staged = await stageTable(context.lake, {
    table: table.name,
    path,
    base: await context.lake.open(path),
    mode: 'overwrite',
    query: {
      sql: `select ${data}, _source, _ingested_at, _run from changes
        qualify row_number() over (partition by ${quoteNames(table.key)} order by _change_number desc) = 1
          and _change_type <> 'delete'`,
      relations: [await bindLakeTable(context.lake, 'changes', changes)],
      timezone: context.project.timezone,
    },
    columns: sighting.columns,
    storage: table.storage,
    details: () => ({
      operation: 'FOLLOW CHANGES',
      madeBy: madeBySource(context, table),
      txns: [{ appId: loadAppId(table.name), version: load.number }],
      domains: loadDomain(load),
    }),
    signal: context.signal,
  });
  await judge(staged);
  await commit();
  const snapshot = await commitTable(context.lake, staged, context.run);
  return {
    table: { path, snapshot },
    rows: countRows(snapshot) ?? 0,
    added: sighting.changes,
    unit: 'changes',
    loaded: [],
  };
}

/** What is new in a change log, to be appended to the table of changes; a table that has it all is left alone. */
async function stageLog(
  context: RunContext,
  table: SourceTable,
  path: string,
  sighting: SourceSighting & { readonly log: NonNullable<SourceSighting['log']> },
): Promise<{ readonly changes: BoundTable; readonly commit: () => Promise<unknown> }> {
  const name = changesOf(table.name);
  const base = await context.lake.open(path);
  const done = readLedger(base?.domains ?? new Map());
  if (base !== undefined && done.changes >= sighting.log.total)
    return { changes: { path, snapshot: base }, commit: async () => undefined };
  const data = quoteNames(sighting.merged.data.map((column) => column.name));
  const said = sighting.merged.unknown.some((column) => column.name === '_op') ? '_op' : 'null';
  const dated = sighting.merged.data.some((column) => column.name === 'updated_at') ? 'updated_at' : 'null';
  const forgotten = await forgottenRows(context.lake.store, table.name, sighting.merged.data);
  const number = done.next;
  const staged = await stageTable(context.lake, {
    table: name,
    path,
    base,
    mode: 'append',
    query: {
      sql: `with log as (select *, row_number() over () as _n from log_file)
        select ${data}, coalesce(${said}, case when row_number() over (partition by ${quoteNames(table.key)} order by _n) = 1 then 'insert' else 'update' end),
          _n, coalesce(${dated}, ${quoteText(nowIso(context))})::timestamptz, ${provenanceItems(context).join(', ')}
        from log qualify _n > ${done.changes}${forgotten === undefined ? '' : ` and not (${forgotten})`} order by _n`,
      relations: sourceRelations('log_file', [...sighting.merged.data, ...sighting.merged.unknown], sighting.groups),
      timezone: context.project.timezone,
    },
    columns: [...sighting.merged.data, ...changeColumns, ...provenanceColumns],
    ordered: true,
    details: () => ({
      operation: 'LOAD CHANGES',
      madeBy: madeBySource(context, table),
      txns: [{ appId: loadAppId(name), version: number }],
      domains: loadDomain({ number, run: context.run, files: [], changes: sighting.log.total }),
    }),
    signal: context.signal,
  });
  return {
    changes: { path, snapshot: staged.snapshot },
    commit: async () => await commitTable(context.lake, staged, context.run),
  };
}
