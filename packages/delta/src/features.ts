import type { Metadata, Protocol } from './actions.ts';
import { DeltaError } from './errors.ts';
import { type FeatureInfo, type FeatureKind, type FeatureUse, type Peer, features, peers } from './feature-list.ts';
import { parseSchema } from './schema.ts';
import type { DataType, StructType } from './types.ts';

const byName = new Map(features.flatMap((info) => [info.name, ...(info.aliases ?? [])].map((name) => [name, info])));

/**
 * Refuses a table that this package cannot read in full, naming every feature that stands in the way. `fromCatalog`: the
 * caller asked the table's catalog which commits count, without which a table that a catalog manages is not read.
 */
export function checkReadable(protocol: Protocol, options: { readonly fromCatalog?: boolean } = {}): void {
  checkVersions(protocol);
  const names = readerFeaturesOf(protocol).filter((name) => {
    const read = byName.get(name)?.read ?? 'no';
    return read === 'no' || (read === 'with-catalog' && options.fromCatalog !== true);
  });
  refuse('read', names);
}

/** Whether the protocol allows the feature of this name (not an alias): only then its properties and metadata mean anything. */
export function isSupported(protocol: Protocol, feature: string): boolean {
  return [...readerFeaturesOf(protocol), ...writerFeaturesOf(protocol)].some(
    (name) => byName.get(name)?.name === feature,
  );
}

/** Refuses a table that this package must not write to, naming every feature that stands in the way. */
export function checkWritable(protocol: Protocol, metadata: Metadata, schema: StructType): void {
  checkReadable(protocol, { fromCatalog: true });
  refuse('written', notWritten(writerFeaturesOf(protocol), useOf(metadata, schema)));
}

/** Refuses a configuration or schema that asks for a feature which this package does not write. */
export function checkRequested(metadata: Metadata, schema: StructType): void {
  const use = useOf(metadata, schema);
  const asked = features.filter((info) => info.isActive?.(use) === true).map((info) => info.name);
  refuse('written', notWritten(asked, use));
}

/** One feature of a table, as it is told to people. */
export interface FeatureState {
  /** The name in the protocol; of a preview, the final one. Unknown features have the name that the table gives. */
  readonly name: string;
  /** How the table's protocol names it; undefined when its version numbers imply it. */
  readonly listedAs: string | undefined;
  /** Whether readers have to know it, or writers only. */
  readonly kind: FeatureKind;
  /** Whether the table makes use of it, beyond allowing it; 'unknown' where the metadata does not tell. */
  readonly active: boolean | 'unknown';
  /** What it asks, in a few words. */
  readonly reader: string;
  readonly writer: string;
  /** Programs that cannot read the table because of it, and those of which that is not known for sure. */
  readonly leftOut: readonly Peer[];
  readonly unsure: readonly Peer[];
}

/** Every feature that the table's protocol allows, in the order of the specification, unknown ones last. */
export function describeFeatures(protocol: Protocol, metadata: Metadata): FeatureState[] {
  const use = useOf(metadata, parseSchema(metadata.schemaString));
  const reader = new Set(readerFeaturesOf(protocol));
  const names = [...new Set([...reader, ...writerFeaturesOf(protocol)])];
  const isListed = protocol.minWriterVersion === 7;
  const order = (name: string): number => features.findIndex((info) => info === byName.get(name)) >>> 0;
  return names
    .sort((a, b) => order(a) - order(b))
    .map((name) => {
      const info = byName.get(name) ?? unknownFeature(name, reader.has(name));
      const readBy = (wanted: readonly string[]): Peer[] =>
        info.kind === 'writer' ? [] : peers.filter((peer) => wanted.includes(info.peers?.[peer] ?? 'unknown'));
      return {
        name: info.name,
        listedAs: isListed ? name : undefined,
        kind: info.kind,
        active: info.isActive?.(use) ?? 'unknown',
        reader: info.reader,
        writer: info.writer,
        leftOut: readBy(['none']),
        unsure: readBy(['partly', 'unknown']),
      };
    });
}

function unknownFeature(name: string, isReader: boolean): FeatureInfo {
  const unknown = 'unknown to this version';
  return {
    name,
    kind: isReader ? 'reader-writer' : 'writer',
    read: isReader ? 'no' : 'yes',
    write: 'no',
    reader: isReader ? unknown : 'nothing',
    writer: unknown,
  };
}

/**
 * The lowest protocol that serves: what `current` has (nothing for a new table), and what configuration, schema and domains
 * need on top. Returns `current` itself when it is enough.
 */
export function protocolFor(
  needs: { configuration: Readonly<Record<string, string>>; schema: StructType; domains: boolean },
  current?: Protocol,
): Protocol {
  const changeFeed = needs.configuration['delta.enableChangeDataFeed']?.toLowerCase() === 'true';
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

function notWritten(names: readonly string[], use: FeatureUse): string[] {
  return names.filter((name) => {
    const info = byName.get(name);
    if (info === undefined || info.write === 'no') return true;
    return info.write === 'unless-active' && info.isActive?.(use) !== false;
  });
}

function useOf(metadata: Metadata, schema: StructType): FeatureUse {
  return {
    configuration: metadata.configuration,
    fieldKeys: fieldKeysOf(schema),
    usesType: (type) => usesType(schema, type),
  };
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
