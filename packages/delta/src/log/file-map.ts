import type { AddFile } from '../actions.ts';
import { type FileEntry, addOf } from './pending-add.ts';

/** The files of a version, each read in full when it is taken out. */
class FileMap implements ReadonlyMap<string, AddFile> {
  readonly unread: ReadonlyMap<string, FileEntry>;

  constructor(unread: ReadonlyMap<string, FileEntry>) {
    this.unread = unread;
  }

  get size(): number {
    return this.unread.size;
  }

  get(key: string): AddFile | undefined {
    const entry = this.unread.get(key);
    return entry === undefined ? undefined : addOf(entry);
  }

  has(key: string): boolean {
    return this.unread.has(key);
  }

  keys(): MapIterator<string> {
    return this.unread.keys();
  }

  *values(): Generator<AddFile, undefined> {
    for (const entry of this.unread.values()) yield addOf(entry);
  }

  *entries(): Generator<[string, AddFile], undefined> {
    for (const [key, entry] of this.unread) yield [key, addOf(entry)];
  }

  [Symbol.iterator](): Generator<[string, AddFile], undefined> {
    return this.entries();
  }

  forEach(visit: (add: AddFile, key: string, map: ReadonlyMap<string, AddFile>) => void): void {
    for (const [key, add] of this.entries()) visit(add, key, this);
  }
}

/** The files of these entries; `before` itself when it has the very same. */
export function fileMap(
  entries: ReadonlyMap<string, FileEntry>,
  before?: ReadonlyMap<string, AddFile>,
): ReadonlyMap<string, AddFile> {
  return before !== undefined && entriesOf(before) === entries ? before : new FileMap(entries);
}

/** What is known of each file so far, without reading more. */
export function entriesOf(files: ReadonlyMap<string, AddFile>): ReadonlyMap<string, FileEntry> {
  return files instanceof FileMap ? files.unread : files;
}
