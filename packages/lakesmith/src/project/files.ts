import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { LakeError, messageOf } from '../core/errors.ts';

/** The folder that holds lakesmith.yml, as far as loading a project needs it. Paths are relative to it, with '/'. */
export interface ProjectFiles {
  /** Absolute path of the folder. */
  readonly folder: string;
  /** Every file below `folder`, all the way down, sorted; names that begin with '.' are left out. No such folder: none. */
  list(folder: string): Promise<readonly string[]>;
  /** The bytes of a file; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** The files of a folder on this machine. */
export function nodeProjectFiles(folder: string): ProjectFiles {
  const root = path.resolve(folder);
  return {
    folder: root,
    async list(below) {
      const found = await listBelow(root, below);
      return found.sort();
    },
    // Of thousands of small files, each promise costs more than the file.
    async read(file) {
      try {
        return readFileSync(path.join(root, file));
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw new LakeError('LS4005', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
      }
    },
  };
}

async function listBelow(root: string, below: string): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(path.join(root, below), { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw new LakeError('LS4005', `Folder ${below} cannot be listed: ${messageOf(error)}`, { cause: error });
  }
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const name = `${below}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await listBelow(root, name)));
    else files.push(name);
  }
  return files;
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Files given as text by path. */
export function memoryProjectFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  folder = '/project',
): ProjectFiles {
  const encoder = new TextEncoder();
  return {
    folder,
    list: (below) =>
      Promise.resolve(
        Object.keys(files)
          .filter((file) => file.startsWith(`${below}/`))
          .sort(),
      ),
    read: (file) => {
      const content = Object.hasOwn(files, file) ? files[file] : undefined;
      return Promise.resolve(typeof content === 'string' ? encoder.encode(content) : content);
    },
  };
}
