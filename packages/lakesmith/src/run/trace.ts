import { join } from 'node:path';
import type { Column } from '../core/schema.ts';
import { quoteName, quoteNames, quoteText } from '../core/sql-text.ts';
import { LakeError } from '../core/errors.ts';
import type { Relation, Scalar } from '../engine/engine.ts';
import type { Lake } from '../lake/lake.ts';
import { bindLakeTable } from '../lake/bind-table.ts';
import { bindView, openReleased } from '../lake/bind-view.ts';
import { columnsOf } from '../lake/relation.ts';
import type { MadeBy, Release, ReleasedView } from '../lake/release.ts';
import type { ModelTable, Project, ProjectTable } from '../project/model.ts';
import { globMatcher } from '../sources/discover.ts';
import { lineOfRecord } from '../sources/line-of-record.ts';
import { readLedger } from '../sources/ledger.ts';
import { formatOfFile } from '../sources/text-format.ts';
import type { MainInput } from '../sql/origin.ts';
import { fileColumn, mainInput, positionColumn, rowInputs, simpleSources, withOriginOf } from '../sql/origin.ts';
import { withNamedViews } from '../sql/views.ts';
import type { BoundTable } from './context.ts';
import { readRows } from './read-rows.ts';
import { dataFilesOf } from './row-places.ts';

/** A row, and the rows that it was made from. */
export interface TracedRow {
  readonly table: string;
  /** undefined: a view. */
  readonly version: number | undefined;
  readonly run: number | undefined;
  readonly row: Readonly<Record<string, Scalar>>;
  /** For a row of a source: file, record, and line when the file is still there. */
  readonly origin: RowOrigin | undefined;
  readonly inputs: readonly TracedRow[];
  /** Rows of an input that had a part in it and are not shown. */
  readonly more: number;
  /** Tables that it was made from too, of which nobody can tell which rows. */
  readonly untold: readonly string[];
  /** The row was told before, with what it was made from. */
  readonly again?: true;
}

export interface RowOrigin {
  readonly source: string;
  readonly record: number | undefined;
  readonly line: number | undefined;
}

export interface TraceWorld {
  readonly project: Project;
  readonly lake: Lake;
  /** The tables as they are asked about: those of a release, or those of a run. */
  readonly open: (table: string) => Promise<BoundTable | undefined>;
  /** The views. */
  readonly view: (name: string) => Promise<ReleasedView | undefined>;
  /** Tables that nobody else can see yet. */
  readonly staged?: ReadonlyMap<string, BoundTable>;
}

/** The tables that a release has. */
export function releasedWorld({
  project,
  lake,
  release,
}: {
  readonly project: Project;
  readonly lake: Lake;
  readonly release: Release;
}): TraceWorld {
  return {
    project,
    lake,
    open: (table) => openReleased(lake, release, table),
    view: async (name) => release.views?.[name],
  };
}

type Values = Readonly<Record<string, Scalar>>;
const mostRows = 3;

/** Rows of a released table with these values, each walked back to the files that it came from. */
export async function traceRows(
  world: TraceWorld,
  table: string,
  values: Values,
  told = new Set<string>(),
): Promise<{ rows: readonly TracedRow[]; total: number }> {
  const found = await find(world, table);
  const definition = world.project.tables.get(table);
  if (found === undefined || definition === undefined) return { rows: [], total: 0 };
  const { columns, rows } = await readRows(world.lake.engine, {
    sql: `select *, count(*) over () as __ls_total from ${table} where ${matches(values)} limit ${mostRows}`,
    relations: await bindFound(world, table, found, definition.kind === 'source'),
    timezone: world.project.timezone,
  });
  const traced: TracedRow[] = [];
  for (const cells of rows) {
    const row: Record<string, Scalar> = Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? null]));
    traced.push(await traceOne(world, { definition, found, row }, told));
  }
  return { rows: traced, total: Number(rows[0]?.at(-1) ?? 0) };
}

/** What the world has under a name. */
type Found = { readonly table: BoundTable } | { readonly view: ReleasedView };

async function find(world: TraceWorld, name: string): Promise<Found | undefined> {
  const view = await world.view(name);
  if (view !== undefined) return { view };
  const table = await world.open(name);
  return table === undefined ? undefined : { table };
}

async function bindFound(
  { lake, staged }: TraceWorld,
  name: string,
  found: Found,
  rowPositions: boolean,
): Promise<readonly Relation[]> {
  if ('view' in found) return await bindView(lake, name, found.view, staged);
  return [await bindLakeTable(lake, name, found.table, { rowPositions })];
}

interface FoundRow {
  readonly definition: ProjectTable;
  readonly found: Found;
  readonly row: Record<string, Scalar>;
}

async function traceOne(
  world: TraceWorld,
  { definition, found, row }: FoundRow,
  told: Set<string>,
): Promise<TracedRow> {
  const bound = 'table' in found ? found.table : undefined;
  const { [fileColumn]: file, [positionColumn]: position, __ls_total: _, ...shown } = row;
  const madeBy =
    'view' in found ? found.view.madeBy : (found.table.snapshot.commitInfo?.['lakesmith'] as MadeBy | undefined);
  const base = {
    table: definition.name,
    version: bound?.snapshot.version,
    run: madeBy?.run,
    row: shown,
    inputs: [],
    more: 0,
    untold: [],
  };
  if (definition.kind === 'source' && bound !== undefined)
    return { ...base, origin: await originOf(world, bound, { file, position, row: shown }) };
  if (definition.kind === 'source') return { ...base, origin: undefined };
  if (definition.kind === 'reference')
    return { ...base, origin: { source: definition.csv, record: undefined, line: undefined } };
  // Nobody can see what TypeScript makes of which rows.
  if (definition.rows !== undefined)
    return { ...base, origin: { source: definition.file, record: undefined, line: undefined } };
  const itself = JSON.stringify([definition.name, Object.values(shown).map(String)]);
  if (told.has(itself)) return { ...base, origin: undefined, again: true };
  told.add(itself);
  const inputs: TracedRow[] = [];
  const untold: string[] = [];
  let more = 0;
  for (const { table, values } of await inputKeys(world, definition, shown)) {
    if (values === undefined) untold.push(table);
    if (values === undefined || values === 'none') continue;
    const { rows, total } = await traceRows(world, table, values, told);
    inputs.push(...rows);
    more += total - rows.length;
  }
  return { ...base, origin: undefined, inputs, more, untold };
}

/** For each input, values by which to find the rows that had a part in this one; none: no row had; undefined: nobody can tell. */
async function inputKeys(
  world: TraceWorld,
  model: ModelTable,
  row: Values,
): Promise<readonly { readonly table: string; readonly values: Values | 'none' | undefined }[]> {
  const tree = withNamedViews(model.tree());
  const sources = simpleSources(tree);
  const single = model.history === undefined ? rowInputs(tree) : [];
  const found: { table: string; values: Values | 'none' | undefined }[] = [];
  for (const input of model.reads) {
    const one = single.find(({ table }) => table === input);
    const exact = one === undefined ? undefined : await exactInput(world, model, { row, input: one });
    if (exact === 'none') {
      found.push({ table: input, values: exact });
      continue;
    }
    const inputKey = world.project.tables.get(input)?.key ?? [];
    const mapped = [...sources].filter(
      ([output, source]) => source.table === input && (inputKey.includes(source.column) || model.key.includes(output)),
    );
    const values = exact ?? Object.fromEntries(mapped.map(([output, source]) => [source.column, row[output] ?? null]));
    found.push({ table: input, values: Object.keys(values).length > 0 ? values : undefined });
  }
  return found;
}

/** Types of which a value that is written and read again may be another one. */
const unsteady: ReadonlySet<string> = new Set(['float', 'double', 'binary', 'variant']);

/** The very row of an input that this row came from: the model is asked for it, restricted to the row. */
async function exactInput(
  world: TraceWorld,
  model: ModelTable,
  { row, input: { table, alias } }: { readonly row: Values; readonly input: MainInput },
): Promise<Values | 'none' | undefined> {
  const tree = withNamedViews(model.tree());
  const input = world.project.tables.get(table);
  if (input === undefined) return undefined;
  const columns = input.kind === 'source' ? [fileColumn, positionColumn] : await tellingColumns(world, input);
  if (columns.length === 0) return undefined;
  const [sql = ''] = await world.lake.engine.print([withOriginOf(tree, alias, columns)]);
  const relations: Relation[] = [];
  for (const name of model.reads) {
    const found = await find(world, name);
    if (found === undefined) return undefined;
    const isTraced = name === input.name && input.kind === 'source';
    relations.push(...(await bindFound(world, name, found, isTraced)));
  }
  // Columns of the input may be called as columns of the output are, so all get their names by position.
  const origins = columns.map((_, i) => `_origin_${i}`);
  const outputs = (await columnsIn(world, model.name)).map((column) => column.name);
  const known = (await tellingColumns(world, model)).filter((name) => name in row);
  if (known.length === 0) return undefined;
  const key = Object.fromEntries(known.map((column) => [column, row[column] ?? null]));
  const { rows } = await readRows(world.lake.engine, {
    sql: `select ${origins.join(', ')} from (${sql}) as t(${quoteNames([...outputs, ...origins])}) where ${matches(key)} limit 1`,
    relations,
    timezone: world.project.timezone,
  });
  const [first] = rows;
  // The other side of a join is left out where nothing fits.
  if (first !== undefined && alias !== mainInput(tree)?.alias && first.every((value) => value === null)) return 'none';
  return first === undefined ? undefined : Object.fromEntries(columns.map((column, i) => [column, first[i] ?? null]));
}

/** What a row is known by: its key; without one, a row is what it says. */
async function tellingColumns(
  world: TraceWorld,
  { name, key }: Pick<ModelTable, 'name' | 'key'>,
): Promise<readonly string[]> {
  if (key.length > 0) return key;
  const isSteady = ({ type }: Column): boolean => typeof type === 'string' && !unsteady.has(type);
  return (await columnsIn(world, name)).filter(isSteady).map((column) => column.name);
}

async function columnsIn(world: TraceWorld, name: string): Promise<readonly Column[]> {
  const found = await find(world, name);
  if (found === undefined) return [];
  return 'view' in found ? found.view.columns : columnsOf(found.table.snapshot);
}

/** Where a row of a source's table came from, by its place in the data files. */
export async function originOf(
  { project }: Pick<TraceWorld, 'project'>,
  bound: BoundTable,
  {
    file,
    position,
    row,
  }: { readonly file: Scalar | undefined; readonly position: Scalar | undefined; readonly row: Values },
): Promise<RowOrigin> {
  const source = String(row['_source'] ?? '');
  const dataFile = dataFilesOf(bound.snapshot)(Number(file));
  const at = Number(position);
  const loaded = [...readLedger(bound.snapshot.domains).files.values()].find(
    (entry) =>
      entry.dataFile === dataFile &&
      entry.firstRow !== undefined &&
      at >= entry.firstRow &&
      at < entry.firstRow + entry.rows,
  );
  if (loaded?.firstRow === undefined) return { source, record: undefined, line: undefined };
  const record = at - loaded.firstRow + 1;
  return { source, record, line: await lineIn(project, loaded.path, record) };
}

/** The line of a record of a landing file, as far as it can be told. */
export async function lineIn(project: Project, path: string, record: number): Promise<number | undefined> {
  const location = join(project.folder, path);
  for (const table of project.tables.values()) {
    if (table.kind !== 'source' || table.from.kind !== 'files' || !globMatcher(table.from.pattern)(path)) continue;
    // The file may be gone since.
    const format = await formatOfFile(table.from, location).catch(() => undefined);
    if (format !== undefined) return await lineOfRecord(location, format, record);
  }
  return undefined;
}

/** Where a quarantined row of a model with several inputs came from: the first origin below its main input. */
export async function originOfBroken(
  world: TraceWorld,
  model: ModelTable,
  row: Values,
): Promise<RowOrigin | undefined> {
  const tree = withNamedViews(model.tree());
  const main = mainInput(tree)?.table;
  const key = world.project.tables.get(main ?? '')?.key ?? [];
  const sources = [...simpleSources(tree)].filter(([, source]) => source.table === main && key.includes(source.column));
  if (main === undefined || key.length === 0 || sources.length < key.length) return undefined;
  const values = Object.fromEntries(sources.map(([output, source]) => [source.column, row[output] ?? null]));
  const { rows } = await traceRows(world, main, values);
  return rows[0] === undefined ? undefined : firstOrigin(rows[0]);
}

/** Where the one row with these values came from; undefined when there are several, or its origin is not known. */
export async function originOfRow(world: TraceWorld, table: string, values: Values): Promise<RowOrigin | undefined> {
  const { rows, total } = await traceRows(world, table, values);
  return rows[0] === undefined || total > 1 ? undefined : firstOrigin(rows[0]);
}

/** 'landing/orders/1.json:4'. */
export function originText({ source, record, line }: RowOrigin): string {
  if (line !== undefined) return `${source}:${line}`;
  return record === undefined ? source : `${source} record ${record}`;
}

function firstOrigin(traced: TracedRow): RowOrigin | undefined {
  if (traced.origin !== undefined) return traced.origin;
  for (const input of traced.inputs) {
    const origin = firstOrigin(input);
    if (origin !== undefined) return origin;
  }
  return undefined;
}

function matches(values: Values): string {
  const conditions = Object.entries(values).map(([column, value]) =>
    value === null ? `${quoteName(column)} is null` : `${quoteName(column)} = ${quoteText(String(value))}`,
  );
  if (conditions.length === 0)
    throw new LakeError('LS3005', 'A row is found by the values of its key, and none was given.');
  return conditions.join(' and ');
}
