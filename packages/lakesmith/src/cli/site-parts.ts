import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFile } from '../core/package-files.ts';
import { joinModules } from '../site/join-modules.ts';
import type { SiteParts } from '../site/site-files.ts';

/** The script and the style of every site, as they lie in this installation. */
export async function readSiteParts(): Promise<SiteParts> {
  const built = packageFile('dist/browser/');
  const written = packageFile('src/browser/');
  const modules = await textsIn(built, '.js');
  const styles = await textsIn(written, '.css');
  return {
    script: joinModules(modules, 'main'),
    style: ['base', 'page', 'graph', 'print'].map((name) => styles.get(name) ?? '').join('\n'),
  };
}

/** By name without its ending. */
async function textsIn(folder: string, ending: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const name of (await readdir(folder)).sort())
    if (name.endsWith(ending)) texts.set(name.slice(0, -ending.length), await readFile(join(folder, name), 'utf8'));
  return texts;
}
