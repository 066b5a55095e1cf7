import type { Column, DataType } from '../core/schema.ts';
import { quoteName } from '../core/sql-text.ts';
import type { Engine, Relation, Scalar } from '../engine/engine.ts';
import { readRows } from '../run/read-rows.ts';

/** What a column of a table holds. Values are text as the engine prints them, so that none is rounded. */
export interface ColumnProfile {
  readonly name: string;
  readonly type: DataType;
  readonly nulls: number;
  /** Different values, NULL not among them; undefined for types that have no order. */
  readonly distinct: number | undefined;
  /** Floating point values that are no numbers. As to the engine, they are greater than all numbers; the mean is without them. */
  readonly nan: number;
  readonly min: string | null;
  readonly max: string | null;
  /** By percent. */
  readonly quantiles: Readonly<Record<number, string | null>>;
  /** Of numbers. */
  readonly mean: string | null;
  /** Of texts, in characters. */
  readonly lengths: { readonly min: number; readonly max: number } | undefined;
  /** The most frequent values, where values come more than once. */
  readonly top: readonly { readonly value: string; readonly rows: number }[];
  /** Numbers and times in steps of equal width; a bin ends where the next begins. */
  readonly histogram: readonly Bin[];
}

interface Bin {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
}

export interface TableProfile {
  readonly rows: number;
  /** Whether distinct values and quantiles were counted, and not estimated. */
  readonly isExact: boolean;
  readonly columns: readonly ColumnProfile[];
}

/** Up to so many rows everything is counted; beyond, what would need all values in memory is estimated. */
const exactRows = 1_000_000;
const percents = [5, 25, 50, 75, 95] as const;
const topValues = 12;
const bins = 10;

interface Work {
  readonly engine: Engine;
  readonly table: string;
  /** Those of its columns that are wanted. */
  readonly columns: readonly Column[];
  /** The table, and what stands behind it. */
  readonly relations: readonly Relation[];
  readonly timezone: string;
  readonly rows: number;
  readonly signal?: AbortSignal;
}

/** Reads a table, once for what is known of all its columns and once for their frequent values, and says what is in it. */
export async function profileTable(work: Work): Promise<TableProfile> {
  const { columns } = work;
  const isExact = work.rows <= exactRows;
  const items = columns.flatMap((column, i) => measuresOf(column, i, isExact));
  const first = await ask(work, `select ${['count(*) as n', ...items].join(', ')} from ${work.table}`);
  const value = (name: string): Scalar => first.rows[0]?.[first.columns.indexOf(name)] ?? null;
  const rows = Number(value('n'));
  const plain = columns.map((column, i) => readMeasures(column, i, { value, rows }));
  const tops = await topOf(
    work,
    plain.filter(({ distinct = 0, nulls }) => isRepetitive(distinct, rows - nulls)),
  );
  const histograms = await histogramsOf(
    work,
    plain.filter(({ type, min, max }) => isMeasurable(type) && min !== null && min !== max),
  );
  return {
    rows,
    isExact,
    columns: plain.map((column) => ({
      ...column,
      top: tops.get(column.name) ?? [],
      histogram: histograms.get(column.name) ?? [],
    })),
  };
}

/** Where nearly every row has a value of its own, none is frequent. */
function isRepetitive(distinct: number, filled: number): boolean {
  return distinct > 0 && distinct < filled && distinct <= Math.max(50, filled / 2);
}

const numbers = /^(?:byte|short|integer|long|float|double|decimal\(.*\))$/;
const times = /^(?:date|timestamp|timestamp_ntz)$/;

export function isNumber(type: DataType): boolean {
  return typeof type === 'string' && numbers.test(type);
}

/** Numbers and times: what lies between others. */
function isMeasurable(type: DataType): boolean {
  return isNumber(type) || (typeof type === 'string' && times.test(type));
}

function isFloating(type: DataType): boolean {
  return type === 'float' || type === 'double';
}

/** Types whose values can be told apart and put in order. */
function isOrdered(type: DataType): boolean {
  return isMeasurable(type) || type === 'string' || type === 'boolean';
}

function measuresOf({ name, type }: Column, i: number, isExact: boolean): readonly string[] {
  const column = quoteName(name);
  const filled = `count(${column}) as filled_${i}`;
  if (!isOrdered(type)) return [filled];
  return [
    filled,
    `${isExact ? `count(distinct ${column})` : `approx_count_distinct(${column})`} as distinct_${i}`,
    `min(${column})::varchar as min_${i}`,
    `max(${column})::varchar as max_${i}`,
    ...(isFloating(type) ? [`count(*) filter (where isnan(${column})) as nan_${i}`] : []),
    ...(isNumber(type) ? [`avg(${column}) filter (where isfinite(${column}::double))::varchar as mean_${i}`] : []),
    ...(isMeasurable(type)
      ? percents.map((percent) => {
          const [sort, share] = [isExact ? 'quantile_disc' : 'approx_quantile', percent / 100];
          return `${sort}(${column}, ${share})::varchar as q${percent}_${i}`;
        })
      : []),
    ...(type === 'string' ? [`min(length(${column})) as shortest_${i}`, `max(length(${column})) as longest_${i}`] : []),
  ];
}

function readMeasures(
  { name, type }: Column,
  i: number,
  { value, rows }: { readonly value: (name: string) => Scalar; readonly rows: number },
): ColumnProfile {
  const text = (measure: string): string | null => {
    const found = value(`${measure}_${i}`);
    return found === null ? null : String(found);
  };
  const shortest = text('shortest');
  return {
    name,
    type,
    nulls: rows - Number(text('filled') ?? 0),
    distinct: isOrdered(type) ? Number(text('distinct') ?? 0) : undefined,
    nan: Number(text('nan') ?? 0),
    min: text('min'),
    max: text('max'),
    quantiles: Object.fromEntries(percents.map((percent) => [percent, text(`q${percent}`)])),
    mean: text('mean'),
    lengths: shortest === null ? undefined : { min: Number(shortest), max: Number(text('longest')) },
    top: [],
    histogram: [],
  };
}

async function topOf(
  work: Work,
  columns: readonly ColumnProfile[],
): Promise<ReadonlyMap<string, ColumnProfile['top']>> {
  const found = new Map<string, ColumnProfile['top']>();
  if (columns.length === 0) return found;
  const parts = columns.map(({ name }, i) => {
    const column = quoteName(name);
    return `(select ${i} as of_column, ${column}::varchar as value, count(*) as n from ${work.table}
      where ${column} is not null group by ${column} order by n desc, ${column} limit ${topValues})`;
  });
  const { rows } = await ask(work, `select * from (${parts.join(' union all ')}) order by 1, n desc, value`);
  for (const [at, value, n] of rows) {
    const { name } = columns[Number(at)] ?? { name: '' };
    found.set(name, [...(found.get(name) ?? []), { value: String(value), rows: Number(n) }]);
  }
  return found;
}

/** The borders are told in the column's own type, and counted in floating point: a border may be a hair away from where it is told. */
async function histogramsOf(
  work: Work,
  columns: readonly ColumnProfile[],
): Promise<ReadonlyMap<string, readonly Bin[]>> {
  const found = new Map<string, Bin[]>();
  if (columns.length === 0) return found;
  const parts = columns.map(({ name, type }, i) => {
    const isTime = typeof type === 'string' && times.test(type);
    const number = isTime ? `epoch(${quoteName(name)})` : `${quoteName(name)}::double`;
    const shown = (at: string): string => borderText(type, at);
    return `(select ${i} as of_column, bin, ${shown('low + bin * width')} as low_end, ${shown('low + (bin + 1) * width')} as high_end, n
      from (select low, width, least(${bins - 1}, floor((x - low) / width)::integer) as bin, count(*) as n
        from (select ${number} as x from ${work.table}),
          (select min(x) as low, (max(x) - min(x)) / ${bins} as width from (select ${number} as x from ${work.table}) where isfinite(x))
        where isfinite(x) and width > 0 and isfinite(width) group by all))`;
  });
  const { rows } = await ask(work, `select * from (${parts.join(' union all ')}) order by 1, bin`);
  for (const [at, , from, to, n] of rows) {
    const { name } = columns[Number(at)] ?? { name: '' };
    found.set(name, [...(found.get(name) ?? []), { from: String(from), to: String(to), rows: Number(n) }]);
  }
  return found;
}

function borderText(type: DataType, at: string): string {
  if (type === 'date') return `strftime(make_timestamp(((${at}) * 1000000)::bigint), '%Y-%m-%d')`;
  if (type === 'timestamp') return `make_timestamptz(((${at}) * 1000000)::bigint)::varchar`;
  if (type === 'timestamp_ntz') return `make_timestamp(((${at}) * 1000000)::bigint)::varchar`;
  return `format('{:.6g}', ${at})`;
}

function ask({ engine, relations, timezone, signal }: Work, sql: string): ReturnType<typeof readRows> {
  return readRows(engine, { sql, relations, timezone }, signal);
}
