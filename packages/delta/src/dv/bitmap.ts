import { BadBitmap, Cursor, readRoaring } from './roaring.ts';
import { type Container, MAX_ROWS, type RowSet, rowSetOf } from './row-set.ts';

/** The format that is written. */
export const PORTABLE = 1_681_511_377;
/** An older one, its numbers the other way round, that some writers still have in their logs. */
const NATIVE = 1_681_511_376;

/** What is known of a set before it is read. */
interface Expected {
  /** Rows in the file. */
  readonly rows: number | undefined;
  readonly cardinality: number;
}

/** A serialised 64-bit bitmap (PROTOCOL.md, Deletion Vector Format). Throws `BadBitmap` unless all of it is as it must be. */
export function readBitmap(bytes: Uint8Array, expected: Expected): RowSet {
  const cursor = new Cursor(bytes);
  const limits = { rows: Math.min(expected.rows ?? MAX_ROWS, MAX_ROWS), cardinality: expected.cardinality };
  const format = formatOf(bytes);
  cursor.bytes(4);
  const count = format === 'portable' ? cursor.uint32() + cursor.uint32() * 2 ** 32 : cursor.uint32BigEndian();
  let containers = new Map<number, Container>();
  let last = -1;
  for (let index = 0; index < count; index += 1) {
    const key = format === 'portable' ? cursor.uint32() : index;
    if (key <= last) throw new BadBitmap('its parts are out of order');
    last = key;
    const found = format === 'portable' ? readRoaring(cursor, limits) : readSized(cursor, limits);
    if (key === 0) containers = found;
    else if (found.size > 0) throw new BadBitmap('it names rows beyond the largest file that can be read');
  }
  if (cursor.left > 0) throw new BadBitmap('bytes follow after its end');
  return check(rowSetOf(containers), containers, expected);
}

function formatOf(bytes: Uint8Array): 'portable' | 'native' {
  if (new Cursor(bytes).uint32() === PORTABLE) return 'portable';
  if (new Cursor(bytes).uint32BigEndian() === NATIVE) return 'native';
  throw new BadBitmap('it is in a format that is not known');
}

function readSized(cursor: Cursor, limits: Parameters<typeof readRoaring>[1]): Map<number, Container> {
  const part = new Cursor(cursor.bytes(cursor.uint32BigEndian()));
  if (part.left === 0) return new Map();
  const containers = readRoaring(part, limits);
  if (part.left > 0) throw new BadBitmap('bytes follow after the end of a part');
  return containers;
}

function check(set: RowSet, containers: ReadonlyMap<number, Container>, expected: Expected): RowSet {
  if (set.cardinality !== expected.cardinality) {
    throw new BadBitmap(`it names ${set.cardinality} rows and not ${expected.cardinality}`);
  }
  // All but the last container end before the last one begins, and that was looked at.
  const [key, container] = [...containers].at(-1) ?? [];
  if (key === undefined || container === undefined) return set;
  const tail = rowSetOf(new Map([[key, container]]));
  for (const row of tail.rows()) {
    if (row >= Math.min(expected.rows ?? MAX_ROWS, MAX_ROWS))
      throw new BadBitmap(`it names row ${row}, which the file does not have`);
  }
  return set;
}
