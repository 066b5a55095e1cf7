import { type JsonObject, RawNumber, parseJson } from '../json.ts';
import type { DataType } from '../types.ts';
import { type ColumnRange, UNKNOWN_RANGE } from './prune.ts';
import { type Comparable, toComparable } from './values.ts';

/** The statistics of a file, read. Every part may be missing, and then nothing is known. */
export interface ParsedStats {
  readonly rows: number | undefined;
  range(column: readonly string[], type: DataType): ColumnRange;
}

const NOTHING: ParsedStats = { rows: undefined, range: () => UNKNOWN_RANGE };

/** Reads the `stats` of an add action. Text that is no JSON object tells nothing, and is no error: statistics are optional. */
export function parseStats(text: string | undefined): ParsedStats {
  const stats = text === undefined || text === '' ? undefined : parseObject(text);
  if (stats === undefined) return NOTHING;
  const rows = typeof stats['numRecords'] === 'number' ? stats['numRecords'] : undefined;
  const tight = stats['tightBounds'] !== false;
  return {
    rows,
    range: (column, type) => {
      const min = boundOf(lookUp(stats['minValues'], column), type, 'min');
      const max = boundOf(lookUp(stats['maxValues'], column), type, 'max');
      return { ...nullsOf({ stats, column, rows, tight }), ...(min && { min }), ...(max && { max }) };
    },
  };
}

/**
 * What the count of nulls tells. Writers disagree on how rows count whose struct is null, so inside structs it tells nothing;
 * nor does it when rows were deleted since, unless it is about all rows or none.
 */
function nullsOf(known: {
  stats: JsonObject;
  column: readonly string[];
  rows: number | undefined;
  tight: boolean;
}): Pick<ColumnRange, 'mayBeNull' | 'mayBeValue'> {
  const nulls = lookUp(known.stats['nullCount'], known.column);
  if (typeof nulls !== 'number' || known.column.length > 1) return { mayBeNull: true, mayBeValue: true };
  return { mayBeNull: nulls !== 0, mayBeValue: known.rows === undefined || nulls < known.rows };
}

/** The range of a column that has one value in the whole file. */
export function partitionRange(type: DataType, text: string | null | undefined): ColumnRange {
  if (text === undefined) return UNKNOWN_RANGE;
  if (text === null || text === '') return { mayBeNull: true, mayBeValue: false };
  const value = toComparable(type, type === 'boolean' ? { true: true, false: false }[text] : text);
  return { mayBeNull: false, mayBeValue: true, ...(value && { min: value, max: value }) };
}

function boundOf(value: unknown, type: DataType, side: 'min' | 'max'): Comparable | undefined {
  if (value === undefined || value === null) return undefined;
  const bound = toComparable(type, value);
  if (bound?.kind !== 'instant' || side === 'min' || type === 'date') return bound;
  // Writers cut the upper bound of timestamps to milliseconds.
  return { kind: 'instant', value: bound.value + 1000n };
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function lookUp(tree: unknown, path: readonly string[]): unknown {
  let at: unknown = tree;
  for (const name of path) at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  return at;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RawNumber);
}
