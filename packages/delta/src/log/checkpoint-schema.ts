import type { DataType, StructField, StructType } from '../types.ts';

const textMap: DataType = { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true };
const textList: DataType = { type: 'array', elementType: 'string', containsNull: true };

function struct(fields: Readonly<Record<string, DataType>>): StructType {
  return {
    type: 'struct',
    fields: Object.entries(fields).map(([name, type]): StructField => ({ name, type, nullable: true, metadata: {} })),
  };
}

const deletionVector = struct({
  storageType: 'string',
  pathOrInlineDv: 'string',
  offset: 'integer',
  sizeInBytes: 'integer',
  cardinality: 'long',
});

const add = {
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
} satisfies Record<string, DataType>;

const remove = struct({
  path: 'string',
  deletionTimestamp: 'long',
  dataChange: 'boolean',
  extendedFileMetadata: 'boolean',
  partitionValues: textMap,
  size: 'long',
  deletionVector,
  baseRowId: 'long',
  defaultRowCommitVersion: 'long',
});

const others = {
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
} satisfies Record<string, DataType>;

/** Columns of an add action that hold its statistics and partition values with their types; absent: only their texts are kept. */
export interface ParsedColumns {
  readonly stats_parsed?: StructType;
  readonly partitionValues_parsed?: StructType;
}

/** The columns of a classic checkpoint (PROTOCOL.md, Checkpoint Schema): one for each kind of action, all but one of a row null. */
export function classicSchema(parsed: ParsedColumns): StructType {
  return struct({ ...others, add: struct({ ...add, ...parsed }), remove });
}

/** The columns of the file that names the sidecars of a V2 checkpoint, and holds whatever is no file. Spark wants those of files too. */
export function topLevelSchema(): StructType {
  return struct({
    ...others,
    add: struct(add),
    remove,
    checkpointMetadata: struct({ version: 'long', tags: textMap }),
    sidecar: struct({ path: 'string', sizeInBytes: 'long', modificationTime: 'long', tags: textMap }),
  });
}

/** The columns of a sidecar of a V2 checkpoint. */
export function sidecarSchema(parsed: ParsedColumns): StructType {
  return struct({ add: struct({ ...add, ...parsed }), remove });
}
