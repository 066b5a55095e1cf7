import type { AddFile, Snapshot } from '@lakesmith/delta';
import { deletionVectorPath, encodePath, locate, planScan } from '@lakesmith/delta';
import type { DeltaTable } from './delta-table.ts';

interface FileOfTable {
  readonly path: string;
  readonly deletionVector?: AddFile['deletionVector'] | undefined;
}

/** The first file that is not there any more of those that lie in the table's own folder: of rows, or of those of them that are deleted. */
export async function missingFile(
  table: Pick<DeltaTable, 'io' | 'store'>,
  files: readonly FileOfTable[],
): Promise<string | undefined> {
  for (const { path, deletionVector } of files) {
    const vector = deletionVector?.storageType === 'u' ? deletionVectorPath(deletionVector) : undefined;
    for (const file of vector === undefined ? [path] : [path, encodePath(vector)]) {
      const place = locate(file, table.io);
      if (place.kind === 'inside' && (await table.store.head(place.path)) === undefined) return place.path;
    }
  }
  return undefined;
}

/** The files of a version of a table. */
export function filesOf(snapshot: Snapshot): readonly FileOfTable[] {
  return planScan(snapshot).files;
}
