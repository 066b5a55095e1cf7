import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../core/platform.ts';
import { isTemporaryName } from './local-names.ts';

/** A put takes seconds: what is older than this belongs to one that was killed. */
export const temporaryLifeMs = 3_600_000;

/** What puts that have not finished left in a folder and below: files that were deleted, and files that stay. */
export interface Reaped {
  readonly deleted: number;
  /** Too young to be sure, or not ours to delete. */
  readonly left: number;
}

/** Deletes what puts that never finished left behind in a folder and below, if it is older than this. */
export async function reapTemporaries(folder: string, olderThanMs: number): Promise<Reaped> {
  const before = Date.now() - olderThanMs;
  let deleted = 0;
  let left = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const below = await reapTemporaries(path, olderThanMs);
      deleted += below.deleted;
      left += below.left;
    } else if (entry.isFile() && isTemporaryName(entry.name)) {
      const fate = await reap(path, before);
      if (fate === 'deleted') deleted += 1;
      if (fate === 'left') left += 1;
    }
  }
  return { deleted, left };
}

async function reap(path: string, before: number): Promise<'deleted' | 'left' | 'gone'> {
  try {
    if ((await stat(path)).mtimeMs >= before) return 'left';
    await unlink(path);
    return 'deleted';
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return 'gone';
    if (code === 'EACCES' || code === 'EPERM') return 'left';
    throw error;
  }
}
