import { describe, expect, it } from 'vitest';
import type { Protocol } from '../actions.ts';
import { parseSchema } from '../schema.ts';
import type { DataType, StructField, StructType } from '../types.ts';
import { rowIdentityColumns } from './row-tracking.ts';
import { type TableShape, partitionKeys, partitionValuesOf, storedColumns, storedPath } from './stored-columns.ts';
import { checkTypeChanges, isWidening } from './type-changes.ts';

function field(name: string, type: DataType, metadata: StructField['metadata'] = {}): StructField {
  return { name, type, nullable: true, metadata };
}
function mapped(name: string, id: number, type: DataType = 'long'): StructField {
  return field(name, type, { 'delta.columnMapping.physicalName': `col-${id}`, 'delta.columnMapping.id': id });
}
const struct = (...fields: StructField[]): StructType => ({ type: 'struct', fields });

function table(mode: string, schema: StructType, protocol: Partial<Protocol> = {}): TableShape {
  return {
    protocol: { minReaderVersion: 2, minWriterVersion: 5, ...protocol },
    metadata: {
      id: 'x',
      format: { provider: 'parquet' },
      schemaString: '',
      partitionColumns: ['Part'],
      configuration: { 'delta.columnMapping.mode': mode },
    },
    schema,
  };
}

const nested = struct(
  mapped('Part', 1, 'string'),
  mapped('s', 2, struct(mapped('x', 3))),
  mapped('a', 4, { type: 'array', elementType: struct(mapped('x', 5)), containsNull: true }),
  mapped('m', 6, {
    type: 'map',
    keyType: struct(mapped('x', 7)),
    valueType: struct(mapped('x', 8)),
    valueContainsNull: true,
  }),
);

function namesIn(type: DataType): string[] {
  if (typeof type === 'string') return [];
  if (type.type === 'array') return namesIn(type.elementType);
  if (type.type === 'map') return [...namesIn(type.keyType), ...namesIn(type.valueType)];
  return type.fields.flatMap((f) => [f.name, ...namesIn(f.type)]);
}

describe('storedColumns', () => {
  it.each(['name', 'id', 'NAME'])('gives physical names at every depth in mode %s', (mode) => {
    const { resolve, fields } = storedColumns(table(mode, nested));
    expect(resolve).toBe(mode.toLowerCase());
    expect(namesIn(struct(...fields))).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((id) => `col-${id}`));
    expect(fields[1]?.metadata['delta.columnMapping.id']).toBe(2);
  });

  it('does not heed a mode that the protocol does not support', () => {
    const protocols = [{ minReaderVersion: 1 }, { minReaderVersion: 3, readerFeatures: ['timestampNtz'] }];
    for (const protocol of protocols) {
      expect(storedColumns(table('id', nested, protocol))).toEqual({ resolve: 'name', fields: nested.fields });
    }
    const forWriters = { minReaderVersion: 3, readerFeatures: [], writerFeatures: ['columnMapping'] };
    expect(storedColumns(table('id', nested, forWriters)).resolve).toBe('id');
    const supported = table('id', nested, { minReaderVersion: 3, readerFeatures: ['columnMapping'] });
    expect(storedColumns(supported).resolve).toBe('id');
    expect(storedColumns(table('none', nested)).fields).toBe(nested.fields);
    expect(() => storedColumns(table('position', nested))).toThrow(
      expect.objectContaining({ code: 'unsupported-feature' }),
    );
  });

  it.each<[string, string, StructType]>([
    ['no physical name', 'name', struct(field('a', 'long'))],
    [
      'no physical name inside',
      'name',
      struct(mapped('a', 1, { type: 'array', elementType: struct(field('x', 'long')), containsNull: true })),
    ],
    ['two columns of one physical name', 'name', struct(mapped('a', 1), mapped('b', 1))],
    ['no id', 'id', struct(field('a', 'long', { 'delta.columnMapping.physicalName': 'p' }))],
    [
      'an id that is no number',
      'id',
      struct(field('a', 'long', { 'delta.columnMapping.physicalName': 'p', 'delta.columnMapping.id': '1' })),
    ],
    [
      'two columns of one id',
      'id',
      struct(
        mapped('a', 1),
        mapped(
          's',
          2,
          struct(field('x', 'long', { 'delta.columnMapping.physicalName': 'p', 'delta.columnMapping.id': 1 })),
        ),
      ),
    ],
  ])('refuses %s', (_, mode, schema) => {
    expect(() => storedColumns(table(mode, schema))).toThrow(expect.objectContaining({ code: 'invalid-schema' }));
  });

  it('lets physical names repeat where they are not beside each other, as files have them', () => {
    const schema = struct(mapped('a', 1), mapped('s', 2, struct(mapped('x', 1))));
    expect(storedColumns(table('name', schema)).resolve).toBe('name');
  });
});

describe('storedPath', () => {
  it('follows names, and other cases of them when only one fits', () => {
    expect(storedPath(table('name', nested), ['s', 'x'])).toMatchObject({ path: ['col-2', 'col-3'], type: 'long' });
    expect(storedPath(table('name', nested), ['S', 'X'])).toMatchObject({ path: ['col-2', 'col-3'] });
    expect(storedPath(table('none', nested), ['s', 'x'])).toMatchObject({ path: ['s', 'x'] });
    for (const path of [['a', 'x'], ['zzz'], ['s', 'x', 'y'], []])
      expect(storedPath(table('name', nested), path)).toBeUndefined();
    const alike = struct(field('ab', 'long'), field('AB', 'string'));
    expect(storedPath(table('none', alike), ['AB'])).toMatchObject({ type: 'string' });
    expect(storedPath(table('none', alike), ['Ab'])).toBeUndefined();
  });
});

describe('partition values', () => {
  it('are found by physical name and given by name, NULL in all its spellings', () => {
    const keys = partitionKeys(table('name', nested));
    expect([...keys]).toEqual([['Part', 'col-1']]);
    expect(partitionValuesOf(keys, { 'col-1': 'null' })).toEqual({ Part: 'null' });
    for (const values of [{}, { 'col-1': null }, { 'col-1': '' }, { Part: 'x' }]) {
      expect(partitionValuesOf(keys, values)).toEqual({ Part: null });
    }
    expect(partitionValuesOf(new Map([['toString', 'toString']]), {})).toEqual({ toString: null });
  });
});

describe('checkTypeChanges', () => {
  const changed = (changes: unknown, type: DataType = 'long'): StructType =>
    struct(field('c', type, { 'delta.typeChanges': changes }));

  it.each([
    ['byte', 'short'],
    ['byte', 'long'],
    ['short', 'integer'],
    ['integer', 'long'],
    ['float', 'double'],
    ['byte', 'double'],
    ['short', 'double'],
    ['integer', 'double'],
    ['date', 'timestamp_ntz'],
    ['decimal(10,2)', 'decimal(20,2)'],
    ['decimal(10,2)', 'decimal(20,5)'],
    ['decimal(6, 2)', 'decimal(10, 4)'],
    ['byte', 'decimal(4,1)'],
    ['short', 'decimal(6,1)'],
    ['integer', 'decimal(11,1)'],
    ['long', 'decimal(21,1)'],
    ['integer', 'decimal(10,0)'],
  ])('takes %s to %s', (fromType, toType) => {
    expect(() => checkTypeChanges(changed([{ fromType, toType, tableVersion: 2 }]))).not.toThrow();
    expect(isWidening(toType, fromType)).toBe(false);
  });

  it.each([
    ['long', 'integer'],
    ['long', 'double'],
    ['string', 'long'],
    ['date', 'timestamp'],
    ['double', 'float'],
    ['integer', 'float'],
    ['decimal(10,2)', 'decimal(10,3)'],
    ['decimal(10,2)', 'decimal(9,2)'],
    ['decimal(10,2)', 'decimal(12,1)'],
    ['integer', 'decimal(10,1)'],
    ['long', 'decimal(19,0)'],
    ['decimal(4,0)', 'long'],
    ['boolean', 'integer'],
    ['timestamp', 'timestamp_ntz'],
  ])('refuses %s to %s, with the column', (fromType, toType) => {
    const inside = struct(
      field('s', struct(field('m', 'long', { 'delta.typeChanges': [{ fromType, toType, fieldPath: 'key.element' }] }))),
    );
    expect(() => checkTypeChanges(inside)).toThrow(
      `its column s.m.key.element was changed from ${fromType} to ${toType}`,
    );
  });

  it.each([5, 'x', [null], [{}], [{ fromType: 'byte' }], [{ fromType: 'byte', toType: 'short', fieldPath: 'x' }]])(
    'refuses what cannot be understood: %j',
    (changes) => {
      expect(() => checkTypeChanges(changed(changes))).toThrow(expect.objectContaining({ code: 'invalid-schema' }));
    },
  );
});

describe('rowIdentityColumns', () => {
  it('are there when row tracking is on', () => {
    const plain = table('none', nested);
    const protocol = { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['rowTracking', 'domainMetadata'] };
    const of = (configuration: Record<string, string>): TableShape => ({
      ...plain,
      protocol,
      metadata: { ...plain.metadata, configuration },
    });
    const id = { 'delta.rowTracking.materializedRowIdColumnName': 'r' };
    const version = { 'delta.rowTracking.materializedRowCommitVersionColumnName': 'v' };
    const on = { 'delta.enableRowTracking': 'true' };
    expect(rowIdentityColumns(of({ ...id, ...version, ...on }))).toEqual({ rowId: 'r', rowCommitVersion: 'v' });
    expect(rowIdentityColumns(of({ ...id, ...version }))).toBeUndefined();
    expect(
      rowIdentityColumns({
        ...of({ ...id, ...version, ...on }),
        protocol: { minReaderVersion: 1, minWriterVersion: 2 },
      }),
    ).toBeUndefined();
    const own = plain.schema.fields[0]?.name ?? '';
    for (const wrong of [
      { ...id, ...on },
      { ...version, ...on },
      { ...id, ...version, ...on, 'delta.rowTrackingSuspended': 'true' },
      { ...version, ...on, 'delta.rowTracking.materializedRowIdColumnName': own.toUpperCase() },
    ])
      expect(() => rowIdentityColumns(of(wrong))).toThrow(expect.objectContaining({ code: 'invalid-schema' }));
  });
});

describe('parseSchema', () => {
  it('refuses two columns of one name at any depth, and types nested without end', () => {
    const twice = (inner: StructType): string =>
      JSON.stringify(struct(field('s', { type: 'array', elementType: inner, containsNull: true })));
    expect(() => parseSchema(twice(struct(field('a', 'long'), field('A', 'long'))))).toThrow(
      'another column of that name',
    );
    const deep = `${'{"type":"array","elementType":'.repeat(200)}"long"${'}'.repeat(200)}`;
    expect(() => parseSchema(`{"type":"struct","fields":[{"name":"a","type":${deep}}]}`)).toThrow(
      'nested more than 100',
    );
  });
});
