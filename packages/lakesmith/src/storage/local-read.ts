import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LakeError } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';
import { ifPresent, isReal, isThere } from './local-links.ts';
import { smallBytes } from './local-put.ts';

/** Files from this size on are read by two threads. */
export const largeBytes: number = 8 * 1024 * 1024;

/** Without the second, opening a pipe waits for somebody to write. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A small file that is plainly inside; undefined when it is large, a link, or not there, which takes a closer look. */
export function readSmall(file: string): Uint8Array | undefined {
  return isThere(file) && isReal(file) ? readSmallFile(file, openFlags) : undefined;
}

/**
 * The same of several. Each folder is looked at once, before any of its files is opened, and once more after: what was read
 * through one that became a link meanwhile is dropped. No file is opened that is a link itself.
 */
export function readSmallOnes(files: readonly string[]): readonly (Uint8Array | undefined)[] {
  const folders = [...new Set(files.map((file) => dirname(file)))];
  if (constants.O_NOFOLLOW === undefined || !folders.every(isReal)) return [];
  const found = files.map((file) => readSmallFile(file, openFlags | constants.O_NOFOLLOW));
  return folders.every(isReal) ? found : [];
}

function readSmallFile(file: string, flags: number): Uint8Array | undefined {
  let handle: number;
  try {
    handle = openSync(file, flags);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
  try {
    const found = fstatSync(handle);
    if (!found.isFile() || found.size > smallBytes) return undefined;
    const bytes = new Uint8Array(found.size);
    // A file that changes while it is read is for the way that reads to its end.
    return readSync(handle, bytes, 0, bytes.length, 0) === bytes.length && found.size > 0 ? bytes : undefined;
  } finally {
    closeSync(handle);
  }
}

/** The size of a file, 0 when there is none. A pipe or a device is refused: it may never end. */
export async function refuseSpecial(file: string): Promise<number> {
  const found = await ifPresent(stat(file));
  if (found === undefined || found.isDirectory()) return 0;
  if (found.isFile()) return found.size;
  throw new LakeError('LS3101', `The file ${file} is a pipe or a device; it is not opened.`, {
    context: { path: file },
  });
}

/** A file, its halves at the same time; undefined when it changes meanwhile. */
export async function readLarge(file: string): Promise<Uint8Array | undefined> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(size);
    const middle = size >> 1;
    const halves = await Promise.all([
      fill(handle, bytes.subarray(0, middle), 0),
      fill(handle, bytes.subarray(middle), middle),
    ]);
    return halves[0] + halves[1] === size && (await handle.stat()).size === size ? bytes : undefined;
  } finally {
    await handle.close();
  }
}

export async function readRange(handle: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const { size } = await handle.stat();
  const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
  return bytes.subarray(0, await fill(handle, bytes, start));
}

/** Reads from a place of the file on until the bytes are full or the file ends; how many there were. */
async function fill(handle: FileHandle, bytes: Uint8Array, start: number): Promise<number> {
  let filled = 0;
  while (filled < bytes.byteLength) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.byteLength - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
