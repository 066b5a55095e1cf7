import type { RowSet, Snapshot, StructField } from '@lakesmith/delta';
import { rowSetOfBitmap, storedColumns } from '@lakesmith/delta';
import type { FileLayout } from '../engine/parquet/file-layout.ts';
import { pageBytes } from '../engine/parquet/splice.ts';
import type { FileRows } from './bind-table.ts';
import { leastRows, mostReplaced } from './kept-columns.ts';
import type { Touched } from './rewrite-plan.ts';

/** What is written of a file: some columns, of the groups of rows in which some row changes. The rest is copied as it lies. */
export interface ReplacedPart {
  /** As the table calls them, and as its files do. */
  readonly columns: readonly StructField[];
  readonly stored: readonly StructField[];
  /** Numbers of groups, in order; each but the last has `groupRows`. */
  readonly groups: readonly number[];
  readonly groupRows: number;
  /** They are all that the file has. */
  readonly isWhole: boolean;
  /** The rows of these groups that stay as they are. */
  readonly staying: Pick<FileRows, 'deleted' | 'only'>;
}

/** Whether it may be worth the while to look at where things lie in a file. */
export function isWorthALook({ file, deleted, updated, gone }: Touched): boolean {
  const stats = file.add.stats ?? '';
  const isTold = stats !== '' && !/"tightBounds"\s*:\s*false/.test(stats);
  return isTold && (file.rows ?? 0) >= leastRows && updated !== undefined && (gone ?? deleted) === undefined;
}

/** What has to be written of a file whose rows change in some columns; undefined when that is most of it, or it cannot be done. */
export function replacedPart(
  target: Snapshot,
  { file, updated }: Touched,
  { layout, changing }: { readonly layout: FileLayout; readonly changing: (column: number) => boolean },
): ReplacedPart | undefined {
  const { fields } = target.schema;
  const stored = storedColumns(target).fields;
  const isInFiles = (i: number): boolean => !target.metadata.partitionColumns.includes(fields[i]?.name ?? '');
  const places = fields.map((_, i) => i).filter(changing);
  if (places.some((i) => !isInFiles(i) || !isFlat(fields[i]))) return undefined;
  const held = layout.columns.map(({ name }) => name);
  const wanted = stored.filter((_, i) => isInFiles(i)).map(({ name }) => name);
  // What the table does not have any more goes with the next writing of all.
  if (held.length !== wanted.length || wanted.some((name) => !held.includes(name))) return undefined;
  const part = groupsOf(layout, updated);
  if (part === undefined || part.total !== file.rows) return undefined;
  const names = new Set(places.map((i) => stored[i]?.name));
  let bytes = 0;
  for (const group of part.groups)
    for (const chunk of layout.groups[group]?.chunks ?? []) if (names.has(chunk.column)) bytes += pageBytes(chunk);
  if (bytes > file.sizeBytes * mostReplaced) return undefined;
  const of = (all: readonly StructField[]): readonly StructField[] => all.filter((_, i) => places.includes(i));
  return { ...part, columns: of(fields), stored: of(stored) };
}

function isFlat(field: StructField | undefined): boolean {
  return typeof field?.type === 'string' && field.type !== 'variant' && field.type !== 'void';
}

/** The groups that have some of these rows; undefined when they are not of one size, so that they could not be written at once. */
function groupsOf(
  { groups }: FileLayout,
  updated: RowSet | undefined,
): (Pick<ReplacedPart, 'groups' | 'groupRows' | 'isWhole' | 'staying'> & { readonly total: number }) | undefined {
  const bits = updated?.toBitmap() ?? new Uint8Array(0);
  const isUpdated = (row: number): boolean => ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
  const found: { readonly group: number; readonly start: number; readonly end: number }[] = [];
  let total = 0;
  for (const [group, { rows }] of groups.entries()) {
    const start = total;
    total += rows;
    let row = start;
    while (row < total && !isUpdated(row)) row += 1;
    if (row < total) found.push({ group, start, end: total });
  }
  const sizes = found.map(({ start, end }) => end - start);
  const [groupRows = 0] = sizes;
  if (sizes.some((rows, i) => (i < sizes.length - 1 ? rows !== groupRows : rows > groupRows))) return undefined;
  const isWhole = found.length === groups.length;
  const known = { groups: found.map(({ group }) => group), groupRows, isWhole, total };
  if (isWhole) return { ...known, staying: { deleted: updated } };
  const staying = new Uint8Array((total >> 3) + 1);
  for (const { start, end } of found)
    for (let row = start; row < end; row += 1)
      if (!isUpdated(row)) staying[row >> 3] = (staying[row >> 3] ?? 0) | (1 << (row & 7));
  return { ...known, staying: { only: rowSetOfBitmap(staying) } };
}
