import type { Predicate, RowSet, Scan, ScanFile, Snapshot, TableIo } from '@lakesmith/delta';
import { locate, planScan, readDeletionVector, storedColumns } from '@lakesmith/delta';
import type { Relation, RelationFile } from '../engine/engine.ts';
import type { Lake } from './lake.ts';
import { refuseLinksOut } from './links.ts';
import { columnsOf } from './relation.ts';

/** A table as the protocol and the engine reach it. */
export interface ReachableTable {
  readonly io: TableIo;
  locate(path: string): string;
}

/** Deletion vectors that are read at the same time. */
const together = 16;

/** A snapshot as the engine reads it: exactly its rows, of the files that may hold one that meets the predicate. */
export async function bindTable(
  table: ReachableTable,
  name: string,
  snapshot: Snapshot,
  options: { readonly predicate?: Predicate | undefined; readonly rowPositions?: boolean } = {},
): Promise<{ readonly relation: Relation; readonly scan: Scan }> {
  const scan = planScan(snapshot, options.predicate);
  const deleted = await readDeletionVectors(table.io, scan.files);
  const files = scan.files.map((file, index) => ({ file, deleted: deleted.get(index) }));
  const relation = bindFiles(table, name, snapshot, files);
  return { relation: options.rowPositions === true ? { ...relation, rowPositions: true } : relation, scan };
}

/** A table of the lake under a name in SQL: exactly the rows of one snapshot, committed or staged. */
export async function bindLakeTable(
  lake: Lake,
  name: string,
  table: { readonly path: string; readonly snapshot: Snapshot },
  options: { readonly predicate?: Predicate | undefined; readonly rowPositions?: boolean } = {},
): Promise<Relation> {
  const reachable = { io: lake.io(table.path), locate: (path: string): string => lake.locate(`${table.path}/${path}`) };
  return (await bindTable(reachable, name, table.snapshot, options)).relation;
}

/** A file without the rows that are deleted, or only with some of the others. */
export interface FileRows {
  readonly file: ScanFile;
  readonly deleted?: RowSet | undefined;
  readonly only?: RowSet | undefined;
}

/** Some files of a snapshot as the engine reads them. */
export function bindFiles(
  table: ReachableTable,
  name: string,
  snapshot: Snapshot,
  files: readonly FileRows[],
): Extract<Relation, { kind: 'parquet' }> {
  const stored = storedColumns(snapshot);
  const locationOf = locatorOf(table);
  return {
    name,
    kind: 'parquet',
    columns: columnsOf(snapshot),
    partitionColumns: snapshot.metadata.partitionColumns,
    ...(stored.fields === snapshot.schema.fields ? {} : { stored }),
    files: files.map(({ file, deleted, only }): RelationFile => ({
      location: locationOf(file.path),
      partitionValues: file.partitionValues,
      ...(deleted === undefined ? {} : { rows: { kind: 'without' as const, bitmap: deleted.toBitmap() } }),
      ...(only === undefined ? {} : { rows: { kind: 'only' as const, bitmap: only.toBitmap() } }),
    })),
  };
}

/** Tells where the engine finds a file that the log names; LS3008 when that is outside of what the table may name. */
export function locatorOf(table: ReachableTable): (path: string) => string {
  const { location: root, allowed = [] } = table.io;
  const checkInside = refuseLinksOut(root === undefined ? allowed : [root, ...allowed]);
  const checkOutside = refuseLinksOut(allowed);
  return (path) => {
    const place = locate(path, table.io);
    const location = place.kind === 'inside' ? table.locate(place.path) : place.url;
    (place.kind === 'inside' ? checkInside : checkOutside)(location);
    return location;
  };
}

/** The deleted rows of those files that have some, by the place of the file in the list. */
export async function readDeletionVectors(
  io: TableIo,
  files: readonly ScanFile[],
): Promise<ReadonlyMap<number, RowSet>> {
  const wanted = files.flatMap(({ deletionVector: vector, rows }, index) =>
    vector === undefined ? [] : [{ index, vector, rows }],
  );
  const sets = new Map<number, RowSet>();
  for (let from = 0; from < wanted.length; from += together) {
    const some = wanted.slice(from, from + together);
    const read = await Promise.all(
      some.map(({ vector, rows }) => readDeletionVector(io, vector, rows === undefined ? {} : { numRecords: rows })),
    );
    for (const [i, { index }] of some.entries()) {
      const set = read[i];
      if (set !== undefined) sets.set(index, set);
    }
  }
  return sets;
}
