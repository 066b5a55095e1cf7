import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LakeError, messageOf } from '../../core/errors.ts';
import { kindOf } from './group-files.ts';

/** What lies in a folder that a project is to begin with. Paths are relative to it, with '/', sorted. */
export interface DataFiles {
  readonly files: readonly string[];
  /** What is none of the project's data, and why: a sentence for each reason. */
  readonly leftOut: readonly string[];
  /** Why files that should be data cannot be read; they are not among `files`. */
  readonly problems: readonly LakeError[];
}

/** How many names stand in a sentence. */
const namesTold = 8;

/** Finds the files of data below a folder; as loads do, it passes over names that begin with '_' or '.'. */
export async function findDataFiles(from: string): Promise<DataFiles> {
  const found: string[] = [];
  const set = { aside: [] as string[], unknown: [] as string[] };
  const walk = async (below: string): Promise<void> => {
    const entries = await readdir(join(from, below), { withFileTypes: true }).catch((error: unknown) => {
      throw new LakeError('LS4005', `${join(from, below)} cannot be listed: ${messageOf(error)}`, { cause: error });
    });
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      const isFolder = entry.isDirectory();
      if (/^[._]/.test(entry.name)) {
        if (isFolder || kindOf(path) !== undefined) set.aside.push(isFolder ? `${path}/` : path);
      } else if (isFolder) await walk(path);
      else (kindOf(path) === undefined ? set.unknown : found).push(path);
    }
  };
  await walk('');
  const files: string[] = [];
  const problems: LakeError[] = [];
  for (const file of found.sort()) {
    const why = await whyUnreadable(join(from, file));
    if (why === undefined) files.push(file);
    else problems.push(why);
  }
  return {
    files,
    leftOut: [
      ...sentence(set.aside, 'loads leave out names that begin with _ or .'),
      ...sentence(set.unknown, 'only CSV, JSON and NDJSON are read'),
    ],
    problems,
  };
}

async function whyUnreadable(file: string): Promise<LakeError | undefined> {
  try {
    if (!(await stat(file)).isFile()) return new LakeError('LS4005', `${file} is no file: take it out of the folder`);
    await access(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return new LakeError('LS4005', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function sentence(names: readonly string[], why: string): readonly string[] {
  if (names.length === 0) return [];
  const more = names.length > namesTold ? ` … ${names.length - namesTold} more` : '';
  const listed = names.toSorted().slice(0, namesTold).join(', ');
  return [`${listed}${more} ${names.length === 1 ? 'was' : 'were'} left out: ${why}`];
}
