import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';

/** True where a folder can be opened and flushed, so that a new name in it survives a power cut. Windows does it by itself. */
const canSyncFolders: boolean = process.platform !== 'win32';

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  if (!canSyncFolders) return;
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } finally {
    await handle?.close();
  }
}

/** The code of an error of the operating system ('ENOENT'), if it is one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
