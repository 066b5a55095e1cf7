import type { AddFile } from '../actions.ts';
import { type FileEntry, partitionOf, statsOf } from '../log/pending-add.ts';
import type { DataType } from '../types.ts';
import { type ColumnStats, ColumnStatsReader } from './column-stats.ts';
import { compareUtf8, orderOf, spanOf } from './values.ts';

/** What the values of a column may be, as bits. */
export const MAY_BE_NULL = 1;
export const MAY_BE_VALUE = 2;

/** What is known of one column in each file of a list. Bounds are never tighter than the values; unknown ones are open. */
export type ColumnBounds = { readonly presence: Uint8Array } & (
  | { readonly order: 'number'; readonly lows: Float64Array; readonly highs: Float64Array }
  | {
      readonly order: 'text';
      readonly lows: (string | undefined)[];
      readonly highs: (string | undefined)[];
    }
  | { readonly order: 'none' }
);

/** A column as files know it. */
export interface StoredColumn {
  /** Its key in `partitionValues`, or its path in statistics. */
  readonly path: readonly string[];
  readonly type: DataType;
  readonly isPartition: boolean;
}

/** Files by their position, and bounds by column, worked out when they are first asked for. */
export class FileBounds {
  readonly keys: readonly string[];
  readonly entries: readonly FileEntry[];
  readonly #columns = new Map<string, ColumnBounds>();

  constructor(files: ReadonlyMap<string, FileEntry>) {
    this.keys = [...files.keys()];
    this.entries = [...files.values()];
  }

  /** The bounds of these columns; the statistics of all files are read once for all that are new. */
  load(columns: readonly StoredColumn[]): ReadonlyMap<string, ColumnBounds> {
    const fresh = columns.filter((column) => !this.#columns.has(boundsKey(column)));
    const builders = new Map(
      fresh.map((column) => [boundsKey(column), new BoundsBuilder(column, this.entries.length)]),
    );
    const ofPartitions = [...builders.values()].filter(({ column }) => column.isPartition);
    const ofStats = [...builders.values()].filter(({ column }) => !column.isPartition);
    if (ofPartitions.length > 0) this.#loadPartitions(ofPartitions);
    if (ofStats.length > 0) this.#loadStats(ofStats);
    for (const [key, builder] of builders) this.#columns.set(key, builder.bounds);
    return this.#columns;
  }

  #loadPartitions(builders: readonly BoundsBuilder[]): void {
    for (const [index, entry] of this.entries.entries()) {
      const values = partitionOf(entry);
      for (const builder of builders) builder.addPartition(index, values);
    }
  }

  #loadStats(builders: readonly BoundsBuilder[]): void {
    const reader = new ColumnStatsReader(builders.map(({ column }) => column.path));
    for (const [index, entry] of this.entries.entries()) {
      const text = statsOf(entry);
      const stats = text === undefined ? undefined : reader.read(text);
      if (stats === undefined) continue;
      for (let i = 0; i < builders.length; i += 1) {
        const ofColumn = stats[i];
        if (ofColumn !== undefined) builders[i]?.addStats(index, ofColumn);
      }
    }
  }
}

export function boundsKey({ path, type, isPartition }: StoredColumn): string {
  return JSON.stringify([isPartition, path, type]);
}

class BoundsBuilder {
  readonly column: StoredColumn;
  readonly bounds: ColumnBounds;

  constructor(column: StoredColumn, count: number) {
    this.column = column;
    const presence = new Uint8Array(count).fill(MAY_BE_NULL | MAY_BE_VALUE);
    const order = orderOf(column.type);
    if (order === 'number') {
      const lows = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
      this.bounds = { order, presence, lows, highs: new Float64Array(count).fill(Number.POSITIVE_INFINITY) };
    } else if (order === 'text') {
      this.bounds = { order, presence, lows: unknownText(count), highs: unknownText(count) };
    } else this.bounds = { order, presence };
  }

  addPartition(index: number, values: AddFile['partitionValues']): void {
    const [key = ''] = this.column.path;
    const text = Object.hasOwn(values, key) ? values[key] : undefined;
    const isNull = text === undefined || text === null || text === '';
    this.bounds.presence[index] = isNull ? MAY_BE_NULL : MAY_BE_VALUE;
    if (!isNull) this.#setBounds(index, ...partitionBounds(text, this.column.type));
  }

  addStats(index: number, stats: ColumnStats): void {
    this.bounds.presence[index] = presenceOf(stats, this.column.path);
    this.#setBounds(index, stats.min, stats.max);
    // Writers cut times to milliseconds, the upper bound too.
    const isTime = this.column.type === 'timestamp' || this.column.type === 'timestamp_ntz';
    if (isTime && this.bounds.order === 'number') this.bounds.highs[index] = (this.bounds.highs[index] ?? 0) + 1000;
  }

  #setBounds(index: number, min: unknown, max: unknown): void {
    const { bounds } = this;
    if (bounds.order === 'number') {
      const low = spanOf(this.column.type, min)?.low ?? Number.NEGATIVE_INFINITY;
      const high = spanOf(this.column.type, max)?.high ?? Number.POSITIVE_INFINITY;
      // Bounds that contradict each other tell nothing.
      if (low > high) return;
      bounds.lows[index] = low;
      bounds.highs[index] = high;
    } else if (bounds.order === 'text') {
      const low = typeof min === 'string' ? min : undefined;
      const high = typeof max === 'string' ? max : undefined;
      if (low !== undefined && high !== undefined && compareUtf8(low, high) > 0) return;
      bounds.lows[index] = low;
      bounds.highs[index] = high;
    }
  }
}

function unknownText(count: number): (string | undefined)[] {
  return Array<string | undefined>(count).fill(undefined);
}

function partitionBounds(text: string, type: DataType): [unknown, unknown] {
  if (type === 'boolean') {
    const value = { true: true, false: false }[text.toLowerCase()];
    return [value, value];
  }
  // Times without an offset were written in a zone that nobody knows, and are read as UTC.
  const isUtc = type === 'timestamp' && !/(?:Z|[+-]\d\d(?::?\d\d){0,2})$/.test(text.slice(10));
  const value = isUtc ? `${text}Z` : text;
  return [value, value];
}

/**
 * What the count of nulls tells. Writers disagree on how rows count whose struct is null, so inside structs it tells nothing;
 * nor does it when rows were deleted since, unless it is about all rows or none.
 */
function presenceOf({ nulls, rows }: ColumnStats, path: readonly string[]): number {
  if (typeof nulls !== 'number' || !Number.isSafeInteger(nulls) || nulls < 0 || path.length > 1)
    return MAY_BE_NULL | MAY_BE_VALUE;
  if (rows !== undefined && nulls > rows) return MAY_BE_NULL | MAY_BE_VALUE;
  return (nulls > 0 ? MAY_BE_NULL : 0) | (rows === undefined || nulls < rows ? MAY_BE_VALUE : 0);
}
