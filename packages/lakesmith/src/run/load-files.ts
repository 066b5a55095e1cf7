import type { Snapshot } from '@lakesmith/delta';
import { countRows } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { quoteNames, quoteText } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { commitTable } from '../lake/commit.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { forgottenRows } from '../lake/forgotten-rows.ts';
import { stageTable } from '../lake/staged.ts';
import type { SourceTable } from '../project/model.ts';
import { dataItems, rescuedItem } from '../sources/columns.ts';
import type { LoadedFile } from '../sources/ledger.ts';
import { loadAppId, loadDomain } from '../sources/ledger.ts';
import type { RunContext } from './context.ts';
import type { JudgeLoad, Load, LoadResult } from './load-result.ts';
import { madeBySource, provenanceItems } from './provenance.ts';
import { readRows } from './read-rows.ts';
import { placeRows } from './row-places.ts';
import type { SourceSighting } from './sight-source.ts';
import { sourceRelations } from './source-relations.ts';

/** New files of a landing folder, and those that are read again, into their bronze table. */
export async function loadFiles(
  context: RunContext,
  { table, path, sighting }: Load,
  judge: JudgeLoad,
): Promise<LoadResult> {
  refuseNewColumns(table, sighting);
  const base = await context.lake.open(path);
  const { ledger, read } = sighting;
  const isWhole = table.from.kind === 'files' && table.from.eachFile === 'replaces';
  const whole = isWhole && read.length > 0;
  const replaced = isWhole || base === undefined ? undefined : filesToReplace(base, sighting);
  const fresh = await freshRows(context, table, sighting);
  const kept = await keptRows(context, { path, sighting }, { base, replaced });
  let loaded: readonly LoadedFile[] = [];
  const staged = await stageTable(context.lake, {
    table: table.name,
    path,
    base,
    mode: whole || replaced !== undefined ? 'overwrite' : 'append',
    ...(replaced === undefined ? {} : { replaced }),
    query: {
      sql: `${kept.sql}${fresh.sql}`,
      relations: [...kept.relations, ...fresh.relations],
      timezone: context.project.timezone,
    },
    columns: sighting.columns,
    storage: table.storage,
    ordered: true,
    details: async (files) => ({
      operation: whole ? 'LOAD REPLACE' : replaced === undefined ? 'LOAD' : 'LOAD AGAIN',
      madeBy: madeBySource(context, table),
      txns: [{ appId: loadAppId(table.name), version: ledger.next }],
      domains: loadDomain({
        number: ledger.next,
        run: context.run,
        files: (loaded = withoutPlaces(await placeRows(context, { path, sighting, replaced }, files), fresh.thinned)),
      }),
    }),
    signal: context.signal,
  });
  await judge(staged);
  const snapshot = await commitTable(context.lake, staged, context.run);
  const rows = countRows(snapshot) ?? 0;
  const before = replaced === undefined || base === undefined ? undefined : (countRows(base) ?? 0);
  return {
    table: { path, snapshot },
    rows,
    added: before === undefined ? staged.rowsWritten : rows - before,
    unit: 'rows',
    loaded: loaded.filter((file) => read.some((one) => one.path === file.path) || replaced === undefined),
  };
}

interface FreshRows {
  readonly sql: string;
  readonly relations: readonly Relation[];
  /** Source files of which some rows are left out, since the lake was told to forget them. */
  readonly thinned: ReadonlySet<string>;
}

/** The rows of the source files, as the table will have them. */
async function freshRows(context: RunContext, table: SourceTable, sighting: SourceSighting): Promise<FreshRows> {
  const items = [...projection(table, sighting), ...provenanceItems(context)].join(', ');
  const sql = `select ${items} from source_files`;
  const relations = sourceFiles(table, sighting);
  const forgotten =
    sighting.read.length === 0 ? undefined : await forgottenRows(context.lake.store, table.name, sighting.columns);
  if (forgotten === undefined) return { sql, relations, thinned: new Set() };
  const { timezone } = context.project;
  const asked = { sql: `select distinct _source from (${sql}) where ${forgotten}`, relations, timezone };
  const { rows } = await readRows(context.engine, asked, context.signal);
  if (rows.length === 0) return { sql, relations, thinned: new Set() };
  const left = `select * from (${sql}) where not (${forgotten})`;
  return { sql: left, relations, thinned: new Set(rows.map(([source]) => String(source))) };
}

/** The place of a row tells its line only where all rows of its file are there. */
export function withoutPlaces(files: readonly LoadedFile[], thinned: ReadonlySet<string>): readonly LoadedFile[] {
  return files.map(({ dataFile, firstRow, ...file }) =>
    thinned.has(file.path) || dataFile === undefined || firstRow === undefined ? file : { ...file, dataFile, firstRow },
  );
}

function sourceFiles({ newColumns }: SourceTable, { merged, groups }: SourceSighting): readonly Relation[] {
  return sourceRelations('source_files', [...merged.read, ...(newColumns === 'rescue' ? merged.unknown : [])], groups);
}

/** Data files that hold rows of source files which are read again; undefined: none is read again. */
function filesToReplace(base: Snapshot, { again, ledger }: SourceSighting): ReadonlySet<string> | undefined {
  if (again.size === 0) return undefined;
  const places = [...again].flatMap((path) => {
    const file = ledger.files.get(path);
    return file === undefined || file.rows === 0 ? [] : [file.dataFile ?? ''];
  });
  // Another writer may have put the rows elsewhere: then they can be anywhere.
  return places.every((key) => base.files.has(key)) ? new Set(places) : new Set(base.files.keys());
}

/** The rows of other source files in the data files that are replaced, in their order. */
async function keptRows(
  context: RunContext,
  { path, sighting }: { readonly path: string; readonly sighting: SourceSighting },
  { base, replaced }: { readonly base: Snapshot | undefined; readonly replaced: ReadonlySet<string> | undefined },
): Promise<{ readonly sql: string; readonly relations: readonly Relation[] }> {
  if (base === undefined || replaced === undefined) return { sql: '', relations: [] };
  const files = new Map([...base.files].filter(([key]) => replaced.has(key)));
  const kept = await bindLakeTable(context.lake, 'kept', { path, snapshot: { ...base, files } });
  const columns = quoteNames(sighting.columns.map((column) => column.name));
  const gone = [...sighting.again].map(quoteText).join(', ');
  return {
    sql: `select ${columns} from kept where _source is null or _source not in (${gone}) union all `,
    relations: [{ ...kept, columns: sighting.columns }],
  };
}

/** The source's columns as the table has them; what else the files hold together as JSON when it is to be rescued. */
function projection({ newColumns }: SourceTable, { merged }: SourceSighting): string[] {
  return newColumns === 'rescue' ? [...dataItems(merged), rescuedItem(merged)] : dataItems(merged);
}

function refuseNewColumns(table: SourceTable, { merged }: SourceSighting): void {
  if (table.newColumns !== 'fail' || merged.refused.length === 0) return;
  const names = merged.refused.join(', ');
  throw new LakeError(
    'LS2002',
    `${table.name} has new columns in its files (${names}), and ${table.file} says new_columns: fail. Nothing was loaded; set new_columns to add, rescue or ignore.`,
    { context: { table: table.name, columns: names } },
  );
}
