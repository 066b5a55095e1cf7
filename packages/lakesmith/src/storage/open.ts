import { fileURLToPath } from 'node:url';
import { LakeError } from '../core/errors.ts';
import { openLocalStore } from './local.ts';
import { openMemoryStore } from './memory.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * The store that a lake's address names: a folder (as a path, or as file:///…), or `memory:`, a new one for
 * each call. A folder need not exist: the first put makes it.
 */
export async function openStore(url: string): Promise<ObjectStore> {
  // One letter before the colon is a drive.
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]+):/.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return openLocalStore(url);
  if (scheme === 'memory') return openMemoryStore();
  if (scheme === 'file') return openLocalStore(folderOf(url));
  throw new LakeError(
    'LS3101',
    `There is no store for ${scheme}: addresses; a lake can be a folder, file:///… or memory:.`,
    {
      operation: 'open',
      context: { url },
    },
  );
}

function folderOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw new LakeError(
      'LS3101',
      `${url} is not the address of a folder on this machine; write file:///path or the path.`,
      {
        operation: 'open',
        context: { url },
        cause: error,
      },
    );
  }
}
