import type { CommitDetails, Predicate, Snapshot } from '@lakesmith/delta';
import { applyStaged, planScan, stageRewrite, writesDeletionVectors } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { bindFiles, readDeletionVectors } from './bind-table.ts';
import { keepsFeed, writeChanges } from './change-files.ts';
import { writeVectors } from './deletion-vectors.ts';
import type { DeltaTable } from './delta-table.ts';
import type { Lake } from './lake.ts';
import type { GoneRows } from './places-by-key.ts';
import { placesByKey } from './places-by-key.ts';
import { programName } from './program-name.ts';
import { promisesOf } from './promises.ts';
import type { MadeBy } from './release.ts';
import { standingSince } from './release.ts';
import type { RewritePlan, Touched } from './rewrite-plan.ts';
import { planRewrite, smallFiles, touchedFiles } from './rewrite-plan.ts';
import { writeRewritten } from './rewrite-rows.ts';
import type { RowChange } from './row-change.ts';
import type { Candidate, Decisions } from './row-decisions.ts';
import type { RowMarks } from './row-equality.ts';
import { balancedRows, rowBalance, rowMarks, sameRow } from './row-equality.ts';
import { askRowSets } from './row-sets.ts';
import { scratchRelation } from './source-rows.ts';
import type { StagedTable } from './staged.ts';
import { keeps } from './staged.ts';
import { tableInLake } from './table-in-lake.ts';
import type { RowsQuery } from './table-rows.ts';
import { writeRows } from './table-rows.ts';
import { timezone } from './time-zone.ts';
import { rowsIn } from './write-table.ts';

/** Some rows of a table, and what is to stand in their place. */
export interface RowReplacement {
  readonly table: string;
  readonly path: string;
  readonly base: Snapshot;
  /** The rows that go, with all columns of `target`, which is the table and says where they lie: SQL over it, and what else it reads. */
  readonly concerned: {
    readonly sql: string;
    readonly relations: readonly Relation[];
    /** What all of them meet: files without such rows are not looked at. */
    readonly predicate: Predicate | undefined;
  };
  /** What comes, as the relation `fresh` with the table's columns. Rows that are both stay where they are. */
  readonly fresh: Relation;
  /** What goes, where it is known without a look at the table. */
  readonly gone?: GoneRows;
  readonly operation: string;
  readonly madeBy: MadeBy;
  /** For what is looked at on the way. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** The same table again, made of later versions of its inputs that gave the same rows. */
export function stageSame(
  lake: Lake,
  { table, path, base, madeBy }: Pick<RowReplacement, 'table' | 'path' | 'base' | 'madeBy'>,
): StagedTable {
  const before = base.commitInfo?.['lakesmith'] as MadeBy | undefined;
  const since = standingSince(base.version, before);
  const details = detailsOf(tableInLake(lake, path), { operation: 'REFRESH', madeBy: { ...madeBy, since } });
  const staged = stageRewrite(base, { ...details, replaced: new Set(), files: [], dataChange: false });
  return { table, path, staged, snapshot: applyStaged(base, staged), rowsWritten: 0 };
}

/**
 * Takes rows out of a table and puts others in, staged: it tells just what changed, and rewrites or marks only files that hold such rows.
 * Undefined when the rows are those that were there.
 */
export async function stageReplacement(lake: Lake, replacement: RowReplacement): Promise<StagedTable | undefined> {
  const { base, concerned, signal } = replacement;
  const table = tableInLake(lake, replacement.path);
  const candidates = await candidatesOf(table, base, concerned.predicate);
  const change = await findChange(table, replacement, candidates);
  if (change === undefined) return undefined;
  const touched = touchedFiles(candidates, change.decisions, () => false);
  const marks = planRewrite(touched, writesDeletionVectors(base));
  const all = concerned.predicate === undefined ? candidates : await candidatesOf(table, base);
  const plan = withCompaction(marks, all, touched);
  const promises = await promisesOf(table, base);
  const work = { target: base, promises, change: nothingElse(signal), source: undefined, decisions: change.decisions };
  const rewritten = await writeRewritten(table, work, plan);
  const fresh = await writeRows(table, base, { ...change.came, promises }, signal);
  // Where files only come and go, that says it all.
  const isTold = plan.rewritten.length + plan.marked.length === 0;
  const staged = stageRewrite(base, {
    ...detailsOf(table, replacement),
    files: [...rewritten, ...fresh],
    replaced: new Set([...plan.removed, ...plan.rewritten.flat()].map(({ file }) => file.key)),
    vectors: await writeVectors(table, plan.marked),
    changes: keepsFeed(base) && !isTold ? await writeChanges(table, base, change.told, signal) : [],
    read: new Set(candidates.map(({ file }) => file.key)),
    predicate: undefined,
  });
  return {
    table: replacement.table,
    path: replacement.path,
    staged,
    snapshot: applyStaged(base, staged),
    rowsWritten: rowsIn(fresh),
  };
}

/** Small files are put together in the same commit: whoever follows the changes sees nothing of it. */
function withCompaction(plan: RewritePlan, all: readonly Candidate[], touched: readonly Touched[]): RewritePlan {
  const small = smallFiles(all, touched);
  return small.length === 0 ? plan : { ...plan, rewritten: [...plan.rewritten, small] };
}

function detailsOf(
  table: DeltaTable,
  { operation, madeBy }: Pick<RowReplacement, 'operation' | 'madeBy'>,
): CommitDetails & { readonly operation: string } {
  return { nowMs: table.io.now(), engineInfo: programName, keeps, operation, extra: { lakesmith: madeBy } };
}

async function candidatesOf(table: DeltaTable, base: Snapshot, predicate?: Predicate): Promise<readonly Candidate[]> {
  const { files } = planScan(base, predicate);
  const deleted = await readDeletionVectors(table.io, files);
  return files.map((file, i) => ({ file, deleted: deleted.get(i) }));
}

/** Files that are written anew keep the rows that do not go: nothing of them is changed. */
function nothingElse(signal: AbortSignal): RowChange {
  return { operation: 'MERGE', operationParameters: {}, alias: 't', matched: [], unmatched: [], inserts: [], signal };
}

/** What really changes. */
interface Change {
  readonly decisions: Decisions;
  readonly came: RowsQuery;
  /** What the feed of changes says. */
  readonly told: RowsQuery;
}

/** Weighs the rows that may go against those that come; undefined when they are the same. */
async function findChange(
  table: DeltaTable,
  { base, concerned, fresh, gone: known, folder, signal }: RowReplacement,
  candidates: readonly Candidate[],
): Promise<Change | undefined> {
  const fields = base.schema.fields;
  const marks = rowMarks(fields);
  const { file: inFile, position, more, lost } = marks;
  const columns = [...fields, ...[inFile, position, more, lost].map((name): Column => ({ name, type: 'long' }))];
  const target: Relation = { ...bindFiles(table, 'target', base, candidates), rowPositions: marks };
  const relations = [target, ...concerned.relations];
  const goes =
    known === undefined
      ? { sql: concerned.sql, relations }
      : { sql: `select *, null as ${inFile}, null as ${position} from gone`, relations: [known.relation] };
  const files = await table.engine.stage(
    {
      sql: rowBalance(fields, { relation: 'fresh' }, { relation: `(${goes.sql})`, beside: [inFile, position] }),
      relations: [...goes.relations, fresh],
      timezone,
      folder,
      fileName: 'balance.parquet',
      columns,
      fieldIds: {},
      passing: true,
    },
    { signal },
  );
  const [file] = files;
  if (file === undefined) return undefined;
  const balance = scratchRelation('balance', { folder, columns, files });
  const bound = (of: string): number => Number(file.stats[of]?.max ?? Infinity);
  const read = { concerned: concerned.sql, marks, relations: [...relations, balance] };
  const rows =
    known === undefined
      ? await askRowSets(table, placesBeside(fields, read, bound(lost) > 1), signal)
      : await placesByKey(table, { ...read, gone: known }, signal);
  const names = fields.map(({ name }) => `o.${quoteName(name)}`).join(', ');
  const came = balancedRows(names, 'balance', { marks, sign: 1, most: bound(more) });
  const gone = balancedRows(`${names}, 'delete'`, 'balance', { marks, sign: -1, most: bound(lost) });
  return {
    decisions: { rows, pairs: undefined, held: undefined, met: 0 },
    came: { sql: came, relations: [balance] },
    told: {
      sql: `${gone} union all ${balancedRows(`${names}, 'insert'`, 'balance', { marks, sign: 1, most: bound(more) })}`,
      relations: [balance],
    },
  };
}

/** Where rows lie that go for good, as the balance has it of them; `isAlike`: of several that are alike it has one place. */
function placesBeside(
  fields: readonly Column[],
  {
    concerned,
    marks: { file, position, more, lost, count },
    relations,
  }: { readonly concerned: string; readonly marks: RowMarks; readonly relations: readonly Relation[] },
  isAlike: boolean,
): RowsQuery {
  const once = `select 1 as _clause, ${file} as __ls_file, ${position} as __ls_position from balance where ${more} < 0 and ${lost} = 1`;
  if (!isAlike) return { sql: once, relations: relations.filter(({ name }) => name === 'balance') };
  // So many are looked for as are to go.
  const alike = `select 1, __ls_file, __ls_position from (
    select t.${file} as __ls_file, t.${position} as __ls_position, o.${more} as _more, row_number() over (partition by o.${count}) as _nth
    from (${concerned}) as t
    join (select *, row_number() over () as ${count} from balance where ${more} < 0 and ${lost} > 1) as o on ${sameRow(fields, 't', 'o')}
  ) where _nth <= -_more`;
  return { sql: `${once} union all ${alike}`, relations };
}
