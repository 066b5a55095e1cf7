import type { NewFile, Predicate, ScanFile, Snapshot } from '@lakesmith/delta';
import { planScan, stageRewrite } from '@lakesmith/delta';
import { quoteNames } from '../core/sql-text.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import type { WriteReport } from './table-rows.ts';
import { fileBytes, writeRows } from './table-rows.ts';
import { commitWrite, detailsOf } from './write-table.ts';

export interface OptimizeOptions {
  /** Only files that may hold rows which meet this. */
  readonly predicate?: Predicate | undefined;
  /** The size that files are put together to; absent: as the table says, or 256 MB. */
  readonly targetBytes?: number | undefined;
  /** Only where a partition has so many small files, and only about so many bytes of them. */
  readonly within?: { readonly minFiles: number; readonly maxBytes: number };
  readonly signal?: AbortSignal;
}

/**
 * Puts small files together, those of one partition at a time, and writes files anew of which rows are deleted, in one commit that
 * changes no row: whoever follows the table's changes sees nothing. Undefined when there is nothing to do.
 */
export async function optimizeTable(
  table: DeltaTable,
  base: Snapshot,
  { predicate, targetBytes, within, signal }: OptimizeOptions,
): Promise<WriteReport | undefined> {
  const target = targetBytes ?? fileBytes(base);
  const rewrite = { ...detailsOf(table), operation: 'OPTIMIZE', dataChange: false };
  const bins = binsOf(planScan(base, predicate).files, target, within);
  const replaced = new Set(bins.flat().map((file) => file.key));
  // What the table does not allow is refused before there are files.
  stageRewrite(base, { ...rewrite, replaced, files: [] });
  if (bins.length === 0) return undefined;
  const sql = `select ${quoteNames(base.schema.fields.map((field) => field.name))} from t`;
  const written: NewFile[] = [];
  for (const bin of bins) {
    const keys = new Set(bin.map((file) => file.key));
    const files = new Map([...base.files].filter(([key]) => keys.has(key)));
    const { relation } = await bindTable(table, 't', { ...base, files });
    written.push(...(await writeRows(table, base, { sql, relations: [relation], unchanged: true }, signal)));
  }
  const staged = stageRewrite(base, {
    ...rewrite,
    replaced,
    files: written,
    operationParameters: { predicate: '[]', zOrderBy: '[]', auto: within !== undefined },
  });
  return await commitWrite(table, staged, { operation: 'OPTIMIZE', files: written, base });
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
