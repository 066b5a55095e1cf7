import type { Identity, Snapshot, StructField } from '@lakesmith/delta';
import { rowPromises } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import { quoteName } from '../core/sql-text.ts';
import type { RowCheck } from '../engine/engine.ts';

const [least, greatest] = [-(2n ** 63n), 2n ** 63n - 1n];
/** More rows than anybody has. */
const endless = 2n ** 48n;

/** SQL that numbers the rows of a query, beyond all numbers that were given before, and what is to be asked of it near their end. */
export function nextNumbers(
  column: string,
  { start, step, highWaterMark }: Identity,
): { readonly sql: string; readonly checks: readonly RowCheck[] } {
  const first = highWaterMark === undefined ? start : highWaterMark + step;
  const [end, place] = [step > 0n ? greatest : least, '(row_number() OVER () - 1)'];
  if ((end - first) / step > endless)
    return { sql: `CAST(${first} AS BIGINT) + CAST(${step} AS BIGINT) * ${place}`, checks: [] };
  const said =
    highWaterMark === undefined ? `begins at ${start}` : `has given out those up to ${highWaterMark} already`;
  const check: RowCheck = {
    name: `that ${column} has a number for each row`,
    sql: `${quoteName(column)} IS NOT NULL`,
    refusal: `Nothing was written: column ${column} has too few numbers left for the new rows. It ${said}, steps by ${step}, and a BIGINT ends at ${end}. Make a new table of the rows with a column that starts elsewhere.`,
  };
  return {
    sql: `TRY_CAST(CAST(${first} AS HUGEINT) + CAST(${step} AS HUGEINT) * ${place} AS BIGINT)`,
    checks: [check],
  };
}

/** A column that numbers rows which are added, and the clauses, from 0 on, that bring no values for it. */
export interface Numbering {
  readonly column: string;
  readonly identity: Identity;
  readonly clauses: readonly number[];
}

/** What clauses leave to the columns that number rows. */
export function numberingOf(
  identity: ReadonlyMap<string, Identity>,
  inserts: readonly { readonly values: ReadonlyMap<string, string> }[],
): readonly Numbering[] {
  return [...identity].flatMap(([column, numbers]) => {
    const clauses = inserts.flatMap(({ values }, i) => (values.has(column) ? [] : [i]));
    return clauses.length === 0 ? [] : [{ column, identity: numbers, clauses }];
  });
}

/** The columns that number rows which bring no values for them. */
export function numberedColumns(target: Snapshot, given: ReadonlySet<string>): readonly string[] {
  return [...rowPromises(target).identity.keys()].filter((column) => !given.has(column));
}

/** Refuses rows that bring numbers of their own where the table gives them. */
export function checkIdentity(target: Snapshot, given: ReadonlySet<string>): void {
  for (const [column, { allowsExplicit }] of rowPromises(target).identity) {
    if (allowsExplicit || !given.has(column)) continue;
    throw new LakeError(
      'LS2106',
      `Column ${column} cannot hold values of the rows, since the table numbers them itself: leave it out.`,
      { context: { column } },
    );
  }
}

/** The columns of a table after as many new rows were numbered; undefined when nothing was. */
export function columnsAfterNumbering(
  target: Snapshot,
  numbered: readonly string[],
  count: number,
): readonly StructField[] | undefined {
  const { identity } = rowPromises(target);
  const rows = BigInt(count);
  if (numbered.length === 0 || rows === 0n) return undefined;
  return target.schema.fields.map((field) => {
    const numbers = numbered.includes(field.name) ? identity.get(field.name) : undefined;
    if (numbers === undefined) return field;
    const { start, step, highWaterMark } = numbers;
    const last = (highWaterMark ?? start - step) + step * rows;
    return { ...field, metadata: { ...field.metadata, 'delta.identity.highWaterMark': last } };
  });
}
