import { DeltaError } from '../errors.ts';
import { type LogListing, newestVersion } from '../log/list.ts';
import { versionNotFound } from '../log/segment.ts';
import type { TableIo } from '../store.ts';
import { versionAt } from '../time-travel.ts';

/** A version, or a time: of a start the first version at or after it, of an end the last at or before it. */
export type ChangePoint = number | { readonly timestampMs: number };

export interface ChangeRange {
  readonly from: ChangePoint;
  /** Inclusive. Default: the newest. */
  readonly to?: ChangePoint;
}

/** The first and the last version of a range, all of whose commits are in the log. */
export async function resolveRange(
  io: TableIo,
  listing: LogListing,
  range: ChangeRange,
): Promise<{ readonly from: number; readonly to: number }> {
  const newest = newestVersion(listing);
  if (newest < 0) {
    throw new DeltaError('table-not-found', 'There is no Delta table here: its folder has no _delta_log with commits.');
  }
  const from = typeof range.from === 'number' ? range.from : await versionFrom(io, listing, range.from.timestampMs);
  const to =
    range.to === undefined
      ? newest
      : typeof range.to === 'number'
        ? range.to
        : await versionAt(io, range.to.timestampMs);
  for (const version of [from, to]) {
    if (!Number.isSafeInteger(version) || version < 0) {
      throw new DeltaError('invalid-value', `${version} is no version; versions are counted from 0.`);
    }
    if (version > newest) throw versionNotFound(version, `the newest is ${newest}`);
  }
  if (from > to) {
    throw new DeltaError(
      'invalid-value',
      `The range of changes is empty: it begins with version ${from} and ends with ${to}.`,
      {
        context: { from, to },
      },
    );
  }
  for (let version = from; version <= to; version += 1) {
    if (!listing.commits.has(version)) throw cleanedUp(listing, version);
  }
  return { from, to };
}

/** The first version at or after a time, of those whose commits are there. */
async function versionFrom(io: TableIo, listing: LogListing, timestampMs: number): Promise<number> {
  const newest = newestVersion(listing);
  let version: number;
  try {
    version = (await versionAt(io, Math.ceil(timestampMs) - 1)) + 1;
  } catch (error) {
    const readable =
      error instanceof DeltaError && error.code === 'version-not-found' ? error.context['version'] : undefined;
    if (typeof readable !== 'number') throw error;
    // All that can be read is after that time.
    version = Math.max(readable, firstCommit(listing));
  }
  if (version <= newest) return version;
  throw new DeltaError(
    'version-not-found',
    `The table has no version at that time or after: the newest is ${newest}.`,
    {
      context: { version: newest },
    },
  );
}

function firstCommit({ commits }: LogListing): number {
  let first = Number.POSITIVE_INFINITY;
  for (const version of commits.keys()) if (version < first) first = version;
  return first;
}

function cleanedUp(listing: LogListing, version: number): DeltaError {
  const earliest = firstCommit(listing);
  const what = Number.isFinite(earliest) ? `the earliest commit that is there is ${earliest}` : 'no commit is there';
  return new DeltaError(
    'version-not-found',
    `The changes of version ${version} are not known any more, because its commit was cleaned up: ${what}.`,
    { context: { version, ...(Number.isFinite(earliest) ? { earliest } : {}) } },
  );
}
