import type { AddFile } from '../actions.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Predicate } from './predicate.ts';
import { mayMatch } from './prune.ts';
import { parseStats, partitionRange } from './ranges.ts';

/** One file to read. */
export interface ScanFile {
  /** Key of the file in the snapshot. */
  readonly key: string;
  /** As in the log; `resolvePath` tells where it is. */
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly sizeBytes: number;
  /** Rows in the file, when its statistics tell. */
  readonly rows: number | undefined;
  readonly add: AddFile;
}

export interface Scan {
  readonly files: readonly ScanFile[];
  /** Files left out, by what ruled them out. */
  readonly pruned: { readonly byPartition: number; readonly byStats: number };
}

/**
 * The files that a reader of the snapshot must read: all of them, or those that may hold a row that meets the predicate.
 * What is left out holds no such row for certain.
 */
export function planScan(snapshot: Snapshot, predicate?: Predicate): Scan {
  const partitions = new Set(snapshot.metadata.partitionColumns);
  const files: ScanFile[] = [];
  const pruned = { byPartition: 0, byStats: 0 };
  for (const [key, add] of snapshot.files) {
    const stats = parseStats(add.stats);
    if (predicate !== undefined) {
      const verdict = judge({ add, predicate, snapshot, partitions, stats });
      if (verdict !== 'read') {
        pruned[verdict] += 1;
        continue;
      }
    }
    const { path, partitionValues, size: sizeBytes } = add;
    files.push({ key, path, partitionValues, sizeBytes, rows: stats.rows, add });
  }
  return { files, pruned };
}

function judge(file: {
  add: AddFile;
  predicate: Predicate;
  snapshot: Snapshot;
  partitions: ReadonlySet<string>;
  stats: ReturnType<typeof parseStats>;
}): 'read' | 'byPartition' | 'byStats' {
  const { add, predicate, partitions, stats } = file;
  const { schema } = file.snapshot;
  const nothing = parseStats(undefined);
  const rangeWith =
    (known: typeof stats) =>
    (...[column, type]: Parameters<typeof stats.range>): ReturnType<typeof stats.range> => {
      const [name = ''] = column;
      if (!partitions.has(name)) return known.range(column, type);
      return partitionRange(type, Object.hasOwn(add.partitionValues, name) ? add.partitionValues[name] : undefined);
    };
  if (mayMatch(predicate, schema, rangeWith(stats))) return 'read';
  return mayMatch(predicate, schema, rangeWith(nothing)) ? 'byStats' : 'byPartition';
}
