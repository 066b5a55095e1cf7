import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemErrorCode } from '../../core/platform.ts';
import { fileError } from './parquet-errors.ts';
import { footerFault } from './parquet-footer.ts';

/** Footers are seldom larger, so that one read is enough. */
const tailBytes = 16 * 1024;
/** The engine reads none that is larger. */
const largestFooter = 100 * 1024 * 1024;
/** Length of the footer, then `PAR1`. */
const endBytes = 8;

/** Without it, opening a pipe waits for somebody to write. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Refuses (LS3004) Parquet files with footers that the engine must not read: it would take all of the memory, or end the process.
 * What it refuses by itself passes, so that it tells why.
 */
export function guardParquet(locations: Iterable<string>): void {
  for (const location of locations) {
    const fault = faultOf(location);
    if (fault !== undefined) throw fileError(location, fault, undefined);
  }
}

function faultOf(location: string): string | undefined {
  let handle: number;
  try {
    handle = openSync(location, openFlags);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) return 'it is no file';
    return tailFault((start) => readFrom(handle, start, found.size), found.size);
  } finally {
    closeSync(handle);
  }
}

/** `read` gives the bytes from a place in the file to its end. */
function tailFault(read: (start: number) => Buffer, size: number): string | undefined {
  if (size < endBytes) return undefined;
  const tail = read(Math.max(0, size - tailBytes));
  if (tail.length < endBytes || tail.toString('latin1', tail.length - 4) !== 'PAR1') return undefined;
  const length = tail.readUInt32LE(tail.length - endBytes);
  if (length + endBytes > size) return 'its footer is longer than the file';
  if (length > largestFooter) return `its footer has ${length} bytes, more than can be read`;
  const bytes = length + endBytes <= tail.length ? tail : read(size - endBytes - length);
  return footerFault(bytes.subarray(bytes.length - endBytes - length, bytes.length - endBytes));
}

function readFrom(handle: number, start: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size - start);
  let filled = 0;
  while (filled < bytes.length) {
    const count = readSync(handle, bytes, filled, bytes.length - filled, start + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}
