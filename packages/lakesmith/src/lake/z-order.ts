import { LakeError } from '../core/errors.ts';
import type { Column, DataType } from '../core/schema.ts';
import { quoteName, quoteNames, quoteText } from '../core/sql-text.ts';
import { toEngineType } from '../core/type-policy.ts';
import type { Relation } from '../engine/engine.ts';
import { askRows } from './ask-rows.ts';
import type { DeltaTable } from './delta-table.ts';

/** Rows from which it is guessed how the values of a column are spread. */
const sampleRows = 100_000;
/** Bits of the key: what a BIGINT holds without its sign, and not more per column than a sample can tell apart. */
const keyBits = 62;
const mostColumnBits = 8;

/** What rows are sorted by: a column, or a field inside of one. */
export interface SortKey {
  readonly name: string;
  readonly type: DataType;
  readonly sql: string;
}

/** Rows that are to be sorted. */
export interface UnorderedRows {
  /** The relation that has them. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** That relation, and what it is made from. */
  readonly relations: readonly Relation[];
}

/**
 * Rows sorted so that those with near values in all of the columns are near each other: each value becomes its
 * rank among the values of a sample, and the bits of the ranks take turns.
 */
export async function zOrderedRows(
  table: DeltaTable,
  { name: from, columns: kept, relations }: UnorderedRows,
  columns: readonly SortKey[],
  signal?: AbortSignal,
): Promise<string> {
  const unordered = columns.find(({ type }) => typeof type !== 'string' || type === 'variant' || type === 'void');
  if (unordered !== undefined)
    throw new LakeError('LS4001', `Rows cannot be ordered by the column ${unordered.name}: its values have no order.`);
  const bits = Math.min(mostColumnBits, Math.floor(keyBits / columns.length));
  if (bits < 1) throw new LakeError('LS4001', `Rows cannot be ordered by ${columns.length} columns at once.`);
  const steps = 2 ** bits;
  const fractions = Array.from({ length: steps - 1 }, (_, i) => (i + 1) / steps);
  const items = columns.map((_, i) => `cast(quantile_disc(_key${i}, [${fractions.join(', ')}]) as varchar[])`);
  const sample = `(select ${columns.map(({ sql }, i) => `${sql} as _key${i}`).join(', ')} from ${from} using sample reservoir(${sampleRows} rows) repeatable (1))`;
  const [bounds = []] = await askRows(table, { sql: `select ${items.join(', ')} from ${sample}`, relations }, signal);
  const ranks = columns.map((column, i) => {
    const found = bounds[i];
    const texts = Array.isArray(found) ? found.filter((text) => typeof text === 'string') : [];
    return rankOf(
      column.sql,
      [...new Set(texts)].map((text) => `CAST(${quoteText(text)} AS ${toEngineType(column.type)})`),
    );
  });
  const names = ranks.map((_, i) => quoteName(`_rank ${i}`));
  const ranked = ranks.map((sql, i) => `CAST(${sql} AS BIGINT) AS ${names[i] ?? ''}`);
  return `select ${quoteNames(kept.map((column) => column.name))} from (select *, ${ranked.join(', ')} from ${from}) order by ${interleaved(names, bits)}`;
}

/** How many of the bounds, which rise, are not above a value; NULL is below all of them. */
function rankOf(value: string, bounds: readonly string[]): string {
  const search = (from: number, to: number): string => {
    if (from === to) return String(from);
    const middle = Math.floor((from + to) / 2);
    return `CASE WHEN ${value} < ${bounds[middle] ?? 'NULL'} THEN ${search(from, middle)} ELSE ${search(middle + 1, to)} END`;
  };
  return `CASE WHEN ${value} IS NULL THEN 0 ELSE ${search(0, bounds.length)} END`;
}

function interleaved(ranks: readonly string[], bits: number): string {
  const parts = ranks.flatMap((rank, column) =>
    Array.from({ length: bits }, (_, bit) => {
      const place = bit * ranks.length + (ranks.length - 1 - column);
      return `(((${rank} >> ${bit}) & 1) << ${place})`;
    }),
  );
  return parts.join(' | ');
}
