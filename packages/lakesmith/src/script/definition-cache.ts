import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ScriptModel, ScriptRead } from './scripts.ts';
import type { UserFiles } from './user-modules.ts';
import { packageHash, textHash } from './user-modules.ts';

/** What a file defined, and hashes of all that it was made of. */
interface Entry {
  readonly modules: Readonly<Record<string, string>>;
  readonly packages: Readonly<Record<string, string>>;
  readonly family: boolean;
  readonly models: readonly ScriptModel[];
}

type Read = Extract<ScriptRead, { ok: true }>;

/** What files defined when they were last run, as long as nothing of it has changed. Losing it costs a moment. */
export class DefinitionCache {
  readonly #file: string | undefined;
  readonly #program: string;
  /** By path and content. */
  #entries: Map<string, Entry> | undefined;
  readonly #used = new Set<string>();
  #isNew = false;

  constructor({ cacheFile, program }: { readonly cacheFile?: string; readonly program: string }) {
    this.#file = cacheFile;
    this.#program = `${program} node ${process.versions.node}`;
  }

  async find(files: UserFiles, path: string): Promise<Read | undefined> {
    const own = await files.read(path);
    const key = own === undefined ? '' : keyOf(path, textHash(own));
    const entry = (await this.#known()).get(key);
    if (entry === undefined) return undefined;
    const texts = new Map<string, string>();
    for (const [module, hash] of Object.entries(entry.modules)) {
      const bytes = await files.read(module);
      if (bytes === undefined || textHash(bytes) !== hash) return undefined;
      texts.set(module, new TextDecoder().decode(bytes));
    }
    for (const [of, hash] of Object.entries(entry.packages)) {
      if ((await packageHash(files.folder, of)) !== hash) return undefined;
    }
    this.#used.add(key);
    const { family, models } = entry;
    return { ok: true, family, models, texts, packages: new Map(Object.entries(entry.packages)) };
  }

  remember(path: string, { family, models, texts, packages }: Read): void {
    const modules = Object.fromEntries([...texts].map(([module, text]) => [module, textHash(text)]));
    const key = keyOf(path, modules[path] ?? '');
    this.#used.add(key);
    this.#entries?.set(key, { modules, packages: Object.fromEntries(packages), family, models });
    this.#isNew = true;
  }

  async save(): Promise<void> {
    if (!this.#isNew || this.#file === undefined) return;
    this.#isNew = false;
    // What nobody asked for is of files that are gone, or not as they were.
    const text = JSON.stringify({
      program: this.#program,
      files: Object.fromEntries([...(this.#entries ?? [])].filter(([key]) => this.#used.has(key))),
    });
    await mkdir(dirname(this.#file), { recursive: true });
    // Another program may read it meanwhile.
    const draft = `${this.#file}.${process.pid}`;
    await writeFile(draft, text);
    await rename(draft, this.#file);
  }

  async #known(): Promise<Map<string, Entry>> {
    this.#entries ??= await this.#read();
    return this.#entries;
  }

  async #read(): Promise<Map<string, Entry>> {
    if (this.#file === undefined) return new Map();
    try {
      const kept = JSON.parse(await readFile(this.#file, 'utf8')) as { program: string; files: Record<string, Entry> };
      return new Map(kept.program === this.#program ? Object.entries(kept.files) : []);
    } catch {
      // No such file, or half of one: all of it is read anew.
      return new Map();
    }
  }
}

function keyOf(path: string, hash: string): string {
  return `${path} ${hash}`;
}
