import type { CommitDetails, MetadataChange, NewFile, Snapshot, StagedCommit, Txn } from '@lakesmith/delta';
import {
  applyStaged,
  buildStats,
  clusteringPaths,
  fieldIds,
  stageAppend,
  stageCreate,
  stageOverwrite,
  statsColumns,
} from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { StorageSettings } from '../core/storage-settings.ts';
import { changedProperties, plainStorage } from '../core/storage-settings.ts';
import { quoteNames } from '../core/sql-text.ts';
import type { QueryRequest, StagedFile, StageRequest } from '../engine/engine.ts';
import { providerName } from './clustering.ts';
import type { Lake } from './lake.ts';
import { programName } from './program-name.ts';
import type { MadeBy } from './release.ts';
import { sortItem } from './row-equality.ts';
import { fileBytes } from './table-rows.ts';

/** Rows that are written and belong to nobody yet: a commit as a value, and the table as it would be. */
export interface StagedTable {
  readonly table: string;
  readonly path: string;
  readonly staged: StagedCommit;
  readonly snapshot: Snapshot;
  readonly rowsWritten: number;
}

/** What writing the tables of a lake meets of what features ask. */
export const keeps: readonly string[] = ['clustering'];

/** What a commit says besides its rows. */
interface StagedDetails {
  readonly operation: string;
  readonly madeBy: MadeBy;
  readonly txns?: readonly Txn[];
  readonly domains?: { readonly set?: Readonly<Record<string, string>>; readonly removed?: readonly string[] };
}

export interface StageTable {
  readonly table: string;
  readonly path: string;
  /** The version to build on; undefined when the table is new. */
  readonly base: Snapshot | undefined;
  readonly mode: 'append' | 'overwrite';
  /** Keys of the data files that an overwrite replaces; absent: all. */
  readonly replaced?: ReadonlySet<string>;
  readonly query: QueryRequest;
  /** All columns of the table from now on. */
  readonly columns: readonly Column[];
  /** Rows keep the order of the query, in one file. */
  readonly ordered?: boolean;
  /** How it is to be laid out; absent: as it is. Its partitions change only where all rows are new. */
  readonly storage?: StorageSettings;
  /** Where all of it is made anew with so many rows, later changes may mark rows in files that stay. Absent: as its properties say. */
  readonly vectorsFrom?: number;
  /** Called with what was written, since a load records where its rows lie. */
  readonly details: (files: readonly StagedFile[]) => StagedDetails | Promise<StagedDetails>;
  /** See `StageOptions`. */
  readonly onNotice?: () => void;
  readonly signal: AbortSignal;
}

/** The same commit, of which more is known now. */
export function withMadeBy(staged: StagedTable, more: Partial<MadeBy>): StagedTable {
  const { actions } = staged.staged;
  const told = (info: Snapshot['commitInfo']): NonNullable<Snapshot['commitInfo']> => ({
    ...info,
    lakesmith: { ...(info?.['lakesmith'] as MadeBy), ...more },
  });
  return {
    ...staged,
    staged: {
      ...staged.staged,
      actions: actions.map((action) => ('commitInfo' in action ? { commitInfo: told(action.commitInfo) } : action)),
    },
    snapshot: { ...staged.snapshot, commitInfo: told(staged.snapshot.commitInfo) },
  };
}

/** Runs a query, writes its rows as data files of a table, and says what the table would be with them. Nothing is visible yet. */
export async function stageTable(lake: Lake, request: StageTable): Promise<StagedTable> {
  const { table, path, base, columns } = request;
  const nowMs = lake.io(path).now();
  const target = applyStaged(
    base,
    stageRows(request, { details: { nowMs, engineInfo: programName, keeps }, files: [] }),
  );
  const { schema } = target;
  const files = await lake.engine.stage(
    {
      ...request.query,
      sql: laidOut(request, target),
      folder: lake.locate(path),
      fileName: `part-00000-${crypto.randomUUID()}-c000.zstd.parquet`,
      columns,
      fieldIds: fieldIds(schema),
      ...(request.ordered === undefined ? {} : { ordered: request.ordered }),
      ...divided(target),
    },
    { signal: request.signal, ...(request.onNotice === undefined ? {} : { onNotice: request.onNotice }) },
  );
  const [only, ...others] = clusteringPaths(target.domains);
  // Rows that are sorted by several columns one after the other are put nearer each other by `optimize`.
  const sorted =
    only === undefined || others.length > 0 || request.ordered === true ? {} : { clusteringProvider: providerName };
  const newFiles = files.map((file): NewFile => ({ ...newFile(target, file, nowMs), ...sorted }));
  const details = commitDetails(await request.details(files), nowMs);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const staged = stageRows(request, { details, files: newFiles, rows });
  return {
    table,
    path,
    staged,
    snapshot: applyStaged(base, staged),
    rowsWritten: rows,
  };
}

/** The commit with these files; without any it tells what the table will be, field ids and all, before there are some. */
function stageRows(
  { table, base, mode, columns, replaced, storage, vectorsFrom = Infinity }: StageTable,
  {
    details,
    files,
    rows = 0,
  }: { readonly details: CommitDetails; readonly files: readonly NewFile[]; readonly rows?: number },
): StagedCommit {
  const vectors = rows >= vectorsFrom ? { 'delta.enableDeletionVectors': 'true' } : undefined;
  const clusterBy = storage?.clusterBy.map((name) => [name]);
  if (base === undefined) {
    const { partitionBy: partitionColumns = [], properties = {} } = storage ?? {};
    const configuration = { ...configurationOf(mode), ...vectors, ...properties };
    return stageCreate({
      ...details,
      columns,
      name: table,
      partitionColumns,
      ...(clusterBy === undefined ? {} : { clusterBy }),
      configuration,
      files,
    });
  }
  const before = (base.commitInfo?.['lakesmith'] as MadeBy | undefined)?.storage ?? plainStorage;
  const isWhole = mode === 'overwrite' && replaced === undefined;
  const changed = storage === undefined ? undefined : changedProperties(before, storage);
  const configuration = isWhole && vectors !== undefined ? { ...changed, ...vectors } : changed;
  const change: MetadataChange = {
    columns,
    ...(isWhole && storage !== undefined ? { partitionColumns: storage.partitionBy } : {}),
    ...(clusterBy === undefined ? {} : { clusterBy }),
    ...(configuration === undefined ? {} : { configuration }),
  };
  if (mode === 'append') return stageAppend(base, { ...details, files, change });
  return stageOverwrite(base, { ...details, files, change, ...(replaced === undefined ? {} : { replaced }) });
}

/** The query with rows in the order of the columns that the table is clustered by. */
function laidOut({ query, columns, ordered, storage }: StageTable, { domains }: Snapshot): string {
  if (ordered === true || storage === undefined || clusteringPaths(domains).length === 0) return query.sql;
  const items = storage.clusterBy.flatMap((name) => columns.filter((column) => column.name === name)).map(sortItem);
  const names = quoteNames(columns.map(({ name }) => name));
  return `select * from (${query.sql}\n) as _rows(${names}) order by ${items.join(', ')}`;
}

/** How rows are divided among files, where the table says so. */
function divided(target: Snapshot): Pick<StageRequest, 'partitionColumns' | 'fileBytes'> {
  const { partitionColumns, configuration } = target.metadata;
  if (partitionColumns.length > 0) return { partitionColumns };
  return configuration['delta.targetFileSize'] === undefined ? {} : { fileBytes: fileBytes(target) };
}

/** Tables whose rows can change tell how: refreshing what is made from them lives on it. */
function configurationOf(mode: 'append' | 'overwrite'): Readonly<Record<string, string>> {
  return mode === 'append' ? {} : { 'delta.enableChangeDataFeed': 'true' };
}

function newFile(target: Snapshot, file: StagedFile, nowMs: number): NewFile {
  const { schema } = target;
  const { partitionColumns } = target.metadata;
  const inFiles = { ...schema, fields: schema.fields.filter(({ name }) => !partitionColumns.includes(name)) };
  return {
    ...(partitionColumns.length === 0 ? {} : { partitionValues: file.partitionValues }),
    path: file.name,
    sizeBytes: file.sizeBytes,
    modifiedMs: nowMs,
    stats: buildStats(inFiles, { rows: file.rows, columns: file.stats }, statsColumns(target)),
  };
}

function commitDetails({ operation, madeBy, txns, domains }: StagedDetails, nowMs: number): CommitDetails {
  return {
    nowMs,
    engineInfo: programName,
    keeps,
    operation,
    extra: { lakesmith: madeBy },
    ...(txns === undefined ? {} : { txns }),
    ...(domains === undefined ? {} : { domains }),
  };
}
