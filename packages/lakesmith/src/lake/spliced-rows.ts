import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { posix } from 'node:path';
import type { NewFile, Snapshot, StructType } from '@lakesmith/delta';
import { buildStats, DeltaError, fieldIds, locate, replaceStats, statsColumns } from '@lakesmith/delta';
import { LakeError, messageOf } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';
import { quoteName, quoteNames } from '../core/sql-text.ts';
import type { ColumnStats, Relation, StagedFile } from '../engine/engine.ts';
import { readLayout } from '../engine/parquet/file-layout.ts';
import { planSplice, writeSplice } from '../engine/parquet/splice.ts';
import { withTemporaryFolder } from '../storage/temporary-folder.ts';
import { askRows } from './ask-rows.ts';
import { bindFiles, locatorOf } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { keepsColumns } from './kept-columns.ts';
import type { RewritePlan, Touched } from './rewrite-plan.ts';
import { binsOf } from './rewrite-plan.ts';
import type { RowWork } from './rewrite-rows.ts';
import { updatedRows } from './rewrite-rows.ts';
import type { ReplacedPart } from './splice-plan.ts';
import { isWorthALook, replacedPart } from './splice-plan.ts';
import { timezone } from './time-zone.ts';

/**
 * Writes those of the files anew that are to be and can keep most of their bytes: what changes is written, what does not is copied as it lies, and
 * each row stays where it is. `left`: the plan for all others.
 */
export async function writeSpliced(
  table: DeltaTable,
  work: RowWork,
  plan: RewritePlan,
): Promise<{ readonly files: readonly NewFile[]; readonly left: RewritePlan }> {
  const all = plan.rewritten.flat();
  const some = keepsColumns(work.target, work.change) ? all.filter(isWorthALook) : [];
  if (some.length === 0) return { files: [], left: plan };
  const changing = await changingColumns(table, work);
  const files = new Map<string, NewFile>();
  await withTemporaryFolder(tmpdir(), 'part', async (folder) => {
    for (const touched of some) {
      const file = await spliceFile(table, work, { touched, folder, changing: (column) => changing(touched, column) });
      // Others by the same writer would not fit either, and what is written of each to find that out is thrown away.
      if (file === 'misfit') break;
      if (file !== undefined) files.set(touched.file.key, file);
    }
  });
  if (files.size === 0) return { files: [], left: plan };
  const left = all.filter(({ file }) => !files.has(file.key));
  return { files: [...files.values()], left: { ...plan, rewritten: binsOf(left) } };
}

/** Tells of a file whether a column of the table, by its place, may change in it. */
async function changingColumns(
  table: DeltaTable,
  { target, change, decisions: { held, pairs } }: RowWork,
): Promise<(touched: Touched, column: number) => boolean> {
  const bits = new Map<number, bigint>();
  if (held !== undefined && pairs !== undefined) {
    const sql = `select __ls_file, bit_or(_changes) from pairs where _clause = ${held} group by __ls_file`;
    for (const [file, found] of await askRows(table, { sql, relations: [pairs] }, change.signal))
      if (typeof found === 'bigint') bits.set(Number(file), found);
  }
  const clauses = [...change.matched, ...change.unmatched];
  const sets = clauses.map(({ action }) => (action.kind === 'update' ? action.set : undefined));
  return ({ index, byClause }, column) =>
    [...byClause.keys()].some((clause) => {
      const isSet = sets[clause - 1]?.has(target.schema.fields[column]?.name ?? '') === true;
      return isSet && (clause !== held || ((bits.get(index) ?? -1n) & (1n << BigInt(column))) !== 0n);
    });
}

interface SplicedFile {
  readonly touched: Touched;
  readonly folder: string;
  readonly changing: (column: number) => boolean;
}

/** Undefined when it is better written whole, or cannot be told from its footer how to do it otherwise. */
async function spliceFile(
  table: DeltaTable,
  work: RowWork,
  part: SplicedFile,
): Promise<NewFile | 'misfit' | undefined> {
  const place = locate(part.touched.file.path, table.io);
  if (place.kind !== 'inside') return undefined;
  try {
    return await spliceFileAt(table, work, { ...part, place: place.path });
  } catch (error) {
    if (isCoded(error) || systemErrorCode(error) === undefined) throw error;
    throw new LakeError('LS3101', `Nothing was written: ${place.path} could not be read (${messageOf(error)}).`, {
      operation: 'stage',
      context: { file: place.path },
      cause: error,
    });
  }
}

function isCoded(error: unknown): boolean {
  return error instanceof LakeError || error instanceof DeltaError;
}

async function spliceFileAt(
  table: DeltaTable,
  work: RowWork,
  { touched, folder, changing, place }: SplicedFile & { readonly place: string },
): Promise<NewFile | 'misfit' | undefined> {
  const { file } = touched;
  const base = await open(locatorOf(table)(file.path));
  try {
    const layout = await readLayout(base);
    const replaced = layout && replacedPart(work.target, touched, { layout, changing });
    if (layout === undefined || replaced === undefined) return undefined;
    const staged = await stagePart(table, work, { touched, folder, replaced });
    if (staged === undefined) return undefined;
    const part = await open(`${folder}/${staged.name}`);
    try {
      const laid = await readLayout(part);
      const splice = laid && planSplice(layout, laid, replaced.groups);
      if (splice === undefined) return 'misfit';
      const name = `part-00000-${crypto.randomUUID()}-c000.zstd.parquet`;
      const path = posix.join(posix.dirname(place), name);
      const sizeBytes = await writeSplice(splice, { base, part }, table.locate(path));
      const known = replaced.isWhole ? staged.stats : await factsOf(table, work, { replaced, path });
      const stats = statsOf(work.target, { touched, replaced, known });
      const { partitionValues } = file.add;
      return { path, sizeBytes, modifiedMs: table.io.now(), rows: file.rows ?? 0, partitionValues, stats };
    } finally {
      await part.close();
      await rm(`${folder}/${staged.name}`);
    }
  } finally {
    await base.close();
  }
}

/** Writes the columns that change, of all rows of the groups in which some row does, in the order in which these lie. */
async function stagePart(
  table: DeltaTable,
  work: RowWork,
  { touched, folder, replaced }: Pick<SplicedFile, 'touched' | 'folder'> & { readonly replaced: ReplacedPart },
): Promise<StagedFile | undefined> {
  const { columns, stored, groupRows, staying } = replaced;
  const names = quoteNames(columns.map(({ name }) => name));
  const kept: Relation = {
    ...bindFiles(table, 'kept', work.target, [{ file: touched.file, ...staying }]),
    rowPositions: true,
  };
  const updated = updatedRows(table, work, [touched], { placed: true });
  const rows = ['kept', ...updated.names]
    .map((name) => `select ${names}, __ls_position from ${name}`)
    .join(' union all ');
  const inFiles: StructType = { type: 'struct', fields: stored };
  const [staged] = await table.engine.stage(
    {
      sql: `select ${names} from (${rows}) order by __ls_position`,
      relations: [kept, ...updated.relations],
      timezone,
      folder,
      fileName: 'part.parquet',
      columns,
      stored,
      required: columns.filter(({ nullable }) => !nullable).map(({ name }) => name),
      fieldIds: fieldIds(inFiles),
      ordered: true,
      rowGroupSize: groupRows,
      passing: true,
      packed: true,
    },
    work.change.signal === undefined ? {} : { signal: work.change.signal },
  );
  return staged;
}

/** The statistics of the new file: those of the old one, but for what changed. */
function statsOf(
  target: Snapshot,
  {
    touched: { file },
    replaced: { stored },
    known,
  }: Pick<SplicedFile, 'touched'> & { readonly replaced: ReplacedPart; readonly known: StagedFile['stats'] },
): string {
  const inFiles: StructType = { type: 'struct', fields: stored };
  const fresh = buildStats(inFiles, { rows: file.rows ?? 0, columns: known }, statsColumns(target));
  const names = stored.map(({ name }) => name);
  return replaceStats(file.add.stats ?? '', fresh, names);
}

/** What is in the columns of the new file that changed, read from it. */
async function factsOf(
  table: DeltaTable,
  { change }: RowWork,
  { replaced: { columns, stored }, path }: { readonly replaced: ReplacedPart; readonly path: string },
): Promise<StagedFile['stats']> {
  const relation: Relation = {
    name: 't',
    kind: 'parquet',
    columns,
    stored: { resolve: 'name', fields: stored },
    files: [{ location: table.locate(path), partitionValues: {} }],
  };
  const items = columns.flatMap(({ name, type }) => {
    const own = quoteName(name);
    const isFloating = type === 'float' || type === 'double';
    const bounds = ['min', 'max'].map((bound) => `cast(${bound}(${own}) as varchar)`);
    return [`count(*) - count(${own})`, ...bounds, isFloating ? `coalesce(bool_or(isnan(${own})), false)` : 'false'];
  });
  const ask = { sql: `select ${items.join(', ')} from t`, relations: [relation] };
  const [facts = []] = await askRows(table, ask, change.signal);
  const known = stored.map(({ name }, i): [string, ColumnStats] => {
    const [nulls, min, max, hasNan] = facts.slice(i * 4, i * 4 + 4);
    const bounds = typeof min === 'string' && typeof max === 'string' ? { min, max } : {};
    return [name, { nullCount: Number(nulls), ...bounds, hasNan: hasNan === true }];
  });
  return Object.fromEntries(known);
}
