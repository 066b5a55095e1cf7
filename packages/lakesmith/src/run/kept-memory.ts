import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Memory } from '../core/memory.ts';

interface Entry {
  readonly value: unknown;
  /** How often the memory was written since somebody asked for this. */
  unused: number;
}

interface Written {
  readonly stamp: string;
  readonly entries: Map<string, Entry>;
}

/** What nobody asked for while so many others were kept is forgotten. */
const patience = 20;

/** A memory in a file of this machine, for one build of the program: whatever is wrong with the file, it is as if there were none. */
export class KeptMemory implements Memory {
  readonly #path: string;
  readonly #stamp: string;
  #entries: Map<string, Entry> | undefined;
  #isNew = false;

  constructor(path: string, stamp: string) {
    this.#path = path;
    this.#stamp = stamp;
  }

  recall(key: string): unknown {
    const entry = this.#all().get(key);
    if (entry === undefined) return undefined;
    entry.unused = 0;
    return entry.value;
  }

  keep(key: string, value: unknown): void {
    this.#all().set(key, { value, unused: 0 });
    this.#isNew = true;
  }

  /** Writes what is new. Of two programs that do so at once one is forgotten. */
  save(): void {
    if (!this.#isNew || this.#entries === undefined) return;
    this.#isNew = false;
    const entries = new Map([...this.#entries].filter(([, { unused }]) => unused < patience));
    const aging = new Map([...entries].map(([key, entry]) => [key, { ...entry, unused: entry.unused + 1 }]));
    const part = `${this.#path}.${randomUUID()}`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(part, serialize({ stamp: this.#stamp, entries: aging } satisfies Written));
      renameSync(part, this.#path);
    } catch {
      // A folder that cannot be written, or a full disk: the next command takes as long as this one.
      if (existsSync(part)) rmSync(part);
    }
  }

  #all(): Map<string, Entry> {
    this.#entries ??= this.#read();
    return this.#entries;
  }

  #read(): Map<string, Entry> {
    try {
      const { stamp, entries } = deserialize(readFileSync(this.#path)) as Written;
      return stamp === this.#stamp && entries instanceof Map ? entries : new Map();
    } catch {
      // None, half of one, or one that another program wrote.
      return new Map();
    }
  }
}
