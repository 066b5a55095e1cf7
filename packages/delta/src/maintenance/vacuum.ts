import type { AddFile, RemoveFile } from '../actions.ts';
import { deletedFileRetentionMs } from '../configuration.ts';
import { deletionVectorPath } from '../dv/read.ts';
import { type TrustedPlaces, encodePath, locate } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import type { StoredObject } from '../store.ts';

/** How long files that left the table stay, unless somebody says otherwise: readers of older versions may still need them. */
export function vacuumRetentionMs({ metadata }: Pick<Snapshot, 'metadata'>): number {
  return deletedFileRetentionMs(metadata.configuration);
}

/**
 * True for a file in the table's folder that no version within the retention needs: it is not in the table, was not removed from it
 * since `beforeMs`, and is older than that. What hidden folders hold is not the table's, and the log is never touched.
 */
export function vacuumTest(
  snapshot: Snapshot,
  io: TrustedPlaces,
  beforeMs: number,
): (file: Pick<StoredObject, 'path' | 'modifiedMs'>) => boolean {
  const needed = new Set<string>();
  const keep = (path: string): void => {
    const place = locate(path, io);
    if (place.kind === 'inside') needed.add(place.path);
  };
  const keepFile = ({ path, deletionVector }: AddFile | RemoveFile): void => {
    keep(path);
    const vector = deletionVector === undefined ? undefined : deletionVectorPath(deletionVector);
    if (vector !== undefined) keep(deletionVector?.storageType === 'u' ? encodePath(vector) : vector);
  };
  for (const file of snapshot.files.values()) keepFile(file);
  for (const file of snapshot.tombstones.values()) if ((file.deletionTimestamp ?? 0) >= beforeMs) keepFile(file);
  const partitions = new Set(snapshot.metadata.partitionColumns);
  return ({ path, modifiedMs }) => modifiedMs < beforeMs && !needed.has(path) && !isHidden(path, partitions);
}

/** Names that begin with `_` or `.` are others' business, but for changed rows, and folders of partition columns that begin so. */
function isHidden(path: string, partitions: ReadonlySet<string>): boolean {
  return path.split('/').some((part) => {
    if (!part.startsWith('_') && !part.startsWith('.')) return false;
    return part !== '_change_data' && !partitions.has(part.split('=', 1)[0] ?? '');
  });
}
