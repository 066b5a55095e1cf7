import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { systemErrorCode } from '../core/platform.ts';
import { isTemporaryName } from './local-names.ts';
import type { ObjectInfo } from './object-store.ts';
import { compareBytes } from './paths.ts';

interface Listing {
  readonly root: string;
  readonly prefix: string;
  readonly startAfter?: string;
  readonly shallow?: boolean;
}

/** How many files are looked at together. */
const TOGETHER = 64;

/** The files of a folder whose path starts with the prefix, in byte order of their paths. */
export async function* listFolder(listing: Listing): AsyncIterable<ObjectInfo> {
  const slash = listing.prefix.lastIndexOf('/');
  yield* walk(listing, listing.prefix.slice(0, slash + 1));
}

async function* walk(listing: Listing, folder: string): AsyncIterable<ObjectInfo> {
  const { prefix, startAfter, shallow = false } = listing;
  const names = await readNames(listing.root, folder);
  // A folder's content sorts where its name with the slash does: 'a/x' comes after 'a!'.
  const paths = names
    .map(({ name, isFolder }) => `${folder}${name}${isFolder ? '/' : ''}`)
    .filter((path) => path.startsWith(prefix) || (path.endsWith('/') && prefix.startsWith(path)))
    .filter((path) => startAfter === undefined || path.endsWith('/') || compareBytes(path, startAfter) > 0)
    .sort(compareBytes);
  let files: string[] = [];
  for (const path of paths) {
    if (!path.endsWith('/')) {
      files.push(path);
      if (files.length < TOGETHER) continue;
    }
    yield* describe(listing.root, files);
    files = [];
    if (path.endsWith('/') && !shallow && mayHoldLater(path, startAfter)) yield* walk(listing, path);
  }
  yield* describe(listing.root, files);
}

/** Whether a folder can hold a path that comes after `startAfter`. */
function mayHoldLater(folder: string, startAfter: string | undefined): boolean {
  return startAfter === undefined || startAfter.startsWith(folder) || compareBytes(folder, startAfter) > 0;
}

async function readNames(root: string, folder: string): Promise<{ name: string; isFolder: boolean }[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
  const names: { name: string; isFolder: boolean }[] = [];
  for (const entry of entries) {
    if (isTemporaryName(entry.name)) continue;
    if (entry.isFile() || entry.isDirectory()) names.push({ name: entry.name, isFolder: entry.isDirectory() });
    else if (entry.isSymbolicLink()) {
      const target = await linkTarget(root, join(root, folder, entry.name));
      if (target !== undefined) names.push({ name: entry.name, isFolder: false });
    }
  }
  return names;
}

/** What a symbolic link leads to, when that is inside the store. A folder is not followed: it is listed where it really is. */
async function linkTarget(root: string, path: string): Promise<'file' | undefined> {
  try {
    const real = await realpath(path);
    if (!real.startsWith(root + sep)) return undefined;
    return (await stat(real)).isFile() ? 'file' : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

async function* describe(root: string, paths: readonly string[]): AsyncIterable<ObjectInfo> {
  const found = await Promise.all(paths.map((path) => describeFile(root, path)));
  for (const info of found) if (info !== undefined) yield info;
}

/** Undefined when the file went away since its name was read. */
async function describeFile(root: string, path: string): Promise<ObjectInfo | undefined> {
  try {
    const { size, mtimeMs, mtimeNs, ino } = await stat(join(root, path), { bigint: true });
    return { path, sizeBytes: Number(size), modifiedMs: Number(mtimeMs), etag: `${size}-${mtimeNs}-${ino}` };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
