import type { AddFile, DeletionVector } from '../actions.ts';
import { isSupported } from '../features.ts';
import { entriesOf } from '../log/file-map.ts';
import { layersOf } from '../log/layered-map.ts';
import { type FileEntry, PendingAdd, addOf, partitionOf, sizeOf, statsOf } from '../log/pending-add.ts';
import { checkTypeChanges } from '../mapping/type-changes.ts';
import { partitionKeys, partitionValuesOf, storedPath } from '../mapping/stored-columns.ts';
import type { Snapshot } from '../snapshot.ts';
import { FileBounds, type StoredColumn, boundsKey } from './bounds.ts';
import { type BoundsOf, TRUE, outcomes } from './outcomes.ts';
import type { Predicate } from './predicate.ts';
import { recordCountIn } from './stats-text.ts';

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
  readonly deletionVector: DeletionVector | undefined;
  /** Every row of the file meets the predicate: its partition values tell, whatever is in it. */
  readonly whole: boolean;
  readonly add: AddFile;
}

export interface Scan {
  readonly files: readonly ScanFile[];
  /** Files left out, by what ruled them out. */
  readonly pruned: { readonly byPartition: number; readonly byStats: number };
}

/** By the maps of which versions consist: the files that did not change are not looked at again for the next version. */
const bounds = new WeakMap<ReadonlyMap<string, FileEntry>, FileBounds>();

/**
 * The files that a reader of the snapshot must read: all of them, or those that may hold a row that meets the predicate.
 * What is left out holds no such row for certain. A table whose columns went through a change of type that cannot be followed
 * is refused.
 */
export function planScan(snapshot: Snapshot, predicate?: Predicate): Scan {
  if (isSupported(snapshot.protocol, 'typeWidening')) checkTypeChanges(snapshot.schema);
  const keys = partitionKeys(snapshot);
  const files: ScanFile[] = [];
  const pruned = { byPartition: 0, byStats: 0 };
  for (const { entries, hidden } of layersOf(entriesOf(snapshot.files))) {
    const known = bounds.get(entries) ?? new FileBounds(entries);
    bounds.set(entries, known);
    const verdicts = predicate === undefined ? undefined : judge(snapshot, known, predicate);
    for (let index = 0; index < known.keys.length; index += 1) {
      const key = known.keys[index] ?? '';
      if (hidden?.has(key) === true) continue;
      if (verdicts !== undefined && !((verdicts.all[index] ?? TRUE) & TRUE)) {
        const isByPartition = verdicts.byPartition !== undefined && !((verdicts.byPartition[index] ?? TRUE) & TRUE);
        pruned[isByPartition ? 'byPartition' : 'byStats'] += 1;
        continue;
      }
      const entry = known.entries[index];
      if (entry === undefined) continue;
      files.push(new FileOfScan(key, entry, { keys, whole: verdicts?.byPartition?.[index] === TRUE }));
    }
  }
  return { files, pruned };
}

/** A file of a scan, of which most readers need not know all that the log says. */
class FileOfScan implements ScanFile {
  readonly key: string;
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly sizeBytes: number;
  readonly rows: number | undefined;
  readonly whole: boolean;
  readonly #entry: FileEntry;

  constructor(
    key: string,
    entry: FileEntry,
    { keys, whole }: { readonly keys: ReadonlyMap<string, string>; readonly whole: boolean },
  ) {
    this.key = key;
    this.path = entry.path;
    this.partitionValues = partitionValuesOf(keys, partitionOf(entry));
    this.sizeBytes = sizeOf(entry);
    this.rows = recordCountIn(statsOf(entry));
    this.whole = whole;
    this.#entry = entry;
  }

  get deletionVector(): DeletionVector | undefined {
    return this.#entry instanceof PendingAdd ? undefined : this.#entry.deletionVector;
  }

  get add(): AddFile {
    return addOf(this.#entry);
  }
}

/** The bytes of all files of the snapshot. */
export function countBytes(snapshot: Snapshot): number {
  let total = 0;
  for (const entry of entriesOf(snapshot.files).values()) total += sizeOf(entry);
  return total;
}

/** How many rows the snapshot has, when the statistics of all its files tell. */
export function countRows(snapshot: Snapshot): number | undefined {
  let total = 0;
  for (const entry of entriesOf(snapshot.files).values()) {
    const rows = recordCountIn(statsOf(entry));
    const deleted = entry instanceof PendingAdd ? 0 : (entry.deletionVector?.cardinality ?? 0);
    if (rows === undefined || deleted > rows) return undefined;
    total += rows - deleted;
  }
  return Number.isSafeInteger(total) ? total : undefined;
}

function judge(
  snapshot: Snapshot,
  files: FileBounds,
  predicate: Predicate,
): { readonly all: Uint8Array; readonly byPartition: Uint8Array | undefined } {
  const count = files.keys.length;
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
    : undefined;
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
