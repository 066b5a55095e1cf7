import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckpointCodec, PackedAdds } from '@lakesmith/delta';
import { serializeJson } from '@lakesmith/delta';
import type { Column, DataType } from '../core/schema.ts';
import type { Engine } from '../engine/engine.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { withTemporaryFolder } from '../storage/temporary-folder.ts';
import { tableStore } from './table-store.ts';

const textMap: DataType = { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true };

/** What nearly all adds have, and statistics beside. */
const packedFields: readonly Column[] = Object.entries({
  path: 'string',
  partitionValues: textMap,
  size: 'long',
  modificationTime: 'long',
  dataChange: 'boolean',
} satisfies Record<string, DataType>).map(([name, type]) => ({ name, type }));

/** Reads and writes the checkpoints of one table with the engine's Parquet. */
export function checkpointCodec(
  engine: Engine,
  store: ObjectStore,
  table: { readonly path: string; locate(path: string): string },
): CheckpointCodec {
  const inside = (path: string): string => (table.path === '' ? path : `${table.path}/${path}`);
  return {
    async read(path) {
      // The engine would follow a link wherever it leads; the store does not.
      await store.head(inside(path));
      return await engine.readParquet(table.locate(inside(path)));
    },
    async readPacked(path) {
      await store.head(inside(path));
      const location = table.locate(inside(path));
      const found = await engine.readPackedParquet({ location, column: 'add', texts: packedFields, bytes: 'stats' });
      if (found === undefined) return undefined;
      const adds = found.packed.map(({ count, texts, bytes }): PackedAdds => {
        const [path = '', partitionValues = '', size = '', modificationTime = '', dataChange = ''] = texts;
        const fields = { count, path, partitionValues, size, modificationTime, dataChange };
        return bytes === undefined ? fields : { ...fields, stats: bytes };
      });
      return { rows: found.rows, adds };
    },
    async write(path, rows, { fields }, options) {
      // The engine writes a file bit by bit; the store makes it visible whole.
      return await withTemporaryFolder(tmpdir(), 'rows', async (folder) => {
        const location = join(folder, 'checkpoint.parquet');
        const lines = rows.map((row) => `${lineOf(row)}\n`);
        await engine.writeParquet({ location, columns: fields, lines });
        const bytes = await readFile(location);
        await tableStore(store, table.path).put(path, bytes, options);
        return { sizeBytes: bytes.length };
      });
    },
  };
}

/** In the fast way, which knows no int64: the few rows that have one that needs it are written in the exact way. */
function lineOf(row: unknown): string {
  try {
    return JSON.stringify(row);
  } catch (error) {
    if (error instanceof TypeError) return serializeJson(row);
    throw error;
  }
}
