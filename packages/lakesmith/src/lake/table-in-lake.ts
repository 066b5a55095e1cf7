import { folderStore } from '../storage/folder.ts';
import { commitLineOf } from './commit-line.ts';
import type { DeltaTable } from './delta-table.ts';
import type { Lake } from './lake.ts';

/** A table of the lake as one that stands alone. */
export function tableInLake(lake: Lake, path: string): DeltaTable {
  return {
    engine: lake.engine,
    store: folderStore(lake.store, path),
    io: lake.io(path),
    line: commitLineOf(lake.locate(path)),
    locate: (file) => lake.locate(`${path}/${file}`),
  };
}
