import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lake } from '../lake/lake.ts';
import type { Project } from '../project/model.ts';
import { sampleLocation } from '../sources/sample.ts';
import type { Look, Place, Watched } from './quiet-look.ts';
import { definitionFiles, look } from './quiet-look.ts';
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

const memoPath = ({ folder, memo }: Place): string => join(folder, '.lakesmith', `${memo}.json`);

/** What was seen at the start of a command, before anything else was looked at. */
export interface FirstLook<A> {
  /** What was answered when everything was as it is now; undefined when nothing is known of that. */
  readonly answer: A | undefined;
  /** What the last memo watched, and how it looks now. */
  readonly watched: Watched | undefined;
  /** Undefined when nothing was watched. */
  readonly look: Look | undefined;
}

export async function lookFirst<A>(place: Place): Promise<FirstLook<A>> {
  try {
    const memo = JSON.parse(await readFile(memoPath(place), 'utf8')) as Memo<A>;
    const now = await look(place, memo.watched);
    return { answer: now.seen === memo.seen ? memo.answer : undefined, watched: memo.watched, look: now };
  } catch {
    // No memo, half a memo, a folder that is gone: all of them mean to look properly.
    return { answer: undefined, watched: undefined, look: undefined };
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
  const seen = JSON.stringify(watched) === JSON.stringify(first.watched) ? (first.look?.seen ?? '') : '';
  await writeMemo(place, { watched, seen, answer });
}

/** The same when nothing that is watched can have changed but what stands in files of models. */
export async function noteNextAnswer<A>(place: Place, first: FirstLook<A>, answer: A): Promise<void> {
  if (first.watched === undefined || first.look === undefined) return;
  await writeMemo(place, { watched: first.watched, seen: first.look.seen, answer });
}

async function writeMemo<A>(place: Place, memo: Memo<A>): Promise<void> {
  await mkdir(join(place.folder, '.lakesmith'), { recursive: true });
  await writeFile(memoPath(place), JSON.stringify(memo));
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
