import { rm } from 'node:fs/promises';
import { LakeError } from '../core/errors.ts';
import { forgetEnvironment, listEnvironments, putEnvironment, readEnvironment } from '../lake/environment.ts';
import { overlayFolder } from '../lake/lake.ts';
import { folderStore } from '../storage/folder.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { takeLease } from './lease.ts';

/** Deletes all that an overlay has for itself, and nothing else. What was begun and not finished is finished by a second call. */
export async function dropEnvironment(store: ObjectStore, name: string): Promise<void> {
  const entry = await readEnvironment(store, name);
  const above = (await listEnvironments(store)).filter(({ base }) => base === name).map((other) => other.name);
  if (above.length > 0)
    throw new LakeError(
      'LS3304',
      `${name} cannot be dropped, since ${above.join(', ')} stands on it: drop that first.`,
    );
  const state = folderStore(store, overlayFolder(name));
  const lease = await takeLease(state);
  try {
    // From here on nobody begins to use what is going away.
    await putEnvironment(store, { ...entry, dropping: true });
    // Folders and drafts of puts are no objects of the store.
    if (state.localPath !== undefined) await rm(state.localPath, { recursive: true, force: true });
    else for await (const { path } of state.list('')) await state.delete(path);
    await forgetEnvironment(store, name);
  } finally {
    await lease.release();
  }
}
