import type { RowSet } from '@lakesmith/delta';
import { rowSetOfBitmap } from '@lakesmith/delta';
import { askRows } from './ask-rows.ts';
import type { DeltaTable } from './delta-table.ts';
import type { RowsQuery } from './table-rows.ts';

/** Rows of one file, and how often they were named. */
export interface NamedRows {
  readonly set: RowSet;
  readonly times: number;
}

/** By what was asked for (`_clause`), then by file (its number in the relation). */
export type RowSets = ReadonlyMap<number, ReadonlyMap<number, NamedRows>>;

const partBytes = 8192;

/**
 * Which rows a query names by `__ls_file`, `__ls_position` and `_clause`. The engine makes the sets: what comes from it is a bit for each
 * row of a file, however many are named.
 */
export async function askRowSets(table: DeltaTable, query: RowsQuery, signal?: AbortSignal): Promise<RowSets> {
  const bits = 'cast(bitstring_agg(cast(__ls_position & 65535 as integer), 0, 65535) as blob)';
  const sql = `select _clause, __ls_file, __ls_position >> 16, count(*), ${bits} from (${query.sql}) group by all`;
  const parts = new Map<number, Map<number, { times: number; bitmap: Uint8Array }>>();
  for (const [clause, file, high, times, bytes] of await askRows(table, { ...query, sql }, signal)) {
    const files = parts.get(Number(clause)) ?? new Map<number, { times: number; bitmap: Uint8Array }>();
    parts.set(Number(clause), files);
    const known = files.get(Number(file)) ?? { times: 0, bitmap: new Uint8Array(0) };
    known.times += Number(times);
    known.bitmap = withPart(known.bitmap, Number(high) * partBytes, bytes instanceof Uint8Array ? bytes : noBytes);
    files.set(Number(file), known);
  }
  return new Map(
    [...parts].map(([clause, files]) => [
      clause,
      new Map([...files].map(([file, { times, bitmap }]) => [file, { times, set: rowSetOfBitmap(bitmap) }])),
    ]),
  );
}

const noBytes = new Uint8Array(0);

function withPart(bitmap: Uint8Array, start: number, bytes: Uint8Array): Uint8Array {
  let whole = bitmap;
  if (whole.length < start + partBytes) {
    // Twice as much, since parts come one by one: to copy all that is there for each of them takes long in a large file.
    whole = new Uint8Array(Math.max(start + partBytes, 2 * whole.length));
    whole.set(bitmap);
  }
  for (let i = 0; i < bytes.length; i += 1) whole[start + i] = reversed[bytes[i] ?? 0] ?? 0;
  return whole;
}

/** The engine counts bits from the high end of a byte. */
const reversed: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  let result = 0;
  for (let bit = 0; bit < 8; bit += 1) if ((byte & (1 << bit)) !== 0) result |= 0x80 >> bit;
  return result;
});
