import type { Snapshot } from '@lakesmith/delta';
import { vacuumRetentionMs, vacuumTest } from '@lakesmith/delta';
import { LakeError } from '../core/errors.ts';
import type { EnvironmentEntry } from '../lake/environment.ts';
import { listEnvironments } from '../lake/environment.ts';
import { rollForward } from '../lake/intent.ts';
import type { KeptCommit, KeptRun } from '../lake/kept-run.ts';
import { committedIn, dropKept, filesOf, keptDays, listKept, openIfThere, openKept } from '../lake/kept-run.ts';
import type { Lake } from '../lake/lake.ts';
import { overlayLake, pathOfTable } from '../lake/lake.ts';
import { listPins } from '../lake/pin.ts';
import type { Release, TableVersion } from '../lake/release.ts';
import { dropRelease, listReleases, readRelease, versionsIn } from '../lake/release.ts';
import type { ObjectInfo } from '../storage/object-store.ts';
import type { Lease } from './lease.ts';
import { takeLease } from './lease.ts';
import { quarantinePath, quarantineTable } from './quarantine.ts';
import { quarantineVersions, versionAfter } from './quarantine-versions.ts';
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
    const runs = await keptRuns(parts, options);
    const found = await unneededFiles(parts, { releases: kept, runs }, options);
    if (!options.dryRun) {
      for (const { lease } of parts) await lease?.check();
      for (const { part, release } of dropped) await dropRelease(part.lake.state, release.release);
      // What cannot be read any more is not offered any more.
      for (const { part, kept: run, isOver } of runs) if (isOver) await dropKept(part.lake.state, run.run);
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

/** What a run that failed made, which can be asked about for a time. */
interface PartRun {
  readonly part: Part;
  readonly kept: KeptRun;
  /** Its time has come. */
  readonly isOver: boolean;
}

async function keptRuns(parts: readonly Part[], options: LakeVacuumOptions): Promise<readonly PartRun[]> {
  const beforeMs = leftBefore(options);
  const all: PartRun[] = [];
  for (const part of parts)
    for (const kept of await listKept(part.lake.state))
      all.push({ part, kept, isOver: part.lease !== undefined && kept.keptMs < beforeMs });
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

interface Needed {
  readonly releases: readonly PartRelease[];
  readonly runs: readonly PartRun[];
}

async function unneededFiles(
  parts: readonly Part[],
  { releases, runs }: Needed,
  options: LakeVacuumOptions,
): Promise<readonly ObjectInfo[]> {
  const beforeMs = leftBefore(options);
  const kept = runs.flatMap(({ kept: run, isOver }) => (isOver ? [] : [run]));
  const staged = kept.flatMap((run) => run.staged);
  const released = byPath(releases.flatMap(({ release }) => versionsIn(release)));
  const beside = byPath([...kept.flatMap(committedIn), ...(await quarantinesOf(releases))]);
  const found: ObjectInfo[] = [];
  for (const part of parts) {
    const { lake, lease, entry } = part;
    if (lease === undefined) continue;
    const system = [...systemTableNames, quarantineTable].map((name) => lake.own(pathOfTable(name)));
    const named = [...released.keys(), ...beside.keys(), ...staged.map(({ path }) => path)];
    const paths = new Set([...named.filter((path) => lake.owns(path)), ...system]);
    for (const path of paths) {
      const versions = { released: released.get(path) ?? [], beside: beside.get(path) ?? [] };
      const snapshots = await snapshotsOf(lake, path, { ...versions, staged });
      found.push(...(await unneededOf(lake, path, { snapshots, options })));
    }
    if (entry !== undefined) found.push(...(await abandoned(lake, paths, beforeMs)));
    const over = runs.flatMap(({ part: of, kept: run, isOver }) => (isOver && of === part ? run.staged : []));
    found.push(...(await neverMade(lake, over, staged)));
    for await (const file of lake.store.list(`${lake.own('_lakesmith/staged')}/`))
      if (file.modifiedMs < beforeMs) found.push(file);
  }
  return [...new Map(found.map((file) => [file.path, file])).values()];
}

/** What was in quarantine as of each release, as far as that is known: going back to it needs that too. */
async function quarantinesOf(releases: readonly PartRelease[]): Promise<readonly TableVersion[]> {
  const found: TableVersion[] = [];
  for (const lake of new Set(releases.map(({ part }) => part.lake))) {
    const runs = releases.flatMap(({ part, release }) => (part.lake === lake ? [release.run] : []));
    const path = quarantinePath(lake);
    const versions = await quarantineVersions(lake, path);
    for (const run of runs) {
      const version = versionAfter(versions, run);
      if (typeof version === 'number') found.push({ path, version });
    }
  }
  return found;
}

/** A table as releases have it, and as it is read where runs are asked about. */
async function snapshotsOf(
  lake: Lake,
  path: string,
  {
    released,
    beside,
    staged,
  }: {
    readonly released: readonly number[];
    readonly beside: readonly number[];
    readonly staged: readonly KeptCommit[];
  },
): Promise<readonly Snapshot[]> {
  const snapshots: (Snapshot | undefined)[] = [];
  for (const version of released) snapshots.push(await lake.open(path, version));
  for (const version of beside) if (!released.includes(version)) snapshots.push(await openIfThere(lake, path, version));
  for (const commit of staged) if (commit.path === path) snapshots.push(await openKept(lake, commit));
  return snapshots.filter((snapshot) => snapshot !== undefined);
}

function byPath(versions: readonly TableVersion[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, Set<number>>();
  for (const { path, version } of versions) found.set(path, (found.get(path) ?? new Set()).add(version));
  return new Map([...found].map(([path, set]) => [path, [...set].sort((a, b) => a - b)]));
}

const usualRetentionMs = keptDays * 24 * 3600 * 1000;

function leftBefore({ nowMs, retainMs }: LakeVacuumOptions): number {
  return nowMs - (retainMs ?? usualRetentionMs);
}

function retentionOf(snapshot: Snapshot, { retainMs }: LakeVacuumOptions): number {
  const isSaid = snapshot.metadata.configuration['delta.deletedFileRetentionDuration'] !== undefined;
  return isSaid ? Math.max(retainMs ?? 0, vacuumRetentionMs(snapshot)) : (retainMs ?? usualRetentionMs);
}

async function unneededOf(
  lake: Lake,
  path: string,
  { snapshots, options }: { readonly snapshots: readonly Snapshot[]; readonly options: LakeVacuumOptions },
): Promise<readonly ObjectInfo[]> {
  const io = lake.io(path);
  const head = await lake.open(path);
  const beforeMs = options.nowMs - (head === undefined ? usualRetentionMs : retentionOf(head, options));
  const needed = head === undefined ? snapshots : [...snapshots, head];
  const tests = needed.map((snapshot) => vacuumTest(snapshot, io, beforeMs));
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

/** What runs whose time has come wrote for tables that nobody has made since. */
async function neverMade(
  lake: Lake,
  over: readonly KeptCommit[],
  staged: readonly KeptCommit[],
): Promise<readonly ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for (const commit of over) {
    if (staged.some(({ path }) => path === commit.path) || (await lake.open(commit.path)) !== undefined) continue;
    for (const path of filesOf(lake, commit)) {
      const file = await lake.store.head(path);
      if (file !== undefined) found.push(file);
    }
  }
  return found;
}
