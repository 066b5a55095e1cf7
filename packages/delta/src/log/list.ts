import { DeltaError } from '../errors.ts';
import type { StoredObject, TableStore } from '../store.ts';
import {
  LOG_FOLDER,
  STAGED_COMMITS_FOLDER,
  isBeyondCount,
  parseLogName,
  parseStagedCommitPath,
  versionPrefix,
} from './names.ts';

/** A complete checkpoint: all of its files are there, as far as their names tell. */
export interface CheckpointFiles {
  readonly version: number;
  /** In the order of the parts. */
  readonly paths: readonly string[];
  /** 'uuid' for the names that only checkpoints of the V2 spec have; the others may follow it all the same. */
  readonly naming: 'classic' | 'multi-part' | 'uuid';
  readonly modifiedMs: number;
}

/** Commits `from` to `to`, both inclusive, in one file. */
export interface CompactedFile extends StoredObject {
  readonly from: number;
  readonly to: number;
}

/** What the log folder holds from some version on. */
export interface LogListing {
  /** Newest first. */
  readonly checkpoints: readonly CheckpointFiles[];
  /** The file of each commit, by version. */
  readonly commits: ReadonlyMap<number, StoredObject>;
  /** By the version that they start with. */
  readonly compacted: ReadonlyMap<number, readonly CompactedFile[]>;
  /** Versions that have a checksum file. */
  readonly checksums: ReadonlySet<number>;
}

/**
 * Lists the log from `fromVersion` on, in one pass. Staged commits (paths as a catalog gives them) stand in for the published
 * commits of their versions; one that is not there is 'log-corrupt', and so is a log with a version beyond all that can be
 * counted: it says that it goes on after a gap.
 */
export async function listLog(
  store: TableStore,
  fromVersion = 0,
  stagedCommits: readonly string[] = [],
): Promise<LogListing> {
  const commits = new Map<number, StoredObject>();
  const compacted = new Map<number, CompactedFile[]>();
  const checksums = new Set<number>();
  const whole: CheckpointFiles[] = [];
  const parts = new Map<string, PartialCheckpoint>();
  const startAfter = fromVersion === 0 ? undefined : versionPrefix(fromVersion);
  for await (const object of store.list(LOG_FOLDER, startAfter)) {
    const { path, modifiedMs } = object;
    const bareName = path.slice(LOG_FOLDER.length + 1);
    const name = parseLogName(bareName);
    if (name === undefined && isBeyondCount(bareName)) throw beyondCount(path);
    if (name?.kind === 'commit') commits.set(name.version, object);
    else if (name?.kind === 'checksum') checksums.add(name.version);
    else if (name?.kind === 'v2-checkpoint') {
      whole.push({ version: name.version, paths: [path], naming: 'uuid', modifiedMs });
    } else if (name?.kind === 'checkpoint') addPart(parts, { ...name, path, modifiedMs });
    else if (name?.kind === 'compacted' && name.toVersion > name.version) {
      const file: CompactedFile = { ...object, from: name.version, to: name.toVersion };
      const same = compacted.get(name.version);
      if (same === undefined) compacted.set(name.version, [file]);
      else same.push(file);
    }
  }
  for (const staged of await listStaged(store, stagedCommits)) commits.set(staged.version, staged.object);
  const checkpoints = [...whole, ...[...parts.values()].flatMap(completeParts)].sort(
    (a, b) => b.version - a.version || a.paths.length - b.paths.length,
  );
  return { checkpoints, commits, compacted, checksums };
}

function beyondCount(path: string): DeltaError {
  return new DeltaError(
    'log-corrupt',
    `The log holds ${path}, and no table has so many versions: what comes before it is missing. Remove it if it is no part of the table.`,
    { context: { path } },
  );
}

interface PartialCheckpoint {
  readonly version: number;
  readonly parts: number;
  readonly found: Map<number, string>;
  readonly modifiedMs: number;
}

function addPart(
  checkpoints: Map<string, PartialCheckpoint>,
  part: { version: number; part: number; parts: number; path: string; modifiedMs: number },
): void {
  const { version, parts, path, modifiedMs } = part;
  const key = `${version}/${parts}/${path.endsWith('.checkpoint.parquet')}`;
  const checkpoint = checkpoints.get(key) ?? { version, parts, found: new Map<number, string>(), modifiedMs };
  checkpoint.found.set(part.part, path);
  checkpoints.set(key, checkpoint);
}

/** The checkpoint, if all of its parts were found. The number of parts comes from a name, so it may be any. */
function completeParts({ version, parts, found, modifiedMs }: PartialCheckpoint): CheckpointFiles[] {
  const paths: string[] = [];
  for (let part = 1; part <= parts; part += 1) {
    const path = found.get(part);
    if (path === undefined) return [];
    paths.push(path);
  }
  if (paths.length === 0) return [];
  return [{ version, paths, naming: paths[0]?.endsWith('.checkpoint.parquet') ? 'classic' : 'multi-part', modifiedMs }];
}

async function listStaged(
  store: TableStore,
  stagedCommits: readonly string[],
): Promise<{ version: number; object: StoredObject }[]> {
  if (stagedCommits.length === 0) return [];
  const there = new Map<string, StoredObject>();
  for await (const object of store.list(STAGED_COMMITS_FOLDER)) there.set(object.path, object);
  return stagedCommits.map((given) => {
    const named = parseStagedCommitPath(given);
    if (named === undefined) {
      throw new DeltaError('invalid-value', `${JSON.stringify(given)} is not the path of a staged commit.`, {
        context: { path: given },
      });
    }
    const object = there.get(named.path);
    if (object === undefined) {
      throw new DeltaError('log-corrupt', `The catalog names the staged commit ${named.path}, which is not there.`, {
        context: { path: named.path, version: named.version },
      });
    }
    return { version: named.version, object };
  });
}

/** The newest version of which the log holds anything; -1 when it holds nothing. */
export function newestVersion(listing: LogListing): number {
  let newest = listing.checkpoints[0]?.version ?? -1;
  for (const version of listing.commits.keys()) if (version > newest) newest = version;
  for (const files of listing.compacted.values()) {
    for (const { to } of files) if (to > newest) newest = to;
  }
  return newest;
}

/** Whether two looks at a log saw the same files. */
export function sameListing(a: LogListing, b: LogListing): boolean {
  return describe(a) === describe(b);
}

function describe({ checkpoints, commits, compacted }: LogListing): string {
  return JSON.stringify([checkpoints, [...commits.values()], [...compacted.values()]]);
}
