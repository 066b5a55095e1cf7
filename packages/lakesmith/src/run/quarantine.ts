import type { Snapshot } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import type { Lake } from '../lake/lake.ts';
import { pathOfTable } from '../lake/lake.ts';
import type { StagedTable } from '../lake/staged.ts';
import { stageTable } from '../lake/staged.ts';
import type { ModelTable } from '../project/model.ts';
import { streamNames } from '../project/stream.ts';
import { readLedger } from '../sources/ledger.ts';
import { freezeClock } from '../sql/clock.ts';
import { mainInput } from '../sql/origin.ts';
import { brokenRows } from '../sql/rules-in-tree.ts';
import type { BoundTable, RunContext } from './context.ts';
import { momentOf, nowIso } from './context.ts';
import { readRows } from './read-rows.ts';

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

/** Rows of one model that its rules put aside in this run: a file that belongs to nobody yet. */
export interface BrokenRows {
  readonly table: string;
  readonly rows: number;
  readonly locations: readonly string[];
  /** All broken rows of the table, or only those among new rows. */
  readonly scope: 'all' | 'new';
}

/** What a run finds out about a broken row. */
export const freshColumns: readonly Column[] = quarantineColumns.slice(0, 8);

export interface BrokenWork {
  readonly model: ModelTable;
  readonly columns: readonly Column[];
  readonly relations: readonly Relation[];
  readonly inputs: ReadonlyMap<string, BoundTable>;
  readonly scope: 'all' | 'new';
  /** The files in which the rows of the only input lie, where the relation says so itself; absent: the engine is asked. */
  readonly locations?: readonly string[];
}

/** The inputs of a model, and where its rows were made in several parts, of one of them. */
export interface RowsPart {
  readonly relations: readonly Relation[];
  /** The same where each row says in which of `locations` it lies. */
  readonly placed?: readonly Relation[];
  readonly locations?: readonly string[];
}

/** Finds and writes the rows that the model's quarantine rules refuse, of every part. */
export async function stageBrokenParts(
  context: RunContext,
  work: Omit<BrokenWork, 'relations' | 'locations'>,
  parts: readonly RowsPart[],
): Promise<BrokenRows | undefined> {
  const { model, scope } = work;
  if (!model.rules.some(({ severity }) => severity === 'quarantine')) return undefined;
  let all: BrokenRows = { table: model.name, rows: 0, locations: [], scope };
  for (const { relations, placed, locations } of parts) {
    const isPlaced = placed !== undefined && locations !== undefined && originOf(model) !== undefined;
    const bound = isPlaced ? { relations: placed, locations } : { relations };
    const found = await stageBrokenRows(context, { ...work, ...bound });
    all = { ...all, rows: all.rows + found.rows, locations: [...all.locations, ...found.locations] };
  }
  return all;
}

/** What is put aside of a model of which its rules refuse no row. */
export function noBrokenRows({ name, rules }: ModelTable, scope: BrokenRows['scope']): BrokenRows | undefined {
  const asides = rules.some(({ severity }) => severity === 'quarantine');
  return asides ? { table: name, rows: 0, locations: [], scope } : undefined;
}

/** Finds and writes the rows that the model's quarantine rules refuse. */
async function stageBrokenRows(context: RunContext, work: BrokenWork): Promise<Pick<BrokenRows, 'rows' | 'locations'>> {
  const { model } = work;
  const rules = model.rules.filter((rule) => rule.severity === 'quarantine');
  const origin = originOf(model);
  const moment = momentOf(context);
  const broken = brokenRows(model.tree(), rules, origin === undefined ? {} : { origin: { alias: origin.alias } });
  const [sql = ''] = await context.engine.print([freezeClock(broken, moment)]);
  const name = `${context.run}-${crypto.randomUUID()}.parquet`;
  const relations = work.relations.map((relation) =>
    relation.name === origin?.table && work.locations === undefined ? { ...relation, rowPositions: true } : relation,
  );
  const folder = context.lake.locate(context.lake.own('_lakesmith/staged'));
  const files = await context.engine.stage(
    {
      sql: describeBroken(model, work.columns, sql, origin !== undefined),
      relations: [...relations, loadPlaces(context, work, origin?.table), fileNames(work)],
      timezone: context.project.timezone,
      folder,
      fileName: name,
      columns: freshColumns,
      fieldIds: {},
      ordered: true,
    },
    { signal: context.signal },
  );
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return { rows, locations: files.map((file) => `${folder}/${file.name}`) };
}

/** A model whose rows each come from one row of one input can say which. */
function originOf(model: ModelTable): { readonly table: string; readonly alias: string } | undefined {
  const [only, ...others] = model.inputs;
  const main = mainInput(model.tree());
  return only === undefined ||
    others.length > 0 ||
    main === undefined ||
    model.history !== undefined ||
    model.rows !== undefined
    ? undefined
    : { table: only, alias: main.alias };
}

/** The identity of a broken row is its key, else its place in the input, else what it is. */
function describeBroken(model: ModelTable, columns: readonly Column[], sql: string, hasOrigin: boolean): string {
  const row = `to_json(struct_pack(${columns.map((column) => `${quoteName(column.name)} := b.${quoteName(column.name)}`).join(', ')}))::varchar`;
  const key =
    model.key.length === 0
      ? 'null'
      : `to_json(struct_pack(${model.key.map((column) => `${quoteName(column)} := b.${quoteName(column)}`).join(', ')}))::varchar`;
  const hasKey =
    model.key.length === 0 ? 'false' : model.key.map((column) => `b.${quoteName(column)} is not null`).join(' and ');
  const place = hasOrigin
    ? `coalesce(p.source || ':' || (b._position - p.first_row + 1), coalesce(n.name, b._file::varchar) || ':' || b._position)`
    : 'null';
  const join = hasOrigin
    ? 'left join load_places p on p.file = b._file and b._position >= p.first_row and b._position < p.first_row + p.rows left join file_names n on n.file = b._file'
    : '';
  return `select md5(${quoteText(model.name)} || '|' || identity) as id, ${quoteText(model.name)} as table_name, row_key, _reasons as reasons,
      row_text as "row", input, source, source_row
    from (
      select *, row_number() over (partition by identity order by source desc, source_row desc, row_text) as nth from (
        select case when ${hasKey} then ${key} else coalesce(${place}, ${row}) end as identity, ${key} as row_key, b._reasons,
          ${row} as row_text, ${hasOrigin ? 'b._input' : 'null::varchar'} as input,
          ${hasOrigin ? 'p.source' : 'null::varchar'} as source, ${hasOrigin ? 'b._position - p.first_row + 1' : 'null::bigint'} as source_row
        from (${sql}) b ${join}
      )
    ) where nth = 1`;
}

/** What files are called, where their numbers mean others in each run. */
function fileNames({ locations = [] }: BrokenWork): Relation {
  return {
    name: 'file_names',
    kind: 'rows',
    columns: [
      { name: 'file', type: 'long' },
      { name: 'name', type: 'string' },
    ],
    rows: locations.map((location, index) => [index, location.slice(location.lastIndexOf('/') + 1)]),
  };
}

/** Which physical rows of the input's data files came from which source file. */
function loadPlaces(
  context: RunContext,
  { inputs, relations, locations: told }: BrokenWork,
  table: string | undefined,
): Relation {
  const input = table === undefined ? undefined : inputs.get(table);
  // Only new rows may be bound, so that a file's number is its place among the files that are.
  const bound = relations.find((relation) => relation.name === table);
  const locations = bound?.kind === 'parquet' ? bound.files.map(({ location }) => location) : [];
  const indexes = new Map((told ?? locations).map((location, index) => [location, index] as const));
  const files = [...readLedger(input?.snapshot.domains ?? new Map()).files.values()];
  return {
    name: 'load_places',
    kind: 'rows',
    columns: [
      { name: 'file', type: 'long' },
      { name: 'source', type: 'string' },
      { name: 'first_row', type: 'long' },
      { name: 'rows', type: 'long' },
    ],
    rows: files.flatMap((file) => {
      const index = indexes.get(context.lake.locate(`${input?.path ?? ''}/${file.dataFile ?? ''}`));
      return index === undefined ? [] : [[index, file.path, file.firstRow ?? 0, file.rows]];
    }),
  };
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
  const old: Relation =
    base === undefined
      ? { name: 'old', kind: 'empty', columns: quarantineColumns }
      : await bindLakeTable(context.lake, 'old', { path, snapshot: base });
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
      madeBy: { run, fingerprint: '', rulesFingerprint: '', inputs: {}, day: undefined },
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
    relations: [await bindLakeTable(context.lake, 'old', { path: quarantinePath(context.lake), snapshot: base })],
    timezone: 'UTC',
  });
  return rows
    .map(([name]) => String(name))
    .filter((name) => unruled.includes(name) || !(tables.has(name) || unread.has(name)));
}
