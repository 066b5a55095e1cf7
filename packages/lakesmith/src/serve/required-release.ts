import { LakeError } from '../core/errors.ts';
import type { Lake } from '../lake/lake.ts';
import type { Release } from '../lake/release.ts';
import { newestRelease, readRelease } from '../lake/release.ts';
import { commandIn } from '../project/command-line.ts';
import type { Project } from '../project/model.ts';

/** The release that a command is about: the one with this number, or the newest. LS3001 when there is none yet. */
export async function requireRelease(
  { lake, project }: { readonly lake: Lake; readonly project: Pick<Project, 'environment'> },
  wanted?: number,
): Promise<Release> {
  const release = wanted === undefined ? await newestRelease(lake) : await readRelease(lake.state, wanted);
  if (release === undefined)
    throw new LakeError('LS3001', `There is no release yet: ${commandIn(project, 'run')} makes the first.`);
  return release;
}
