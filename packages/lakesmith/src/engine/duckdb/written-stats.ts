import type { DuckDBValue } from '@duckdb/node-api';
import type { Column, DataType } from '../../core/schema.ts';
import { quoteText } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { ColumnStats } from '../engine.ts';
import { duckdb } from './library.ts';
import type { Session } from './session.ts';

/** By the path of a column in its file. */
type StatsByPath = Readonly<Record<string, ColumnStats>>;

/** What the engine tells of a file when it has written it. */
export function readStats(value: unknown, columns: readonly Column[]): StatsByPath {
  const leaves = new Map(columns.flatMap((column) => leafTypes(column.name, column.type)));
  const stats: Record<string, ColumnStats> = {};
  for (const [key, facts] of mapEntries(value)) {
    const path = pathOf(key);
    const known = new Map(mapEntries(facts));
    const bounds = boundsOf(leaves.get(path), known);
    const hasNan = known.get('has_nan');
    stats[path] = {
      nullCount: Number(known.get('null_count') ?? 0),
      ...bounds,
      ...(hasNan === undefined ? {} : { hasNan: hasNan === 'true' || hasNan === '1' }),
    };
  }
  return stats;
}

/** A column with a time that has no end, by its path. */
export function endlessColumn(
  files: readonly { readonly stats: StatsByPath }[],
  columns: readonly Column[],
): string | undefined {
  const leaves = columns.flatMap((column) => leafTypes(column.name, column.type));
  const times = leaves.filter(([, type]) => type === 'date' || type === 'timestamp' || type === 'timestamp_ntz');
  const isEndless = (bound: string | undefined): boolean => bound === 'infinity' || bound === '-infinity';
  return times.find(([path]) =>
    files.some(({ stats }) => isEndless(stats[path]?.min) || isEndless(stats[path]?.max)),
  )?.[0];
}

function leafTypes(path: string, type: DataType): [string, DataType][] {
  const children = childrenOf(type);
  return children.length === 0
    ? [[path, type]]
    : children.flatMap((child) => leafTypes(`${path}.${child.name}`, child.type));
}

// Bounds of booleans come as 0 and 1, those of binary as hexadecimal digits, which nobody asks for.
function boundsOf(type: DataType | undefined, known: ReadonlyMap<string, DuckDBValue>): { min?: string; max?: string } {
  const min = known.get('min');
  const max = known.get('max');
  if (typeof min !== 'string' || typeof max !== 'string' || type === 'binary' || type === undefined) return {};
  return type === 'boolean' ? { min: String(min === '1'), max: String(max === '1') } : { min, max };
}

export function mapEntries(value: unknown): [string, DuckDBValue][] {
  return value instanceof duckdb.DuckDBMapValue ? value.entries.map((entry) => [String(entry.key), entry.value]) : [];
}

/** '"st"."a"' is st.a. */
function pathOf(key: string): string {
  return [...key.matchAll(/"((?:[^"]|"")*)"/g)].map((part) => (part[1] ?? '').replaceAll('""', '"')).join('.');
}

/** The columns that a column is made of. */
export function childrenOf(type: DataType): readonly { readonly name: string; readonly type: DataType }[] {
  if (typeof type === 'string') return [];
  if (type.type === 'array') return [{ name: 'element', type: type.elementType }];
  if (type.type === 'map')
    return [
      { name: 'key', type: type.keyType },
      { name: 'value', type: type.valueType },
    ];
  return type.fields;
}

/** A file of fewer rows has one group, and what the engine says of it is what the group says. */
const leastGroupRows = 2048;

/**
 * The statistics of a new file, with the bounds that the engine does not put together as it should: it tells none where a group of rows is all
 * NULL, and forgets the NaN of a group when a later one has none. The footer says of each group what is true.
 */
export async function boundsOfGroups(
  session: Session,
  { location, rows, stats }: { readonly location: string; readonly rows: number; readonly stats: StatsByPath },
  columns: readonly Column[],
): Promise<StatsByPath> {
  const asked = rows <= leastGroupRows ? [] : columns.flatMap((column) => boundedLeaves(column, [])).filter(isDoubtful);
  if (asked.length === 0) return stats;
  const items = asked.flatMap(({ path, type }) => {
    const own = `path_in_schema = ${quoteText(path.join(', '))}`;
    const bounds = (['min', 'max'] as const).map((side) => {
      const value = `CAST(stats_${side}_value AS ${toEngineType(type)})`;
      return `CAST(${side}(CASE WHEN ${own} THEN ${value} END) AS VARCHAR)`;
    });
    const isTold = 'stats_null_count = num_values OR stats_min_value IS NOT NULL AND stats_max_value IS NOT NULL';
    return [...bounds, `bool_and(coalesce(${isTold}, false)) FILTER (${own})`];
  });
  const named = items.map((item, i) => `${item} AS f${i}`).join(', ');
  const [found = {}] = await session.rows(`SELECT ${named} FROM parquet_metadata(${quoteText(location)})`, {});
  const exact = asked.map(({ path }, i): [string, ColumnStats] => {
    const [min, max, isTold] = [found[`f${3 * i}`], found[`f${3 * i + 1}`], found[`f${3 * i + 2}`]];
    const { nullCount = 0 } = stats[path.join('.')] ?? {};
    const known = isTold === true && typeof min === 'string' && typeof max === 'string';
    return [path.join('.'), known ? { nullCount, min, max, hasNan: false } : { nullCount }];
  });
  return { ...stats, ...Object.fromEntries(exact) };

  function isDoubtful({ path, type }: Leaf): boolean {
    const told = stats[path.join('.')];
    if (told === undefined || told.nullCount >= rows) return false;
    return type === 'float' || type === 'double' || (told.min === undefined && told.nullCount > 0);
  }
}

interface Leaf {
  readonly path: readonly string[];
  readonly type: DataType;
}

/** Columns that have bounds. The footer puts a comma between the parts of a path: of names with one in them nothing is told. */
function boundedLeaves({ name, type }: Column, above: readonly string[]): Leaf[] {
  const path = [...above, name];
  if (name.includes(', ')) return [];
  if (typeof type === 'string')
    return type === 'boolean' || type === 'binary' || type === 'variant' ? [] : [{ path, type }];
  return type.type === 'struct' ? type.fields.flatMap((field) => boundedLeaves(field, path)) : [];
}
