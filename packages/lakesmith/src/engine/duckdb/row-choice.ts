import type { RelationFile, RowChoice } from '../engine.ts';
import { duckdb } from './library.ts';
import type { Session } from './session.ts';

let bitmaps = 0;

/**
 * The bits of one value, in which the bitmaps of small files stand one behind the other, and one of a large file is cut. The engine copies a
 * value for each 2048 rows that it is asked about: at ten million bits that takes four times as long as the question.
 */
const mostBits = 2 ** 20;

/** A test for the files, or the rows of one, from where the one before ends up to `end`. */
interface Test {
  readonly end: number;
  readonly sql: string;
}

/**
 * A condition on `file_index` and `file_row_number` that holds for the rows which count, in a read of these files in this order;
 * undefined when all rows of all files do.
 */
export async function rowCondition(session: Session, files: readonly RelationFile[]): Promise<string | undefined> {
  if (files.every((file) => file.rows === undefined)) return undefined;
  const choices = files.map(({ rows }): RowChoice => rows ?? { kind: 'without', bitmap: new Uint8Array() });
  const tests: Test[] = [];
  for (let from = 0; from < choices.length;) {
    let bits = 0;
    let end = from;
    for (; end < choices.length; end += 1) {
      bits += bitsOf(choices[end]);
      if (bits > mostBits && end > from) break;
    }
    const some = choices.slice(from, end);
    // Only one that is too large by itself stands alone with more.
    const large = some.find((choice) => bitsOf(choice) > mostBits);
    const sql = large === undefined ? bitTest(session, some, { file: from, row: 0 }) : largeTest(session, large);
    tests.push({ end, sql: await sql });
    from = end;
  }
  return testOf(tests, 'file_index');
}

async function largeTest(session: Session, { kind, bitmap }: RowChoice): Promise<string> {
  const tests: Test[] = [];
  for (let row = 0; row < bitmap.length * 8; row += mostBits) {
    const part: RowChoice = { kind, bitmap: bitmap.subarray(row / 8, (row + mostBits) / 8) };
    tests.push({ end: row + mostBits, sql: await bitTest(session, [part], { file: 0, row }) });
  }
  return testOf(tests, 'file_row_number');
}

/** The test of a row is found by halving: one CASE would try them all for each row. */
function testOf(tests: readonly Test[], counter: 'file_index' | 'file_row_number'): string {
  const [only, second] = tests;
  if (second === undefined) return only?.sql ?? 'true';
  const middle = tests.length >> 1;
  const [left, right] = [tests.slice(0, middle), tests.slice(middle)];
  return `CASE WHEN ${counter} < ${left.at(-1)?.end ?? 0} THEN ${testOf(left, counter)} ELSE ${testOf(right, counter)} END`;
}

// One byte more: rows beyond the bitmap ask for its last bit, which is not set.
function bitsOf(choice: RowChoice | undefined): number {
  return ((choice?.bitmap.length ?? 0) + 1) * 8;
}

/** The test of some files, of which the first is that number `file`, for rows from `row` on. */
async function bitTest(
  session: Session,
  choices: readonly RowChoice[],
  first: { readonly file: number; readonly row: number },
): Promise<string> {
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
  await session.setVariable(name, duckdb.blobValue(bits), 'BLOB::BIT');
  const ofFile = (values: readonly number[]): string =>
    values.every((value) => value === values[0])
      ? String(values[0])
      : `[${values.join(', ')}][CAST(file_index AS BIGINT) + ${1 - first.file}]`;
  const last = ofFile(choices.map((choice) => bitsOf(choice) - 1));
  const row = `CAST(${ofFile(starts)} + least(file_row_number - ${first.row}, ${last}) AS INTEGER)`;
  const wanted = ofFile(choices.map(({ kind }) => (kind === 'without' ? 0 : 1)));
  return `get_bit(getvariable('${name}'), ${row}) = ${wanted}`;
}

/** The engine counts bits from the high end of a byte. */
const reversed: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  let result = 0;
  for (let bit = 0; bit < 8; bit += 1) if ((byte & (1 << bit)) !== 0) result |= 0x80 >> bit;
  return result;
});
