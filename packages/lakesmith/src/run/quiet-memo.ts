import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lake } from '../lake/lake.ts';
import type { Project } from '../project/model.ts';
import { discoverFiles } from '../sources/discover.ts';
import { sampleLocation } from '../sources/sample.ts';
import { dayIn } from './context.ts';
import type { Standing } from './standing.ts';
import { standingOf } from './standing.ts';
import type { Sighting } from './observe.ts';

/**
 * A note in the project's own folder: "when everything looked like this, this was the answer". It lets a scheduler ask every few
 * seconds without an engine being started. It holds what was looked at, and a hash of what was seen; whatever differs, the command
 * looks properly. Losing it costs a moment.
 */
interface Memo<A> {
  readonly watched: Watched;
  readonly seen: string;
  readonly answer: A;
}

/** What a run answers that has nothing to do. */
export interface QuietAnswer {
  readonly release: number;
  readonly tables: readonly string[];
  /** Of an overlay. */
  readonly standing?: Standing;
}

interface Watched {
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

const memoPath = ({ folder, memo }: Place): string => join(folder, '.lakesmith', `${memo}.json`);
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

/** What was seen at the start of a command, before anything else was looked at. */
export interface FirstLook<A> {
  /** What was answered when everything was as it is now; undefined when nothing is known of that. */
  readonly answer: A | undefined;
  /** What the last memo watched, and how it looks now. */
  readonly watched: Watched | undefined;
  readonly seen: string;
}

export async function lookFirst<A>(place: Place): Promise<FirstLook<A>> {
  try {
    const memo = JSON.parse(await readFile(memoPath(place), 'utf8')) as Memo<A>;
    const seen = await look(place, memo.watched);
    return { answer: seen === memo.seen ? memo.answer : undefined, watched: memo.watched, seen };
  } catch {
    // No memo, half a memo, a folder that is gone: all of them mean to look properly.
    return { answer: undefined, watched: undefined, seen: '' };
  }
}

/**
 * Notes that there was nothing to do. What was seen must be from before the look that found so: a file that came in between
 * would count as seen and never be loaded. So the first memo only says what to watch, and the second what it looked like.
 */
export async function noteQuiet(place: Place, first: FirstLook<QuietAnswer>, found: Found): Promise<void> {
  const standing = standingOf(found, found.sighting.release);
  await noteAnswer<QuietAnswer>(place, first, {
    ...found,
    answer: {
      release: found.sighting.release?.release ?? 0,
      tables: [...found.project.tables.keys()],
      ...(standing === undefined ? {} : { standing }),
    },
  });
}

interface Found {
  readonly project: Project;
  readonly sighting: Sighting;
  readonly lake: Lake;
}

/** The same of any answer that follows from what is looked at, and from the program. */
export async function noteAnswer<A>(
  place: Place,
  first: FirstLook<A>,
  { answer, ...found }: Found & { readonly answer: A },
): Promise<void> {
  const watched = await watchedBy(place, found);
  if (watched === undefined) return;
  const seen = JSON.stringify(watched) === JSON.stringify(first.watched) ? first.seen : '';
  await mkdir(join(place.folder, '.lakesmith'), { recursive: true });
  await writeFile(memoPath(place), JSON.stringify({ watched, seen, answer } satisfies Memo<A>));
}

async function watchedBy(place: Place, { project, sighting, lake }: Found): Promise<Watched | undefined> {
  const { localPath: lakeFolder } = lake.store;
  const { localPath: stateFolder } = lake.state;
  if (lakeFolder === undefined || stateFolder === undefined) return undefined;
  const sources = [...project.tables.values()].flatMap((table) => (table.kind === 'source' ? [table] : []));
  const files = sources.flatMap(({ from }) => {
    const url = from.kind === 'connection' ? project.connections.get(from.connection)?.url : undefined;
    return from.kind === 'connection' && url !== undefined
      ? [sampleLocation(project.folder, url, from.remoteTable)]
      : [];
  });
  const texts = definitionFiles(place.folder).map((file) => readFileSync(file, 'utf8'));
  const variables = texts.flatMap((text) => [...text.matchAll(/\$\{env:([^}:]+)/g)].map(([, name]) => name ?? ''));
  return {
    lakeFolder,
    stateFolder,
    timezone: project.timezone,
    clockMs: project.clockMs,
    patterns: sources.flatMap(({ from }) => (from.kind === 'files' ? [from.pattern] : [])),
    files,
    imports: project.imports,
    variables: [...new Set(variables)].sort(),
    heads: [...sighting.paths]
      .filter(([, path]) => lake.owns(path))
      .map(([name, path]) => ({ path, version: sighting.tables.get(name)?.version ?? -1 })),
  };
}

/** A hash of everything that decides whether there is something to do. */
async function look(place: Place, watched: Watched): Promise<string> {
  const hash = createHash('sha256');
  const add = (value: unknown): void => void hash.update(`${JSON.stringify(value)}\n`);
  add([place.program, place.environment ?? '', place.parameters, watched]);
  add(watched.variables.map((name) => process.env[name] ?? null));
  add(dayIn(watched.timezone, watched.clockMs ?? Date.now()));
  // Of thousands of small files, each promise costs more than the file.
  for (const file of definitionFiles(place.folder)) {
    add(file);
    hash.update(readFileSync(file));
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
  return hash.digest('hex');
}

function definitionFiles(folder: string): readonly string[] {
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
