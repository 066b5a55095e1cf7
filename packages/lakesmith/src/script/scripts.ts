import type { Diagnostic, Place } from '../core/errors.ts';
import { DefinitionCache } from './definition-cache.ts';
import { pathToFileURL } from 'node:url';
import type { Misfit, Outcome, Thrown, WrittenModel } from './messages.ts';
import type { Ended } from './script-worker.ts';
import { ScriptWorker } from './script-worker.ts';
import type { PlainRecord } from './plain-value.ts';
import { excerptAt, placeInStack, thrownText } from './user-errors.ts';
import type { ModuleRecord, UserFiles } from './user-modules.ts';
import { UserModules } from './user-modules.ts';

/** A model as a file of TypeScript defines it. */
export interface ScriptModel {
  /** What it says of itself: `name`, `sql` and `inputs` too. */
  readonly settings: PlainRecord;
  /** It has rows(). */
  readonly makesRows: boolean;
  /** Where it was defined. */
  readonly place: Place;
}

/** What a file defines, and what that was made of; or what is wrong with it. */
export type ScriptRead =
  | (ModuleRecord & {
      readonly ok: true;
      /** By models(): each has a name of its own. */
      readonly family: boolean;
      readonly models: readonly ScriptModel[];
    })
  | { readonly ok: false; readonly diagnostic: Diagnostic };

/** What a project needs of files of TypeScript. */
export interface Scripts {
  /**
   * Reads what files define, in the order of their paths. Each is run in a thread of its own that has limits, and only when it,
   * or something that it imports, is not as it was the last time.
   */
  read(files: UserFiles, paths: readonly string[]): Promise<readonly ScriptRead[]>;
}

export interface ScriptOptions {
  /** Where what was read is remembered; absent: nowhere. */
  readonly cacheFile?: string;
  /** Name and version of the program: another one remembers nothing. */
  readonly program: string;
  /** How long one file may take to define its models. */
  readonly timeMs?: number;
  readonly memoryBytes?: number;
}

const usualTimeMs = 10_000;
const usualMemory = 256 * 2 ** 20;

export function openScripts(options: ScriptOptions): Scripts {
  const cache = new DefinitionCache(options);
  return {
    async read(files, paths) {
      const reader = new DefinitionReader(files, options);
      const reads: ScriptRead[] = [];
      try {
        for (const path of paths) {
          const known = await cache.find(files, path);
          const read = known ?? (await reader.read(path));
          if (known === undefined && read.ok) cache.remember(path, read);
          reads.push(read);
        }
      } finally {
        await reader.end();
      }
      await cache.save();
      return reads;
    },
  };
}

/** Runs files one after the other in one thread, each with modules of its own; after a failure there is a new thread. */
class DefinitionReader {
  readonly #files: UserFiles;
  readonly #limits: { readonly timeMs: number; readonly memoryBytes: number };
  #worker: ScriptWorker | undefined;
  #read = 0;

  constructor(files: UserFiles, { timeMs = usualTimeMs, memoryBytes = usualMemory }: ScriptOptions) {
    this.#files = files;
    this.#limits = { timeMs, memoryBytes };
  }

  async read(path: string): Promise<ScriptRead> {
    const isFresh = this.#worker === undefined;
    const { folder } = this.#files;
    this.#worker ??= new ScriptWorker({ folder, memoryBytes: this.#limits.memoryBytes });
    const modules = new UserModules(this.#files);
    const task = { kind: 'define', url: modules.urlOf(path, this.#read++) } as const;
    const outcome = await this.#worker.perform(task, { modules, timeMs: this.#limits.timeMs });
    if (outcome.kind === 'defined') {
      const { texts, packages } = modules;
      const models = outcome.models.map((model) => placed(model, path, folder));
      return { ok: true, family: outcome.family, models, texts, packages };
    }
    await this.end();
    // What went before in the same thread may have to do with it.
    if (!isFresh && outcome.kind !== 'time') return await this.read(path);
    const diagnostic = modules.problem ?? diagnose(outcome, { path, folder, modules, ...this.#limits });
    const text = diagnostic.place === undefined ? undefined : modules.texts.get(diagnostic.place.file);
    return { ok: false, diagnostic: { ...excerptAt(text, diagnostic.place?.line ?? 1), ...diagnostic } };
  }

  async end(): Promise<void> {
    await this.#worker?.end();
    this.#worker = undefined;
  }
}

function placed({ settings, makesRows, stack }: WrittenModel, path: string, folder: string): ScriptModel {
  return { settings, makesRows, place: placeInStack(stack, folder, path) ?? { file: path, line: 1, column: 1 } };
}

interface Reading {
  readonly path: string;
  readonly folder: string;
  readonly modules: UserModules;
  readonly timeMs: number;
  readonly memoryBytes: number;
}

function diagnose(outcome: Exclude<Outcome | Ended, { kind: 'defined' }>, reading: Reading): Diagnostic {
  const { path, folder } = reading;
  const top: Place = { file: path, line: 1, column: 1 };
  switch (outcome.kind) {
    case 'thrown':
      return {
        code: 'LS1214',
        message: `${path} fails: ${thrownText(outcome.thrown, folder)}`,
        place: placeInStack(outcome.thrown.stack, folder) ?? placeOfImport(outcome.thrown, reading) ?? top,
        hint: 'the file is run to see what it defines',
      };
    case 'time':
      return {
        code: 'LS1214',
        message: `${path} takes longer than ${reading.timeMs / 1000} s to say what it defines`,
        place: outcome.place ?? top,
        hint:
          outcome.place === undefined
            ? 'it waits for something that never comes: see what it awaits'
            : 'a definition is made at once: work that takes time belongs into rows()',
      };
    case 'memory':
      return {
        code: 'LS1214',
        message: `${path} needs more than ${reading.memoryBytes / 2 ** 20} MB to say what it defines`,
        place: top,
        hint: 'a definition is small: rows come from rows(), one by one',
      };
    case 'stopped':
      return {
        code: 'LS1214',
        message: `${path} ends the thread that reads it`,
        place: top,
        hint: 'the file is run to see what it defines',
      };
    case 'misfit':
      return misfitFound(outcome.misfit, reading);
    default:
      return { code: 'LS9001', message: `${path} was read and gave ${outcome.kind}.` };
  }
}

/** Where a package is imported that is not there. */
function placeOfImport({ message }: Thrown, { folder, modules }: Reading): Place | undefined {
  const [, name, importer = ''] = /^Cannot find package '([^']+)' imported from (\S+)/.exec(message) ?? [];
  if (name === undefined || !importer.startsWith(folder)) return undefined;
  return modules.placeOf(modules.pathOf(pathToFileURL(importer.replace(/\?\d*$/, '')).href), name);
}

function misfitFound({ what, path: at, stack }: Misfit, { path, folder, modules }: Reading): Diagnostic {
  const place = placeInStack(stack ?? '', folder) ?? modules.placeOf(path, 'export default');
  if (at !== undefined && at.length > 0) {
    const message = `"${at.join('.')}" of a model in ${path} is ${what}`;
    return { code: 'LS1215', message, place, hint: 'settings are plain data: texts, numbers, lists and objects' };
  }
  const hint =
    what === 'a promise'
      ? 'await it: export default await …'
      : "write export default model({ … }), with import { model } from 'lakesmith'; what models share belongs into a folder beside silver/ and gold/";
  const message =
    at === undefined
      ? `${path} exports ${what === 'nothing' ? 'no model' : `${what}, which is no model`}`
      : `A model in ${path} is ${what}`;
  return { code: 'LS1215', message, place, hint };
}
