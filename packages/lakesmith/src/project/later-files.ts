import type { LaterFile } from './later.ts';
import { laterFolders } from './later.ts';
import { isYaml } from './layer-files.ts';
import type { ProjectText } from './project-text.ts';
import type { Wanted } from './reach.ts';
import { tablesMentioned } from './reach.ts';

interface WantedFiles {
  readonly withOthers: Wanted['withOthers'];
  readonly isWanted: (table: string) => boolean;
}

/** Reads the files of a project that define no table. What is no table is judged with everything; a plan of some tables names what publishes. */
export async function readLaterFiles(text: ProjectText, wanted: WantedFiles): Promise<readonly LaterFile[]> {
  const some = wanted.withOthers === 'tests' ? ['publish', 'tests'] : ['publish'];
  const files: LaterFile[] = [];
  for (const folder of wanted.withOthers === true ? laterFolders : some) {
    for (const path of await text.list(folder)) {
      if (!isYaml(path) || !(await concerns(text, path, wanted))) continue;
      const value = await text.yaml(path);
      if (value !== undefined) files.push({ path, value });
    }
  }
  return files;
}

/** Whether it is about a table that is wanted, as far as its text tells. */
async function concerns(text: ProjectText, path: string, { withOthers, isWanted }: WantedFiles): Promise<boolean> {
  if (withOthers !== 'tests' || !path.startsWith('tests/')) return true;
  return [...tablesMentioned((await text.read(path)) ?? '')].some((name) => isWanted(name));
}
