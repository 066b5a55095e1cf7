import type * as Fs from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, dirname, join, relative } from 'node:path';
import { randomNumbers } from '../core/random-numbers.ts';
import { isTemporaryName } from './local-names.ts';
import { disk, watching } from './watched-disk.test-suite.ts';

/** A name in a folder: what it stands for (a file by its number), or that it is gone. */
type Entry = { readonly kind: 'folder' } | { readonly kind: 'file'; readonly file: string } | { readonly kind: 'gone' };
type Names = ReadonlyMap<string, Entry>;

/** What is known of the disk between two steps. */
interface Moment {
  /** The step that comes next; undefined: all are done. */
  readonly next: string | undefined;
  /** The names in each folder when it was last flushed. */
  readonly lasting: ReadonlyMap<string, Names>;
  /** What became of names since, in order. */
  readonly pending: readonly { readonly folder: string; readonly name: string; readonly entry: Entry }[];
  /** What was in files when they were last flushed. */
  readonly flushed: ReadonlyMap<string, Buffer>;
  /** What is in files that were not flushed. */
  readonly loose: ReadonlyMap<string, Buffer>;
}

/** What may be left of a folder. */
export interface Remains {
  /** Between which steps the power was cut, and what was luckily kept. */
  readonly told: string;
  /** The cut came after all steps. */
  readonly isLast: boolean;
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * Watches what `act` does to a folder, then tells what a power cut may leave, between any two steps: what was flushed for sure, and of
 * the rest nothing, all names without content, everything (as when only the process dies), or some by chance. Names of a
 * folder last when it is flushed, content when the file is. The same remains are told once, the last moment first.
 */
export async function powerCuts(root: string, act: () => Promise<unknown>, seeds: number): Promise<readonly Remains[]> {
  const watch = new DiskMemory(root);
  await watching(
    {
      root,
      before: ({ call, path }) => (call === 'read' ? undefined : watch.next(`${call} ${relative(root, path)}`)),
      flushed: (path) => watch.flush(path),
    },
    act,
  );
  watch.next(undefined);
  const found = new Map<string, Remains>();
  for (const [i, moment] of watch.moments.entries()) {
    const lucks = ['nothing', 'names', 'everything', ...Array.from({ length: seeds }, (_, seed) => seed * 1000 + i)];
    for (const luck of lucks) {
      const files = filesLeft(moment, luck);
      const isLast = moment.next === undefined;
      const hash = createHash('sha1').update(String(isLast));
      for (const [path, bytes] of files) if (!isDraft(path)) hash.update(`\n${path} ${bytes.length}\n`).update(bytes);
      const key = hash.digest('hex');
      if (!found.has(key))
        found.set(key, { told: `step ${i}, before ${moment.next ?? 'the end'}, keeps ${luck}`, isLast, files });
    }
  }
  return [...found.values()];
}

/** What stands for nothing until it gets another name. */
const isDraft = (path: string): boolean => isTemporaryName(basename(path)) || path.startsWith('_lakesmith/');

/** Puts what is left into a new folder. */
export function layOut({ files }: Remains, folder: string): void {
  const fs = realFs();
  fs.mkdirSync(folder, { recursive: true });
  for (const [path, bytes] of files) {
    fs.mkdirSync(dirname(join(folder, path)), { recursive: true });
    fs.writeFileSync(join(folder, path), bytes);
  }
}

function realFs(): typeof Fs {
  if (disk.fs === undefined) throw new Error('node:fs is not watched');
  return disk.fs;
}

class DiskMemory {
  readonly moments: Moment[] = [];
  readonly #root: string;
  readonly #fs: typeof Fs = realFs();
  #live: ReadonlyMap<string, Names>;
  #lasting: ReadonlyMap<string, Names>;
  #pending: Moment['pending'] = [];
  #flushed: ReadonlyMap<string, Buffer>;

  constructor(root: string) {
    this.#root = root;
    const { folders, contents } = this.#look(new Map());
    [this.#live, this.#lasting, this.#flushed] = [folders, folders, contents];
  }

  next(step: string | undefined): undefined {
    const loose = this.#catchUp();
    const { moments } = this;
    moments.push({ next: step, lasting: this.#lasting, pending: this.#pending, flushed: this.#flushed, loose });
  }

  flush(path: string): void {
    const loose = this.#catchUp();
    const place = relative(this.#root, path);
    const names = this.#live.get(place);
    if (names !== undefined) {
      this.#lasting = new Map([...this.#lasting, [place, names]]);
      this.#pending = this.#pending.filter(({ folder }) => folder !== place);
      return;
    }
    const entry = this.#live.get(dirname(place).replace(/^\.$/, ''))?.get(place.slice(place.lastIndexOf('/') + 1));
    if (entry?.kind !== 'file') throw new Error(`${path} was flushed and is not there`);
    const bytes = loose.get(entry.file);
    if (bytes !== undefined) this.#flushed = new Map([...this.#flushed, [entry.file, bytes]]);
  }

  /** Sees what became of names since the last look, whoever did it. */
  #catchUp(): ReadonlyMap<string, Buffer> {
    const { folders, contents } = this.#look(this.#flushed);
    const changes = [...this.#pending];
    for (const folder of new Set([...this.#live.keys(), ...folders.keys()])) {
      const [old, now] = [this.#live.get(folder), folders.get(folder)];
      for (const [name, entry] of now ?? [])
        if (JSON.stringify(old?.get(name)) !== JSON.stringify(entry)) changes.push({ folder, name, entry });
      for (const name of old?.keys() ?? [])
        if (now?.has(name) !== true) changes.push({ folder, name, entry: { kind: 'gone' } });
    }
    this.#live = folders;
    this.#pending = changes;
    return contents;
  }

  #look(known: ReadonlyMap<string, Buffer>): {
    folders: ReadonlyMap<string, Names>;
    contents: ReadonlyMap<string, Buffer>;
  } {
    const folders = new Map<string, Map<string, Entry>>();
    const contents = new Map<string, Buffer>();
    const walk = (folder: string): void => {
      const names = new Map<string, Entry>();
      folders.set(folder, names);
      for (const { name } of this.#fs.readdirSync(join(this.#root, folder), { withFileTypes: true })) {
        const path = join(this.#root, folder, name);
        const { ino, birthtimeNs, isFolder } = this.#stat(path);
        if (isFolder) {
          names.set(name, { kind: 'folder' });
          walk(join(folder, name));
          continue;
        }
        const file = `${ino}-${birthtimeNs}`;
        names.set(name, { kind: 'file', file });
        if (!known.has(file)) contents.set(file, this.#fs.readFileSync(path));
      }
    };
    walk('');
    return { folders, contents };
  }

  #stat(path: string): { ino: bigint; birthtimeNs: bigint; isFolder: boolean } {
    const found = this.#fs.statSync(path, { bigint: true });
    return { ino: found.ino, birthtimeNs: found.birthtimeNs, isFolder: found.isDirectory() };
  }
}

function filesLeft(moment: Moment, luck: string | number): ReadonlyMap<string, Buffer> {
  const chance = randomNumbers(typeof luck === 'number' ? luck : 1);
  const folders = new Map([...moment.lasting].map(([folder, names]) => [folder, new Map(names)]));
  for (const { folder, name, entry } of moment.pending) {
    if (luck === 'nothing' || (typeof luck === 'number' && chance() < 0.5)) continue;
    const names = folders.get(folder) ?? new Map<string, Entry>();
    folders.set(folder, names.set(name, entry));
  }
  const contentOf = (file: string): Buffer => {
    const flushed = moment.flushed.get(file);
    const loose = moment.loose.get(file) ?? Buffer.alloc(0);
    if (flushed !== undefined || luck === 'everything') return flushed ?? loose;
    return typeof luck === 'number' ? loose.subarray(0, Math.floor(chance() * loose.length)) : Buffer.alloc(0);
  };
  const files = new Map<string, Buffer>();
  const walk = (folder: string): void => {
    for (const [name, entry] of folders.get(folder) ?? []) {
      if (entry.kind === 'folder') walk(join(folder, name));
      else if (entry.kind === 'file') files.set(join(folder, name), contentOf(entry.file));
    }
  };
  walk('');
  return files;
}
