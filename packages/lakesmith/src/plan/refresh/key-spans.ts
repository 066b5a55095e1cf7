import type { Predicate } from '@lakesmith/delta';
import type { Column, DataType } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { Leaf } from '../../sql/refresh/key-map.ts';
import type { ProvenKey } from '../../sql/refresh/proof.ts';

/** What the values of one column of keys lie between, as the engine prints them; absent: it is not known. */
export interface KeySpan {
  readonly nulls: boolean;
  readonly min?: string;
  readonly max?: string;
}

/** What is known of a column that was written. */
export function spanOf(
  stats: { readonly nullCount: number; readonly min?: string; readonly max?: string } | undefined,
): KeySpan {
  // Where there are no bounds, nothing else is sure either.
  if (stats?.min === undefined || stats.max === undefined) return { nulls: true };
  return { nulls: stats.nullCount > 0, min: stats.min, max: stats.max };
}

/** The same of keys that lie between two bounds, each in a column of one row. */
export function spanBetween(low: KeySpan | undefined, high: KeySpan | undefined): KeySpan {
  return low?.min === undefined || high?.max === undefined
    ? { nulls: true }
    : { nulls: false, min: low.min, max: high.max };
}

/** Rows that have one of the keys lie between these values of a column. */
interface ColumnRange {
  readonly column: string;
  readonly type: DataType;
  readonly low: string;
  readonly high: string;
}

const whole: ReadonlySet<DataType> = new Set<DataType>(['long', 'integer', 'short', 'byte']);
const times: ReadonlySet<DataType> = new Set<DataType>(['date', 'timestamp', 'timestamp_ntz']);

/** Between which values of a column of the table itself the rows lie that have one of the keys. */
export function rangeOfColumn({ name, type }: Column, span: KeySpan | undefined): ColumnRange | undefined {
  if (span === undefined || span.nulls || span.min === undefined || span.max === undefined) return undefined;
  return whole.has(type) || type === 'string' || type === 'date'
    ? { column: name, type, low: span.min, high: span.max }
    : undefined;
}

/** What every row of a table meets that is of some lots, by what the values of its columns lie between in each; undefined: it may be any row. */
export function anyRowOf(
  lots: readonly (readonly { readonly column: Column | undefined; readonly span: KeySpan | undefined }[])[],
): Predicate | undefined {
  const operands = lots.map((columns) =>
    columns.flatMap(({ column, span }) => {
      const range = column === undefined ? undefined : rangeOfColumn(column, span);
      return range === undefined ? [] : [rangePredicate(range)];
    }),
  );
  if (operands.length === 0 || operands.some((parts) => parts.length === 0)) return undefined;
  return { kind: 'or', operands: operands.map((parts): Predicate => ({ kind: 'and', operands: parts })) };
}

/** The same as of a column of the table itself, for a table that the SELECT reads, of which the key is a column, or is made of a time. `made`: the type of the key. */
export function rangeAtLeaf(
  key: ProvenKey,
  leaf: Leaf,
  {
    span,
    columns,
    made,
  }: { readonly span: KeySpan | undefined; readonly columns: readonly Column[]; readonly made: DataType },
): ColumnRange | undefined {
  const plain = key.plain.find(([one]) => one === leaf)?.[1];
  const own = columns.find(({ name }) => name === plain);
  // Values of another type may be in another order.
  if (own !== undefined && own.type === made) return rangeOfColumn(own, span);
  const near = key.near?.find(([one]) => one === leaf)?.[1];
  const column = near === undefined ? undefined : columns[near.column];
  if (near === undefined || column === undefined || !times.has(column.type)) return undefined;
  if (span === undefined || span.nulls || !times.has(made)) return undefined;
  const [low, high] = [daysFrom(span.min, -near.before), daysFrom(span.max, near.after)];
  return low === undefined || high === undefined ? undefined : { column: column.name, type: column.type, low, high };
}

const dayMs = 86_400_000;

/** '2026-01-31 10:00:00' and one day more is '2026-02-01'; undefined outside of the years 1 to 9999. */
function daysFrom(text: string | undefined, days: number): string | undefined {
  const [day] = /^\d{4}-\d{2}-\d{2}(?=$| (?!.*BC))/.exec(text ?? '') ?? [];
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`) + days * dayMs;
  const moved = Number.isNaN(at) ? '' : new Date(at).toISOString();
  return /^(?!0000)\d{4}-/.test(moved) ? moved.slice(0, 10) : undefined;
}

/** For files: those are left out that hold no row of the range. */
export function rangePredicate({ column, type, low, high }: ColumnRange): Predicate {
  const bound = (operator: '>=' | '<=', text: string): Predicate => ({
    kind: 'compare',
    column: [column],
    operator,
    value: whole.has(type) ? BigInt(text) : timeText(type, text),
  });
  return { kind: 'and', operands: [bound('>=', low), bound('<=', high)] };
}

function timeText(type: DataType, day: string): string {
  if (type === 'timestamp') return `${day} 00:00:00+00`;
  return type === 'timestamp_ntz' ? `${day} 00:00:00` : day;
}

/** For rows, and parts of files: the engine leaves out what cannot be between constants. */
export function rangeSql({ column, type, low, high }: ColumnRange, alias: string): string {
  const constant = (text: string): string =>
    `cast('${timeText(type, text).replaceAll("'", "''")}' as ${toEngineType(type)})`;
  return `${alias}.${quoteName(column)} between ${constant(low)} and ${constant(high)}`;
}
