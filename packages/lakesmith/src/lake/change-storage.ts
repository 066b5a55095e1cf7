import type { CommitDetails, MetadataChange, NewFile, Snapshot, StagedCommit } from '@lakesmith/delta';
import { applyStaged, stageChange, stageRewrite } from '@lakesmith/delta';
import type { StorageSettings } from '../core/storage-settings.ts';
import { changedProperties, plainStorage } from '../core/storage-settings.ts';
import { providerName } from './clustering.ts';
import type { DeltaTable } from './delta-table.ts';
import type { Lake } from './lake.ts';
import { planLayout, writeLayout } from './optimize-table.ts';
import { programName } from './program-name.ts';
import type { MadeBy } from './release.ts';
import { standingSince } from './release.ts';
import { stageSame } from './replace-rows.ts';
import type { StagedTable } from './staged.ts';
import { keeps } from './staged.ts';
import { tableInLake } from './table-in-lake.ts';

interface StorageChange {
  readonly table: string;
  readonly path: string;
  readonly base: Snapshot;
  readonly storage: StorageSettings;
  /** What its rows are said to be made of from now on; absent: what they are. */
  readonly madeBy?: MadeBy;
  readonly signal: AbortSignal;
}

/** Stages a table with the rows that it has, said to be made of something else, and under its settings where these changed. */
export async function stageKept(
  lake: Lake,
  request: StorageChange & { readonly madeBy: MadeBy },
): Promise<StagedTable> {
  return (await stageStorage(lake, request)) ?? stageSame(lake, request);
}

/**
 * Stages a table of the lake with the same rows under other settings: properties alone, or the files written anew in the order of
 * other columns. Whoever follows its changes sees nothing. Undefined when it is so already.
 */
export async function stageStorage(lake: Lake, request: StorageChange): Promise<StagedTable | undefined> {
  const { table, path, base, storage } = request;
  const madeThen = base.commitInfo?.['lakesmith'] as MadeBy | undefined;
  const madeBy = request.madeBy ?? madeThen;
  const before = madeThen?.storage ?? plainStorage;
  const configuration = changedProperties(before, storage);
  const clusterBy = storage.clusterBy.map((name) => [name]);
  const change: Pick<MetadataChange, 'clusterBy' | 'configuration'> = {
    clusterBy,
    ...(configuration === undefined ? {} : { configuration }),
  };
  const moves = clusterBy.length > 0 && clusterBy.join() !== before.clusterBy.join() && base.files.size > 0;
  const stands = standingSince(base.version, madeThen);
  const since = moves ? { ...stands, files: base.version + 1 } : stands;
  const details: CommitDetails = {
    nowMs: lake.io(path).now(),
    engineInfo: programName,
    keeps,
    ...(madeBy === undefined ? {} : { extra: { lakesmith: { ...madeBy, storage, since } } }),
  };
  const staged = moves
    ? await stageMoved(tableInLake(lake, path), { ...request, details, change, clusterBy })
    : stageChange(base, { ...details, operation: 'SET TBLPROPERTIES', change });
  if (staged === undefined) return undefined;
  return { table, path, staged, snapshot: applyStaged(base, staged), rowsWritten: 0 };
}

async function stageMoved(
  table: DeltaTable,
  {
    base,
    details,
    change,
    clusterBy,
    signal,
  }: {
    readonly base: Snapshot;
    readonly details: CommitDetails;
    readonly change: MetadataChange;
    readonly clusterBy: readonly (readonly string[])[];
    readonly signal: AbortSignal;
  },
): Promise<StagedCommit> {
  const layout = planLayout(base, { zOrderBy: clusterBy });
  const rewrite = { ...details, operation: 'OPTIMIZE', dataChange: false, replaced: layout.replaced, change };
  // What the table does not allow is refused before there are files.
  stageRewrite(base, { ...rewrite, files: [] });
  const written = await writeLayout(table, base, layout, signal);
  const files = written.map((file): NewFile => ({ ...file, clusteringProvider: providerName }));
  return stageRewrite(base, { ...rewrite, files });
}
