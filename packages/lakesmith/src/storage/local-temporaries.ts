import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../core/platform.ts';
import { isTemporaryName } from './local-names.ts';

/** Deletes what puts that never finished left behind in a folder and below, if it is older than this. Returns how many files. */
export async function reapTemporaries(folder: string, olderThanMs: number): Promise<number> {
  const before = Date.now() - olderThanMs;
  let reaped = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) reaped += await reapTemporaries(path, olderThanMs);
    else if (entry.isFile() && isTemporaryName(entry.name) && (await reap(path, before))) reaped += 1;
  }
  return reaped;
}

async function reap(path: string, before: number): Promise<boolean> {
  try {
    if ((await stat(path)).mtimeMs >= before) return false;
    await unlink(path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
