/** Whether readers have to know a feature, or writers only. */
export type FeatureKind = 'writer' | 'reader-writer';

/** Other programs that work with Delta tables. */
export const peers = ['spark', 'delta-rs', 'kernel-rs', 'duckdb', 'fabric'] as const;
export type Peer = (typeof peers)[number];

/** How far a program goes along with a feature. */
type PeerSupport = 'rw' | 'r' | 'partly' | 'none' | 'unknown';

/** What tells whether a table makes use of a feature. */
export interface FeatureUse {
  readonly configuration: Readonly<Record<string, string>>;
  /** Keys of the metadata of all fields of the schema, at any depth. */
  readonly fieldKeys: ReadonlySet<string>;
  readonly usesType: (type: 'timestamp_ntz' | 'variant') => boolean;
}

/** One table feature (PROTOCOL.md, Table Features), as a row of data. */
export interface FeatureInfo {
  readonly name: string;
  /** Preview and earlier names of the same format. */
  readonly aliases?: readonly string[];
  readonly kind: FeatureKind;
  /** The legacy versions that imply it. */
  readonly legacyReader?: number;
  readonly legacyWriter?: number;
  /** What it asks of each, in a few words. */
  readonly reader: string;
  readonly writer: string;
  /**
   * How far this package goes along: a table with a feature that is not read or written is refused. 'if-kept': what the feature
   * asks of rows and files is the caller's part, who says that it was done (`CommitDetails.keeps`) where it is active.
   */
  readonly read: 'yes' | 'no' | 'with-catalog';
  readonly write: 'yes' | 'no' | 'if-kept';
  /** What is known of others; absent ones are unknown. */
  readonly peers?: Readonly<Partial<Record<Peer, PeerSupport>>>;
  readonly isActive?: (use: FeatureUse) => boolean;
  /** Features without which it cannot be. */
  readonly needs?: readonly string[];
}

const isTrue =
  (key: string) =>
  ({ configuration }: FeatureUse): boolean =>
    configuration[key]?.toLowerCase() === 'true';
const hasFieldKey =
  (...keys: readonly string[]) =>
  ({ fieldKeys }: FeatureUse): boolean =>
    keys.some((key) => fieldKeys.has(key));

/** Every feature that is known by name, those of the specification in its order. */
export const features: readonly FeatureInfo[] = [
  {
    name: 'appendOnly',
    kind: 'writer',
    legacyWriter: 2,
    reader: 'nothing',
    writer: 'remove no rows while delta.appendOnly is true',
    read: 'yes',
    write: 'yes',
    peers: { spark: 'rw', 'delta-rs': 'rw', 'kernel-rs': 'rw', duckdb: 'rw' },
    isActive: isTrue('delta.appendOnly'),
  },
  {
    name: 'invariants',
    kind: 'writer',
    legacyWriter: 2,
    reader: 'nothing',
    writer: 'check the invariants of columns',
    read: 'yes',
    write: 'if-kept',
    peers: { spark: 'rw', 'delta-rs': 'rw', 'kernel-rs': 'partly', duckdb: 'partly' },
    isActive: hasFieldKey('delta.invariants'),
  },
  {
    name: 'checkConstraints',
    kind: 'writer',
    legacyWriter: 3,
    reader: 'nothing',
    writer: 'check the constraints of the table',
    read: 'yes',
    write: 'if-kept',
    peers: { spark: 'rw', 'delta-rs': 'rw', 'kernel-rs': 'r', duckdb: 'r' },
    isActive: ({ configuration }) => Object.keys(configuration).some((key) => key.startsWith('delta.constraints.')),
  },
  {
    name: 'changeDataFeed',
    kind: 'writer',
    legacyWriter: 4,
    reader: 'take changes from change files where there are any',
    writer: 'write change files for updates and deletes',
    read: 'yes',
    write: 'yes',
    peers: { spark: 'rw', 'delta-rs': 'rw', 'kernel-rs': 'partly', duckdb: 'r' },
    isActive: isTrue('delta.enableChangeDataFeed'),
  },
  {
    name: 'generatedColumns',
    kind: 'writer',
    legacyWriter: 4,
    reader: 'nothing',
    writer: 'compute and check generated columns',
    read: 'yes',
    write: 'if-kept',
    peers: { spark: 'rw', 'delta-rs': 'rw', 'kernel-rs': 'r', duckdb: 'r' },
    isActive: hasFieldKey('delta.generationExpression'),
  },
  {
    name: 'allowColumnDefaults',
    kind: 'writer',
    reader: 'nothing',
    writer: 'fill in the defaults of columns',
    read: 'yes',
    write: 'if-kept',
    peers: { spark: 'rw', 'kernel-rs': 'rw' },
    isActive: hasFieldKey('CURRENT_DEFAULT'),
  },
  {
    name: 'identityColumns',
    kind: 'writer',
    legacyWriter: 6,
    reader: 'nothing',
    writer: 'number rows beyond the high-water mark of the column',
    read: 'yes',
    write: 'if-kept',
    peers: { spark: 'rw', 'delta-rs': 'none', 'kernel-rs': 'r', duckdb: 'r' },
    isActive: hasFieldKey('delta.identity.start', 'delta.identity.step', 'delta.identity.highWaterMark'),
  },
  {
    name: 'columnMapping',
    kind: 'reader-writer',
    legacyReader: 2,
    legacyWriter: 5,
    reader: 'find columns in files by their physical names or ids',
    writer: 'write physical names and ids, and never use one twice',
    read: 'yes',
    write: 'if-kept',
    peers: { spark: 'rw', 'delta-rs': 'rw', 'kernel-rs': 'rw', duckdb: 'r', fabric: 'partly' },
    isActive: ({ configuration }) => (configuration['delta.columnMapping.mode'] ?? 'none').toLowerCase() !== 'none',
  },
  {
    name: 'deletionVectors',
    kind: 'reader-writer',
    reader: 'leave out the rows that deletion vectors name',
    writer: 'keep deletion vectors and the row counts of their files',
    read: 'yes',
    write: 'yes',
    peers: { spark: 'rw', 'delta-rs': 'r', 'kernel-rs': 'rw', duckdb: 'r', fabric: 'partly' },
    isActive: isTrue('delta.enableDeletionVectors'),
  },
  {
    name: 'timestampNtz',
    kind: 'reader-writer',
    reader: 'know the type timestamp_ntz, which has no time zone',
    writer: 'write it as not adjusted to UTC',
    read: 'yes',
    write: 'yes',
    peers: { spark: 'rw', 'delta-rs': 'rw', 'kernel-rs': 'rw', duckdb: 'r', fabric: 'partly' },
    isActive: ({ usesType }) => usesType('timestamp_ntz'),
  },
  {
    name: 'v2Checkpoint',
    kind: 'reader-writer',
    reader: 'read checkpoints with sidecars',
    writer: 'write no checkpoints of several parts',
    read: 'yes',
    write: 'yes',
    peers: { spark: 'rw', 'delta-rs': 'rw', 'kernel-rs': 'rw', duckdb: 'r' },
    isActive: ({ configuration }) => configuration['delta.checkpointPolicy'] === 'v2',
  },
  {
    name: 'vacuumProtocolCheck',
    kind: 'reader-writer',
    reader: 'know the name',
    writer: 'check that the table can be written before vacuum',
    read: 'yes',
    write: 'yes',
    peers: { spark: 'rw', 'delta-rs': 'none', 'kernel-rs': 'rw', duckdb: 'r' },
  },
  {
    name: 'catalogManaged',
    aliases: ['catalogOwned-preview', 'catalogOwned'],
    kind: 'reader-writer',
    reader: 'ask the catalog which commits count',
    writer: 'commit through the catalog',
    read: 'with-catalog',
    write: 'no',
    peers: { spark: 'rw', 'delta-rs': 'none', 'kernel-rs': 'rw', duckdb: 'partly' },
  },
  {
    name: 'domainMetadata',
    kind: 'writer',
    reader: 'nothing',
    writer: 'keep the metadata of all domains',
    read: 'yes',
    write: 'yes',
    peers: { spark: 'rw', 'delta-rs': 'r', 'kernel-rs': 'rw', duckdb: 'r' },
  },
  {
    name: 'rowTracking',
    kind: 'writer',
    reader: 'nothing, unless row ids are asked for',
    writer: 'give every row an id that it keeps',
    read: 'yes',
    write: 'if-kept',
    peers: { spark: 'rw', 'kernel-rs': 'partly' },
    isActive: isTrue('delta.enableRowTracking'),
    needs: ['domainMetadata'],
  },
  {
    name: 'clustering',
    kind: 'writer',
    reader: 'nothing',
    writer: 'keep statistics of the clustering columns',
    read: 'yes',
    write: 'if-kept',
    peers: { spark: 'rw', 'delta-rs': 'r', 'kernel-rs': 'rw', duckdb: 'r', fabric: 'rw' },
    needs: ['domainMetadata'],
  },
  {
    name: 'inCommitTimestamp',
    aliases: ['inCommitTimestamp-preview'],
    kind: 'writer',
    reader: 'take the time of versions from their commits',
    writer: 'write a rising timestamp into every commit',
    read: 'yes',
    write: 'yes',
    peers: { spark: 'rw', 'delta-rs': 'r', 'kernel-rs': 'rw' },
    isActive: isTrue('delta.enableInCommitTimestamps'),
  },
  {
    name: 'icebergCompatV1',
    kind: 'writer',
    reader: 'nothing',
    writer: 'write files that Iceberg can read, without deletion vectors',
    read: 'yes',
    write: 'no',
    peers: { spark: 'rw', 'kernel-rs': 'r', duckdb: 'r' },
    isActive: isTrue('delta.enableIcebergCompatV1'),
  },
  {
    name: 'icebergCompatV2',
    kind: 'writer',
    reader: 'nothing',
    writer: 'write files that Iceberg can read, nested types too',
    read: 'yes',
    write: 'no',
    peers: { spark: 'rw', 'kernel-rs': 'r', duckdb: 'r' },
    isActive: isTrue('delta.enableIcebergCompatV2'),
  },
  {
    name: 'typeWidening',
    aliases: ['typeWidening-preview'],
    kind: 'reader-writer',
    reader: 'widen the values of older files',
    writer: 'note every change of a type',
    read: 'yes',
    write: 'yes',
    peers: { spark: 'rw', 'delta-rs': 'none', 'kernel-rs': 'r', duckdb: 'r' },
    isActive: isTrue('delta.enableTypeWidening'),
  },
  {
    name: 'variantType',
    aliases: ['variantType-preview'],
    kind: 'reader-writer',
    reader: 'know the type variant',
    writer: 'write it as its two binary fields',
    read: 'yes',
    write: 'no',
    peers: { spark: 'rw', 'delta-rs': 'rw', 'kernel-rs': 'rw', duckdb: 'r' },
    isActive: ({ usesType }) => usesType('variant'),
  },
  {
    name: 'variantShredding',
    aliases: ['variantShredding-preview'],
    kind: 'reader-writer',
    reader: 'put variants together from their typed parts',
    writer: 'take variants apart only where the table says so',
    read: 'yes',
    write: 'no',
    peers: { spark: 'rw', 'delta-rs': 'none', 'kernel-rs': 'rw' },
    isActive: isTrue('delta.enableVariantShredding'),
  },
  {
    name: 'icebergCompatV3',
    kind: 'writer',
    reader: 'nothing',
    writer: 'write files that Iceberg can read, deletion vectors too',
    read: 'yes',
    write: 'no',
    peers: { spark: 'rw', 'kernel-rs': 'rw' },
    isActive: isTrue('delta.enableIcebergCompatV3'),
  },
  {
    name: 'icebergWriterCompatV1',
    kind: 'writer',
    reader: 'nothing',
    writer: 'write only what Iceberg writers can go on from',
    read: 'yes',
    write: 'no',
    isActive: isTrue('delta.enableIcebergWriterCompatV1'),
  },
  {
    name: 'checkpointProtection',
    kind: 'writer',
    reader: 'nothing',
    writer: 'keep old checkpoints when the log is cleaned up',
    read: 'yes',
    write: 'no',
    peers: { spark: 'rw' },
  },
  {
    name: 'collations',
    aliases: ['collations-preview'],
    kind: 'writer',
    reader: 'nothing',
    writer: 'keep statistics by the collations of columns',
    read: 'yes',
    write: 'no',
  },
  {
    name: 'materializePartitionColumns',
    kind: 'writer',
    reader: 'nothing',
    writer: 'write partition columns into the files too',
    read: 'yes',
    write: 'no',
  },
  {
    name: 'columnMappingUsageTracking',
    kind: 'writer',
    reader: 'nothing',
    writer: 'note whether columns were dropped or renamed',
    read: 'yes',
    write: 'no',
  },
  {
    name: 'coordinatedCommits',
    aliases: ['coordinatedCommits-preview'],
    kind: 'writer',
    reader: 'nothing',
    writer: 'commit through a coordinator',
    read: 'yes',
    write: 'no',
  },
  {
    name: 'timestampNanos',
    kind: 'reader-writer',
    reader: 'know timestamps of nanoseconds',
    writer: 'write them',
    read: 'no',
    write: 'no',
  },
  {
    name: 'geospatial',
    aliases: ['geospatial-dev'],
    kind: 'reader-writer',
    reader: 'know the types of geometry and geography',
    writer: 'write them',
    read: 'no',
    write: 'no',
  },
  {
    name: 'adaptiveMetadata',
    aliases: ['adaptiveMetadata-preview'],
    kind: 'reader-writer',
    reader: 'read the table from its adaptive metadata',
    writer: 'keep it',
    read: 'no',
    write: 'no',
  },
  {
    name: 'redirectReaderWriter',
    aliases: ['redirectReaderWriter-preview'],
    kind: 'reader-writer',
    reader: 'go on to the table that this one points to',
    writer: 'go on to the table that this one points to',
    read: 'no',
    write: 'no',
  },
];
