import { DeltaError } from '../errors.ts';
import { checkReadable, isSupported } from '../features.ts';
import { factsOfCommit } from '../log/commit-facts.ts';
import { parseCommit } from '../log/commit-file.ts';
import { type LogListing, listLog } from '../log/list.ts';
import { type StoredColumns, type TableShape, partitionKeys, storedColumns } from '../mapping/stored-columns.ts';
import { checkTypeChanges } from '../mapping/type-changes.ts';
import { fileKey } from '../paths.ts';
import { parseSchema } from '../schema.ts';
import type { Snapshot } from '../snapshot.ts';
import type { StoredObject, TableIo } from '../store.ts';
import { readSnapshot } from '../table.ts';
import { type ChangedFile, changesOf } from './commit-changes.ts';
import { type ChangeRange, resolveRange } from './range.ts';
import { checkFits } from './schema-fit.ts';

/** Commits that are fetched at the same time. */
const TOGETHER = 16;

export interface VersionChanges {
  readonly version: number;
  /** As `Snapshot.timestampMs` of that version. */
  readonly timestampMs: number;
  readonly files: readonly ChangedFile[];
}

export interface ChangePlan {
  /** How the columns of the newest version of the range are found in all the files. */
  readonly columns: StoredColumns;
  /** Every version of the range, oldest first; one that changed no row has no files. */
  readonly versions: readonly VersionChanges[];
  /** The newest version of the range. */
  readonly snapshot: Snapshot;
}

/**
 * Which rows were inserted, deleted and updated by each version of a range, in terms of files to read. It is all or an error:
 * 'version-not-found' when a commit was cleaned up or is not there yet, 'changes-unavailable' when the change data feed was off
 * at some version, or when its columns do not fit those of the end of the range.
 */
export async function planChanges(io: TableIo, range: ChangeRange, options: ChangeOptions = {}): Promise<ChangePlan> {
  const listing = await listLog(io.store);
  const { from, to } = await resolveRange(io, listing, range);
  const start = await readSnapshot(io, { version: from });
  const snapshot = from === to ? start : await readSnapshot(io, { version: to, base: start });
  if (isSupported(snapshot.protocol, 'typeWidening')) checkTypeChanges(snapshot.schema);
  const columns = storedColumns(snapshot);
  const versions: VersionChanges[] = [];
  let shape: TableShape = start;
  const end: End = { snapshot, recorded: options.unrecorded !== true };
  checkUsable(shape, end, from);
  for (let first = from; first <= to; first += TOGETHER) {
    for (const commit of await fetchCommits(io, listing, { first, last: Math.min(to, first + TOGETHER - 1) })) {
      const read = await readCommit(io, commit, { shape, end });
      ({ shape } = read);
      versions.push(read.changes);
    }
  }
  return { columns, versions, snapshot };
}

export interface ChangeOptions {
  /**
   * Versions at which the feed was off are told too, by the files that they added and removed: where files were written anew, rows
   * that stayed are among those that went and those that came.
   */
  readonly unrecorded?: boolean;
}

/** The end of a range, and whether every version of it must have recorded its changes. */
interface End {
  readonly snapshot: Snapshot;
  readonly recorded: boolean;
}

interface CommitFile {
  readonly version: number;
  readonly file: StoredObject;
  readonly bytes: Uint8Array;
}

async function fetchCommits(
  io: TableIo,
  listing: LogListing,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<CommitFile[]> {
  const versions = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return Promise.all(
    versions.map(async (version) => {
      const file = listing.commits.get(version);
      const bytes = file === undefined ? undefined : await io.store.get(file.path);
      if (file === undefined || bytes === undefined) throw gone(version);
      return { version, file, bytes };
    }),
  );
}

async function readCommit(
  io: TableIo,
  { version, file, bytes }: CommitFile,
  known: { readonly shape: TableShape; readonly end: End },
): Promise<{ shape: TableShape; changes: VersionChanges }> {
  const actions = parseCommit(bytes, file.path);
  let { protocol, metadata, schema } = known.shape;
  for (const action of actions) {
    if ('protocol' in action) ({ protocol } = action);
    if ('metaData' in action) {
      metadata = action.metaData;
      schema = parseSchema(metadata.schemaString);
    }
  }
  const shape = { protocol, metadata, schema };
  if (actions.some((action) => 'protocol' in action || 'metaData' in action)) checkUsable(shape, known.end, version);
  const { timestampMs, commitInfo } = factsOfCommit(actions, file);
  const files = await changesOf(actions, {
    io,
    version,
    commitInfo,
    partitionKeys: partitionKeys(shape),
    before: async (remove) =>
      version === 0 ? undefined : (await readSnapshot(io, { version: version - 1 })).files.get(fileKey(remove)),
  });
  return { shape, changes: { version, timestampMs, files } };
}

/** What a version must be for its changes to be read with the columns of the end. */
function checkUsable(shape: TableShape, { snapshot, recorded }: End, version: number): void {
  checkReadable(shape.protocol);
  if (recorded && shape.metadata.configuration['delta.enableChangeDataFeed']?.toLowerCase() !== 'true') {
    throw new DeltaError(
      'changes-unavailable',
      `The changes of version ${version} were not recorded: delta.enableChangeDataFeed was not true then. Begin with a version from when it was.`,
      { context: { version } },
    );
  }
  checkFits(shape, snapshot, version);
}

function gone(version: number): DeltaError {
  return new DeltaError('version-not-found', `The commit of version ${version} was there and is gone; try again.`, {
    context: { version },
  });
}
