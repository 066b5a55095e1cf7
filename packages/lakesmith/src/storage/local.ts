import { type BigIntStats, statSync } from 'node:fs';
import { lstat, open, readFile, realpath, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LakeError, messageOf } from '../core/errors.ts';
import { syncFolder, systemErrorCode } from '../core/platform.ts';
import { ifPresent, plainKind, refuseEscape } from './local-links.ts';
import { listFolder } from './local-list.ts';
import { withFileLock } from './local-lock.ts';
import { createFile, draftFile, etagOf, makeFolder, replaceFile, shareFile } from './local-put.ts';
import { largeBytes, readLarge, readRange, readSmall, readSmallOnes, refuseSpecial } from './local-read.ts';
import type {
  CreateOptions,
  LookOptions,
  ObjectDraft,
  ObjectInfo,
  ObjectStore,
  PutOptions,
  PutOutcome,
  ReplaceOptions,
} from './object-store.ts';
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

  async put(path: string, bytes: Uint8Array, { within, lastLook }: ReplaceOptions = {}): Promise<{ etag: string }> {
    return this.#attempt('put', path, async (file) => {
      this.#requireFolder(within);
      await makeFolder(dirname(file));
      return withFileLock(file, () => replaceFile(file, bytes, lastLook));
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
      putIfAbsent: (name, how) =>
        this.#attempt('putIfAbsent', name, async (file, isAbsent) => {
          if (!isAbsent && (await ifPresent(lstat(file))) !== undefined) return { kind: 'refused' };
          this.#requireFolder(within);
          return draft.nameIfFree(file, how);
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

  async delete(path: string, { lastLook }: LookOptions = {}): Promise<void> {
    await this.#attempt('delete', path, async (file) => {
      if ((await ifPresent(lstat(file))) === undefined) return;
      // Somebody may delete the folder meanwhile, and the file with it.
      await ifPresent(
        withFileLock(file, async () => {
          await lastLook?.();
          const done = await ifPresent(unlink(file).then(() => true));
          if (done === true) await syncFolder(dirname(file));
        }),
      );
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

function infoOf(path: string, found: BigIntStats): ObjectInfo {
  return { path, sizeBytes: Number(found.size), modifiedMs: Number(found.mtimeMs), etag: etagOf(found) };
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
