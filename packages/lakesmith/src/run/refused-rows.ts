import type { Column } from '../core/schema.ts';
import { quoteName, quoteText } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { putsAside } from '../plan/refresh/refused.ts';
import type { ModelTable } from '../project/model.ts';
import { readLedger } from '../sources/ledger.ts';
import { mainInput } from '../sql/origin.ts';
import { reasonsColumn } from '../sql/rules-in-tree.ts';
import type { BoundTable, RunContext } from './context.ts';
import { momentOf } from './context.ts';
import { refusedTree } from './model-sql.ts';
import { freshColumns } from './quarantine.ts';
import { readRows } from './read-rows.ts';

/** Rows of one model that its rules put aside in this run: a file that belongs to nobody yet. */
export interface BrokenRows {
  readonly table: string;
  readonly rows: number;
  readonly locations: readonly string[];
  /** All broken rows of the table, or only those among new rows. */
  readonly scope: 'all' | 'new';
}

/** Where rows that are refused are looked for. */
export interface RefusedWork {
  readonly model: ModelTable;
  readonly columns: readonly Column[];
  readonly inputs: ReadonlyMap<string, BoundTable>;
}

/** The inputs of a model, and where its rows were made in several parts, of one of them. */
export interface RowsPart {
  readonly relations: readonly Relation[];
  /** The same where each row says in which of `locations` it lies. */
  readonly placed?: readonly Relation[];
  readonly locations?: readonly string[];
}

/** SQL, and what it reads. */
export interface BoundSql {
  readonly sql: string;
  readonly relations: readonly Relation[];
}

/** Finds and writes the rows that the model's quarantine rules refuse, of every part. */
export async function stageBrokenParts(
  context: RunContext,
  work: RefusedWork & Pick<BrokenRows, 'scope'>,
  parts: readonly RowsPart[],
): Promise<BrokenRows | undefined> {
  const { model, scope } = work;
  if (!putsAside(model)) return undefined;
  let all: BrokenRows = { table: model.name, rows: 0, locations: [], scope };
  for (const part of parts) {
    const found = await stageRefused(context, await refusedIn(context, work, part));
    all = { ...all, rows: all.rows + found.rows, locations: [...all.locations, ...found.locations] };
  }
  return all;
}

/** What is put aside of a model of which its rules refuse no row. */
export function noBrokenRows(model: ModelTable, scope: BrokenRows['scope']): BrokenRows | undefined {
  return putsAside(model) ? { table: model.name, rows: 0, locations: [], scope } : undefined;
}

/** Writes refused rows where those of runs lie until they are in quarantine. */
export async function stageRefused(
  context: RunContext,
  query: BoundSql,
): Promise<Pick<BrokenRows, 'rows' | 'locations'>> {
  const folder = context.lake.locate(context.lake.own('_lakesmith/staged'));
  const files = await context.engine.stage(
    {
      ...query,
      timezone: context.project.timezone,
      folder,
      fileName: `${context.run}-${crypto.randomUUID()}.parquet`,
      columns: freshColumns,
      fieldIds: {},
      ordered: true,
    },
    { signal: context.signal },
  );
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return { rows, locations: files.map((file) => `${folder}/${file.name}`) };
}

/** The rows that the model's quarantine rules refuse, of one part. */
export async function refusedIn(context: RunContext, work: RefusedWork, part: RowsPart): Promise<BoundSql> {
  const { model } = work;
  const origin = originOf(model);
  const reasons = reasonsColumn(work.columns);
  const tree = refusedTree(model, momentOf(context), { reasons, ...(origin === undefined ? {} : { origin }) });
  const [sql = ''] = await context.engine.print([tree]);
  if (origin === undefined) return describeRefused(context, work, part, sql);
  const { placed, locations } = part;
  const relations =
    placed !== undefined && locations !== undefined
      ? placed
      : part.relations.map((relation) =>
          relation.name === origin.table ? { ...relation, rowPositions: true } : relation,
        );
  // Only new rows may be bound, so that a file's number is its place among the files that are.
  const bound = relations.find((relation) => relation.name === origin.table);
  const files = bound?.kind === 'parquet' ? bound.files.map(({ location }) => location) : [];
  return describeRefused(context, work, { relations, locations: locations ?? files }, sql);
}

/** A model whose rows each come from one row of one input can say which. */
export function originOf(model: ModelTable): { readonly table: string; readonly alias: string } | undefined {
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

/** What comes first of refused rows that are one. */
export const firstOfSame = 'source desc, source_row desc, "row", input';

/**
 * Refused rows as quarantine has them, of SQL that gives them as `brokenRows` does; of an input, with the files that its marks mean. The
 * identity of a row is its key, else its place in the input, else what it is.
 */
export function describeRefused(
  context: RunContext,
  { model, columns, inputs }: RefusedWork,
  { relations, locations = [] }: Pick<RowsPart, 'relations' | 'locations'>,
  sql: string,
): BoundSql {
  const origin = originOf(model);
  const hasOrigin = origin !== undefined;
  const row = packed(columns.map(({ name }) => name));
  const key = model.key.length === 0 ? 'null' : packed(model.key);
  const hasKey =
    model.key.length === 0 ? 'false' : model.key.map((column) => `b.${quoteName(column)} is not null`).join(' and ');
  const place = hasOrigin
    ? `coalesce(p.source || ':' || (b.__ls_position - p.first_row + 1), coalesce(n.name, b.__ls_file::varchar) || ':' || b.__ls_position)`
    : 'null';
  const join = hasOrigin
    ? 'left join load_places p on p.file = b.__ls_file and b.__ls_position >= p.first_row and b.__ls_position < p.first_row + p.rows left join file_names n on n.file = b.__ls_file'
    : '';
  const described = `select md5(${identified(model)} || identity) as id, ${quoteText(model.name)} as table_name, row_key, reasons, "row", input, source, source_row
    from (
      select *, row_number() over (partition by identity order by ${firstOfSame}) as nth from (
        select case when ${hasKey} then ${key} else coalesce(${place}, ${row}) end as identity, ${key} as row_key, b.${quoteName(reasonsColumn(columns))} as reasons,
          ${row} as "row", ${hasOrigin ? 'b.__ls_input' : 'null::varchar'} as input,
          ${hasOrigin ? 'p.source' : 'null::varchar'} as source, ${hasOrigin ? 'b.__ls_position - p.first_row + 1' : 'null::bigint'} as source_row
        from (${sql}) b ${join}
      )
    ) where nth = 1`;
  const places = loadPlaces(context, origin === undefined ? undefined : inputs.get(origin.table), locations);
  return { sql: described, relations: [...relations, places, fileNames(locations)] };
}

function packed(names: readonly string[]): string {
  return `to_json(struct_pack(${names.map((name) => `${quoteName(name)} := b.${quoteName(name)}`).join(', ')}))::varchar`;
}

/** What the identity of a row is hashed with. */
export function identified({ name }: Pick<ModelTable, 'name'>): string {
  return `${quoteText(name)} || '|'`;
}

/** What files are called: their numbers mean others in each run. */
function fileNames(locations: readonly string[]): Relation {
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

/** Which physical rows of an input's data files came from which source file. */
function loadPlaces(context: RunContext, input: BoundTable | undefined, locations: readonly string[]): Relation {
  const indexes = new Map(locations.map((location, index) => [location, index] as const));
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

/** Refused rows that are written. */
export function brokenSql({ locations }: Pick<BrokenRows, 'locations'>): BoundSql {
  const files = locations.map((location) => ({ location, partitionValues: {} }));
  const found: Relation = { name: 'found', kind: 'parquet', columns: freshColumns, files };
  return { sql: 'select * from found', relations: [found] };
}

/** Says of refused rows which they are, as one short text: the same rows say the same, in whatever order they lie. */
export async function stampOf(
  { engine, project, signal }: Pick<RunContext, 'engine' | 'project' | 'signal'>,
  { sql, relations }: BoundSql,
): Promise<string> {
  const hash = `md5_number(${packed(freshColumns.map(({ name }) => name))})`;
  const asked = `select count(*) || ':' || coalesce(bit_xor(${hash}), 0) from (${sql}) as b`;
  const { rows } = await readRows(engine, { sql: asked, relations, timezone: project.timezone }, signal);
  return String(rows[0]?.[0]);
}
