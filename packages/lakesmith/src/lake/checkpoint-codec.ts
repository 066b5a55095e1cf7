import type { CheckpointCodec, Json, PackedAdds } from '@lakesmith/delta';
import { serializeJson } from '@lakesmith/delta';
import type { Column, DataType } from '../core/schema.ts';
import { LakeError } from '../core/errors.ts';
import type { Engine } from '../engine/engine.ts';
import type { ObjectStore } from '../storage/object-store.ts';

const textMap: DataType = { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true };
const textList: DataType = { type: 'array', elementType: 'string', containsNull: true };

function struct(fields: Readonly<Record<string, DataType>>): DataType {
  return {
    type: 'struct',
    fields: Object.entries(fields).map(([name, type]) => ({ name, type, nullable: true, metadata: {} })),
  };
}

const deletionVector = struct({
  storageType: 'string',
  pathOrInlineDv: 'string',
  offset: 'integer',
  sizeInBytes: 'integer',
  cardinality: 'long',
});

/** The columns of a classic checkpoint (PROTOCOL.md, Checkpoint Schema): one per action, all but one of a row null. */
const columns: readonly Column[] = Object.entries({
  protocol: struct({
    minReaderVersion: 'integer',
    minWriterVersion: 'integer',
    readerFeatures: textList,
    writerFeatures: textList,
  }),
  metaData: struct({
    id: 'string',
    name: 'string',
    description: 'string',
    format: struct({ provider: 'string', options: textMap }),
    schemaString: 'string',
    partitionColumns: textList,
    configuration: textMap,
    createdTime: 'long',
  }),
  txn: struct({ appId: 'string', version: 'long', lastUpdated: 'long' }),
  domainMetadata: struct({ domain: 'string', configuration: 'string', removed: 'boolean' }),
  add: struct({
    path: 'string',
    partitionValues: textMap,
    size: 'long',
    modificationTime: 'long',
    dataChange: 'boolean',
    stats: 'string',
    tags: textMap,
    deletionVector,
    baseRowId: 'long',
    defaultRowCommitVersion: 'long',
    clusteringProvider: 'string',
  }),
  remove: struct({
    path: 'string',
    deletionTimestamp: 'long',
    dataChange: 'boolean',
    extendedFileMetadata: 'boolean',
    partitionValues: textMap,
    size: 'long',
    deletionVector,
    baseRowId: 'long',
    defaultRowCommitVersion: 'long',
  }),
}).map(([name, type]) => ({ name, type }));

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
    async write(path, rows) {
      // The engine writes a file bit by bit; the store makes it visible whole.
      const draft = `_lakesmith/drafts/${crypto.randomUUID()}.parquet`;
      await store.put(draft, new Uint8Array());
      try {
        const lines = rows.map((row) => `${serializeJson(row as Json)}\n`);
        await engine.writeParquet({ location: table.locate(draft), columns, lines });
        const bytes = await store.get(draft);
        if (bytes === undefined)
          throw new LakeError('LS3101', `The checkpoint ${path} of ${table.path} vanished while it was written.`);
        await store.put(inside(path), bytes);
        return { sizeBytes: bytes.length };
      } finally {
        await store.delete(draft);
      }
    },
  };
}
