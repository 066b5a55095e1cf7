import { lstatSync, realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { LakeError } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';

/**
 * A check that refuses (LS3008) a file which is a link, or lies behind one, that leads out of these folders. A file that is not
 * there passes: who opens it says so. What was seen of a folder is kept, so a check serves for one look at many files.
 */
export function refuseLinksOut(folders: readonly string[]): (file: string) => void {
  const plainFolders = new Map<string, boolean>();
  const isPlainFolder = (folder: string): boolean => {
    const isPlain = plainFolders.get(folder) ?? realPath(folder) === folder;
    plainFolders.set(folder, isPlain);
    return isPlain;
  };
  return (file) => {
    // Nearly every file is one, in a folder that is one: two cheap looks suffice.
    const isLink = orAbsent(() => lstatSync(file).isSymbolicLink());
    if (isLink === undefined || (!isLink && isPlainFolder(dirname(file)))) return;
    const real = realPath(file);
    if (real === undefined || folders.some((folder) => isBelow(real, realPath(folder) ?? folder))) return;
    throw new LakeError(
      'LS3008',
      `The file ${file} is a link that leads out of the table's folder, and where it leads was not allowed; it is not opened.`,
      { context: { path: file, reason: 'UNSAFE_PATH' } },
    );
  };
}

function realPath(file: string): string | undefined {
  return orAbsent(() => realpathSync.native(file));
}

/** Undefined when there is no such file. */
function orAbsent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}

function isBelow(file: string, folder: string): boolean {
  return file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
