import { freeName } from '../core/free-name.ts';
import { sameType } from '../core/type-policy.ts';
import type { Column } from '../core/schema.ts';
import { quoteName, quoteNames, quoteText } from '../core/sql-text.ts';
import type { Engine, Relation } from '../engine/engine.ts';
import { columnsOf } from '../lake/relation.ts';
import type { TableVersion } from '../lake/rows-apart.ts';
import { bindRowsApart } from '../lake/rows-apart.ts';
import { mask } from '../project/column-tags.ts';
import { readRows } from './read-rows.ts';

export interface ColumnDiff {
  readonly column: string;
  readonly rows: number;
  /** The first few, by key. */
  readonly examples: readonly { readonly key: string; readonly before: string | null; readonly after: string | null }[];
}

export interface RowDiff {
  /** Empty: rows have no key, and are compared whole, each as often as it is there. */
  readonly key: readonly string[];
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly columns: readonly ColumnDiff[];
  /** Keys of the first few rows that are on one side only, or such rows whole. */
  readonly addedRows: readonly string[];
  readonly removedRows: readonly string[];
}

export interface SchemaDiff {
  readonly added: readonly Column[];
  readonly removed: readonly Column[];
  readonly retyped: readonly {
    readonly name: string;
    readonly before: Column['type'];
    readonly after: Column['type'];
  }[];
}

export interface DiffRequest {
  readonly engine: Engine;
  readonly before: TableVersion;
  readonly after: TableVersion;
  /** Columns that name one row on either side. */
  readonly key: readonly string[];
  /** Columns whose values are not shown. */
  readonly masked: ReadonlySet<string>;
  readonly timezone: string;
  readonly signal?: AbortSignal;
}

const mostExamples = 5;
const masked = quoteText(mask);

/** What is otherwise in the schema; the order of columns is no difference. */
export function diffSchemas(before: readonly Column[], after: readonly Column[]): SchemaDiff {
  const old = new Map(before.map((column) => [column.name, column]));
  const names = new Set(after.map(({ name }) => name));
  return {
    added: after.filter(({ name }) => !old.has(name)),
    removed: before.filter(({ name }) => !names.has(name)),
    retyped: after.flatMap(({ name, type }) => {
      const was = old.get(name);
      return was === undefined || sameType(was.type, type) ? [] : [{ name, before: was.type, after: type }];
    }),
  };
}

/**
 * Compares the rows of two versions of a table in one query. NULL equals NULL and NaN equals NaN. A column whose types differ is
 * compared where each value of both fits one type; where not, the schema tells it.
 */
export async function diffRows(request: DiffRequest): Promise<RowDiff> {
  const columns = commonColumns(columnsOf(request.before.snapshot), columnsOf(request.after.snapshot));
  const relations = await bindRowsApart([request.before, request.after], ['side_before', 'side_after']);
  return await compareRows({ ...request, columns, relations });
}

/** Two relations that are compared. */
export interface ComparedRows extends Omit<DiffRequest, 'before' | 'after'> {
  /** Columns of both. */
  readonly columns: readonly Column[];
  /** The last two are called `side_before` and `side_after`. */
  readonly relations: readonly Relation[];
  /** Floating point numbers that differ in what the order of adding them does to their last digits are the same. */
  readonly closely?: true;
}

/** The same of any two relations. */
export async function compareRows(request: ComparedRows): Promise<RowDiff> {
  const { columns, relations, engine, timezone, signal } = request;
  const names = columns.map(({ name }) => name);
  const key = request.key.every((name) => names.includes(name)) ? request.key : [];
  const sql = key.length === 0 ? bagSql(request) : keyedSql(request, key);
  const { rows } = await readRows(engine, { sql, relations, timezone }, signal);
  const [total, ...byColumn] = [...rows].sort(([a], [b]) => Number(a) - Number(b));
  const list = (text: unknown): string[] => (typeof text === 'string' ? (JSON.parse(text) as string[]) : []);
  return {
    key,
    added: Number(total?.[1] ?? 0),
    removed: Number(total?.[2] ?? 0),
    changed: Number(total?.[3] ?? 0),
    addedRows: list(total?.[4]),
    removedRows: list(total?.[5]),
    columns: byColumn.flatMap(([place, , , changed, examples]) => {
      const column = names[Number(place)];
      if (column === undefined || Number(changed) === 0) return [];
      const shown = typeof examples === 'string' ? (JSON.parse(examples) as ColumnDiff['examples']) : [];
      return [{ column, rows: Number(changed), examples: shown }];
    }),
  };
}

/** Columns that both have and that can be compared. */
export function commonColumns(before: readonly Column[], after: readonly Column[]): readonly Column[] {
  const old = new Map(before.map((column) => [column.name, column.type]));
  return after.filter(({ name, type }) => {
    const was = old.get(name);
    return was !== undefined && (sameType(was, type) || fitOneType(was, type));
  });
}

/** Whether each value of both types is one of a wider type, in which the engine then compares them. */
function fitOneType(a: Column['type'], b: Column['type']): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  const whole = ['byte', 'short', 'integer', 'long'];
  const floating = ['float', 'double'];
  if ([whole, floating].some((family) => family.includes(a) && family.includes(b))) return true;
  const [x, y] = [a, b].map((type) => /^decimal\((\d+),\s*(\d+)\)$/.exec(type)?.slice(1).map(Number));
  const [p1 = 0, s1 = 0] = x ?? [];
  const [p2 = 0, s2 = 0] = y ?? [];
  return x !== undefined && y !== undefined && Math.max(p1 - s1, p2 - s2) + Math.max(s1, s2) <= 38;
}

/** Digits that adding in another order leaves as they are. */
const digits = 9;

function isFloating({ type }: Column): boolean {
  return type === 'float' || type === 'double';
}

function keyedSql({ masked: hidden, columns, closely }: ComparedRows, key: readonly string[]): string {
  const names = columns.map(({ name }) => name);
  const here = freeName('_here', names);
  const compared = names.flatMap((name, place) => (key.includes(name) ? [] : [{ name: quoteName(name), place }]));
  const isOther = (l: string, r: string, place: number): string => {
    const column = columns[place];
    const exactly = `${l} is distinct from ${r}`;
    if (closely === undefined || column === undefined || !isFloating(column)) return exactly;
    return `(${exactly} and coalesce(abs(${l} - ${r}) > 1e-${digits} * greatest(abs(${l}), abs(${r})), true))`;
  };
  const differs = compared.map(({ name, place }) => isOther(`l.${name}`, `r.${name}`, place));
  const keys = key.map((name) => `coalesce(l.${quoteName(name)}, r.${quoteName(name)})`);
  const shown = key.map((name, i) => `${quoteName(name)} := ${hidden.has(name) ? masked : (keys[i] ?? '')}`);
  const pairs = compared.map(({ name, place }) => `l.${name} as l${place}, r.${name} as r${place}`);
  const first = (value: string, where: string): string =>
    `to_json(arg_min(${value}, _order, ${mostExamples}) filter (${where}))::varchar`;
  const perColumn = compared.map(({ place }) => {
    const where = `_state = 'changed' and ${isOther(`l${place}`, `r${place}`, place)}`;
    const text = (side: string): string =>
      hidden.has(names[place] ?? '')
        ? `case when ${side}${place} is not null then ${masked} end`
        : `${side}${place}::varchar`;
    const example = `struct_pack("key" := _key, "before" := ${text('l')}, "after" := ${text('r')})`;
    return `select ${place}, 0, 0, count(*) filter (${where}), ${first(example, where)}, null from different`;
  });
  return `with different as materialized (
      select case when l.${here} is null then 'added' when r.${here} is null then 'removed' else 'changed' end as _state,
        ${[`row(${keys.join(', ')}) as _order`, `to_json(struct_pack(${shown.join(', ')}))::varchar as _key`, ...pairs].join(', ')}
      from (select ${quoteNames(names)}, true as ${here} from side_before) l
      full join (select ${quoteNames(names)}, true as ${here} from side_after) r
        on ${key.map((name) => `l.${quoteName(name)} is not distinct from r.${quoteName(name)}`).join(' and ')}
      where ${[`l.${here} is null`, `r.${here} is null`, ...differs].join(' or ')})
    select -1, count(*) filter (_state = 'added'), count(*) filter (_state = 'removed'), count(*) filter (_state = 'changed'),
      ${first('_key', "_state = 'added'")}, ${first('_key', "_state = 'removed'")} from different
    ${perColumn.map((part) => `union all ${part}`).join('\n')}`;
}

function bagSql({ masked: hidden, columns, closely }: ComparedRows): string {
  // By their places: a table may have columns that are called as what is counted here.
  const places = columns.map((_, i) => `c${i}`);
  const items = columns.map((column, i) => {
    const name = quoteName(column.name);
    // Which zero and which NaN stands for equal ones is left to chance, too.
    const told = `format('{:.${digits}g}', if(isnan(${name}), 'nan'::double, ${name} + 0))`;
    return `${closely !== undefined && isFloating(column) ? told : name} as c${i}`;
  });
  const shown = columns.map(({ name }, i) => `${quoteName(name)} := ${hidden.has(name) ? masked : `c${i}`}`);
  const first = (where: string): string =>
    `to_json(arg_min(_row || case when abs(_more) > 1 then ' × ' || abs(_more) else '' end, _row, ${mostExamples}) filter (${where}))::varchar`;
  return `with different as materialized (
      select sum(_side)::bigint as _more, to_json(struct_pack(${shown.join(', ')}))::varchar as _row
      from (select ${items.join(', ')}, -1 as _side from side_before union all select ${items.join(', ')}, 1 from side_after)
      group by ${places.join(', ')} having sum(_side) <> 0)
    select -1, coalesce(sum(_more) filter (_more > 0), 0)::bigint, coalesce(-sum(_more) filter (_more < 0), 0)::bigint, 0,
      ${first('_more > 0')}, ${first('_more < 0')} from different`;
}
