import { quoteName } from '../../core/sql-text.ts';
import type { Column } from '../../core/schema.ts';
import type { Engine, Relation } from '../../engine/engine.ts';
import { readRows } from '../../run/read-rows.ts';

/** What all rows of a model say of one of its columns. */
export interface ColumnProfile extends Column {
  /** Rows in which it has a value. */
  readonly present: number;
  readonly distinct: number;
  /** True for a number that is never below zero. */
  readonly neverNegative: boolean;
  /** Its values when they are few. */
  readonly values: readonly string[] | undefined;
}

export interface TableProfile {
  readonly table: string;
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  /** Columns that name a row: unique together and never null; empty when none were found. */
  readonly key: readonly string[];
  /** Other columns that would do. */
  readonly otherKeys: readonly string[];
}

const numeric = /^(byte|short|integer|long|float|double|decimal)/;
/** More values than this are no list that someone chose. */
const fewValues = 12;
const pairsTried = 20;

/** Looks at all rows of a model, by its SELECT over a source that lies in files. */
export async function profileModel(
  engine: Engine,
  model: {
    readonly table: string;
    readonly sql: string;
    readonly columns: readonly Column[];
    readonly relations: readonly Relation[];
  },
): Promise<TableProfile> {
  const ask = async (select: string): Promise<readonly (readonly unknown[])[]> =>
    (
      await readRows(engine, {
        sql: `select ${select} from (${model.sql}) as m`,
        relations: model.relations,
        timezone: 'UTC',
      })
    ).rows;
  const plain = model.columns.filter(({ type }) => typeof type === 'string');
  const measures = plain.flatMap(({ name, type }) => {
    const column = quoteName(name);
    const least = isNumeric(type) ? `coalesce(min(${column}) >= 0, false)` : 'false';
    return [`count(${column})`, `count(distinct ${column})`, least];
  });
  const [counted = []] = await ask(['count(*)', ...measures].join(', '));
  const rows = Number(counted[0] ?? 0);
  const columns: ColumnProfile[] = [];
  for (const [i, column] of plain.entries()) {
    const [present, distinct, least] = counted.slice(1 + i * 3, 4 + i * 3);
    const known = { ...column, present: Number(present), distinct: Number(distinct), neverNegative: least === true };
    const isChoice = column.type === 'string' && known.distinct <= fewValues && known.present >= known.distinct * 5;
    const name = quoteName(column.name);
    const values = isChoice ? await ask(`distinct ${name}`) : undefined;
    columns.push({ ...known, values: values?.flatMap(([value]) => (typeof value === 'string' ? [value] : [])).sort() });
  }
  const unique = columns.filter(({ present, distinct }) => rows > 1 && present === rows && distinct === rows);
  const ranked = unique
    .filter(({ type }) => type === 'string' || numericWhole(type))
    .sort((a, b) => rank(a.name, model.table) - rank(b.name, model.table));
  const [best] = ranked.filter(({ name }) => rank(name, model.table) < 4);
  const pair = best === undefined ? await uniquePair(columns, rows, ask) : undefined;
  const key = best === undefined ? (pair ?? []) : [best.name];
  const otherKeys = ranked.map(({ name }) => name).filter((name) => !key.includes(name));
  return { table: model.table, rows, columns, key, otherKeys };
}

function isNumeric(type: Column['type']): boolean {
  return typeof type === 'string' && numeric.test(type);
}

function numericWhole(type: Column['type']): boolean {
  return typeof type === 'string' && /^(byte|short|integer|long)$/.test(type);
}

/** How much a name looks like that of a key; 4 and more: not at all. */
function rank(column: string, table: string): number {
  const name = column.toLowerCase();
  if (name === 'id') return 0;
  if (singulars(table).some((word) => name === `${word}_id` || name === `${word}id`)) return 1;
  if (/(_|^)(id|uuid|key)$|[a-z]Id$/.test(column)) return 2;
  return /(_|^)(code|sku|number|no|nr)$/.test(name) ? 3 : 4;
}

/** The words that a row of a table may be called by: categories, category; boxes, box. */
export function singulars(table: string): readonly string[] {
  return [table, table.replace(/ies$/, 'y'), table.replace(/es$/, ''), table.replace(/s$/, '')];
}

async function uniquePair(
  columns: readonly ColumnProfile[],
  rows: number,
  ask: (select: string) => Promise<readonly (readonly unknown[])[]>,
): Promise<readonly string[] | undefined> {
  const parts = columns.filter(
    ({ name, present, distinct }) =>
      rows > 1 &&
      present === rows &&
      distinct < rows &&
      /(_|^)(id|key|code|sku|number|no|nr|line|position)$/i.test(name),
  );
  const pairs = parts.flatMap((one, i) => parts.slice(i + 1).map((other) => [one.name, other.name] as const));
  for (const pair of pairs.slice(0, pairsTried)) {
    const [found] = await ask(`count(distinct (${pair.map(quoteName).join(', ')})) = count(*)`);
    if (found?.[0] === true) return pair;
  }
  return undefined;
}
