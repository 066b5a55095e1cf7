import type { Column } from '../core/schema.ts';
import { LakeError } from '../core/errors.ts';
import { encodeJson } from '../core/json.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { readStoredJson } from './stored-json.ts';

/** A numbered file that names one version of every table: what readers see. It never changes once written. */
export interface Release {
  readonly release: number;
  readonly run: number;
  /** ISO time. */
  readonly at: string;
  /** What it came from: a run, or going back to an earlier release. */
  readonly cause: 'run' | 'back' | 'replay';
  readonly tables: Readonly<Record<string, ReleasedTable>>;
}

export interface ReleasedTable {
  /** Folder of the table, relative to the lake. */
  readonly path: string;
  readonly version: number;
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly madeBy: MadeBy | undefined;
  /** The table of its changes, for one that follows a change log. */
  readonly changes?: { readonly path: string; readonly version: number };
}

/** What made a version of a table; it stands in the commit as well. */
export interface MadeBy {
  readonly run: number;
  readonly fingerprint: string;
  readonly rulesFingerprint: string;
  readonly inputs: Readonly<Record<string, number>>;
  readonly day: string | undefined;
}

const folder = '_lakesmith/releases/';
const pathOf = (release: number): string => `${folder}${String(release).padStart(20, '0')}.json`;

/** Numbers of all releases, ascending. */
export async function listReleases(store: ObjectStore): Promise<number[]> {
  const numbers: number[] = [];
  for await (const object of store.list(folder, { shallow: true })) {
    const name = /(\d{20})\.json$/.exec(object.path);
    if (name?.[1] !== undefined) numbers.push(Number(name[1]));
  }
  return numbers;
}

/** The newest release; undefined before the first run. */
export async function newestRelease(store: ObjectStore): Promise<Release | undefined> {
  const numbers = await listReleases(store);
  const newest = numbers.at(-1);
  return newest === undefined ? undefined : await readRelease(store, newest);
}

export async function readRelease(store: ObjectStore, release: number): Promise<Release> {
  const found = await readStoredJson<Release>(store, pathOf(release));
  if (found === undefined) {
    throw new LakeError('LS3003', `Release ${release} does not exist: \`lakesmith release list\` shows those that do.`);
  }
  return found;
}

/** Makes a release visible, whole; false when that number is taken. */
export async function putRelease(store: ObjectStore, release: Release): Promise<boolean> {
  const outcome = await store.putIfAbsent(pathOf(release.release), encodeJson(release));
  return outcome.kind === 'stored';
}
