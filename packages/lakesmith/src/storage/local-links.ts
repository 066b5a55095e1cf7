import { lstatSync, realpathSync } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { LakeError } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';

/** Whether the path names something, be it a link that leads nowhere. To ask so is much cheaper than an error that says it. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    // A file stands where a folder should, and the like.
    return true;
  }
}

/** Whether nothing in the path is a link: then it is its own real path. */
export function isReal(path: string): boolean {
  try {
    // The native form is one call.
    return realpathSync.native(path) === path;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return false;
  }
}

/** A symbolic link inside the folder must not lead out of it: neither the file itself nor a folder above it. */
export async function refuseEscape(root: string, file: string): Promise<void> {
  for (let at = file; at !== root; at = dirname(at)) {
    const real = await ifPresent(realpath(at));
    if (real?.startsWith(root.endsWith(sep) ? root : root + sep) === true) return;
    // What is there now and was not a moment ago is a file that somebody just made; only a link can lead out.
    if (real !== undefined || (await ifPresent(lstat(at)))?.isSymbolicLink() === true) throw escapes(at);
  }
}

/** What a file is of which no folder above it is a link; undefined when one is, or the file itself. */
export function plainKind(file: string): 'absent' | 'there' | undefined {
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

function escapes(file: string): LakeError {
  return new LakeError('LS3101', `The file ${file} is a link that leads out of the lake; it is not opened.`, {
    context: { path: file },
  });
}

/** What was asked of a file; undefined where there is none. */
export async function ifPresent<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
