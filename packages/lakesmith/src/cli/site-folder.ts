import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LakeError } from '../core/errors.ts';
import { systemErrorCode } from '../core/platform.ts';
import type { SiteFile } from '../site/site-files.ts';

/** Stands in a folder that `lakesmith docs` has written, and names its files. */
const listName = 'lakesmith-docs.json';

/** The files of the site that is in a folder. Refuses a folder with anything else in it (LS4002), or that is none (LS4005). */
export async function siteIn(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    if (names.length === 0) return [];
    if (!names.includes(listName))
      throw new LakeError(
        'LS4002',
        `${folder} is not empty, and not a site that \`lakesmith docs\` has written: name another folder with --out.`,
      );
    return filesIn(await readFile(join(folder, listName), 'utf8'));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw unwritable(folder, error);
  }
}

/** Brings the folder of a site up to date: its files are written, those that it had before and has no longer go. Others stay. */
export async function writeSite(folder: string, files: readonly SiteFile[], before: readonly string[]): Promise<void> {
  try {
    const paths = files.map(({ path }) => path);
    await mkdir(folder, { recursive: true });
    // First what is there or will be, so that a writing that is cut off is still known to be ours.
    await writeFile(join(folder, listName), listText([...new Set([...before, ...paths])]));
    for (const parent of new Set(paths.map((path) => dirname(path))))
      await mkdir(join(folder, parent), { recursive: true });
    for (const { path, text } of files) await writeFile(join(folder, path), text);
    for (const path of before) if (!paths.includes(path)) await rm(join(folder, path), { force: true });
    await writeFile(join(folder, listName), listText(paths));
  } catch (error) {
    throw unwritable(folder, error);
  }
}

function listText(paths: readonly string[]): string {
  return `${JSON.stringify({ about: 'Written by lakesmith docs', files: [...paths].sort() }, undefined, 1)}\n`;
}

/** What a list names below its folder; a list that is damaged names nothing. */
function filesIn(text: string): readonly string[] {
  const found = /"files": (\[[^\]]*\])/.exec(text)?.[1];
  const paths = found === undefined ? [] : [...found.matchAll(/"([\w./-]+)"/g)].map(([, path = '']) => path);
  return paths.filter((path) => !path.startsWith('/') && !path.split('/').includes('..'));
}

function unwritable(folder: string, error: unknown): unknown {
  const reason = systemErrorCode(error);
  if (error instanceof LakeError || reason === undefined) return error;
  const message = `The site cannot be written to ${folder} (${reason}): name a folder that may be written to with --out.`;
  return new LakeError('LS4005', message, { cause: error });
}
