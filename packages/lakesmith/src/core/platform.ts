import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const flush = promisify(fsync);

/** True where a folder can be opened and flushed, so that a new name in it survives a power cut. Windows does it by itself. */
const canSyncFolders: boolean = process.platform !== 'win32';

/** Makes the content of a file durable. */
export async function syncFile(file: string): Promise<void> {
  const handle = openSync(file, 'r+');
  try {
    await flush(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  if (!canSyncFolders) return;
  const handle = openSync(folder, 'r');
  try {
    await flush(handle);
  } finally {
    closeSync(handle);
  }
}

/** Whether a process of this machine is at work, also one that is somebody else's. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}

/** The code of an error of the operating system ('ENOENT'), if it is one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
