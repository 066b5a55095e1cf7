import type { NewFile, Predicate, Rewrite, ScanFile, Snapshot } from '@lakesmith/delta';
import { planScan, stageRewrite } from '@lakesmith/delta';
import { quoteNames } from '../core/sql-text.ts';
import { readDeletionVectors } from './bind-table.ts';
import { isClustered, providerName, sortKeys } from './clustering.ts';
import type { DeltaTable } from './delta-table.ts';
import { noPromises } from './promises.ts';
import { bindMoved, movedColumns } from './row-identity.ts';
import type { WriteReport } from './table-rows.ts';
import { fileBytes, writeRows } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';
import type { SortKey } from './z-order.ts';
import { zOrderedRows } from './z-order.ts';

export interface OptimizeOptions {
  /** Only files that may hold rows which meet this. */
  readonly predicate?: Predicate | undefined;
  /** The size that files are put together to; absent: as the table says, or 256 MB. */
  readonly targetBytes?: number | undefined;
  /** Columns, by their paths: rows with near values in all of them are put near each other, in all files. */
  readonly zOrderBy?: readonly (readonly string[])[] | undefined;
  /** Only where a partition has so many small files, and only about so many bytes of them. */
  readonly within?: { readonly minFiles: number; readonly maxBytes: number };
  readonly signal?: AbortSignal;
}

/**
 * Puts small files together, those of one partition at a time, and writes files anew of which rows are deleted, in one commit that
 * changes no row: whoever follows the table's changes sees nothing. What a table is clustered by, its rows are sorted by.
 * Undefined when there is nothing to do.
 */
export async function optimizeTable(
  table: DeltaTable,
  base: Snapshot,
  options: OptimizeOptions,
): Promise<WriteReport | undefined> {
  const { within, zOrderBy } = options;
  const rewrite: Omit<Rewrite, 'replaced' | 'files'> = {
    ...detailsOf(table),
    operation: 'OPTIMIZE',
    dataChange: false,
    operationParameters: {
      predicate: '[]',
      zOrderBy: JSON.stringify((zOrderBy ?? []).map((path) => path.join('.'))),
      auto: within !== undefined,
    },
  };
  const layout = planLayout(base, options);
  const { replaced, keys } = layout;
  // What the table does not allow is refused before there are files.
  stageRewrite(base, { ...rewrite, replaced, files: [] });
  if (replaced.size === 0) return undefined;
  const written = await writeLayout(table, base, layout, options.signal);
  const isInOrder = zOrderBy === undefined && keys.length > 0;
  const named = isInOrder ? written.map((file) => ({ ...file, clusteringProvider: providerName })) : written;
  const staged = stageRewrite(base, { ...rewrite, replaced, files: named });
  return await commitWrite(table, staged, { operation: 'OPTIMIZE', files: named, base });
}

/** Which files are to be written anew, which of them together, and how. */
export interface Layout {
  readonly bins: readonly (readonly ScanFile[])[];
  readonly replaced: ReadonlySet<string>;
  readonly keys: readonly SortKey[];
  readonly targetBytes: number;
}

export function planLayout(base: Snapshot, options: OptimizeOptions): Layout {
  const { predicate, within, zOrderBy } = options;
  const targetBytes = options.targetBytes ?? fileBytes(base);
  const keys = within === undefined ? sortKeys(base, zOrderBy) : [];
  const { files } = planScan(base, predicate);
  const bins = keys.length > 0 ? sortedBins(files, zOrderBy) : binsOf(files, targetBytes, within);
  return { bins, replaced: new Set(bins.flat().map((file) => file.key)), keys, targetBytes };
}

/** The rows of those files in new ones. Nobody can see them yet. */
export async function writeLayout(
  table: DeltaTable,
  base: Snapshot,
  { bins, keys, targetBytes: target }: Layout,
  signal: AbortSignal | undefined,
): Promise<readonly NewFile[]> {
  const written: NewFile[] = [];
  for (const bin of bins) written.push(...(await writeBin(table, base, bin, { keys, target, signal })));
  return written;
}

/** The rows of some files in new ones. */
async function writeBin(
  table: DeltaTable,
  base: Snapshot,
  bin: readonly ScanFile[],
  {
    keys,
    target,
    signal,
  }: { readonly keys: readonly SortKey[]; readonly target: number; readonly signal: AbortSignal | undefined },
): Promise<readonly NewFile[]> {
  const deleted = await readDeletionVectors(table.io, bin);
  const files = bin.map((file, i) => ({ file, deleted: deleted.get(i) }));
  const rows = { name: 't', columns: movedColumns(base), relations: bindMoved(table, 't', base, { files }) };
  const names = quoteNames(rows.columns.map((column) => column.name));
  const sql = keys.length === 0 ? `select ${names} from t` : await zOrderedRows(table, rows, keys, signal);
  const { relations } = rows;
  return await writeRows(table, base, { sql, relations, moved: true, promises: noPromises, fileBytes: target }, signal);
}

/** Files by partition, for rows that are to be sorted: all that are asked for, or those that nobody has sorted yet. */
function sortedBins(
  files: readonly ScanFile[],
  zOrderBy: OptimizeOptions['zOrderBy'],
): readonly (readonly ScanFile[])[] {
  const partitions = new Map<string, ScanFile[]>();
  for (const file of files) {
    if (zOrderBy === undefined && isClustered(file) && !hasDeleted(file)) continue;
    const partition = JSON.stringify(file.partitionValues);
    partitions.set(partition, [...(partitions.get(partition) ?? []), file]);
  }
  return [...partitions.values()];
}

/** Files of one partition that together are about as large as wanted, small ones first: several, or one with deleted rows. */
function binsOf(
  files: readonly ScanFile[],
  targetBytes: number,
  { minFiles, maxBytes }: NonNullable<OptimizeOptions['within']> = { minFiles: 1, maxBytes: Number.POSITIVE_INFINITY },
): readonly (readonly ScanFile[])[] {
  const partitions = new Map<string, ScanFile[]>();
  for (const file of files) {
    if (file.sizeBytes * 4 > targetBytes * 3 && !hasDeleted(file)) continue;
    const partition = JSON.stringify(file.partitionValues);
    const some = partitions.get(partition);
    if (some === undefined) partitions.set(partition, [file]);
    else some.push(file);
  }
  const bins: ScanFile[][] = [];
  for (const some of partitions.values()) {
    if (some.length < minFiles) continue;
    let bin: ScanFile[] = [];
    let bytes = 0;
    for (const file of [...some].sort((a, b) => a.sizeBytes - b.sizeBytes)) {
      if (bin.length > 0 && bytes + file.sizeBytes > targetBytes) {
        bins.push(bin);
        [bin, bytes] = [[], 0];
      }
      bin.push(file);
      bytes += file.sizeBytes;
    }
    bins.push(bin);
  }
  let left = maxBytes;
  return bins.filter((bin) => {
    if ((bin.length < 2 && !bin.some(hasDeleted)) || left <= 0) return false;
    for (const file of bin) left -= file.sizeBytes;
    return true;
  });
}

/** Its readers go past rows that are not there any more. */
function hasDeleted({ deletionVector }: ScanFile): boolean {
  return deletionVector !== undefined;
}
