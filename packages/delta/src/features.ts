import type { Metadata, Protocol } from './actions.ts';
import { DeltaError } from './errors.ts';
import type { DataType, StructType } from './types.ts';

/** How far this package goes along with a feature: always, never, or only on tables where it is listed but not in use. */
type Support = 'yes' | 'no' | 'unless-active';

/** What tells whether a table makes use of a feature. */
interface FeatureUse {
  readonly configuration: Readonly<Record<string, string>>;
  /** Keys of the metadata of all fields of the schema, at any depth. */
  readonly fieldKeys: ReadonlySet<string>;
}

/** One table feature (PROTOCOL.md, Table Features), as a row of data. */
interface FeatureInfo {
  readonly name: string;
  /** Preview names of the same format. */
  readonly aliases?: readonly string[];
  readonly kind: 'writer' | 'reader-writer';
  /** The legacy versions that imply it. */
  readonly legacyReader?: number;
  readonly legacyWriter?: number;
  readonly read: Support;
  readonly write: Support;
  readonly isActive?: (use: FeatureUse) => boolean;
}

const isTrue =
  (key: string) =>
  ({ configuration }: FeatureUse): boolean =>
    configuration[key]?.toLowerCase() === 'true';
const hasFieldKey =
  (...keys: readonly string[]) =>
  ({ fieldKeys }: FeatureUse): boolean =>
    keys.some((key) => fieldKeys.has(key));

const features: readonly FeatureInfo[] = [
  { name: 'appendOnly', kind: 'writer', legacyWriter: 2, read: 'yes', write: 'yes' },
  {
    name: 'invariants',
    kind: 'writer',
    legacyWriter: 2,
    read: 'yes',
    write: 'unless-active',
    isActive: hasFieldKey('delta.invariants'),
  },
  {
    name: 'checkConstraints',
    kind: 'writer',
    legacyWriter: 3,
    read: 'yes',
    write: 'unless-active',
    isActive: ({ configuration }) => Object.keys(configuration).some((key) => key.startsWith('delta.constraints.')),
  },
  {
    name: 'changeDataFeed',
    kind: 'writer',
    legacyWriter: 4,
    read: 'yes',
    write: 'yes',
    isActive: isTrue('delta.enableChangeDataFeed'),
  },
  {
    name: 'generatedColumns',
    kind: 'writer',
    legacyWriter: 4,
    read: 'yes',
    write: 'unless-active',
    isActive: hasFieldKey('delta.generationExpression'),
  },
  {
    name: 'columnMapping',
    kind: 'reader-writer',
    legacyReader: 2,
    legacyWriter: 5,
    read: 'unless-active',
    write: 'unless-active',
    isActive: ({ configuration }) => (configuration['delta.columnMapping.mode'] ?? 'none').toLowerCase() !== 'none',
  },
  {
    name: 'identityColumns',
    kind: 'writer',
    legacyWriter: 6,
    read: 'yes',
    write: 'unless-active',
    isActive: hasFieldKey('delta.identity.start', 'delta.identity.step', 'delta.identity.highWaterMark'),
  },
  {
    name: 'allowColumnDefaults',
    kind: 'writer',
    read: 'yes',
    write: 'unless-active',
    isActive: hasFieldKey('CURRENT_DEFAULT'),
  },
  {
    name: 'deletionVectors',
    kind: 'reader-writer',
    read: 'no',
    write: 'no',
    isActive: isTrue('delta.enableDeletionVectors'),
  },
  { name: 'timestampNtz', kind: 'reader-writer', read: 'yes', write: 'yes' },
  {
    name: 'v2Checkpoint',
    kind: 'reader-writer',
    read: 'no',
    write: 'no',
    isActive: ({ configuration }) => configuration['delta.checkpointPolicy'] === 'v2',
  },
  { name: 'vacuumProtocolCheck', kind: 'reader-writer', read: 'yes', write: 'yes' },
  { name: 'domainMetadata', kind: 'writer', read: 'yes', write: 'yes' },
  { name: 'rowTracking', kind: 'writer', read: 'yes', write: 'no', isActive: isTrue('delta.enableRowTracking') },
  { name: 'clustering', kind: 'writer', read: 'yes', write: 'no' },
  {
    name: 'inCommitTimestamp',
    aliases: ['inCommitTimestamp-preview'],
    kind: 'writer',
    read: 'yes',
    write: 'no',
    isActive: isTrue('delta.enableInCommitTimestamps'),
  },
  {
    name: 'icebergCompatV1',
    kind: 'writer',
    read: 'yes',
    write: 'no',
    isActive: isTrue('delta.enableIcebergCompatV1'),
  },
  {
    name: 'icebergCompatV2',
    kind: 'writer',
    read: 'yes',
    write: 'no',
    isActive: isTrue('delta.enableIcebergCompatV2'),
  },
  {
    name: 'typeWidening',
    aliases: ['typeWidening-preview'],
    kind: 'reader-writer',
    read: 'no',
    write: 'no',
    isActive: isTrue('delta.enableTypeWidening'),
  },
  { name: 'variantType', aliases: ['variantType-preview'], kind: 'reader-writer', read: 'no', write: 'no' },
  {
    name: 'variantShredding',
    aliases: ['variantShredding-preview'],
    kind: 'reader-writer',
    read: 'no',
    write: 'no',
    isActive: isTrue('delta.enableVariantShredding'),
  },
  { name: 'catalogManaged', aliases: ['catalogOwned-preview'], kind: 'reader-writer', read: 'no', write: 'no' },
];

const byName = new Map(features.flatMap((info) => [info.name, ...(info.aliases ?? [])].map((name) => [name, info])));

/** Refuses a table that this package cannot read in full, naming every feature that stands in the way. */
export function checkReadable(protocol: Protocol, metadata: Metadata): void {
  checkVersions(protocol);
  const use: FeatureUse = { configuration: metadata.configuration, fieldKeys: new Set() };
  refuse('read', unsupported(readerFeaturesOf(protocol), use, 'read'));
}

/** Refuses a table that this package must not write to, naming every feature that stands in the way. */
export function checkWritable(protocol: Protocol, metadata: Metadata, schema: StructType): void {
  checkReadable(protocol, metadata);
  const use: FeatureUse = { configuration: metadata.configuration, fieldKeys: fieldKeysOf(schema) };
  refuse('written', unsupported(writerFeaturesOf(protocol), use, 'write'));
}

/** Refuses a configuration or schema that asks for a feature which this package does not write. */
export function checkRequested(metadata: Metadata, schema: StructType): void {
  const use: FeatureUse = { configuration: metadata.configuration, fieldKeys: fieldKeysOf(schema) };
  const asked = features.filter((info) => info.isActive?.(use) === true).map((info) => info.name);
  if (usesType(schema, 'variant')) asked.push('variantType');
  refuse('written', unsupported(asked, use, 'write'));
}

/**
 * The lowest protocol that serves: what `current` has (nothing for a new table), and what configuration, schema and domains
 * need on top. Returns `current` itself when it is enough.
 */
export function protocolFor(
  needs: { configuration: Readonly<Record<string, string>>; schema: StructType; domains: boolean },
  current?: Protocol,
): Protocol {
  const changeFeed = isTrue('delta.enableChangeDataFeed')({
    configuration: needs.configuration,
    fieldKeys: new Set(),
  });
  const timestampNtz = usesType(needs.schema, 'timestamp_ntz');
  const wanted = [
    ...(needs.domains ? ['domainMetadata'] : []),
    ...(timestampNtz ? ['timestampNtz'] : []),
    ...(changeFeed ? ['changeDataFeed'] : []),
  ];
  if (current !== undefined) {
    const has = writerFeaturesOf(current);
    const missing = wanted.filter((name) => !has.includes(name));
    return missing.length === 0 ? current : upgrade(current, missing);
  }
  if (timestampNtz || needs.domains) {
    return listed(['appendOnly', 'invariants', ...wanted], timestampNtz ? ['timestampNtz'] : []);
  }
  return { minReaderVersion: 1, minWriterVersion: changeFeed ? 4 : 2 };
}

function upgrade(current: Protocol, missing: readonly string[]): Protocol {
  if (missing.length === 1 && missing[0] === 'changeDataFeed' && current.minWriterVersion < 4) {
    return { minReaderVersion: current.minReaderVersion, minWriterVersion: 4 };
  }
  const writer = [...writerFeaturesOf(current), ...missing];
  const reader = [
    ...readerFeaturesOf(current),
    ...missing.filter((name) => byName.get(name)?.kind === 'reader-writer'),
  ];
  return listed(writer, reader);
}

function listed(writerFeatures: readonly string[], readerFeatures: readonly string[]): Protocol {
  return readerFeatures.length === 0
    ? { minReaderVersion: 1, minWriterVersion: 7, writerFeatures }
    : { minReaderVersion: 3, minWriterVersion: 7, readerFeatures, writerFeatures };
}

function readerFeaturesOf(protocol: Protocol): readonly string[] {
  if (protocol.minReaderVersion === 3) return protocol.readerFeatures ?? [];
  return features.filter((info) => (info.legacyReader ?? 99) <= protocol.minReaderVersion).map((info) => info.name);
}

function writerFeaturesOf(protocol: Protocol): readonly string[] {
  if (protocol.minWriterVersion === 7) return protocol.writerFeatures ?? [];
  return features.filter((info) => (info.legacyWriter ?? 99) <= protocol.minWriterVersion).map((info) => info.name);
}

function checkVersions(protocol: Protocol): void {
  const { minReaderVersion, minWriterVersion, readerFeatures, writerFeatures } = protocol;
  if (minReaderVersion < 1 || minReaderVersion > 3 || minWriterVersion < 1 || minWriterVersion > 7) {
    refuse('read', [`reader version ${minReaderVersion}, writer version ${minWriterVersion}`]);
  }
  const readerListed = minReaderVersion === 3;
  const wellFormed =
    (readerListed ? minWriterVersion === 7 && readerFeatures !== undefined : (readerFeatures ?? []).length === 0) &&
    (minWriterVersion === 7 ? writerFeatures !== undefined : (writerFeatures ?? []).length === 0) &&
    (readerFeatures ?? []).every((name) => writerFeatures?.includes(name));
  if (!wellFormed) {
    throw new DeltaError(
      'log-corrupt',
      `The table's protocol contradicts itself: reader version ${minReaderVersion} with ${readerFeatures?.length ?? 'no'} ` +
        `reader features, writer version ${minWriterVersion} with ${writerFeatures?.length ?? 'no'} writer features.`,
    );
  }
}

function unsupported(names: readonly string[], use: FeatureUse, verb: 'read' | 'write'): string[] {
  return names.filter((name) => {
    const info = byName.get(name);
    if (info === undefined || info[verb] === 'no') return true;
    return info[verb] === 'unless-active' && info.isActive?.(use) !== false;
  });
}

function refuse(verb: 'read' | 'written', names: readonly string[]): void {
  if (names.length === 0) return;
  throw new DeltaError(
    'unsupported-feature',
    `This table cannot be ${verb}, because it uses ${names.join(', ')}, which this version does not support.`,
    { context: { features: names.join(',') } },
  );
}

function fieldKeysOf(type: DataType, found: Set<string> = new Set()): Set<string> {
  if (typeof type === 'string') return found;
  if (type.type === 'array') return fieldKeysOf(type.elementType, found);
  if (type.type === 'map') return fieldKeysOf(type.valueType, fieldKeysOf(type.keyType, found));
  for (const field of type.fields) {
    for (const key of Object.keys(field.metadata)) found.add(key);
    fieldKeysOf(field.type, found);
  }
  return found;
}

function usesType(type: DataType, wanted: DataType): boolean {
  if (typeof type === 'string') return type === wanted;
  if (type.type === 'array') return usesType(type.elementType, wanted);
  if (type.type === 'map') return usesType(type.keyType, wanted) || usesType(type.valueType, wanted);
  return type.fields.some((field) => usesType(field.type, wanted));
}
