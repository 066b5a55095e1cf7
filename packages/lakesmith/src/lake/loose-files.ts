import type { Action } from '@lakesmith/delta';
import { encodePath } from '@lakesmith/delta';
import { messageOf } from '../core/errors.ts';
import { newFilesError } from '../engine/new-files.ts';
import { flushFiles } from '../storage/flush-files.ts';

/** Files that were written together. */
interface Group {
  readonly names: readonly string[];
  /** Where it failed it is not tried again: a disk that lost something says so once. */
  flushed?: Promise<void>;
}

/**
 * Data files of a table that this process wrote and that need not last yet. A commit that names one makes it last before anybody sees
 * the commit: while its own file is written, since a disk does both in the time of one.
 */
export class LooseFiles {
  readonly #folder: string;
  /** By the paths of files in the log. */
  readonly #groups = new Map<string, Group>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  add(names: readonly string[]): void {
    const group = { names };
    for (const name of names) this.#groups.set(encodePath(name), group);
  }

  /** Makes those last that these actions name. LS3101 when the disk cannot. */
  async keep(actions: readonly Action[]): Promise<void> {
    const paths = actions.flatMap((action) => ('add' in action ? [action.add.path] : []));
    const groups = new Set(paths.flatMap((path) => this.#groups.get(path) ?? []));
    try {
      await Promise.all([...groups].map((group) => (group.flushed ??= flushFiles(this.#folder, group.names))));
    } catch (error) {
      throw newFilesError(this.#folder, messageOf(error), error);
    }
    for (const path of paths) this.#groups.delete(path);
  }
}
