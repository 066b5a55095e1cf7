import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { type FileHandle, lstat, open, readFile, realpath, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LakeError, messageOf } from '../core/errors.ts';
import { syncFolder, systemErrorCode } from '../core/platform.ts';
import { listFolder } from './local-list.ts';
import { withFileLock } from './local-lock.ts';
import { createFile, draftFile, etagOf, makeFolder, replaceFile, shareFile, smallBytes } from './local-put.ts';
import type { CreateOptions, ObjectDraft, ObjectInfo, ObjectStore, PutOptions, PutOutcome } from './object-store.ts';
import { checkObjectPath, checkObjectPrefix } from './paths.ts';

/**
 * A folder of this machine as a store. The folder need not exist: the first put makes it.
 * A put writes and flushes a temporary file beside its target, then gives it its name: by `link`, which fails when the name is
 * taken, or by `rename`, which replaces; then it flushes the folder. So a name never stands for half a file, whenever the
 * process or the machine stops.
 */
export async function openLocalStore(folder: string): Promise<ObjectStore> {
  return new LocalStore(await realFolder(resolve(folder)));
}

/** Where the folder really is, or will be: links above it are followed as far as they exist. */
async function realFolder(folder: string): Promise<string> {
  const real = await ifPresent(realpath(folder));
  if (real !== undefined || dirname(folder) === folder) return real ?? folder;
  return join(await realFolder(dirname(folder)), basename(folder));
}

class LocalStore implements ObjectStore {
  readonly url: string;
  readonly localPath: string;

  constructor(root: string) {
    this.localPath = root;
    this.url = pathToFileURL(root).href;
  }

  async get(path: string): Promise<Uint8Array | undefined> {
    const small = this.#small('get', path);
    if (small !== undefined) return small;
    return this.#attempt('get', path, async (file, isAbsent) => {
      if (isAbsent) return undefined;
      const sizeBytes = await refuseSpecial(file);
      const large = sizeBytes < largeBytes ? undefined : await ifPresent(readLarge(file));
      return large ?? ifPresent(readFile(file));
    });
  }

  async getMany(paths: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    const small = this.#smallOnes(paths);
    return Promise.all(paths.map(async (path, i) => small[i] ?? this.get(path)));
  }

  async getRange(path: string, start: number, end: number): Promise<Uint8Array | undefined> {
    const small = this.#small('getRange', path);
    if (small !== undefined) return small.subarray(start, Math.max(start, end));
    return this.#attempt('getRange', path, async (file, isAbsent) => {
      if (isAbsent) return undefined;
      await refuseSpecial(file);
      const handle = await ifPresent(open(file, 'r'));
      if (handle === undefined) return undefined;
      try {
        return await ifPresent(readRange(handle, start, end));
      } finally {
        await handle.close();
      }
    });
  }

  async head(path: string): Promise<ObjectInfo | undefined> {
    return this.#attempt('head', path, async (file, isAbsent) => {
      if (isAbsent) return undefined;
      const found = await ifPresent(stat(file, { bigint: true }));
      return found?.isFile() === true ? infoOf(path, found) : undefined;
    });
  }

  async *list(prefix: string, options: { startAfter?: string; shallow?: boolean } = {}): AsyncIterable<ObjectInfo> {
    checkObjectPrefix(prefix);
    try {
      yield* listFolder({ root: this.localPath, prefix, ...options });
    } catch (error) {
      throw storeError('list', prefix, error);
    }
  }

  async put(path: string, bytes: Uint8Array, { within }: PutOptions = {}): Promise<{ etag: string }> {
    return this.#attempt('put', path, async (file) => {
      this.#requireFolder(within);
      await makeFolder(dirname(file));
      return withFileLock(file, () => replaceFile(file, bytes));
    });
  }

  async putIfAbsent(path: string, bytes: Uint8Array, options: CreateOptions = {}): Promise<PutOutcome> {
    return this.#attempt('putIfAbsent', path, async (file, isAbsent) => {
      if (!isAbsent && (await ifPresent(lstat(file))) !== undefined) return { kind: 'refused' };
      this.#requireFolder(options.within);
      return createFile(file, bytes, options);
    });
  }

  async draft(path: string, bytes: Uint8Array, { within }: PutOptions = {}): Promise<ObjectDraft> {
    const draft = await this.#attempt('putIfAbsent', path, (file) => {
      this.#requireFolder(within);
      return draftFile(file, bytes);
    });
    return {
      putIfAbsent: (name) =>
        this.#attempt('putIfAbsent', name, async (file, isAbsent) => {
          if (!isAbsent && (await ifPresent(lstat(file))) !== undefined) return { kind: 'refused' };
          this.#requireFolder(within);
          return draft.nameIfFree(file);
        }),
      drop: () => draft.drop(),
    };
  }

  async putIfMatch(path: string, bytes: Uint8Array, etag: string): Promise<PutOutcome> {
    return this.#attempt('putIfMatch', path, async (file) => {
      if ((await ifPresent(stat(file))) === undefined) return { kind: 'refused' };
      return withFileLock(file, async () => {
        const found = await ifPresent(stat(file, { bigint: true }));
        if (found === undefined || etagOf(found) !== etag) return { kind: 'refused' };
        return { kind: 'stored', ...(await replaceFile(file, bytes)) };
      });
    });
  }

  async copy(from: string, to: string): Promise<void> {
    await this.#attempt('copy', from, (source) =>
      this.#attempt('copy', to, async (file) => {
        await makeFolder(dirname(file));
        await shareFile(source, file);
      }),
    );
  }

  async delete(path: string): Promise<void> {
    await this.#attempt('delete', path, async (file) => {
      if ((await ifPresent(lstat(file))) === undefined) return;
      await withFileLock(file, async () => {
        const done = await ifPresent(unlink(file).then(() => true));
        if (done === true) await syncFolder(dirname(file));
      });
    });
  }

  #requireFolder(folder: string | undefined): void {
    if (folder === undefined) return;
    const found = statSync(join(this.localPath, folder), { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return;
    throw new LakeError(
      'LS3101',
      `Nothing was written: the folder ${join(this.localPath, folder)} is gone, so that somebody deleted what it belonged to.`,
      { retry: 'never', operation: 'put', context: { path: folder } },
    );
  }

  #small(operation: string, path: string): Uint8Array | undefined {
    checkObjectPath(path);
    try {
      return readSmall(join(this.localPath, path));
    } catch (error) {
      throw storeError(operation, path, error);
    }
  }

  #smallOnes(paths: readonly string[]): readonly (Uint8Array | undefined)[] {
    for (const path of paths) checkObjectPath(path);
    try {
      return readSmallOnes(paths.map((path) => join(this.localPath, path)));
    } catch (error) {
      throw storeError('getMany', paths[0] ?? '', error);
    }
  }

  /** `isAbsent`: the file was not there a moment ago. */
  async #attempt<T>(operation: string, path: string, act: (file: string, isAbsent: boolean) => Promise<T>): Promise<T> {
    checkObjectPath(path);
    const file = join(this.localPath, path);
    try {
      const kind = plainKind(file);
      if (kind === undefined) await refuseEscape(this.localPath, file);
      return await act(file, kind === 'absent');
    } catch (error) {
      throw storeError(operation, path, error);
    }
  }
}

/** Files from this size on are read by two threads. */
const largeBytes = 8 * 1024 * 1024;

/** Without the second, opening a pipe waits for somebody to write. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A small file that is plainly inside; undefined when it is large, a link, or not there, which takes a closer look. */
function readSmall(file: string): Uint8Array | undefined {
  return isThere(file) && isReal(file) ? readSmallFile(file, openFlags) : undefined;
}

/**
 * The same of several. Each folder is looked at once, before any of its files is opened, and once more after: what was read
 * through one that became a link meanwhile is dropped. No file is opened that is a link itself.
 */
function readSmallOnes(files: readonly string[]): readonly (Uint8Array | undefined)[] {
  const folders = [...new Set(files.map((file) => dirname(file)))];
  if (constants.O_NOFOLLOW === undefined || !folders.every(isReal)) return [];
  const found = files.map((file) => readSmallFile(file, openFlags | constants.O_NOFOLLOW));
  return folders.every(isReal) ? found : [];
}

/** Whether the path names something, be it a link that leads nowhere. To ask so is much cheaper than an error that says it. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    // A file stands where a folder should, and the like.
    return true;
  }
}

/** Whether nothing in the path is a link: then it is its own real path. */
function isReal(path: string): boolean {
  try {
    // The native form is one call.
    return realpathSync.native(path) === path;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
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

/** A symbolic link inside the folder must not lead out of it: neither the file itself nor a folder above it. */
async function refuseEscape(root: string, file: string): Promise<void> {
  for (let at = file; at !== root; at = dirname(at)) {
    const real = await ifPresent(realpath(at));
    if (real?.startsWith(root.endsWith(sep) ? root : root + sep) === true) return;
    // What is there now and was not a moment ago is a file that somebody just made; only a link can lead out.
    if (real !== undefined || (await ifPresent(lstat(at)))?.isSymbolicLink() === true) throw escapes(at);
  }
}

/** What a file is of which no folder above it is a link; undefined when one is, or the file itself. */
function plainKind(file: string): 'absent' | 'there' | undefined {
  if (isBelowNothing(dirname(file))) return 'absent';
  // A path with a link in it is not its own real path.
  if (!isReal(dirname(file))) return undefined;
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found === undefined) return 'absent';
    return found.isSymbolicLink() ? undefined : 'there';
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Whether a folder is plainly not there: neither it nor, from some folder on that no link leads to, what would hold it. */
function isBelowNothing(folder: string): boolean {
  let at = folder;
  while (!isThere(at)) at = dirname(at);
  return at !== folder && isReal(at);
}

/** The size of a file, 0 when there is none. A pipe or a device is refused: it may never end. */
async function refuseSpecial(file: string): Promise<number> {
  const found = await ifPresent(stat(file));
  if (found === undefined || found.isDirectory()) return 0;
  if (found.isFile()) return found.size;
  throw new LakeError('LS3101', `The file ${file} is a pipe or a device; it is not opened.`, {
    context: { path: file },
  });
}

function escapes(file: string): LakeError {
  return new LakeError('LS3101', `The file ${file} is a link that leads out of the lake; it is not opened.`, {
    context: { path: file },
  });
}

/** A file, its halves at the same time; undefined when it changes meanwhile. */
async function readLarge(file: string): Promise<Uint8Array | undefined> {
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

async function readRange(handle: FileHandle, start: number, end: number): Promise<Uint8Array> {
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

function infoOf(path: string, found: BigIntStats): ObjectInfo {
  return { path, sizeBytes: Number(found.size), modifiedMs: Number(found.mtimeMs), etag: etagOf(found) };
}

async function ifPresent<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** What may pass by itself: too many open files, an interrupted or busy call. A full or failing disk does not. */
const TRANSIENT: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EINTR', 'EBUSY', 'ETIMEDOUT']);

function storeError(operation: string, path: string, error: unknown): LakeError {
  if (error instanceof LakeError) return error;
  const code = systemErrorCode(error);
  return new LakeError('LS3101', `The store could not ${VERBS[operation] ?? operation} ${path}: ${messageOf(error)}.`, {
    retry: code !== undefined && TRANSIENT.has(code) ? 'safe' : 'never',
    operation,
    context: { path, ...(code === undefined ? {} : { code }) },
    cause: error,
  });
}

const VERBS: Readonly<Record<string, string>> = {
  get: 'read',
  getMany: 'read',
  getRange: 'read',
  head: 'look at',
  put: 'write',
  putIfAbsent: 'create',
  putIfMatch: 'replace',
};
