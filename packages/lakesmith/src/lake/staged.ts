import type { CommitDetails, NewFile, Snapshot, StagedCommit, StructType, Txn } from '@lakesmith/delta';
import { applyStaged, buildStats, fieldIds, stageAppend, stageCreate, stageOverwrite } from '@lakesmith/delta';
import type { Column } from '../core/schema.ts';
import type { QueryRequest, StagedFile } from '../engine/engine.ts';
import type { Lake } from './lake.ts';
import { programName } from './program-name.ts';
import type { MadeBy } from './release.ts';

/** Rows that are written and belong to nobody yet: a commit as a value, and the table as it would be. */
export interface StagedTable {
  readonly table: string;
  readonly path: string;
  readonly staged: StagedCommit;
  readonly snapshot: Snapshot;
  readonly rowsWritten: number;
}

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
  /** Called with what was written, since a load records where its rows lie. */
  readonly details: (files: readonly StagedFile[]) => StagedDetails | Promise<StagedDetails>;
  readonly signal: AbortSignal;
}

/** Runs a query, writes its rows as data files of a table, and says what the table would be with them. Nothing is visible yet. */
export async function stageTable(lake: Lake, request: StageTable): Promise<StagedTable> {
  const { table, path, base, columns, mode } = request;
  const nowMs = lake.io(path).now();
  const schema = plannedSchema(request, nowMs);
  const files = await lake.engine.stage(
    {
      ...request.query,
      folder: lake.locate(path),
      fileName: `part-00000-${crypto.randomUUID()}-c000.zstd.parquet`,
      columns,
      fieldIds: fieldIds(schema),
      ...(request.ordered === undefined ? {} : { ordered: request.ordered }),
    },
    { signal: request.signal },
  );
  const newFiles = files.map((file) => newFile(schema, file, nowMs));
  const details = commitDetails(await request.details(files), nowMs);
  const staged =
    base === undefined
      ? stageCreate({ ...details, columns, name: table, configuration: configurationOf(mode), files: newFiles })
      : mode === 'append'
        ? stageAppend(base, { ...details, files: newFiles, change: { columns } })
        : stageOverwrite(base, {
            ...details,
            files: newFiles,
            change: { columns },
            ...(request.replaced === undefined ? {} : { replaced: request.replaced }),
          });
  return {
    table,
    path,
    staged,
    snapshot: applyStaged(base, staged),
    rowsWritten: files.reduce((sum, file) => sum + file.rows, 0),
  };
}

/** The schema that the table will have, field ids and all, before there are files: they carry the ids. */
function plannedSchema({ base, columns, mode }: StageTable, nowMs: number): StructType {
  const details = { nowMs, engineInfo: programName };
  const empty =
    base === undefined
      ? stageCreate({ ...details, columns, configuration: configurationOf(mode) })
      : stageAppend(base, { ...details, files: [], change: { columns } });
  return applyStaged(base, empty).schema;
}

/** Tables whose rows can change tell how: refreshing what is made from them lives on it. */
function configurationOf(mode: 'append' | 'overwrite'): Readonly<Record<string, string>> {
  return mode === 'append' ? {} : { 'delta.enableChangeDataFeed': 'true' };
}

function newFile(schema: StructType, file: StagedFile, nowMs: number): NewFile {
  return {
    path: file.name,
    sizeBytes: file.sizeBytes,
    modifiedMs: nowMs,
    stats: buildStats(schema, { rows: file.rows, columns: file.stats }),
  };
}

function commitDetails({ operation, madeBy, txns, domains }: StagedDetails, nowMs: number): CommitDetails {
  return {
    nowMs,
    engineInfo: programName,
    operation,
    extra: { lakesmith: madeBy },
    ...(txns === undefined ? {} : { txns }),
    ...(domains === undefined ? {} : { domains }),
  };
}
