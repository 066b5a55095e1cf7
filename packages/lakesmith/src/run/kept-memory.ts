import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Memory } from '../core/memory.ts';
import type { MemoryEntry } from './memory-file.ts';
import { MemoryFile } from './memory-file.ts';

/** So many files are put together to one. */
const mostFiles = 8;

/** What nobody asked for while files were put together so many times is forgotten. */
const patience = 20;

/**
 * A memory in a folder of this machine, for one build of the program: whatever is wrong with a file there, it is as if it were not.
 * What is new goes to a file of its own, so that a command about few tables of many neither reads nor writes the rest.
 */
export class KeptMemory implements Memory {
  readonly #folder: string;
  readonly #stamp: string;
  /** What this program kept. */
  readonly #own: Map<string, unknown> = new Map();
  /** Keys of these that are not written yet. */
  readonly #new: Set<string> = new Set();
  readonly #asked: Set<string> = new Set();
  #files: readonly MemoryFile[] | undefined;
  /** All files that were there, also those of another build. */
  #names: readonly string[] = [];
  /** Something that is still asked for would be forgotten soon. */
  #isFading = false;

  constructor(folder: string, stamp: string) {
    this.#folder = folder;
    this.#stamp = stamp;
  }

  recall(key: string): unknown {
    if (this.#own.has(key)) return this.#own.get(key);
    const entry = this.#entry(key);
    if (entry === undefined) return undefined;
    try {
      const value: unknown = deserialize(entry.bytes);
      this.#asked.add(key);
      if (entry.unused > patience / 2) this.#isFading = true;
      return value;
    } catch {
      return undefined;
    }
  }

  keep(key: string, value: unknown): void {
    this.#own.set(key, value);
    this.#new.add(key);
  }

  /** Writes what is new. What another program writes meanwhile stays beside it. */
  save(): void {
    if (this.#new.size === 0 && !this.#isFading) return;
    const files = this.#open();
    const fresh = new Map([...this.#new].map((key) => [key, { bytes: serialize(this.#own.get(key)), unused: 0 }]));
    this.#new.clear();
    const gathers = files.length >= mostFiles || this.#isFading;
    this.#isFading = false;
    const part = join(this.#folder, `.${randomUUID()}`);
    try {
      mkdirSync(this.#folder, { recursive: true });
      MemoryFile.write(part, this.#stamp, gathers ? new Map([...this.#living(files), ...fresh]) : fresh);
      renameSync(part, join(this.#folder, randomUUID()));
      if (gathers) for (const name of this.#names) rmSync(join(this.#folder, name), { force: true });
    } catch {
      // A folder that cannot be written, or a full disk: the next command takes as long as this one.
      if (existsSync(part)) rmSync(part);
    }
    for (const file of files) file.close();
    this.#files = undefined;
  }

  #living(files: readonly MemoryFile[]): ReadonlyMap<string, MemoryEntry> {
    const living = new Map<string, MemoryEntry>();
    for (const file of files) {
      for (const key of file.keys()) {
        const entry = file.entry(key);
        const unused = this.#asked.has(key) ? 0 : (entry?.unused ?? 0) + 1;
        if (entry !== undefined && unused < patience) living.set(key, { ...entry, unused });
      }
    }
    return living;
  }

  #entry(key: string): MemoryEntry | undefined {
    try {
      for (const file of this.#open()) {
        const entry = file.entry(key);
        if (entry !== undefined) return entry;
      }
    } catch {
      // A disk that fails: it is understood anew.
    }
    return undefined;
  }

  #open(): readonly MemoryFile[] {
    if (this.#files !== undefined) return this.#files;
    this.#names = existsSync(this.#folder) ? namesIn(this.#folder) : [];
    this.#files = this.#names.flatMap((name) => {
      try {
        return MemoryFile.open(join(this.#folder, name), this.#stamp) ?? [];
      } catch {
        // None, half of one, or one that another program wrote.
        return [];
      }
    });
    // Of another build, or none at all: nobody will ask for it.
    if (this.#files.length < this.#names.length) this.#isFading = true;
    return this.#files;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}
