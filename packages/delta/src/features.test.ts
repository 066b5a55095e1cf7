import { describe, expect, it } from 'vitest';
import type { Metadata, Protocol } from './actions.ts';
import {
  checkReadable,
  checkRequested,
  checkWritable,
  describeFeatures,
  isSupported,
  featureNamed,
  protocolFor,
} from './features.ts';
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
  it.each(['catalogManaged', 'catalogOwned-preview', 'timestampNanos', 'fromTheFuture'])(
    'refuses a table with %s by that name',
    (name) => {
      const error = { code: 'unsupported-feature', context: { features: name } };
      expect(() => checkReadable(listed([name], []))).toThrow(expect.objectContaining(error));
    },
  );

  it.each([
    'variantShredding',
    'variantShredding-preview',
    'deletionVectors',
    'columnMapping',
    'v2Checkpoint',
    'typeWidening',
    'typeWidening-preview',
    'variantType',
    'variantType-preview',
    'timestampNtz',
    'vacuumProtocolCheck',
  ])('allows %s', (name) => {
    expect(checkReadable(listed([name], []))).toBeUndefined();
  });

  it('allows tables that a catalog manages to those who asked it', () => {
    for (const name of ['catalogManaged', 'catalogOwned-preview']) {
      expect(checkReadable(listed([name], []), { fromCatalog: true })).toBeUndefined();
    }
    expect(() => checkReadable(listed(['fromTheFuture'], []), { fromCatalog: true })).toThrow('fromTheFuture');
    expect(() =>
      checkWritable(listed(['catalogManaged'], []), { metadata: metadataWith(), schema: schemaWith() }),
    ).toThrow('cannot be written');
  });

  it('lets features of writers alone, known or not', () => {
    expect(checkReadable({ ...legacy(1, 7), writerFeatures: ['rowTracking', 'fromTheFuture'] })).toBeUndefined();
    expect(checkReadable(listed(['timestampNtz', 'vacuumProtocolCheck'], ['clustering']))).toBeUndefined();
  });

  it.each([legacy(4, 7), legacy(0, 2), legacy(1, 8), legacy(99, 2), legacy(1, 0)])(
    'refuses the versions %o',
    (protocol) => {
      expect(() => checkReadable(protocol)).toThrow(expect.objectContaining({ code: 'unsupported-feature' }));
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
    expect(() => checkReadable(protocol)).toThrow(expect.objectContaining({ code: 'log-corrupt' }));
  });
});

describe('checkWritable', () => {
  it.each<[string, Protocol, Record<string, string>, Record<string, unknown>]>([
    ['invariants', legacy(1, 2), {}, { 'delta.invariants': '{}' }],
    ['checkConstraints', legacy(1, 3), { 'delta.constraints.positive': 'c > 0' }, {}],
    ['generatedColumns', legacy(1, 4), {}, { 'delta.generationExpression': 'c' }],
    ['identityColumns', legacy(2, 6), {}, { 'delta.identity.start': 1 }],
    ['allowColumnDefaults', { ...legacy(1, 7), writerFeatures: ['allowColumnDefaults'] }, {}, { CURRENT_DEFAULT: '1' }],
    ['rowTracking', { ...legacy(1, 7), writerFeatures: ['rowTracking'] }, { 'delta.enableRowTracking': 'true' }, {}],
  ])('refuses %s where it is in use, at any depth, and only there', (name, protocol, configuration, field) => {
    expect(() => checkWritable(protocol, { metadata: metadataWith(configuration), schema: schemaWith(field) })).toThrow(
      name,
    );
    expect(checkWritable(protocol, { metadata: metadataWith(), schema: schemaWith() })).toBeUndefined();
    const table = { metadata: metadataWith(configuration), schema: schemaWith(field) };
    expect(checkWritable(protocol, table, [name])).toBeUndefined();
    expect(() => checkWritable(protocol, table, ['another'])).toThrow(name);
  });

  it.each(['clustering', 'icebergCompatV2', 'fromTheFuture'])('refuses %s where it is listed', (name) => {
    expect(() =>
      checkWritable({ ...legacy(1, 7), writerFeatures: [name] }, { metadata: metadataWith(), schema: schemaWith() }),
    ).toThrow(name);
  });
});

describe('protocolFor', () => {
  const needs = { configuration: {}, schema: schemaWith(), domains: false };
  const feed = { 'delta.enableChangeDataFeed': 'true' };

  it('is the lowest that serves', () => {
    expect(protocolFor(needs)).toEqual(legacy(1, 2));
    expect(protocolFor({ ...needs, configuration: feed })).toEqual(legacy(1, 4));
    expect(protocolFor({ ...needs, configuration: feed, domains: true })).toEqual({
      ...legacy(1, 7),
      writerFeatures: ['appendOnly', 'invariants', 'changeDataFeed', 'domainMetadata'],
    });
    expect(protocolFor({ ...needs, schema: schemaWith({}, 'timestamp_ntz') })).toEqual({
      ...legacy(3, 7),
      readerFeatures: ['timestampNtz'],
      writerFeatures: ['appendOnly', 'invariants', 'timestampNtz'],
    });
  });

  it('adds to what a table has, and takes nothing back', () => {
    const from = (protocol: Protocol): NonNullable<Parameters<typeof protocolFor>[1]> => ({ protocol, before: needs });
    expect(protocolFor({ ...needs, configuration: feed }, from(legacy(1, 2)))).toEqual(legacy(1, 4));
    expect(protocolFor({ ...needs, domains: true }, from(legacy(1, 4)))).toEqual({
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
    const upgraded = protocolFor({ ...needs, domains: true }, from(legacy(2, 5)));
    expect(upgraded).toMatchObject({ minReaderVersion: 3, readerFeatures: ['columnMapping'] });
    expect(upgraded.writerFeatures).toContain('columnMapping');
    const high = listed(['timestampNtz'], ['domainMetadata']);
    expect(protocolFor({ ...needs, domains: true }, from(high))).toBe(high);
    for (const protocol of [upgraded, high]) expect(checkReadable(protocol)).toBeUndefined();
  });
});

describe('protocolFor, of what is asked for', () => {
  const needs = { configuration: {}, schema: schemaWith(), domains: false };

  it.each<[string, Record<string, string>, Record<string, unknown>, Protocol]>([
    ['a constraint', { 'delta.constraints.a': 'c > 0' }, {}, legacy(1, 3)],
    ['a generated column', {}, { 'delta.generationExpression': 'c' }, legacy(1, 4)],
    ['an identity column', {}, { 'delta.identity.start': 1, 'delta.identity.step': 1 }, legacy(1, 6)],
    ['mapped columns', { 'delta.columnMapping.mode': 'name' }, {}, legacy(2, 5)],
  ])('says %s by version numbers, which every reader knows', (_, configuration, field, expected) => {
    expect(protocolFor({ ...needs, configuration, schema: schemaWith(field) })).toEqual(expected);
  });

  it('lists features that no version number says, and those that they need', () => {
    const widening = { 'delta.enableTypeWidening': 'true' };
    expect(protocolFor({ ...needs, configuration: widening }, { protocol: legacy(1, 3), before: needs })).toEqual({
      ...legacy(3, 7),
      readerFeatures: ['typeWidening'],
      writerFeatures: ['appendOnly', 'invariants', 'checkConstraints', 'typeWidening'],
    });
    expect(protocolFor({ ...needs, named: ['rowTracking'] }).writerFeatures).toEqual([
      'appendOnly',
      'invariants',
      'rowTracking',
      'domainMetadata',
    ]);
  });

  it('gives no meaning to what a table had and was not allowed', () => {
    const before = { configuration: {}, schema: schemaWith({ 'delta.generationExpression': 'c' }) };
    const old = legacy(1, 2);
    expect(protocolFor({ ...before, domains: false }, { protocol: old, before })).toBe(old);
  });

  it('knows features in any case, and by their earlier names', () => {
    expect(featureNamed('DELETIONVECTORS')).toBe('deletionVectors');
    expect(featureNamed('typeWidening-preview')).toBe('typeWidening');
    expect(() => featureNamed('fromTheFuture')).toThrow('no table feature fromTheFuture');
  });
});

describe('checkRequested', () => {
  it('refuses what would need a feature that is not written', () => {
    for (const key of ['enableRowTracking', 'enableIcebergCompatV2']) {
      expect(() =>
        checkRequested({ metadata: metadataWith({ [`delta.${key}`]: 'true' }), schema: schemaWith() }),
      ).toThrow('cannot be written');
    }
    expect(() =>
      checkRequested({ metadata: metadataWith({ 'delta.columnMapping.mode': 'id' }), schema: schemaWith() }),
    ).toThrow('columnMapping');
    expect(() => checkRequested({ metadata: metadataWith(), schema: schemaWith({}, 'variant') })).toThrow(
      'variantType',
    );
    expect(
      checkRequested({
        metadata: metadataWith({ 'delta.enableChangeDataFeed': 'true', 'my.own': 'x' }),
        schema: schemaWith(),
      }),
    ).toBeUndefined();
  });
});

describe('describeFeatures', () => {
  const described = (
    protocol: Protocol,
    configuration: Record<string, string> = {},
    schema: StructType = schemaWith(),
  ) => describeFeatures(protocol, { ...metadataWith(configuration), schemaString: JSON.stringify(schema) });

  it('tells what versions imply, and what of it is in use', () => {
    const states = described(legacy(2, 5), { 'delta.columnMapping.mode': 'id', 'delta.appendOnly': 'TRUE' });
    expect(states.map(({ name, listedAs, active }) => [name, listedAs, active])).toEqual([
      ['appendOnly', undefined, true],
      ['invariants', undefined, false],
      ['checkConstraints', undefined, false],
      ['changeDataFeed', undefined, false],
      ['generatedColumns', undefined, false],
      ['columnMapping', undefined, true],
    ]);
  });

  it('tells who is left out, by features of readers only', () => {
    const states = described(
      listed(['typeWidening-preview', 'vacuumProtocolCheck', 'fromTheFuture'], ['identityColumns', 'unheardOf']),
    );
    expect(states.map(({ name, listedAs, kind, active, leftOut }) => [name, listedAs, kind, active, leftOut])).toEqual([
      ['identityColumns', 'identityColumns', 'writer', false, []],
      ['vacuumProtocolCheck', 'vacuumProtocolCheck', 'reader-writer', 'unknown', ['delta-rs']],
      ['typeWidening', 'typeWidening-preview', 'reader-writer', false, ['delta-rs']],
      ['fromTheFuture', 'fromTheFuture', 'reader-writer', 'unknown', []],
      ['unheardOf', 'unheardOf', 'writer', 'unknown', []],
    ]);
    expect(states[3]?.unsure).toContain('spark');
  });

  it('finds types in the schema', () => {
    const [state] = described(listed(['timestampNtz'], []), {}, schemaWith({}, 'timestamp_ntz'));
    expect(state).toMatchObject({ name: 'timestampNtz', active: true });
  });
});

describe('isSupported', () => {
  it('knows final names, previews and versions', () => {
    expect(isSupported(legacy(2, 5), 'columnMapping')).toBe(true);
    expect(isSupported(legacy(1, 4), 'columnMapping')).toBe(false);
    expect(isSupported(listed(['typeWidening-preview'], []), 'typeWidening')).toBe(true);
    expect(isSupported(listed([], ['rowTracking']), 'rowTracking')).toBe(true);
    expect(isSupported(listed([], []), 'deletionVectors')).toBe(false);
  });
});
