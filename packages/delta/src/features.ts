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

/**
 * Refuses a table that must not be written to, naming every feature that stands in the way. `keeps`: features whose demands on
 * rows and files the caller meets.
 */
export function checkWritable(
  protocol: Protocol,
  { metadata, schema }: { readonly metadata: Metadata; readonly schema: StructType },
  keeps: readonly string[] = [],
): void {
  checkReadable(protocol, { fromCatalog: true });
  refuse('written', notWritten(writerFeaturesOf(protocol), useOf(metadata, schema), keeps));
}

/** Refuses a configuration or schema that asks for a feature which is not written. */
export function checkRequested(
  { metadata, schema }: { readonly metadata: Metadata; readonly schema: StructType },
  keeps: readonly string[] = [],
): void {
  const use = useOf(metadata, schema);
  refuse('written', notWritten(activeIn(use), use, keeps));
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

/** What a table's protocol has to allow. */
interface ProtocolNeeds {
  readonly configuration: Readonly<Record<string, string>>;
  readonly schema: StructType;
  readonly domains: boolean;
  /** Features that are asked for by name. */
  readonly named?: readonly string[];
}

/**
 * The lowest protocol that serves. Of a table that is there: what it has, and what the change from `before` needs on top; the
 * very same object when it is enough. What a table had without being allowed to use it stays without meaning.
 */
export function protocolFor(
  needs: ProtocolNeeds,
  current?: { readonly protocol: Protocol; readonly before: Omit<ProtocolNeeds, 'domains'> },
): Protocol {
  const active = activeIn(useIn(needs));
  const had = current === undefined ? [] : activeIn(useIn(current.before));
  const wanted = withNeeded([
    ...active.filter((name) => !had.includes(name)),
    ...(needs.domains ? ['domainMetadata'] : []),
    ...(needs.named ?? []),
  ]);
  if (current === undefined) return raised({ minReaderVersion: 1, minWriterVersion: 2 }, wanted);
  const has = writerFeaturesOf(current.protocol);
  const missing = wanted.filter((name) => !has.some((other) => byName.get(other)?.name === name));
  return missing.length === 0 ? current.protocol : raised(current.protocol, missing);
}

/** The final name of a feature that somebody names; 'unsupported-feature' for one that is not known. */
export function featureNamed(name: string): string {
  const lower = name.toLowerCase();
  const found = [...byName].find(([known]) => known.toLowerCase() === lower)?.[1];
  if (found !== undefined) return found.name;
  throw new DeltaError('unsupported-feature', `There is no table feature ${name}.`, { context: { features: name } });
}

/** Whether the table makes use of a feature, as far as properties and schema tell. */
export function isInUse(table: { readonly metadata: Metadata; readonly schema: StructType }, feature: string): boolean {
  return byName.get(feature)?.isActive?.(useOf(table.metadata, table.schema)) === true;
}

/** The protocol without a feature: in version numbers, where these say exactly the rest. */
export function protocolWithout(protocol: Protocol, feature: string): Protocol {
  const rest = (names: readonly string[]): readonly string[] =>
    names.filter((name) => byName.get(name)?.name !== feature);
  const [writer, reader] = [rest(writerFeaturesOf(protocol)), rest(readerFeaturesOf(protocol))];
  for (const minReaderVersion of [1, 2]) {
    for (let minWriterVersion = 2; minWriterVersion < 7; minWriterVersion += 1) {
      const numbers: Protocol = { minReaderVersion, minWriterVersion };
      const isSame = sameNames(writerFeaturesOf(numbers), writer) && sameNames(readerFeaturesOf(numbers), reader);
      if (isSame) return numbers;
    }
  }
  return listed(writer, reader);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}

function withNeeded(names: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap((name) => [name, ...(byName.get(name)?.needs ?? [])]))];
}

/** Version numbers as long as these can say it: every reader knows them. */
function raised(current: Protocol, missing: readonly string[]): Protocol {
  const added = missing.map((name) => byName.get(name));
  const isPlain = current.minWriterVersion < 7 && added.every((info) => info?.legacyWriter !== undefined);
  if (isPlain) {
    return {
      minReaderVersion: Math.max(current.minReaderVersion, ...added.map((info) => info?.legacyReader ?? 1)),
      minWriterVersion: Math.max(current.minWriterVersion, ...added.map((info) => info?.legacyWriter ?? 2)),
    };
  }
  const forReaders = missing.filter((name) => byName.get(name)?.kind === 'reader-writer');
  return listed(
    [...new Set([...writerFeaturesOf(current), ...missing])],
    [...new Set([...readerFeaturesOf(current), ...forReaders])],
  );
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

function notWritten(names: readonly string[], use: FeatureUse, keeps: readonly string[]): string[] {
  return names.filter((name) => {
    const info = byName.get(name);
    if (info === undefined || info.write === 'no') return true;
    return info.write === 'if-kept' && info.isActive?.(use) !== false && !keeps.includes(info.name);
  });
}

function activeIn(use: FeatureUse): readonly string[] {
  return features.filter((info) => info.isActive?.(use) === true).map((info) => info.name);
}

function useOf(metadata: Metadata, schema: StructType): FeatureUse {
  return useIn({ configuration: metadata.configuration, schema });
}

function useIn({ configuration, schema }: Omit<ProtocolNeeds, 'domains'>): FeatureUse {
  return { configuration, fieldKeys: fieldKeysOf(schema), usesType: (type) => usesType(schema, type) };
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
