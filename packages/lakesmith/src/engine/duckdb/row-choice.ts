import { blobValue } from '@duckdb/node-api';
import type { RelationFile, RowChoice } from '../engine.ts';
import type { Session } from './session.ts';

let bitmaps = 0;

/** The bits of one value: the engine counts them in 32 bits. */
const mostBits = 2 ** 30;

/**
 * A condition on `file_index` and `file_row_number` that holds for the rows which count, in a read of these files in this order;
 * undefined when all rows of all files do. The bitmaps of many files stand one behind the other in one value.
 */
export async function rowCondition(session: Session, files: readonly RelationFile[]): Promise<string | undefined> {
  if (files.every((file) => file.rows === undefined)) return undefined;
  const choices = files.map(({ rows }): RowChoice => rows ?? { kind: 'without', bitmap: new Uint8Array() });
  const runs: string[] = [];
  for (let from = 0; from < choices.length;) {
    let bits = 0;
    let to = from;
    for (; to < choices.length; to += 1) {
      bits += bitsOf(choices[to]);
      if (bits > mostBits && to > from) break;
    }
    const test = await bitTest(session, choices.slice(from, to), from);
    runs.push(to < choices.length ? `WHEN file_index < ${to} THEN ${test}` : `ELSE ${test}`);
    from = to;
  }
  return runs.length === 1 ? runs[0]?.slice('ELSE '.length) : `CASE ${runs.join(' ')} END`;
}

// One byte more: rows beyond the bitmap ask for its last bit, which is not set.
function bitsOf(choice: RowChoice | undefined): number {
  return ((choice?.bitmap.length ?? 0) + 1) * 8;
}

async function bitTest(session: Session, choices: readonly RowChoice[], first: number): Promise<string> {
  const starts: number[] = [];
  let total = 0;
  for (const choice of choices) {
    starts.push(total);
    total += bitsOf(choice);
  }
  const bits = new Uint8Array(total / 8);
  for (const [i, { bitmap }] of choices.entries()) {
    const start = (starts[i] ?? 0) / 8;
    for (let at = 0; at < bitmap.length; at += 1) bits[start + at] = reversed[bitmap[at] ?? 0] ?? 0;
  }
  const name = `_rows_${bitmaps++}`;
  await session.setVariable(name, blobValue(bits), 'BLOB::BIT');
  const ofFile = (values: readonly number[]): string =>
    values.every((value) => value === values[0])
      ? String(values[0])
      : `[${values.join(', ')}][CAST(file_index AS BIGINT) + ${1 - first}]`;
  const last = ofFile(choices.map((choice) => bitsOf(choice) - 1));
  const row = `CAST(${ofFile(starts)} + least(file_row_number, ${last}) AS INTEGER)`;
  const wanted = ofFile(choices.map(({ kind }) => (kind === 'without' ? 0 : 1)));
  return `get_bit(getvariable('${name}'), ${row}) = ${wanted}`;
}

/** The engine counts bits from the high end of a byte. */
const reversed: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  let result = 0;
  for (let bit = 0; bit < 8; bit += 1) if ((byte & (1 << bit)) !== 0) result |= 0x80 >> bit;
  return result;
});
