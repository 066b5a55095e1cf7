import type { CommitInfo } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import type { StoredObject, TableIo } from '../store.ts';
import { readChecksum } from './checksum.ts';
import { commitInfoOf, parseCommit } from './commit-file.ts';
import type { LogListing } from './list.ts';
import type { LogRow } from './pending-add.ts';
import type { CommitFacts } from './replay.ts';

/** What is read of a commit to find its commitInfo, which is the first line as a rule. */
const HEAD_BYTES = 16_384;
const NEWLINE = 10;

/**
 * When a commit was made, as it says itself: its in-commit timestamp, else the timestamp of its commitInfo, else when its file
 * was made. It depends on the commit alone, so that a version has the same time however it is read.
 */
function commitTimeMs(commitInfo: CommitInfo | undefined, file: { readonly modifiedMs: number }): number {
  for (const time of [commitInfo?.inCommitTimestamp, commitInfo?.timestamp]) {
    if (typeof time === 'number' && Number.isSafeInteger(time)) return time;
  }
  return file.modifiedMs;
}

/** What a commit says of itself and its time. */
export function factsOfCommit(actions: readonly LogRow[], file: { readonly modifiedMs: number }): CommitFacts {
  const commitInfo = commitInfoOf(actions);
  return { commitInfo, timestampMs: commitTimeMs(commitInfo, file) };
}

/** The same, reading no more of the commit than is needed; undefined when the file is gone. */
export async function readCommitFacts(io: TableIo, file: StoredObject): Promise<CommitFacts | undefined> {
  const head = await io.store.getRange(file.path, 0, HEAD_BYTES);
  if (head === undefined) return undefined;
  const end = head.indexOf(NEWLINE);
  if (end > 0) {
    const facts = factsOfFirstLine(head.subarray(0, end), file);
    if (facts !== undefined) return facts;
  }
  const bytes = head.length < HEAD_BYTES ? head : await io.store.get(file.path);
  return bytes === undefined ? undefined : factsOfCommit(parseCommit(bytes, file.path), file);
}

/** Undefined when the line is not the commitInfo: then it may be further down, or the line part of something longer. */
function factsOfFirstLine(line: Uint8Array, file: StoredObject): CommitFacts | undefined {
  try {
    const facts = factsOfCommit(parseCommit(line, file.path), file);
    return facts.commitInfo === undefined ? undefined : facts;
  } catch (error) {
    if (error instanceof DeltaError) return undefined;
    throw error;
  }
}

/**
 * What is known of the commit of a version whose content came from a checkpoint or a compacted file. The commit may be gone
 * or damaged: then its checksum file may know its time, and the checkpoint's own time is the last resort.
 */
export async function readFacts(io: TableIo, listing: LogListing, version: number): Promise<CommitFacts> {
  const file = listing.commits.get(version);
  if (file !== undefined) {
    try {
      const facts = await readCommitFacts(io, file);
      if (facts !== undefined) return facts;
    } catch (error) {
      if (!(error instanceof DeltaError)) throw error;
      return { commitInfo: undefined, timestampMs: file.modifiedMs };
    }
  }
  const checksum = listing.checksums.has(version) ? await readChecksum(io, version) : undefined;
  return {
    commitInfo: undefined,
    timestampMs: checksum?.inCommitTimestampMs ?? modifiedMsOf(listing, version),
  };
}

function modifiedMsOf({ checkpoints, compacted }: LogListing, version: number): number {
  const checkpoint = checkpoints.find((c) => c.version === version);
  if (checkpoint !== undefined) return checkpoint.modifiedMs;
  for (const files of compacted.values()) for (const file of files) if (file.to === version) return file.modifiedMs;
  return 0;
}
