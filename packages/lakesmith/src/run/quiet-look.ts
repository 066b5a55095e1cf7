import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { discoverFiles } from '../sources/discover.ts';
import { dayIn } from './context.ts';

/** Whose answer is looked for. */
export interface Place {
  readonly folder: string;
  readonly environment: string | undefined;
  /** Of the command line. */
  readonly parameters: readonly string[];
  /** What is another one for each program that could answer otherwise. */
  readonly program: string;
  /** The command that answers. */
  readonly memo: 'quiet' | 'checked';
}

/** What decides an answer beside the files that define the project. */
export interface Watched {
  readonly lakeFolder: string;
  /** Where the lake, or the overlay, keeps its releases. */
  readonly stateFolder: string;
  readonly timezone: string;
  readonly clockMs: number | undefined;
  readonly patterns: readonly string[];
  readonly files: readonly string[];
  /** What TypeScript of the project imports. */
  readonly imports: readonly string[];
  /** Environment variables that the project names. */
  readonly variables: readonly string[];
  readonly heads: readonly { readonly path: string; readonly version: number }[];
}

/** How everything looks that decides an answer. */
export interface Look {
  /** A hash of all of it. */
  readonly seen: string;
  /** A hash of all but what stands in `models`. */
  readonly rest: string;
  /** What stands in the files of models of SQL and in the settings beside them, by their paths in the project. */
  readonly models: ReadonlyMap<string, Uint8Array>;
}

const definitions = [
  'bronze',
  'reference',
  'silver',
  'gold',
  'tests',
  'jobs',
  'publish',
  'alerts',
  'dashboards',
  'macros',
];

const modelFile = /^(?:silver|gold)\/.*\.(?:sql|ya?ml)$/;

/** Looks at everything that decides an answer. */
export async function look(place: Place, watched: Watched): Promise<Look> {
  const hash = createHash('sha256');
  const ofModels = createHash('sha256');
  const models = new Map<string, Uint8Array>();
  const add = (value: unknown): void => void hash.update(`${JSON.stringify(value)}\n`);
  add([place.program, place.environment ?? '', place.parameters, watched]);
  add(watched.variables.map((name) => process.env[name] ?? null));
  add(dayIn(watched.timezone, watched.clockMs ?? Date.now()));
  // Of thousands of small files, each promise costs more than the file.
  for (const file of definitionFiles(place.folder)) {
    add(file);
    const bytes = readFileSync(file);
    const path = file.slice(place.folder.length + 1).replaceAll(sep, '/');
    if (modelFile.test(path)) {
      models.set(path, bytes);
      // The length first, so that no two lists of files are alike.
      ofModels.update(`${bytes.length}:`).update(bytes);
    } else hash.update(bytes);
  }
  for (const path of watched.imports.map((name) => join(place.folder, name))) {
    add(path);
    hash.update(existsSync(path) ? readFileSync(path) : '');
  }
  for (const pattern of watched.patterns) add(await discoverFiles(place.folder, pattern));
  for (const file of watched.files) add(await stat(file).then((info) => [info.size, info.mtimeMs]));
  add(await readdir(join(watched.stateFolder, '_lakesmith/releases')).catch(() => null));
  add(await readdir(join(watched.stateFolder, '_lakesmith/intents')).catch(() => []));
  for (const { path, version } of watched.heads) {
    const next = join(watched.lakeFolder, path, '_delta_log', `${String(version + 1).padStart(20, '0')}.json`);
    add(existsSync(next));
  }
  const rest = hash.digest('hex');
  return { seen: `${rest} ${ofModels.digest('hex')}`, rest, models };
}

/** The files that define a project. */
export function definitionFiles(folder: string): readonly string[] {
  const found = definitions.flatMap((name) => {
    const top = join(folder, name);
    if (!existsSync(top)) return [];
    const entries = readdirSync(top, { recursive: true, withFileTypes: true });
    return entries.flatMap((entry) => {
      const file = join(entry.parentPath, entry.name);
      const isFile = entry.isSymbolicLink() ? statSync(file, { throwIfNoEntry: false })?.isFile() : entry.isFile();
      return isFile === true ? [file] : [];
    });
  });
  const atTop = ['lakesmith.yml', 'grants.yml'].map((name) => join(folder, name)).filter((file) => existsSync(file));
  return [...atTop, ...found.sort()];
}
