import type { RowSet, ScanFile, Snapshot } from '@lakesmith/delta';
import { planScan } from '@lakesmith/delta';
import type { Relation } from '../engine/engine.ts';
import type { FileRows, ReachableTable } from './bind-table.ts';
import { bindFiles, locatorOf, readDeletionVectors } from './bind-table.ts';

export interface TableVersion {
  readonly table: ReachableTable;
  readonly snapshot: Snapshot;
}

/** The files of a version by where they lie, and which of their rows are deleted. */
interface KnownFiles {
  readonly files: ReadonlyMap<string, ScanFile>;
  readonly deletedIn: (file: ScanFile) => RowSet | undefined;
}

/**
 * Two versions under these names, each without rows that the other has for sure: those of files that both have, but for rows that are
 * deleted in one of them. What came and what went between them is the same with them and without.
 */
export async function bindRowsApart(
  [before, after]: readonly [TableVersion, TableVersion],
  names: readonly [string, string],
): Promise<readonly Relation[]> {
  const [old, now] = [await filesOf(before), await filesOf(after)];
  // Under another schema the same file may be read as other columns.
  const isSameSchema = before.snapshot.metadata.schemaString === after.snapshot.metadata.schemaString;
  const apart = (own: KnownFiles, other: KnownFiles): readonly FileRows[] =>
    [...own.files].flatMap(([location, file]): readonly FileRows[] => {
      const twin = isSameSchema ? other.files.get(location) : undefined;
      if (twin === undefined || !isSameFile(file, twin)) return [{ file, deleted: own.deletedIn(file) }];
      const only = rowsOnlyOf(own.deletedIn(file), other.deletedIn(twin));
      return only === undefined ? [] : [{ file, only }];
    });
  return [
    bindFiles(before.table, names[0], before.snapshot, apart(old, now)),
    bindFiles(after.table, names[1], after.snapshot, apart(now, old)),
  ];
}

async function filesOf({ table, snapshot }: TableVersion): Promise<KnownFiles> {
  const { files } = planScan(snapshot);
  const deleted = await readDeletionVectors(table.io, files);
  const placeOf = new Map(files.map((file, place) => [file, place]));
  const locationOf = locatorOf(table);
  return {
    files: new Map(files.map((file) => [locationOf(file.path), file])),
    deletedIn: (file) => deleted.get(placeOf.get(file) ?? -1),
  };
}

/** Files have names that nobody gives twice, and never change under them. */
function isSameFile(one: ScanFile, other: ScanFile): boolean {
  const names = Object.keys(one.partitionValues);
  return (
    one.sizeBytes === other.sizeBytes &&
    names.every((name) => one.partitionValues[name] === other.partitionValues[name])
  );
}

/** The rows of a file that are there where these are deleted, and not where those are; undefined: none. */
function rowsOnlyOf(deletedHere: RowSet | undefined, deletedThere: RowSet | undefined): RowSet | undefined {
  const only = deletedHere === undefined ? deletedThere : deletedThere?.minus(deletedHere);
  return only === undefined || only.cardinality === 0 ? undefined : only;
}
