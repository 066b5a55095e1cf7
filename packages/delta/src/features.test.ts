import { describe, expect, it } from 'vitest';
import type { Metadata, Protocol } from './actions.ts';
import { checkReadable, checkRequested, checkWritable, protocolFor } from './features.ts';
import type { StructType } from './types.ts';

const metadataWith = (configuration: Record<string, string> = {}): Metadata => ({
  id: 'x',
  format: { provider: 'parquet' },
  schemaString: '{"type":"struct","fields":[]}',
  partitionColumns: [],
  configuration,
});
const schemaWith = (
  metadata: Record<string, unknown> = {},
  type: 'long' | 'timestamp_ntz' | 'variant' = 'long',
): StructType => ({
  type: 'struct',
  fields: [
    {
      name: 's',
      nullable: true,
      metadata: {},
      type: { type: 'struct', fields: [{ name: 'c', type, nullable: true, metadata }] },
    },
  ],
});
const legacy = (minReaderVersion: number, minWriterVersion: number): Protocol => ({
  minReaderVersion,
  minWriterVersion,
});
const listed = (readerFeatures: string[], writerFeatures: string[]): Protocol => ({
  ...legacy(3, 7),
  readerFeatures,
  writerFeatures: [...readerFeatures, ...writerFeatures],
});

describe('checkReadable', () => {
  it.each([
    'deletionVectors',
    'v2Checkpoint',
    'typeWidening-preview',
    'variantType',
    'catalogManaged',
    'fromTheFuture',
  ])('refuses a table with %s by that name', (name) => {
    const error = { code: 'unsupported-feature', context: { features: name } };
    expect(() => checkReadable(listed([name], []), metadataWith())).toThrow(expect.objectContaining(error));
  });

  it('minds column mapping only where it is in use', () => {
    const mapped = metadataWith({ 'delta.columnMapping.mode': 'name' });
    for (const protocol of [legacy(2, 5), listed(['columnMapping'], [])]) {
      expect(() => checkReadable(protocol, mapped)).toThrow('columnMapping');
      expect(checkReadable(protocol, metadataWith())).toBeUndefined();
    }
    // The property alone means nothing where the protocol does not know of it.
    expect(checkReadable(legacy(1, 2), mapped)).toBeUndefined();
  });

  it('lets features of writers alone, known or not', () => {
    expect(
      checkReadable({ ...legacy(1, 7), writerFeatures: ['rowTracking', 'fromTheFuture'] }, metadataWith()),
    ).toBeUndefined();
    expect(
      checkReadable(listed(['timestampNtz', 'vacuumProtocolCheck'], ['clustering']), metadataWith()),
    ).toBeUndefined();
  });

  it.each([legacy(4, 7), legacy(0, 2), legacy(1, 8), legacy(99, 2), legacy(1, 0)])(
    'refuses the versions %o',
    (protocol) => {
      expect(() => checkReadable(protocol, metadataWith())).toThrow(
        expect.objectContaining({ code: 'unsupported-feature' }),
      );
    },
  );

  it.each<[string, Protocol]>([
    ['lists missing', legacy(3, 7)],
    ['reader 3 without writer 7', { ...legacy(3, 6), readerFeatures: [], writerFeatures: [] }],
    [
      'a reader feature that writers are not told of',
      { ...legacy(3, 7), readerFeatures: ['timestampNtz'], writerFeatures: [] },
    ],
    ['lists with legacy versions', { ...legacy(1, 2), writerFeatures: ['appendOnly'] }],
  ])('refuses a protocol that contradicts itself: %s', (_, protocol) => {
    expect(() => checkReadable(protocol, metadataWith())).toThrow(expect.objectContaining({ code: 'log-corrupt' }));
  });
});

describe('checkWritable', () => {
  it.each<[string, Protocol, Record<string, string>, Record<string, unknown>]>([
    ['invariants', legacy(1, 2), {}, { 'delta.invariants': '{}' }],
    ['checkConstraints', legacy(1, 3), { 'delta.constraints.positive': 'c > 0' }, {}],
    ['generatedColumns', legacy(1, 4), {}, { 'delta.generationExpression': 'c' }],
    ['identityColumns', legacy(2, 6), {}, { 'delta.identity.start': 1 }],
    ['allowColumnDefaults', { ...legacy(1, 7), writerFeatures: ['allowColumnDefaults'] }, {}, { CURRENT_DEFAULT: '1' }],
  ])('refuses %s where it is in use, at any depth, and only there', (name, protocol, configuration, field) => {
    expect(() => checkWritable(protocol, metadataWith(configuration), schemaWith(field))).toThrow(name);
    expect(checkWritable(protocol, metadataWith(), schemaWith())).toBeUndefined();
  });

  it.each(['rowTracking', 'clustering', 'inCommitTimestamp', 'icebergCompatV2', 'fromTheFuture'])(
    'refuses %s where it is listed',
    (name) => {
      expect(() => checkWritable({ ...legacy(1, 7), writerFeatures: [name] }, metadataWith(), schemaWith())).toThrow(
        name,
      );
    },
  );
});

describe('protocolFor', () => {
  const needs = { configuration: {}, schema: schemaWith(), domains: false };
  const feed = { 'delta.enableChangeDataFeed': 'true' };

  it('is the lowest that serves', () => {
    expect(protocolFor(needs)).toEqual(legacy(1, 2));
    expect(protocolFor({ ...needs, configuration: feed })).toEqual(legacy(1, 4));
    expect(protocolFor({ ...needs, configuration: feed, domains: true })).toEqual({
      ...legacy(1, 7),
      writerFeatures: ['appendOnly', 'invariants', 'domainMetadata', 'changeDataFeed'],
    });
    expect(protocolFor({ ...needs, schema: schemaWith({}, 'timestamp_ntz') })).toEqual({
      ...legacy(3, 7),
      readerFeatures: ['timestampNtz'],
      writerFeatures: ['appendOnly', 'invariants', 'timestampNtz'],
    });
  });

  it('adds to what a table has, and takes nothing back', () => {
    expect(protocolFor({ ...needs, configuration: feed }, legacy(1, 2))).toEqual(legacy(1, 4));
    expect(protocolFor({ ...needs, domains: true }, legacy(1, 4))).toEqual({
      ...legacy(1, 7),
      writerFeatures: [
        'appendOnly',
        'invariants',
        'checkConstraints',
        'changeDataFeed',
        'generatedColumns',
        'domainMetadata',
      ],
    });
    const upgraded = protocolFor({ ...needs, domains: true }, legacy(2, 5));
    expect(upgraded).toMatchObject({ minReaderVersion: 3, readerFeatures: ['columnMapping'] });
    expect(upgraded.writerFeatures).toContain('columnMapping');
    const high = listed(['timestampNtz'], ['domainMetadata']);
    expect(protocolFor({ ...needs, domains: true }, high)).toBe(high);
    for (const protocol of [upgraded, high]) expect(checkReadable(protocol, metadataWith())).toBeUndefined();
  });
});

describe('checkRequested', () => {
  it('refuses what would need a feature that is not written', () => {
    for (const key of [
      'enableDeletionVectors',
      'enableRowTracking',
      'enableInCommitTimestamps',
      'enableTypeWidening',
    ]) {
      expect(() => checkRequested(metadataWith({ [`delta.${key}`]: 'true' }), schemaWith())).toThrow(
        'cannot be written',
      );
    }
    expect(() => checkRequested(metadataWith({ 'delta.columnMapping.mode': 'id' }), schemaWith())).toThrow(
      'columnMapping',
    );
    expect(() => checkRequested(metadataWith(), schemaWith({}, 'variant'))).toThrow('variantType');
    expect(
      checkRequested(metadataWith({ 'delta.enableChangeDataFeed': 'true', 'my.own': 'x' }), schemaWith()),
    ).toBeUndefined();
  });
});
