import { dirname, join } from 'node:path';
import { syncFile, syncFolder } from '../core/platform.ts';

/** Makes files last that others wrote, with the names in all folders from theirs up to this one. */
export async function flushFiles(folder: string, names: readonly string[]): Promise<void> {
  const folders = new Set<string>();
  for (const name of names) {
    for (let at = dirname(name); !folders.has(at); at = dirname(at)) folders.add(at);
  }
  // Side by side: nobody knows of the files before all of it is done, and the disk does it in one go.
  await Promise.all([
    ...names.map((name) => syncFile(join(folder, name))),
    ...[...folders].map((name) => syncFolder(join(folder, name))),
  ]);
}
