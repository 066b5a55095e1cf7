import { type Dirent, lstatSync, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { setImmediate as othersTurn } from 'node:timers/promises';
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

/**
 * The files of a folder whose path starts with the prefix, in byte order of their paths. What is no file, such as a link that
 * leads out, is listed as well: to whom each name means something, one that cannot be opened is not one that is not there.
 */
export function listFolder(listing: Listing): AsyncIterable<ObjectInfo> {
  const slash = listing.prefix.lastIndexOf('/');
  return walk(listing, listing.prefix.slice(0, slash + 1));
}

async function* walk(listing: Listing, folder: string): AsyncIterable<ObjectInfo> {
  const { prefix, startAfter, shallow = false } = listing;
  const names = await readNames(listing.root, folder);
  // A folder's content sorts where its name with the slash does: 'a/x' comes after 'a!'.
  const strays = new Set(names.filter(({ isStray }) => isStray).map(({ name }) => folder + name));
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
    for (const info of describe(listing.root, files, strays)) yield info;
    if (files.length === TOGETHER) await othersTurn();
    files = [];
    if (path.endsWith('/') && !shallow && mayHoldLater(path, startAfter)) yield* walk(listing, path);
  }
  for (const info of describe(listing.root, files, strays)) yield info;
}

/** Whether a folder can hold a path that comes after `startAfter`. */
function mayHoldLater(folder: string, startAfter: string | undefined): boolean {
  return startAfter === undefined || startAfter.startsWith(folder) || compareBytes(folder, startAfter) > 0;
}

interface Name {
  readonly name: string;
  readonly isFolder: boolean;
  /** Neither a folder nor a file of the store. */
  readonly isStray: boolean;
}

async function readNames(root: string, folder: string): Promise<Name[]> {
  let entries: Dirent[];
  try {
    // Of many tables that are not there, each promise costs more than the look.
    if (statSync(join(root, folder), { throwIfNoEntry: false }) === undefined) return [];
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
  const names: Name[] = [];
  for (const entry of entries) {
    const { name } = entry;
    if (isTemporaryName(name)) continue;
    const isLink = entry.isSymbolicLink();
    const isFile = isLink ? await leadsToFile(root, join(root, folder, name)) : entry.isFile();
    const isFolder = entry.isDirectory();
    names.push({ name, isFolder, isStray: !isFile && !isFolder });
  }
  return names;
}

/** Whether a symbolic link leads to a file inside the store. A folder is not followed: it is listed where it really is. */
async function leadsToFile(root: string, path: string): Promise<boolean> {
  try {
    const real = await realpath(path);
    return real.startsWith(root + sep) && (await stat(real)).isFile();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Files that went away since their names were read are left out. */
function describe(root: string, paths: readonly string[], strays: ReadonlySet<string>): readonly ObjectInfo[] {
  const found: ObjectInfo[] = [];
  for (const path of paths) {
    // One after the other is much faster than a promise for each.
    const look = strays.has(path) ? lstatSync : statSync;
    const info = look(join(root, path), { bigint: true, throwIfNoEntry: false });
    if (info === undefined) continue;
    const { size, mtimeMs, mtimeNs, ino } = info;
    found.push({ path, sizeBytes: Number(size), modifiedMs: Number(mtimeMs), etag: `${size}-${mtimeNs}-${ino}` });
  }
  return found;
}
