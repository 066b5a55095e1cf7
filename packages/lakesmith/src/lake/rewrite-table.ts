import { tmpdir } from 'node:os';
import type { DeletionVector, NewFile, Predicate, Rewrite, ScanFile, Snapshot, StagedCommit } from '@lakesmith/delta';
import { applyStaged, planScan, stageRewrite, writesDeletionVectors } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import { withTemporaryFolder } from '../storage/temporary-folder.ts';
import { readDeletionVectors } from './bind-table.ts';
import { keepsFeed } from './change-files.ts';
import { completeChange } from './complete-change.ts';
import { writeVectors } from './deletion-vectors.ts';
import type { DeltaTable } from './delta-table.ts';
import { columnsAfterNumbering } from './identity.ts';
import type { RewritePlan, Touched } from './rewrite-plan.ts';
import { planRewrite, touchedFiles } from './rewrite-plan.ts';
import type { RowWork } from './rewrite-rows.ts';
import { stageAdded, writeFeed, writeFresh, writeRewritten } from './rewrite-rows.ts';
import type { RowChange } from './row-change.ts';
import { decide } from './row-decisions.ts';
import type { NumberedRows } from './source-rows.ts';
import { writeSpliced } from './spliced-rows.ts';
import { openSource } from './source-rows.ts';
import type { WriteReport } from './table-rows.ts';
import { commitWrite, detailsOf, rowsIn } from './write-table.ts';

/** What a change of rows did. */
export interface ChangeReport extends WriteReport {
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly rowsDeleted: number;
  /** Those updated and those deleted. */
  readonly rowsChanged: number;
  /** Files that stay, and of which more rows are deleted. */
  readonly filesMarked: number;
}

/** What is known before rows are looked at. */
interface Scope {
  readonly target: Snapshot;
  /** What rows meet that are concerned at all; undefined when any may be. */
  readonly predicate: Predicate | undefined;
  /** Files that may hold rows which change. */
  readonly files: readonly ScanFile[];
  /** Files of which all rows go: their partition tells. */
  readonly whole: readonly ScanFile[];
}

/**
 * Changes rows of a table, in one commit. Each row is judged once; what changes is written, and of files that hold such rows each
 * is removed, written anew or marked, whichever is cheapest. Undefined when nothing changes; then nothing is committed.
 */
export async function changeRows(
  table: DeltaTable,
  base: Snapshot,
  asked: RowChange,
): Promise<ChangeReport | undefined> {
  const target = targetOf(table, base, asked);
  const { change, numbered, promises } = await completeChange(table, target, asked);
  return await withTemporaryFolder(tmpdir(), 'rows', async (folder) => {
    const { signal } = change;
    const source = change.source && (await openSource(table, change.source, { schema: base.schema, folder, signal }));
    const scope = scopeOf(base, target, change, source);
    const deleted = await readDeletionVectors(table.io, scope.files);
    const candidates = scope.files.map((file, i) => ({ file, deleted: deleted.get(i) }));
    const decisions = await decide(table, { target, candidates, change, source, folder });
    const clauses = [...change.matched, ...change.unmatched];
    const touched = touchedFiles(candidates, decisions, (clause) => clauses[clause - 1]?.action.kind === 'update');
    const plan = planRewrite(touched, writesDeletionVectors(base));
    const known: RowWork = { target, promises, change, source, decisions };
    const added = await stageAdded(table, known, { numbered, folder });
    const work = added === undefined ? known : { ...known, added };
    const ofNumbers = numbered.map(({ column }) => column);
    return await writeAndCommit(table, base, { work, plan, touched, scope, numbered: ofNumbers });
  });
}

/** The table as it will be, but for its rows. What it does not allow is refused, before there are files. */
function targetOf(table: DeltaTable, base: Snapshot, change: RowChange): Snapshot {
  refusePlaces([...base.schema.fields, ...(change.source?.columns ?? [])]);
  const removes = change.matched.length + change.unmatched.length > 0;
  const [any] = base.files.keys();
  const replaced = new Set(removes && any !== undefined ? [any] : []);
  const staged = stageRewrite(base, { ...rewriteOf(table, change), replaced, files: [] });
  const { schema, metadata, protocol } = applyStaged(base, staged);
  return { ...base, schema, metadata, protocol };
}

/** Where a row is stands in columns beside its own: a condition that means the one would be asked of the other. */
function refusePlaces(columns: readonly Column[]): void {
  const own = columns.find(({ name }) => /^__ls_(?:file|position)$/i.test(name));
  if (own !== undefined)
    throw new LakeError(
      'LS4001',
      `Rows with a column ${own.name} can be added and not changed, since that tells here where a row is: rename it.`,
      { context: { column: own.name } },
    );
}

function rewriteOf(
  table: DeltaTable,
  { operation, operationParameters, columns }: RowChange,
): Omit<Rewrite, 'replaced' | 'files'> {
  return {
    ...detailsOf(table),
    operation,
    operationParameters,
    ...(columns === undefined ? {} : { change: { columns } }),
  };
}

function scopeOf(base: Snapshot, target: Snapshot, change: RowChange, source: NumberedRows | undefined): Scope {
  const meets = change.source?.on !== undefined && change.unmatched.length > 0;
  const known = [change.predicate, source?.bounds].filter((part): part is Predicate => part !== undefined);
  const concerns = change.matched.length + change.unmatched.length > 0 || change.source?.on !== undefined;
  const predicate: Predicate | undefined = meets || known.length === 0 ? undefined : { kind: 'and', operands: known };
  const scan = concerns ? planScan(base, predicate).files : [];
  const isWhole = (file: ScanFile): boolean => change.deletesWhole === true && file.whole && file.rows !== undefined;
  return { target, predicate, files: scan.filter((file) => !isWhole(file)), whole: scan.filter(isWhole) };
}

interface Written {
  readonly work: RowWork;
  readonly plan: RewritePlan;
  readonly touched: readonly Touched[];
  readonly scope: Scope;
  /** Columns that number the rows which are added. */
  readonly numbered: readonly string[];
}

/** The files of a change: written, and part of no table yet. */
interface WrittenFiles {
  /** Those that take the place of others, and those of new rows. */
  readonly files: readonly NewFile[];
  readonly fresh: readonly NewFile[];
  /** Keys of the files that go. */
  readonly replaced: ReadonlySet<string>;
  readonly vectors: ReadonlyMap<string, DeletionVector>;
  readonly changes: readonly NewFile[];
}

/** Writes what a change of rows adds, moves, marks and tells. `whole`: files of which all rows go. */
async function writeChange(
  table: DeltaTable,
  base: Snapshot,
  { work, plan, touched, whole }: Pick<Written, 'work' | 'plan' | 'touched'> & { readonly whole: readonly ScanFile[] },
): Promise<WrittenFiles> {
  const spliced = await writeSpliced(table, work, plan);
  const rewritten = await writeRewritten(table, work, spliced.left);
  const fresh = await writeFresh(table, work, plan);
  // Where files only come and go, that says it all.
  const isTold = plan.rewritten.length + plan.marked.length === 0;
  const changes = keepsFeed(base) && !isTold ? await writeFeed(table, work, { touched, whole }) : [];
  const removed = [...whole, ...[...plan.removed, ...plan.rewritten.flat()].map(({ file }) => file)];
  return {
    files: [...spliced.files, ...rewritten, ...fresh],
    fresh,
    replaced: new Set(removed.map((file) => file.key)),
    vectors: await writeVectors(table, plan.marked),
    changes,
  };
}

async function writeAndCommit(
  table: DeltaTable,
  base: Snapshot,
  { work, plan, touched, scope, numbered }: Written,
): Promise<ChangeReport | undefined> {
  const { change, target } = work;
  const written = await writeChange(table, base, { work, plan, touched, whole: scope.whole });
  const { files, fresh, replaced, vectors, changes } = written;
  const isSame = touched.length + scope.whole.length + files.length === 0 && target.metadata === base.metadata;
  if (isSame) return undefined;
  const counts = countsOf(touched, scope, { plan, inserted: rowsIn(fresh) });
  const columns = columnsAfterNumbering(target, numbered, counts.rowsInserted);
  const staged: StagedCommit = stageRewrite(base, {
    ...rewriteOf(table, columns === undefined ? change : { ...change, columns }),
    replaced,
    files,
    vectors,
    changes,
    read: new Set([...scope.files, ...scope.whole].map((file) => file.key)),
    predicate: change.asks === true ? undefined : scope.predicate,
    operationMetrics: metricsOf(change, counts),
  });
  const report = await commitWrite(table, staged, { operation: change.operation, files, base });
  const rowsChanged = counts.rowsUpdated + counts.rowsDeleted;
  return { ...report, filesRemoved: replaced.size, filesMarked: plan.marked.length, ...counts, rowsChanged };
}

interface Counts {
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly rowsDeleted: number;
}

function countsOf(
  touched: readonly Touched[],
  { whole }: Scope,
  { plan, inserted }: { readonly plan: RewritePlan; readonly inserted: number },
): Counts {
  const sum = (files: readonly Touched[], set: 'gone' | 'updated'): number =>
    files.reduce((total, file) => total + (file[set]?.cardinality ?? 0), 0);
  const inWhole = whole.reduce((total, { rows = 0, add }) => total + rows - (add.deletionVector?.cardinality ?? 0), 0);
  return {
    rowsInserted: inserted - sum(plan.marked, 'updated'),
    rowsUpdated: sum(touched, 'updated'),
    rowsDeleted: sum(touched, 'gone') + inWhole,
  };
}

function metricsOf({ operation }: RowChange, counts: Counts): Readonly<Record<string, string>> {
  const { rowsInserted, rowsUpdated, rowsDeleted } = counts;
  switch (operation) {
    case 'DELETE':
      return { numDeletedRows: String(rowsDeleted) };
    case 'UPDATE':
      return { numUpdatedRows: String(rowsUpdated) };
    case 'WRITE':
      return { numOutputRows: String(rowsInserted), numDeletedRows: String(rowsDeleted) };
    case 'MERGE':
      return {
        numTargetRowsInserted: String(rowsInserted),
        numTargetRowsUpdated: String(rowsUpdated),
        numTargetRowsDeleted: String(rowsDeleted),
      };
  }
}
