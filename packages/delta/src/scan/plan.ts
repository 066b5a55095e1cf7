import type { AddFile } from '../actions.ts';
import { isSupported } from '../features.ts';
import { checkTypeChanges } from '../mapping/type-changes.ts';
import { partitionKeys, partitionValuesOf, storedPath } from '../mapping/stored-columns.ts';
import type { Snapshot } from '../snapshot.ts';
import { FileBounds, type StoredColumn, boundsKey } from './bounds.ts';
import { type BoundsOf, TRUE, outcomes } from './outcomes.ts';
import type { Predicate } from './predicate.ts';
import { recordCountOf } from './stats-text.ts';

/** One file to read. */
export interface ScanFile {
  /** Key of the file in the snapshot. */
  readonly key: string;
  /** As in the log; `locate` tells where it is. */
  readonly path: string;
  /** A value for every partition column, by its name in the schema. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly sizeBytes: number;
  /** Rows in the file, deleted ones too, when its statistics tell. */
  readonly rows: number | undefined;
  readonly add: AddFile;
}

export interface Scan {
  readonly files: readonly ScanFile[];
  /** Files left out, by what ruled them out. */
  readonly pruned: { readonly byPartition: number; readonly byStats: number };
}

const bounds = new WeakMap<Snapshot['files'], FileBounds>();

/**
 * The files that a reader of the snapshot must read: all of them, or those that may hold a row that meets the predicate.
 * What is left out holds no such row for certain. A table whose columns went through a change of type that cannot be followed
 * is refused.
 */
export function planScan(snapshot: Snapshot, predicate?: Predicate): Scan {
  if (isSupported(snapshot.protocol, 'typeWidening')) checkTypeChanges(snapshot.schema);
  const keys = partitionKeys(snapshot);
  const known = bounds.get(snapshot.files) ?? new FileBounds(snapshot.files);
  bounds.set(snapshot.files, known);
  const verdicts = predicate === undefined ? undefined : judge(snapshot, known, predicate);
  const files: ScanFile[] = [];
  const pruned = { byPartition: 0, byStats: 0 };
  for (let index = 0; index < known.adds.length; index += 1) {
    if (verdicts !== undefined && !((verdicts.all[index] ?? TRUE) & TRUE)) {
      pruned[(verdicts.byPartition[index] ?? TRUE) & TRUE ? 'byStats' : 'byPartition'] += 1;
      continue;
    }
    const key = known.keys[index];
    const add = known.adds[index];
    if (key === undefined || add === undefined) continue;
    const partitionValues = partitionValuesOf(keys, add.partitionValues);
    files.push({ key, path: add.path, partitionValues, sizeBytes: add.size, rows: recordCountOf(add.stats), add });
  }
  return { files, pruned };
}

/** How many rows the snapshot has, when the statistics of all its files tell. */
export function countRows(snapshot: Snapshot): number | undefined {
  let total = 0;
  for (const add of snapshot.files.values()) {
    const rows = recordCountOf(add.stats);
    const deleted = add.deletionVector?.cardinality ?? 0;
    if (rows === undefined || deleted > rows) return undefined;
    total += rows - deleted;
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

function judge(
  snapshot: Snapshot,
  files: FileBounds,
  predicate: Predicate,
): { all: Uint8Array; byPartition: Uint8Array } {
  const count = files.adds.length;
  const columns = columnsOf(predicate, snapshot);
  const loaded = files.load([...columns.values()]);
  const boundsOf =
    (isUsed: (column: StoredColumn) => boolean): BoundsOf =>
    (path) => {
      const column = columns.get(JSON.stringify(path));
      const known = column === undefined || !isUsed(column) ? undefined : loaded.get(boundsKey(column));
      return column === undefined || known === undefined ? undefined : { type: column.type, bounds: known };
    };
  const all = outcomes(
    predicate,
    count,
    boundsOf(() => true),
  );
  const hasPartitions = [...columns.values()].some(({ isPartition }) => isPartition);
  const byPartition = hasPartitions
    ? outcomes(
        predicate,
        count,
        boundsOf(({ isPartition }) => isPartition),
      )
    : new Uint8Array(count).fill(TRUE);
  return { all, byPartition };
}

/** The columns that a predicate names and the table has, by their paths as it names them. */
function columnsOf(predicate: Predicate, snapshot: Snapshot): Map<string, StoredColumn> {
  const keys = partitionKeys(snapshot);
  const columns = new Map<string, StoredColumn>();
  const visit = (part: Predicate): void => {
    if (part.kind === 'and' || part.kind === 'or') part.operands.forEach(visit);
    else if (part.kind === 'not') visit(part.operand);
    else if ('column' in part) {
      const stored = storedPath(snapshot, part.column);
      if (stored === undefined) return;
      const { path, type, field } = stored;
      const isPartition = path.length === 1 && keys.has(field.name);
      columns.set(JSON.stringify(part.column), { path, type, isPartition });
    }
  };
  visit(predicate);
  return columns;
}
