import type { Snapshot } from '@lakesmith/delta';
import { rowPromises, writesDeletionVectors } from '@lakesmith/delta';
import { identityFields } from './row-identity.ts';
import type { RowChange } from './row-change.ts';

/** Of files of which more is replaced than this, by columns or bytes, to write all anew is as fast, and needs no look at each column. */
export const mostReplaced = 0.6;

/** Smaller files are put together when they are written anew, which their readers have more of. */
export const leastRows = 100_000;

/**
 * Whether files may keep columns that a change leaves as they are. Not where the protocol wants more of rows that move, or something is
 * promised of several columns; and where files are marked, they stay anyway.
 */
export function keepsColumns(target: Snapshot, change: RowChange): boolean {
  return (
    change.columns === undefined &&
    !writesDeletionVectors(target) &&
    identityFields(target) === undefined &&
    rowPromises(target).checks.length === 0
  );
}
