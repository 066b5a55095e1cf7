import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsync,
  futimesSync,
  linkSync,
  openSync,
  statSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LakeError, messageOf } from '../core/errors.ts';
import { syncFolder, systemErrorCode } from '../core/platform.ts';
import { temporaryName } from './local-names.ts';
import type { CreateOptions, NamingOptions, PutOutcome } from './object-store.ts';

/** Up to this size, handing a read or a write to another thread costs more than what it does. */
export const smallBytes: number = 64 * 1024;

/** Makes a file that must not be there yet. */
export async function createFile(file: string, bytes: Uint8Array, options: CreateOptions = {}): Promise<PutOutcome> {
  const draft = await draftFile(file, bytes);
  try {
    await options.lastLook?.();
    return await draft.nameIfFree(file, options);
  } finally {
    draft.drop();
  }
}

/** The content of a file, whole and flushed, that has no name yet which counts. */
interface FileDraft {
  /** Gives it this name in the same folder, if that is free. */
  nameIfFree(file: string, options?: NamingOptions): Promise<PutOutcome>;
  drop(): void;
}

/** Writes what is to become a file of this folder. */
export async function draftFile(beside: string, bytes: Uint8Array): Promise<FileDraft> {
  const temporary = await writeTemporary(beside, bytes);
  let isThere = true;
  return {
    async nameIfFree(file, { mayVanish = false, named } = {}) {
      try {
        linkSync(temporary.path, file);
      } catch (error) {
        if (systemErrorCode(error) === 'EEXIST') return { kind: 'refused' };
        if (NO_LINKS.has(systemErrorCode(error) ?? '')) throw noAtomicCreate(file, error);
        throw error;
      }
      // Before anything else can fail: whoever finds the file there takes it for one that lasts.
      const lasting = mayVanish ? undefined : keepName(file);
      named?.();
      await lasting;
      return { kind: 'stored', etag: temporary.etag };
    },
    drop() {
      if (!isThere) return;
      isThere = false;
      removeLeftover(temporary.path);
    },
  };
}

/** What stays is of no harm: it counts as left by a put that was killed, and goes with those. */
function removeLeftover(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}

const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

function noAtomicCreate(file: string, cause: unknown): LakeError {
  return new LakeError(
    'LS3102',
    `The file system of ${dirname(file)} has no hard links, so two writers could overwrite each other; put the lake elsewhere.`,
    { operation: 'putIfAbsent', context: { path: file }, cause },
  );
}

async function keepName(file: string): Promise<void> {
  try {
    await syncFolder(dirname(file));
  } catch (error) {
    throw new LakeError(
      'LS3104',
      `The file ${file} is there, but may be gone after a power cut, since the disk did not confirm its name (${messageOf(error)}); look whether it is there before doing this again.`,
      { operation: 'putIfAbsent', context: { path: file }, cause: error },
    );
  }
}

/** Makes a file, or puts it in place of the one that is there. */
export async function replaceFile(
  file: string,
  bytes: Uint8Array,
  lastLook?: () => Promise<void>,
): Promise<{ etag: string }> {
  const temporary = await writeTemporary(file, bytes);
  try {
    await lastLook?.();
    await rename(temporary.path, file);
  } catch (error) {
    removeLeftover(temporary.path);
    throw error;
  }
  await syncFolder(dirname(file));
  return { etag: temporary.etag };
}

/** Gives a file one more name; where the file system has no hard links it is copied. A name that is taken stays. */
export async function shareFile(file: string, name: string): Promise<void> {
  try {
    linkSync(file, name);
  } catch (error) {
    const code = systemErrorCode(error) ?? '';
    if (code === 'EEXIST') return;
    if (!NO_LINKS.has(code) && code !== 'EXDEV') throw error;
    await copyWhole(file, name);
  }
  await syncFolder(dirname(name));
}

async function copyWhole(file: string, name: string): Promise<void> {
  const temporary = join(dirname(name), temporaryName());
  try {
    await copyFile(file, temporary, constants.COPYFILE_FICLONE);
    const handle = await open(temporary, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, name);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * The file's content under a name of its own, whole and flushed. Only what waits for the disk is handed to another thread: for the
 * other calls that costs more than they do.
 */
async function writeTemporary(file: string, bytes: Uint8Array): Promise<{ path: string; etag: string }> {
  const path = join(dirname(file), temporaryName());
  const handle = await openNew(path);
  try {
    await writeWhole(handle, bytes);
    // File systems tell time in steps of milliseconds: the random part keeps two puts of the same size in one step apart.
    const writtenAt = (Date.now() + Math.random()) / 1000;
    futimesSync(handle, writtenAt, writtenAt);
    await flush(handle);
    return { path, etag: etagOf(fstatSync(handle, { bigint: true })) };
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(handle);
  }
}

const flush = promisify(fsync);
const writeLater = promisify(write);

async function openNew(path: string): Promise<number> {
  try {
    return openSync(path, 'wx', 0o666);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    return openSync(path, 'wx', 0o666);
  }
}

async function writeWhole(handle: number, bytes: Uint8Array): Promise<void> {
  const isSmall = bytes.length <= smallBytes;
  for (let at = 0; at < bytes.length;) {
    const length = bytes.length - at;
    at += isSmall
      ? writeSync(handle, bytes, at, length)
      : (await writeLater(handle, bytes, at, length, null)).bytesWritten;
  }
}

/**
 * Makes a folder and those above it; each new name is flushed, or a power cut would take what is put into it. Gives those that
 * were made, the innermost first.
 */
export async function makeFolder(folder: string): Promise<readonly string[]> {
  // Nearly always it is there, and to look costs less than a way to another thread.
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return [];
  const topmost = await mkdir(folder, { recursive: true });
  const made: string[] = [];
  if (topmost !== undefined) for (let at = folder; at.length >= topmost.length; at = dirname(at)) made.push(at);
  for (const at of made) await syncFolder(dirname(at));
  return made;
}

/** Changes whenever the file does. */
export function etagOf(found: BigIntStats): string {
  return `${found.size}-${found.mtimeNs}-${found.ino}`;
}
