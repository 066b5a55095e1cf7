import { environmentNameRule, isEnvironmentName } from '../core/environment-name.ts';
import { LakeError } from '../core/errors.ts';
import { encodeJson } from '../core/json.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Lake } from './lake.ts';
import type { Release } from './release.ts';
import { listReleases, newestRelease, putRelease } from './release.ts';
import { readStoredJson } from './stored-json.ts';

/** What a lake knows of an overlay. */
export interface EnvironmentEntry {
  readonly name: string;
  /** The environment whose tables it shows where it has none of its own. */
  readonly base: string;
  /** The release of the base that it stands on: it is kept as long as this says so. */
  readonly release: number;
  /** ISO time. */
  readonly at: string;
  /** Its end has begun. */
  readonly dropping?: boolean;
}

const folder = '_lakesmith/environments/';
const pathOf = (name: string): string => `${folder}${name}.json`;

/** The overlays of the lake in a store, by name. */
export async function listEnvironments(store: ObjectStore): Promise<readonly EnvironmentEntry[]> {
  const entries: EnvironmentEntry[] = [];
  for await (const { path } of store.list(folder, { shallow: true })) {
    const entry = await readStoredJson<EnvironmentEntry>(store, path);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** LS1007 when the lake has no such overlay. */
export async function readEnvironment(store: ObjectStore, name: string): Promise<EnvironmentEntry> {
  const entries = await listEnvironments(store);
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const near = nearestName(
    name,
    entries.map((entry) => entry.name),
  );
  const next = near === undefined ? '`lakesmith env list` shows those that there are' : `did you mean ${near}?`;
  throw new LakeError('LS1007', `There is no environment ${name} in the lake: ${next}`);
}

/** Refuses a name that no folder can have everywhere. */
function checkEnvironmentName(name: string): void {
  if (isEnvironmentName(name)) return;
  throw new LakeError('LS1007', `${name} cannot be the name of an environment: ${environmentNameRule}.`);
}

/** An overlay that is there. */
interface EnsuredEnvironment {
  /** As it was made before; undefined: it was made now. */
  readonly known: EnvironmentEntry | undefined;
  readonly newest: Release;
}

/** Makes an overlay what its base shows now, unless it is there already; what was begun and not finished is finished. */
export async function ensureEnvironment(
  lake: Lake,
  names: EnvironmentNames,
  nowMs: number,
): Promise<EnsuredEnvironment> {
  const { base, store } = lake;
  if (base === undefined) throw new LakeError('LS9001', `${names.name} has a lake of its own.`);
  const known = await readStoredJson<EnvironmentEntry>(store, pathOf(names.name));
  if (known?.dropping === true) throw dropping(names.name);
  // What is there without being known is left of one that was dropped.
  const own = await listReleases(lake.state);
  if (known !== undefined && own.length > 0)
    return { known, newest: (await newestRelease(lake)) ?? noRelease(names.base) };
  checkEnvironmentName(names.name);
  return { known: undefined, newest: await branch(lake, base, { names, nowMs, last: own.at(-1) ?? 0 }) };
}

/** Makes an overlay what its base shows now, whatever it was. Only for the holder of its lease. */
export async function refreshEnvironment(lake: Lake, names: EnvironmentNames, nowMs: number): Promise<Release> {
  const { base, store } = lake;
  if (base === undefined) throw new LakeError('LS9001', `${names.name} has a lake of its own.`);
  if ((await readEnvironment(store, names.name)).dropping === true) throw dropping(names.name);
  return await branch(lake, base, { names, nowMs, last: (await listReleases(lake.state)).at(-1) ?? 0 });
}

export interface EnvironmentNames {
  readonly name: string;
  /** The environment that it is based on. */
  readonly base: string;
}

async function branch(
  lake: Lake,
  base: Lake,
  { names, nowMs, last }: { readonly names: EnvironmentNames; readonly nowMs: number; readonly last: number },
): Promise<Release> {
  const below = (await newestRelease(base)) ?? noRelease(names.base);
  // An overlay that has made no release may make its first at any time.
  if (below.release === 0) noRelease(names.base);
  const at = new Date(nowMs).toISOString();
  // Written first: from then on nobody drops the release that it stands on.
  await putEnvironment(lake.store, { ...names, release: below.release, at });
  const { cause: _, base: __, ...rest } = below;
  const release: Release = { ...rest, release: last + 1, run: 0, at, cause: 'branch', base: below.release };
  await putRelease(lake.state, release);
  return release;
}

/** Tables and views of a release that a lake made itself. */
export function ownTables(lake: Lake, release: Release | undefined): readonly string[] {
  const all = Object.entries({ ...release?.tables, ...release?.views });
  return all.flatMap(([name, { path }]) => (lake.owns(path) ? [name] : []));
}

export async function putEnvironment(store: ObjectStore, entry: EnvironmentEntry): Promise<void> {
  await store.put(pathOf(entry.name), encodeJson(entry));
}

/** The last thing of an overlay that goes. */
export async function forgetEnvironment(store: ObjectStore, name: string): Promise<void> {
  await store.delete(pathOf(name));
}

function noRelease(base: string): never {
  throw new LakeError('LS3001', `${base} has no release yet, so nothing can be based on it: run it first.`);
}

function dropping(name: string): LakeError {
  return new LakeError(
    'LS1007',
    `Environment ${name} is being dropped: \`lakesmith env drop ${name}\` again ends that.`,
  );
}
