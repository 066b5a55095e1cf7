import { describe, expect, it } from 'vitest';
import type { DataType } from '@lakesmith/delta';
import { fromEngineType, parseUserType, sameType, toEngineType, toUserType } from './type-policy.ts';

const struct = (fields: Readonly<Record<string, DataType>>): DataType => ({
  type: 'struct',
  fields: Object.entries(fields).map(([name, type]) => ({ name, type, nullable: true, metadata: {} })),
});
const array = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true });
const map = (keyType: DataType, valueType: DataType): DataType => ({
  type: 'map',
  keyType,
  valueType,
  valueContainsNull: true,
});

describe('fromEngineType', () => {
  it.each<[string, DataType]>([
    ['TINYINT', 'byte'],
    ['SMALLINT', 'short'],
    ['INTEGER', 'integer'],
    ['BIGINT', 'long'],
    ['HUGEINT', 'long'],
    ['UTINYINT', 'short'],
    ['USMALLINT', 'integer'],
    ['UINTEGER', 'long'],
    ['UBIGINT', 'decimal(20,0)'],
    ['UHUGEINT', 'decimal(38,0)'],
    ['DECIMAL(12,2)', 'decimal(12,2)'],
    ['FLOAT', 'float'],
    ['DOUBLE', 'double'],
    ['BOOLEAN', 'boolean'],
    ['DATE', 'date'],
    ['TIMESTAMP', 'timestamp'],
    ['TIMESTAMP_S', 'timestamp'],
    ['TIMESTAMP_MS', 'timestamp'],
    ['TIMESTAMP WITH TIME ZONE', 'timestamp'],
    ['VARCHAR', 'string'],
    ['BLOB', 'binary'],
    ['UUID', 'string'],
    ['TIME', 'string'],
    ['JSON', 'string'],
    ["ENUM('a', 'b, )', 'it''s')", 'string'],
    ['"NULL"', 'string'],
    ['INTEGER[]', array('integer')],
    ['DOUBLE[3][]', array(array('double'))],
    ['STRUCT(a INTEGER, "b ""c" VARCHAR[])', struct({ a: 'integer', 'b "c': array('string') })],
    ['MAP(VARCHAR, STRUCT(x DECIMAL(38,10)))', map('string', struct({ x: 'decimal(38,10)' }))],
    ['STRUCT("select" TIMESTAMP WITH TIME ZONE, z DATE)', struct({ select: 'timestamp', z: 'date' })],
  ])('%s', (text, type) => {
    expect(fromEngineType(text, 'c')).toEqual(type);
  });

  it.each([
    ['TIMESTAMP_NS', 'c', 'cast it to TIMESTAMP'],
    ['TIME_NS', 'c', 'cast it to TIME'],
    ['INTERVAL', 'c', 'number of days'],
    ['TIME WITH TIME ZONE', 'c', 'cast it to TIME'],
    ['BIT', 'c', 'VARCHAR'],
    ['BIGNUM', 'c', 'DECIMAL(38,0)'],
    ['UNION(a INTEGER, b VARCHAR)', 'c', 'union_extract'],
    ['VARIANT', 'c', 'JSON'],
    ['STRUCT(a INTERVAL[])', 'c.a.element', 'number of days'],
    ['MAP(INTERVAL, INTEGER)', 'c.key', 'number of days'],
    ['STRUCT(INTEGER, INTEGER)', 'c', 'cast it'],
    ['FROB', 'c', 'VARCHAR'],
  ])('refuses %s and names %s', (text, column, advice) => {
    expect(() => fromEngineType(text, 'c')).toThrow(
      expect.objectContaining({ code: 'LS1401', message: expect.stringContaining(`Column ${column} `) }),
    );
    expect(() => fromEngineType(text, 'c')).toThrow(advice);
  });
});

describe('parseUserType', () => {
  it.each<[string, DataType]>([
    ['varchar', 'string'],
    ['VARCHAR(20)', 'string'],
    ['decimal(12, 2)', 'decimal(12,2)'],
    ['numeric(5)', 'decimal(5,0)'],
    ['DECIMAL', 'decimal(18,3)'],
    ['HUGEINT', 'decimal(38,0)'],
    ['int', 'integer'],
    ['timestamptz', 'timestamp'],
    ['timestamp with time zone', 'timestamp'],
    ['timestamp', 'timestamp'],
    ['timestamp_ntz', 'timestamp_ntz'],
    ['struct(a int, b hugeint)[]', array(struct({ a: 'integer', b: 'decimal(38,0)' }))],
    ['map(varchar, date)', map('string', 'date')],
  ])('%s', (text, type) => {
    expect(parseUserType(text)).toEqual(type);
  });

  it.each(["ENUM('a', 'b')", 'INTERVAL', 'TIMESTAMP_NS', 'TIME WITH TIME ZONE', 'BIT', 'GEOMETRY'])(
    'refuses %s, and says what to do',
    (text) => {
      expect(() => parseUserType(text)).toThrow(
        expect.objectContaining({
          code: 'LS1401',
          message: expect.stringMatching(/^Tables cannot store the type .*: (?:cast|store|tables keep|VARCHAR holds)/),
        }),
      );
    },
  );

  it.each([
    ['VARCHR', 'LS1402', 'VARCHAR'],
    ['BIGNIT', 'LS1402', 'BIGINT'],
    ['DECMAL(12,2)', 'LS1402', 'DECIMAL'],
    ['frobnicate', 'LS1402', 'write one like'],
    ['', 'LS1402', 'write one like'],
    ['DECIMAL(39,2)', 'LS1402', '38'],
    ['DECIMAL(2,3)', 'LS1402', '38'],
    ['DECIMAL(12,2', 'LS1402', 'write one like'],
    ['INTERVAL', 'LS1401', 'number of days'],
    ['TIMESTAMP_NS[]', 'LS1401', 'microseconds'],
  ])('refuses %s', (text, code, hint) => {
    expect(() => parseUserType(text)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(hint) }),
    );
  });
});

describe('toEngineType', () => {
  it.each<DataType>([
    'string',
    'long',
    'integer',
    'short',
    'byte',
    'float',
    'double',
    'boolean',
    'binary',
    'date',
    'timestamp',
    'decimal(38,10)',
    array(struct({ 'odd "name': map('string', 'date') })),
  ])('%j comes back', (type) => {
    expect(fromEngineType(toEngineType(type), 'c')).toEqual(type);
  });

  it('keeps a time without zone apart', () => {
    expect(toEngineType('timestamp_ntz')).toBe('TIMESTAMP');
  });
});

describe('toUserType', () => {
  it.each([
    ['timestamp', 'TIMESTAMP'],
    ['timestamp_ntz', 'TIMESTAMP_NTZ'],
    ['decimal(18,3)', 'DECIMAL(18,3)'],
    [array(struct({ at: map('string', 'timestamp') })), 'STRUCT("at" MAP(VARCHAR, TIMESTAMP))[]'],
  ] satisfies [DataType, string][])('%j is %s, as users write it', (type, text) => {
    expect(toUserType(type)).toBe(text);
    expect(parseUserType(text)).toEqual(type);
  });
});

it('sameType looks at values, not at nullability', () => {
  expect(sameType(array('long'), { type: 'array', elementType: 'long', containsNull: false })).toBe(true);
  expect(sameType(struct({ a: 'long' }), struct({ b: 'long' }))).toBe(false);
  expect(sameType('decimal(12,2)', 'decimal(12,3)')).toBe(false);
});
