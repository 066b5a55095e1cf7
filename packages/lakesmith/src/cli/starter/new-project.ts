import { constants, rmdirSync, unlinkSync } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { systemErrorCode } from '../../core/platform.ts';

/** The folder of a project that is being made. It knows what it wrote, so that all of it can be taken away again. */
export class NewProject {
  readonly folder: string;
  /** Files and folders, in the order in which they were made. */
  readonly #made: { readonly path: string; readonly remove: (path: string) => void }[] = [];

  /** Nothing is written before the first file or folder. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a folder of the project, and those above it. */
  async makeFolder(path: string): Promise<void> {
    await this.#makeFolder(join(this.folder, path));
  }

  async write(path: string, text: string): Promise<void> {
    await this.#make(path, (file) => writeFile(file, text, { flag: 'wx' }));
  }

  async copy(from: string, path: string): Promise<void> {
    await this.#make(path, (file) => copyFile(from, file, constants.COPYFILE_EXCL));
  }

  /** Copies all that is in a folder, but for some paths. */
  async copyFolder(from: string, except: readonly string[]): Promise<void> {
    for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
      const source = join(entry.parentPath, entry.name);
      const path = relative(from, source);
      if (!entry.isDirectory() && !except.includes(path)) await this.copy(source, path);
    }
  }

  /** Takes away what was made here, newest first. What somebody else put into a folder stays, and the folder with it. */
  undo(): void {
    for (let made = this.#made.pop(); made !== undefined; made = this.#made.pop()) {
      try {
        made.remove(made.path);
      } catch (error) {
        if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) throw error;
      }
    }
  }

  async #make(path: string, write: (file: string) => Promise<void>): Promise<void> {
    const file = join(this.folder, path);
    await this.#makeFolder(dirname(file));
    // Known before it is there, for an interruption in between.
    this.#made.push({ path: file, remove: unlinkSync });
    try {
      await write(file);
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') this.#made.pop();
      throw error;
    }
  }

  async #makeFolder(folder: string): Promise<void> {
    try {
      await mkdir(folder);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'EEXIST') return;
      if (code !== 'ENOENT') throw error;
      await this.#makeFolder(dirname(folder));
      await mkdir(folder);
    }
    this.#made.push({ path: folder, remove: rmdirSync });
  }
}
