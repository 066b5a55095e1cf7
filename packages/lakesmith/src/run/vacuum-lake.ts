import type { Snapshot } from '@lakesmith/delta';
import { vacuumRetentionMs, vacuumTest } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { EnvironmentEntry } from '../lake/environment.ts';
import { listEnvironments } from '../lake/environment.ts';
import { rollForward } from '../lake/intent.ts';
import type { Lake } from '../lake/lake.ts';
import { overlayLake, pathOfTable } from '../lake/lake.ts';
import { listPins } from '../lake/pin.ts';
import type { Release } from '../lake/release.ts';
import { dropRelease, inputsOfView, listReleases, readRelease } from '../lake/release.ts';
import type { ObjectInfo } from '../storage/object-store.ts';
import type { Lease } from './lease.ts';
import { takeLease } from './lease.ts';
import { quarantineTable } from './quarantine.ts';
import { systemTableNames } from './system-tables.ts';

export interface LakeVacuumOptions {
  /** Files stay this long after they left their table, and as long as the table says; absent: seven days where it says nothing. */
  readonly retainMs?: number;
  /** Which of the older releases stay; absent: all. */
  readonly keepReleases?: { readonly newest: number } | { readonly youngerThanMs: number };
  /** Only tell. */
  readonly dryRun: boolean;
  readonly nowMs: number;
}

export interface LakeVacuumReport {
  readonly releases: readonly { readonly environment: string | null; readonly release: number }[];
  readonly files: readonly string[];
  readonly bytes: number;
  /** Environments at whose own tables nobody looked, since a run of theirs is at work. */
  readonly busy: readonly string[];
}

/** A lake or an overlay of it, as it is vacuumed. */
interface Part {
  readonly lake: Lake;
  /** undefined: the lake itself. */
  readonly entry: EnvironmentEntry | undefined;
  /** undefined: somebody is at work there, so that only what its releases need counts. */
  readonly lease: Lease | undefined;
}

/**
 * Drops old releases, then deletes the files of tables that left them long enough ago and that no release needs, of the lake or of
 * an environment over it. Nothing is written to a table. LS3302 while a run is at work on the lake itself.
 */
export async function vacuumLake(lake: Lake, options: LakeVacuumOptions): Promise<LakeVacuumReport> {
  const parts: Part[] = [{ lake, entry: undefined, lease: await takeLease(lake.state) }];
  try {
    for (const entry of await listEnvironments(lake.store)) {
      const overlay = overlayLake(lake, entry.name);
      parts.push({ lake: overlay, entry, lease: entry.dropping === true ? undefined : await leaseIfFree(overlay) });
    }
    // What a run that died had begun to commit is finished first: its files are needed then.
    for (const part of parts) if (part.lease !== undefined && !options.dryRun) await rollForward(part.lake);
    const releases = await readAll(parts);
    const dropped = await releasesToDrop(parts, releases, options);
    const kept = releases.filter((one) => !dropped.includes(one));
    const found = await unneededFiles(parts, kept, options);
    if (!options.dryRun) {
      for (const { lease } of parts) await lease?.check();
      for (const { part, release } of dropped) await dropRelease(part.lake.state, release.release);
      for (const { path } of found) await lake.store.delete(path);
    }
    return {
      releases: dropped.map(({ part, release }) => ({ environment: nameOf(part), release: release.release })),
      files: found.map(({ path }) => path),
      bytes: found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      busy: parts.flatMap(({ lease, entry }) => (lease === undefined && entry !== undefined ? [entry.name] : [])),
    };
  } finally {
    for (const { lease } of parts) await lease?.release();
  }
}

function nameOf({ entry }: Part): string | null {
  return entry?.name ?? null;
}

async function leaseIfFree({ state }: Lake): Promise<Lease | undefined> {
  try {
    return await takeLease(state);
  } catch (error) {
    if (error instanceof LakeError && error.code === 'LS3302') return undefined;
    throw error;
  }
}

interface PartRelease {
  readonly part: Part;
  readonly release: Release;
}

async function readAll(parts: readonly Part[]): Promise<readonly PartRelease[]> {
  const all: PartRelease[] = [];
  for (const part of parts) {
    const { state } = part.lake;
    for (const number of await listReleases(state)) all.push({ part, release: await readRelease(state, number) });
  }
  return all;
}

/** Never the newest, never one that is pinned, never one that an environment stands on. */
async function releasesToDrop(
  parts: readonly Part[],
  all: readonly PartRelease[],
  { keepReleases, nowMs }: LakeVacuumOptions,
): Promise<readonly PartRelease[]> {
  if (keepReleases === undefined) return [];
  const overlays = new Set(parts.map(nameOf));
  const dropped: PartRelease[] = [];
  for (const part of parts) {
    if (part.lease === undefined) continue;
    const pins = await listPins(part.lake.state);
    const stoodOn = parts.flatMap(({ entry }) => {
      const base = entry !== undefined && overlays.has(entry.base) ? entry.base : null;
      return entry !== undefined && base === nameOf(part) ? [entry] : [];
    });
    const needed = new Set([
      ...pins.keys(),
      ...stoodOn.map(({ release }) => release),
      // Releases of an environment from before it was refreshed stand on others.
      ...all.flatMap(({ part: above, release }) =>
        stoodOn.some(({ name }) => name === nameOf(above)) ? [release.base ?? 0] : [],
      ),
    ]);
    const own = all.filter((one) => one.part === part).reverse();
    const isOld = ({ release }: PartRelease, place: number): boolean =>
      'newest' in keepReleases
        ? place >= keepReleases.newest
        : Date.parse(release.at) < nowMs - keepReleases.youngerThanMs;
    dropped.push(...own.filter((one, i) => i > 0 && isOld(one, i) && !needed.has(one.release.release)));
  }
  return dropped;
}

async function unneededFiles(
  parts: readonly Part[],
  kept: readonly PartRelease[],
  options: LakeVacuumOptions,
): Promise<readonly ObjectInfo[]> {
  const beforeMs = options.nowMs - (options.retainMs ?? usualRetentionMs);
  const versions = versionsIn(kept);
  const found: ObjectInfo[] = [];
  for (const { lake, lease, entry } of parts) {
    if (lease === undefined) continue;
    const system = [...systemTableNames, quarantineTable].map((name) => lake.own(pathOfTable(name)));
    const paths = new Set([...[...versions.keys()].filter((path) => lake.owns(path)), ...system]);
    for (const path of paths)
      found.push(...(await unneededOf(lake, path, { versions: versions.get(path) ?? [], options })));
    if (entry !== undefined) found.push(...(await abandoned(lake, paths, beforeMs)));
    for await (const file of lake.store.list(`${lake.own('_lakesmith/staged')}/`))
      if (file.modifiedMs < beforeMs) found.push(file);
  }
  return found;
}

function versionsIn(releases: readonly PartRelease[]): ReadonlyMap<string, readonly number[]> {
  const versions = new Map<string, Set<number>>();
  const add = ({ path, version }: { readonly path: string; readonly version: number }): void =>
    void versions.set(path, (versions.get(path) ?? new Set()).add(version));
  for (const { release } of releases) {
    for (const table of Object.values(release.tables)) {
      add(table);
      if (table.changes !== undefined) add(table.changes);
    }
    for (const view of Object.values(release.views ?? {})) inputsOfView(view).forEach(add);
  }
  return new Map([...versions].map(([path, set]) => [path, [...set].sort((a, b) => a - b)]));
}

const usualRetentionMs = 7 * 24 * 3600 * 1000;

function retentionOf(snapshot: Snapshot, { retainMs }: LakeVacuumOptions): number {
  const isSaid = snapshot.metadata.configuration['delta.deletedFileRetentionDuration'] !== undefined;
  return isSaid ? Math.max(retainMs ?? 0, vacuumRetentionMs(snapshot)) : (retainMs ?? usualRetentionMs);
}

async function unneededOf(
  lake: Lake,
  path: string,
  { versions, options }: { readonly versions: readonly number[]; readonly options: LakeVacuumOptions },
): Promise<readonly ObjectInfo[]> {
  const io = lake.io(path);
  const head = await lake.open(path);
  const beforeMs = options.nowMs - (head === undefined ? usualRetentionMs : retentionOf(head, options));
  const tests: ReturnType<typeof vacuumTest>[] = [];
  for (const version of [...versions, undefined]) {
    const snapshot = await lake.open(path, version);
    if (snapshot !== undefined) tests.push(vacuumTest(snapshot, io, beforeMs));
  }
  const found: ObjectInfo[] = [];
  if (tests.length === 0) return found;
  for await (const file of lake.store.list(`${path}/`)) {
    const inTable = { path: file.path.slice(path.length + 1), modifiedMs: file.modifiedMs };
    if (tests.every((isUnneeded) => isUnneeded(inTable))) found.push(file);
  }
  return found;
}

/** Tables of an overlay that no release names, whole: of runs that died, and of releases that were dropped. */
async function abandoned(lake: Lake, known: ReadonlySet<string>, beforeMs: number): Promise<readonly ObjectInfo[]> {
  const folders = new Map<string, ObjectInfo[]>();
  for await (const file of lake.store.list(lake.own(''))) {
    const [layer = '', name = ''] = file.path.slice(lake.own('').length).split('/');
    const folder = lake.own(`${layer}/${name}`);
    if (layer === '_lakesmith' || known.has(folder)) continue;
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [...folders.values()].filter((files) => files.every((file) => file.modifiedMs < beforeMs)).flat();
}
