import type { CommitDetails, Snapshot } from '@lakesmith/delta';
import { applyStaged, planScan, stageRewrite, writesDeletionVectors } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { Relation } from '../engine/engine.ts';
import { bindFiles, readDeletionVectors } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import type { Lake } from './lake.ts';
import { programName } from './program-name.ts';
import { promisesOf } from './promises.ts';
import type { MadeBy } from './release.ts';
import { standingSince } from './release.ts';
import { planRewrite, touchedFiles } from './rewrite-plan.ts';
import { writeChange } from './rewrite-table.ts';
import type { RowChange } from './row-change.ts';
import type { Candidate } from './row-decisions.ts';
import { rowsUnlike } from './row-equality.ts';
import { askRowSets } from './row-sets.ts';
import { scratchRelation } from './source-rows.ts';
import type { StagedTable } from './staged.ts';
import { keeps } from './staged.ts';
import { tableInLake } from './table-in-lake.ts';
import { timezone } from './time-zone.ts';

/** Some rows of a table, and what is to stand in their place. */
export interface RowReplacement {
  readonly table: string;
  readonly path: string;
  readonly base: Snapshot;
  /** The rows that go, with `_file` and `_position`: SQL over `target` (the table), and what else it reads. */
  readonly concerned: { readonly sql: string; readonly relations: readonly Relation[] };
  /** What comes, as the relation `fresh` with the table's columns. Rows that are both stay where they are. */
  readonly fresh: Relation;
  readonly operation: string;
  readonly madeBy: MadeBy;
  /** For what is looked at on the way. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface ReplacedRows {
  readonly staged: StagedTable;
  readonly gone: number;
  readonly came: number;
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

/** Takes rows out of a table and puts others in, staged: it tells just what changed, and rewrites or marks only files that hold such rows. */
export async function stageReplacement(lake: Lake, replacement: RowReplacement): Promise<ReplacedRows> {
  const { base, signal } = replacement;
  const table = tableInLake(lake, replacement.path);
  const columns = base.schema.fields;
  const candidates = await candidatesOf(table, base);
  const old = await stageConcerned(table, replacement, candidates);
  const come = await stageDifference(table, replacement, old);
  const gone = await askRowSets(
    table,
    {
      sql: `select 1 as _clause, o._file, o._position from ${rowsUnlike(columns, 'concerned', 'fresh')}`,
      relations: [old, replacement.fresh],
    },
    signal,
  );
  const change = changeOf(columns, come.relation, signal);
  const decisions = { rows: gone, pairs: undefined, held: undefined, met: 0 };
  const touched = touchedFiles(candidates, decisions, () => false);
  const plan = planRewrite(touched, writesDeletionVectors(base));
  const source = { relation: come.relation, rows: come.rows, bounds: undefined };
  const work = { target: base, promises: await promisesOf(table, base), change, source, decisions };
  const written = await writeChange(table, base, { work, plan, touched, whole: [] });
  const staged = stageRewrite(base, {
    ...detailsOf(table, replacement),
    ...written,
    read: new Set(candidates.map(({ file }) => file.key)),
    predicate: undefined,
  });
  return {
    staged: {
      table: replacement.table,
      path: replacement.path,
      staged,
      snapshot: applyStaged(base, staged),
      rowsWritten: come.rows,
    },
    gone: touched.reduce((sum, file) => sum + (file.gone?.cardinality ?? 0), 0),
    came: come.rows,
  };
}

function detailsOf(
  table: DeltaTable,
  { operation, madeBy }: Pick<RowReplacement, 'operation' | 'madeBy'>,
): CommitDetails & { readonly operation: string } {
  return { nowMs: table.io.now(), engineInfo: programName, keeps, operation, extra: { lakesmith: madeBy } };
}

async function candidatesOf(table: DeltaTable, base: Snapshot): Promise<readonly Candidate[]> {
  const { files } = planScan(base, undefined);
  const deleted = await readDeletionVectors(table.io, files);
  return files.map((file, i) => ({ file, deleted: deleted.get(i) }));
}

const places: readonly Column[] = [
  { name: '_file', type: 'long' },
  { name: '_position', type: 'long' },
];

/** The rows that may go, and where they lie, in files of their own: they are looked at more than once. */
async function stageConcerned(
  table: DeltaTable,
  { base, concerned, folder, signal }: RowReplacement,
  candidates: readonly Candidate[],
): Promise<Relation> {
  const target: Relation = { ...bindFiles(table, 'target', base, candidates), rowPositions: true };
  const columns = [...base.schema.fields, ...places];
  const items = columns.map(({ name }) => quoteName(name)).join(', ');
  const files = await table.engine.stage(
    {
      sql: `select ${items} from (${concerned.sql})`,
      relations: [target, ...concerned.relations],
      timezone,
      folder,
      fileName: 'concerned.parquet',
      columns,
      fieldIds: {},
    },
    { signal },
  );
  return scratchRelation('concerned', { folder, columns, files });
}

/** The rows that come and are not there already. */
async function stageDifference(
  table: DeltaTable,
  { base, fresh, folder, signal }: RowReplacement,
  old: Relation,
): Promise<{ readonly relation: Relation; readonly rows: number }> {
  const columns = base.schema.fields;
  const items = columns.map(({ name }) => `o.${quoteName(name)}`).join(', ');
  const files = await table.engine.stage(
    {
      sql: `select ${items} from ${rowsUnlike(columns, 'fresh', 'concerned')}`,
      relations: [old, fresh],
      timezone,
      folder,
      fileName: 'come.parquet',
      columns,
      fieldIds: {},
    },
    { signal },
  );
  return {
    relation: { ...scratchRelation('source', { folder, columns, files }), rowPositions: true },
    rows: files.reduce((sum, file) => sum + file.rows, 0),
  };
}

/** Some rows go, and those of the source come. */
function changeOf(columns: readonly Column[], source: Relation, signal: AbortSignal): RowChange {
  const values = new Map(columns.map(({ name }) => [name, `s.${quoteName(name)}`]));
  return {
    operation: 'MERGE',
    operationParameters: {},
    alias: 't',
    source: { relations: [source], columns, alias: 's' },
    matched: [{ action: { kind: 'delete' } }],
    unmatched: [],
    inserts: [{ values }],
    signal,
  };
}
