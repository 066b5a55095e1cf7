import { link, mkdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';
import { temporaryName } from './local-names.ts';

/** Whether a folder's file system can create a name exactly once, which every commit relies on. `how` or `why` is for people. */
export type AtomicCreateProbe =
  { readonly ok: true; readonly how: 'hard link' } | { readonly ok: false; readonly why: string };

/** Really tries it, in the folder itself, and leaves nothing behind. The folder is made when it is not there. */
export async function probeAtomicCreate(folder: string): Promise<AtomicCreateProbe> {
  const first = join(folder, temporaryName());
  const second = join(folder, temporaryName());
  const target = join(folder, temporaryName());
  const made: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const path of [first, second]) {
      await writeFile(path, path, { flag: 'wx' });
      made.push(path);
    }
    await link(first, target);
    made.push(target);
    const again = await linkAgain(second, target);
    return again === 'refused'
      ? { ok: true, how: 'hard link' }
      : { ok: false, why: 'a second file took a name that was taken, so two writers could overwrite each other' };
  } catch (error) {
    return { ok: false, why: messageOf(error) };
  } finally {
    for (const path of made) await unlink(path);
  }
}

async function linkAgain(from: string, to: string): Promise<'made' | 'refused'> {
  try {
    await link(from, to);
    return 'made';
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return 'refused';
    throw error;
  }
}
