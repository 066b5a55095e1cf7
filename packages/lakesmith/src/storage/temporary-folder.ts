import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { digest } from '../core/digest.ts';
import { LakeError, messageOf } from '../core/errors.ts';
import { isProcessAlive, systemErrorCode } from '../core/platform.ts';

/** Another machine, or a container of the same name, may share the place: what is younger is left to its owner. */
const surelyOldMs = 3_600_000;

const ownMark = `${digest(hostname()).slice(0, 8)}.${process.pid}`;
const marked = /^lakesmith-[a-z]+-([0-9a-f]{8})\.(\d{1,10})-/;

/**
 * Makes a folder that is this program's alone. Its name says whose it is, so that what a killed program left can be told from what is
 * in use.
 */
export async function makeTemporaryFolder(parent: string, purpose: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  return await mkdtemp(join(parent, `lakesmith-${purpose}-${ownMark}-`));
}

/** Does something with a folder of its own, which goes with it. LS3101 when the disk takes no files there. */
export async function withTemporaryFolder<T>(
  parent: string,
  purpose: string,
  act: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await makeTemporaryFolder(parent, purpose).catch((error: unknown) => {
    throw systemErrorCode(error) === undefined ? error : noRoom(parent, error);
  });
  try {
    return await act(folder);
  } catch (error) {
    throw takesNothing.has(systemErrorCode(error) ?? '') ? noRoom(parent, error) : error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a disk says that is full, broken or only to be read. */
const takesNothing: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EIO']);

function noRoom(parent: string, cause: unknown): LakeError {
  return new LakeError(
    'LS3101',
    `A temporary file in ${parent} cannot be written (${messageOf(cause)}): make room there, or name another folder in TMPDIR.`,
    { operation: 'temporary', context: { folder: parent }, cause },
  );
}

/** Takes away what programs of this machine left that were killed. What cannot be looked at or taken away stays. */
export async function sweepTemporaryFolders(parent: string, nowMs: number): Promise<void> {
  const left = await ifAllowed<readonly string[], readonly string[]>(readdir(parent), []);
  for (const name of left) {
    const [, host, pid] = marked.exec(name) ?? [];
    if (host !== ownMark.slice(0, 8) || isProcessAlive(Number(pid))) continue;
    const folder = join(parent, name);
    const found = await ifAllowed(stat(folder), undefined);
    if (found !== undefined && nowMs - found.mtimeMs > surelyOldMs)
      await ifAllowed(rm(folder, { recursive: true, force: true }), undefined);
  }
}

async function ifAllowed<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return otherwise;
  }
}
