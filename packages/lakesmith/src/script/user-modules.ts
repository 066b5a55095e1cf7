import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Diagnostic, Place } from '../core/errors.ts';
import type { ModuleAnswer, ModuleQuestion } from './messages.ts';
import { stripTypes } from './strip-types.ts';
import { excerptAt } from './user-errors.ts';

/** Files of a project as far as their modules are concerned. Paths are relative to the folder, with '/'. */
export interface UserFiles {
  /** Absolute. */
  readonly folder: string;
  /** The bytes of a file; undefined when there is none. It may lie outside of the folder ('../lib/a.ts'). */
  read(path: string): Promise<Uint8Array | undefined>;
}

/** What modules were made of. */
export interface ModuleRecord {
  /** Texts of the files of the user that were loaded, by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** By the path of the package.json of each package that was loaded, a hash of it. */
  readonly packages: ReadonlyMap<string, string>;
}

/** Answers a worker's questions for modules, and remembers what it was given. */
export class UserModules {
  readonly texts: Map<string, string> = new Map();
  readonly packages: Map<string, string> = new Map();
  /** What is wrong with the first module that cannot be used. */
  problem: Diagnostic | undefined;
  readonly #files: UserFiles;

  constructor(files: UserFiles) {
    this.#files = files;
  }

  /** The address of a file. The number is passed on to what it imports, so that one thread can read several files apart. */
  urlOf(path: string, number = 0): string {
    return `${pathToFileURL(join(this.#files.folder, path)).href}?${number}`;
  }

  /** The path of a file in the project, or outside of it: '../lib/a.ts'. */
  pathOf(url: string): string {
    const file = fileURLToPath(url);
    const path = relative(this.#files.folder, file);
    return isAbsolute(path) ? file : path.split(sep).join('/');
  }

  async answer(question: ModuleQuestion): Promise<ModuleAnswer> {
    switch (question.kind) {
      case 'resolve':
        return { id: question.id, ...(await this.#resolve(question.specifier, question.parent)) };
      case 'load':
        return { id: question.id, ...(await this.#load(this.pathOf(question.url))) };
      case 'package':
        await this.#notePackage(question.url);
        return { id: question.id, noted: true };
    }
  }

  /** As TypeScript finds modules: './a.ts', './a' and './a.js' may all be a.ts. */
  async #resolve(specifier: string, parent: string): Promise<{ url: string } | { failed: string }> {
    const target = new URL(specifier, parent);
    const search = target.search === '' ? new URL(parent).search : target.search;
    target.search = '';
    const { href } = target;
    const typed = href.replace(/\.([cm]?)js$/, '.$1ts');
    for (const url of new Set([href, typed, `${href}.ts`, `${href.replace(/\/$/, '')}/index.ts`])) {
      if (/\.\w+$/.test(url) && (await this.#text(this.pathOf(url))) !== undefined) return { url: `${url}${search}` };
    }
    const path = this.pathOf(parent);
    return this.#fail({
      code: 'LS1214',
      message: `${path} imports ${specifier}, which does not exist`,
      place: this.placeOf(path, specifier),
      hint: 'the path is relative to this file; a package has no ./ in front',
    });
  }

  async #load(path: string): Promise<{ source: string; format: 'module' | 'json' } | { failed: string }> {
    const text = await this.#text(path);
    if (text === undefined)
      return this.#fail({ code: 'LS1214', message: `There is no ${path}`, place: { file: path, line: 1, column: 1 } });
    if (path.endsWith('.json')) return { source: text, format: 'json' };
    if (!/\.[cm]?ts$/.test(path)) return { source: text, format: 'module' };
    const stripped = await stripTypes(text);
    if (stripped.ok) return { source: stripped.code, format: 'module' };
    const { message, line, column, length } = stripped;
    const isUnknown = message.endsWith('is not known here');
    return this.#fail({
      code: 'LS1213',
      message: isUnknown ? message : `${path} cannot be parsed: ${message}`,
      place: { file: path, line, column, length },
      hint: isUnknown
        ? 'types are taken off, and nothing is compiled: write it as JavaScript has it'
        : 'the mistake is here or just before',
    });
  }

  #fail(problem: Diagnostic): { failed: string } {
    const { place } = problem;
    const text = place === undefined ? undefined : this.texts.get(place.file);
    this.problem ??= { ...problem, ...(place === undefined ? {} : excerptAt(text, place.line)) };
    return { failed: problem.message };
  }

  async #text(path: string): Promise<string | undefined> {
    const known = this.texts.get(path);
    if (known !== undefined) return known;
    const bytes = await this.#files.read(path);
    if (bytes === undefined) return undefined;
    const text = new TextDecoder().decode(bytes);
    this.texts.set(path, text);
    return text;
  }

  /** Where a text first stands in a file; its beginning when it does not. */
  placeOf(file: string, text: string): Place {
    const all = this.texts.get(file) ?? '';
    const offset = all.indexOf(text);
    if (offset < 0) return { file, line: 1, column: 1 };
    const before = all.slice(0, offset);
    const line = before.split('\n').length;
    return { file, line, column: offset - before.lastIndexOf('\n'), length: text.length };
  }

  async #notePackage(url: string): Promise<void> {
    const path = this.pathOf(`${url}package.json`);
    if (this.packages.has(path)) return;
    this.packages.set(path, await packageHash(this.#files.folder, path));
  }
}

/** A hash of a package.json, which holds the version; '' when there is none. */
export async function packageHash(folder: string, path: string): Promise<string> {
  const bytes = await readFile(join(folder, path)).catch(() => undefined);
  return bytes === undefined ? '' : textHash(bytes);
}

export function textHash(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
