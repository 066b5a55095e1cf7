import type { Snapshot } from '@lakesmith/delta';
import type { StagedFile } from '../engine/engine.ts';
import { quoteNames, quoteText } from '../core/sql-text.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { commitTable } from '../lake/commit.ts';
import { columnsOf } from '../lake/relation.ts';
import type { MadeBy } from '../lake/release.ts';
import { asFirst } from '../lake/release.ts';
import { stageTable } from '../lake/staged.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import { loadAppId, loadDomain, readLedger } from '../sources/ledger.ts';
import type { RunContext } from './context.ts';
import type { ForgetScope, ScopeTable } from './forget-scope.ts';
import { quarantineSql, rowsSql } from './forget-find.ts';
import { withoutPlaces } from './load-files.ts';
import { quarantineTable } from './quarantine.ts';
import { readRows } from './read-rows.ts';
import { placesIn } from './row-places.ts';

/**
 * Writes the data files of a source, or of its change log, anew that hold rows which are to be forgotten, without them; and those of which rows are only
 * marked as deleted. The ledger then tells what is left of each source file.
 */
export async function eraseFromSource(
  context: RunContext,
  { scope, table, salt }: { readonly scope: ForgetScope; readonly table: ScopeTable; readonly salt: string },
): Promise<void> {
  const { path, name } = table;
  const base = await context.lake.open(path);
  const where = rowsSql(salt, scope.carriers, name);
  if (base === undefined || where === undefined) return;
  const { replaced, removed } = await concernedFiles(context, { path, base, where });
  if (replaced.size === 0) return;
  const files = new Map([...base.files].filter(([key]) => replaced.has(key)));
  const columns = columnsOf(base);
  const ledger = readLedger(base.domains);
  const staged = await stageTable(context.lake, {
    table: name,
    path,
    base,
    mode: 'overwrite',
    replaced,
    query: {
      sql: `select ${quoteNames(columns.map((column) => column.name))} from kept where not (${where})`,
      relations: [await bindLakeTable(context.lake, 'kept', { path, snapshot: { ...base, files } })],
      timezone: context.project.timezone,
    },
    columns,
    ordered: true,
    details: async (written) => ({
      operation: 'FORGET',
      madeBy: { ...asFirst(madeByOf(base)), run: context.run },
      txns: [{ appId: loadAppId(name), version: ledger.next }],
      domains: loadDomain({
        number: ledger.next,
        // No run brought rows with it.
        run: 0,
        files: withoutPlaces(
          await movedFiles(context, { path, loaded: [...ledger.files.values()], replaced, removed }, written),
          new Set(removed.keys()),
        ),
        ...(ledger.changes === 0 ? {} : { changes: ledger.changes }),
      }),
    }),
    signal: context.signal,
  });
  await commitTable(context.lake, staged, context.run);
}

interface Concerned {
  /** Keys of data files. */
  readonly replaced: ReadonlySet<string>;
  /** Rows that go, by the source file that they came from. */
  readonly removed: ReadonlyMap<string, number>;
}

async function concernedFiles(
  context: RunContext,
  { path, base, where }: { readonly path: string; readonly base: Snapshot; readonly where: string },
): Promise<Concerned> {
  const { rows } = await readRows(
    context.engine,
    {
      sql: `select __ls_file, _source, count(*) from t where ${where} group by all`,
      relations: [await bindLakeTable(context.lake, 't', { path, snapshot: base }, { rowPositions: true })],
      timezone: context.project.timezone,
    },
    context.signal,
  );
  const keys = [...base.files.keys()];
  const removed = new Map<string, number>();
  for (const [, source, count] of rows) removed.set(String(source), (removed.get(String(source)) ?? 0) + Number(count));
  const marked = [...base.files].filter(([, file]) => file.deletionVector !== undefined).map(([key]) => key);
  return { replaced: new Set([...rows.flatMap(([file]) => keys[Number(file)] ?? []), ...marked]), removed };
}

/** What the ledger says of source files of which rows went, or lie in another data file from now on. */
async function movedFiles(
  context: RunContext,
  { path, loaded, replaced, removed }: Concerned & { readonly path: string; readonly loaded: readonly LoadedFile[] },
  written: readonly StagedFile[],
): Promise<readonly LoadedFile[]> {
  const [dataFile] = written;
  const places = dataFile === undefined ? undefined : await placesIn(context, path, dataFile);
  return loaded
    .filter((file) => removed.has(file.path) || replaced.has(file.dataFile ?? ''))
    .map(({ dataFile: _, firstRow: __, ...file }) => {
      const { firstRow } = places?.get(file.path) ?? {};
      const lies = dataFile === undefined || firstRow === undefined ? {} : { dataFile: dataFile.name, firstRow };
      return { ...file, rows: file.rows - (removed.get(file.path) ?? 0), ...lies };
    });
}

/** The same of the quarantine. */
export async function eraseFromQuarantine(context: RunContext, scope: ForgetScope, salt: string): Promise<void> {
  const where = quarantineSql({ project: context.project, salt }, scope);
  await rewrite(context, scope, { name: quarantineTable, where, sql: `select * from t where not (${where})` });
}

/** What errors of runs told of the tables may have values in it. */
export async function eraseFromSystem(context: RunContext, scope: ForgetScope, note: string): Promise<void> {
  const touched = [...scope.names, 'null'].map(quoteText).join(', ');
  for (const [name, told] of [
    ['system.steps', `error is not null and table_name in (${touched})`],
    ['system.runs', 'error is not null'],
  ] as const) {
    const where = `${told} and error <> ${quoteText(note)}`;
    const sql = `select * replace (case when ${where} then ${quoteText(note)} else error end as error) from t`;
    await rewrite(context, scope, { name, where, sql });
  }
}

/** Writes a table of the lake's own anew where some row of it is concerned. */
async function rewrite(
  context: RunContext,
  { tables }: ForgetScope,
  { name, where, sql }: { readonly name: string; readonly where: string; readonly sql: string },
): Promise<void> {
  const path = tables.find((table) => table.name === name)?.path;
  const base = path === undefined ? undefined : await context.lake.open(path);
  if (path === undefined || base === undefined) return;
  const { timezone } = context.project;
  const relations = [await bindLakeTable(context.lake, 't', { path, snapshot: base })];
  const { rows } = await readRows(context.engine, {
    sql: `select count(*) from t where ${where}`,
    relations,
    timezone,
  });
  if (Number(rows[0]?.[0] ?? 0) === 0) return;
  const staged = await stageTable(context.lake, {
    table: name,
    path,
    base,
    mode: 'overwrite',
    query: { sql, relations, timezone },
    columns: columnsOf(base),
    details: () => ({ operation: 'FORGET', madeBy: { ...madeByOf(base), run: context.run } }),
    signal: context.signal,
  });
  await commitTable(context.lake, staged, context.run);
}

/** What another writer committed says nothing of how it came to be. */
function madeByOf(base: Snapshot): MadeBy {
  const madeBy = base.commitInfo?.['lakesmith'] as MadeBy | undefined;
  return madeBy ?? { run: 0, fingerprint: '', rulesFingerprint: '', inputs: {}, day: undefined };
}
