import type { Snapshot, StagedCommit } from '@lakesmith/delta';
import { applyStaged, DeltaError, locate } from '@lakesmith/delta';
import { encodeJson } from '../core/json.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Lake } from './lake.ts';
import type { ReleasedTable, ReleasedView, TableVersion } from './release.ts';
import { versionsIn } from './release.ts';
import { readStoredJson } from './stored-json.ts';

/**
 * What a run would have released, and did not: enough to read it again. Nothing of it is visible to anybody who reads a release or a
 * table; it is no promise to commit it either.
 */
export interface KeptRun {
  readonly run: number;
  readonly keptMs: number;
  /** Every other table at the version that the run left or loaded. */
  readonly tables: Readonly<Record<string, Pick<ReleasedTable, 'path' | 'version' | 'changes'>>>;
  readonly views: Readonly<Record<string, ReleasedView>>;
  /** Commits that were not put. */
  readonly staged: readonly KeptCommit[];
}

export interface KeptCommit {
  readonly table: string;
  readonly path: string;
  readonly staged: StagedCommit;
}

/** How long `vacuum` leaves what is kept, unless it is told otherwise. */
export const keptDays = 7;

const folder = '_lakesmith/kept/';
const pathOf = (run: number): string => `${folder}${String(run).padStart(20, '0')}.json`;

export async function putKept(store: ObjectStore, kept: KeptRun): Promise<void> {
  await store.put(pathOf(kept.run), encodeJson(kept));
}

export async function readKept(store: ObjectStore, run: number): Promise<KeptRun | undefined> {
  return await readStoredJson<KeptRun>(store, pathOf(run));
}

export async function listKept(store: ObjectStore): Promise<readonly KeptRun[]> {
  const all: KeptRun[] = [];
  for await (const { path } of store.list(folder, { shallow: true })) {
    const kept = await readStoredJson<KeptRun>(store, path);
    if (kept !== undefined) all.push(kept);
  }
  return all;
}

/** Absent is fine. */
export async function dropKept(store: ObjectStore, run: number): Promise<void> {
  await store.delete(pathOf(run));
}

/** A table as a run staged it; undefined: the version that it was built on is gone. */
export async function openKept(lake: Lake, { path, staged }: KeptCommit): Promise<Snapshot | undefined> {
  if (staged.readVersion < 0) return applyStaged(undefined, staged);
  const base = await openIfThere(lake, path, staged.readVersion);
  return base === undefined ? undefined : applyStaged(base, staged);
}

/** What is read, besides what was staged, where a run is asked about. */
export function committedIn(kept: KeptRun): readonly TableVersion[] {
  const isStaged = ({ path, version }: TableVersion): boolean =>
    kept.staged.some((one) => one.path === path && one.staged.readVersion + 1 === version);
  return versionsIn(kept).filter((version) => !isStaged(version));
}

/** undefined also for a version that the log does not reach back to. */
export async function openIfThere(lake: Lake, path: string, version: number): Promise<Snapshot | undefined> {
  try {
    return await lake.open(path, version);
  } catch (error) {
    if (error instanceof DeltaError && ['version-not-found', 'table-not-found'].includes(error.code)) return undefined;
    throw error;
  }
}

/** The data files that a run wrote for a commit, relative to the lake. */
export function filesOf(lake: Lake, { path, staged }: KeptCommit): readonly string[] {
  return staged.actions.flatMap((action) => {
    const place = 'add' in action ? locate(action.add.path, lake.io(path)) : undefined;
    return place?.kind === 'inside' ? [`${path}/${place.path}`] : [];
  });
}
