import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ProjectFiles } from '../project/files.ts';
import type { Change } from './text.ts';
import { applyChanges } from './text.ts';

interface OpenDocument {
  readonly text: string;
  readonly version: number | undefined;
}

/** The files that an editor has open, as they are there and not on the disk. */
export class Documents {
  readonly #open: Map<string, OpenDocument> = new Map();

  open(uri: string, text: string, version: number | undefined): void {
    this.#open.set(uri, { text, version });
  }

  change(uri: string, changes: readonly Change[], version: number | undefined): void {
    const known = this.#open.get(uri);
    if (known !== undefined) this.#open.set(uri, { text: applyChanges(known.text, changes), version });
  }

  close(uri: string): void {
    this.#open.delete(uri);
  }

  get(uri: string): OpenDocument | undefined {
    return this.#open.get(uri);
  }

  uris(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** The files of a project, with what is open in place of what is saved. */
  over(files: ProjectFiles): ProjectFiles {
    const opened = (): Map<string, string> =>
      new Map(
        [...this.#open].flatMap(([uri, { text }]) => {
          const path = projectPath(files.folder, uri);
          return path === undefined ? [] : [[path, text] as const];
        }),
      );
    return {
      folder: files.folder,
      list: async (folder) => {
        const added = [...opened().keys()].filter((path) => path.startsWith(`${folder}/`) && !/\/\./.test(path));
        return [...new Set([...(await files.list(folder)), ...added])].sort();
      },
      read: async (path) => {
        const text = opened().get(path);
        return text === undefined ? await files.read(path) : new TextEncoder().encode(text);
      },
    };
  }
}

/** The path of a document in a project's folder, with '/'; undefined when it lies elsewhere. */
export function projectPath(folder: string, uri: string): string | undefined {
  const file = pathOf(uri);
  const path = file === undefined ? '' : relative(folder, file);
  return path === '' || path.startsWith('..') || isAbsolute(path) ? undefined : path.split(sep).join('/');
}

export function uriOf(folder: string, path: string): string {
  return pathToFileURL(resolve(folder, path)).href;
}

/** The path that a URI names; undefined for what is no file. */
export function pathOf(uri: string): string | undefined {
  try {
    return fileURLToPath(uri);
  } catch (error) {
    // A document that is in no file has another scheme; a URI that cannot be read names none.
    if (error instanceof TypeError || error instanceof URIError) return undefined;
    throw error;
  }
}
