import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareUtf8 } from './scan/values.ts';
import { buildStats, truncateMax, truncateMin } from './stats.ts';
import type { DataType, StructType } from './types.ts';

const schemaOf = (columns: Readonly<Record<string, DataType>>): StructType => ({
  type: 'struct',
  fields: Object.entries(columns).map(([name, type]) => ({ name, type, nullable: true, metadata: {} })),
});
const statsOf = (type: DataType, min: string, max: string, hasNan?: boolean): unknown =>
  JSON.parse(
    buildStats(schemaOf({ c: type }), {
      rows: 10,
      columns: { c: { nullCount: 1, min, max, ...(hasNan === undefined ? {} : { hasNan }) } },
    }),
  );
const bounds = (min: unknown, max: unknown): unknown => ({
  numRecords: 10,
  minValues: { c: min },
  maxValues: { c: max },
  nullCount: { c: 1 },
});
const noBounds = { numRecords: 10, minValues: {}, maxValues: {}, nullCount: { c: 1 } };

/** No half of a surrogate pair. */
const isWhole = (value: string): boolean => Buffer.from(value).toString() === value;

const text = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom('a', '\u007e', '\u007f', '\u{10FFFF}', '\u{1F600}', '\uFFFF', 'é'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 80,
  })
  .filter(isWhole);

describe('string bounds', () => {
  it('enclose every string in the order of UTF-8 bytes, and are short and whole', () => {
    fc.assert(
      fc.property(text, (value) => {
        const min = truncateMin(value);
        const max = truncateMax(value);
        expect(Buffer.compare(Buffer.from(min), Buffer.from(value))).toBeLessThanOrEqual(0);
        expect(isWhole(min)).toBe(true);
        expect(Array.from(min).length).toBeLessThanOrEqual(32);
        if (max === undefined) return;
        expect(Buffer.compare(Buffer.from(max), Buffer.from(value))).toBeGreaterThanOrEqual(0);
        expect(isWhole(max)).toBe(true);
        expect(max.length).toBeLessThanOrEqual(66);
      }),
      { numRuns: 2000 },
    );
  });

  it('also enclose what lies between two values of a file', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [low, high] = compareUtf8(a, b) <= 0 ? [a, b] : [b, a];
        expect(compareUtf8(truncateMin(low), a)).toBeLessThanOrEqual(0);
        expect(compareUtf8(truncateMax(high) ?? high, b)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('are cut as Spark cuts them', () => {
    const a31 = 'a'.repeat(31);
    expect(truncateMin(`${a31}bcd`)).toBe(`${a31}b`);
    expect(truncateMax(`${a31}b`)).toBe(`${a31}b`);
    expect(truncateMax(`${a31}bcd`)).toBe(`${a31}b\u007F`);
    expect(truncateMax(`${a31}bé`)).toBe(`${a31}b\u{10FFFF}`);
    expect(truncateMax(`${a31}b\u007Fx`)).toBe(`${a31}b\u{10FFFF}`);
    expect(truncateMin(`${a31}\u{1F600}x`)).toBe(`${a31}\u{1F600}`);
    expect(truncateMin('\u{1F600}'.repeat(40))).toBe('\u{1F600}'.repeat(32));
    expect(truncateMax(`${a31}\u{1F600}x`)).toBe(`${a31}\u{1F600}\u007F`);
    expect(truncateMax('\u{10FFFF}'.repeat(60))).toBeUndefined();
  });
});

describe('buildStats', () => {
  it('keeps every digit of integers and decimals', () => {
    const stats = buildStats(schemaOf({ n: 'long', d: 'decimal(38,18)' }), {
      rows: 2,
      columns: {
        n: { nullCount: 0, min: '-9223372036854775808', max: '9223372036854775807' },
        d: { nullCount: 0, min: '-0.000000000000000001', max: '12345678901234567890.123456789012345678' },
      },
    });
    expect(stats).toBe(
      '{"numRecords":2,"minValues":{"n":-9223372036854775808,"d":-0.000000000000000001},' +
        '"maxValues":{"n":9223372036854775807,"d":12345678901234567890.123456789012345678},"nullCount":{"n":0,"d":0}}',
    );
  });

  it('cuts timestamps to milliseconds in UTC, whatever the zone of the text', () => {
    expect(statsOf('timestamp', '2026-01-01 00:00:00.123456+00', '2026-01-01 05:30:00.999999+05:30')).toEqual(
      bounds('2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00.999Z'),
    );
    expect(statsOf('timestamp', '1969-12-31 23:59:59.999999-02', '2026-01-01 00:00:00+00')).toEqual(
      bounds('1970-01-01T01:59:59.999Z', '2026-01-01T00:00:00.000Z'),
    );
    expect(statsOf('timestamp_ntz', '2026-01-01 00:00:00.5', '2026-01-01 00:00:01')).toEqual(
      bounds('2026-01-01T00:00:00.500', '2026-01-01T00:00:01.000'),
    );
  });

  it.each<[DataType, string, string]>([
    ['timestamp', '2026-01-01 00:00:00', 'infinity'],
    ['timestamp_ntz', '2026-01-01 00:00:00+00', '294247-01-01 00:00:00'],
    ['timestamp', '0044-03-15 (BC) 00:00:00+00', '12026-01-01 00:00:00+00'],
    ['date', '-infinity', '12026-01-01'],
    ['date', '0044-03-15 (BC)', 'infinity'],
    ['long', '1.5', 'x'],
    ['boolean', 'false', 'true'],
    ['binary', 'a', 'b'],
    [{ type: 'array', elementType: 'long', containsNull: true }, '1', '2'],
    ['double', '-inf', 'inf'],
  ])('tells no bound of %s that it cannot tell for sure', (type, min, max) => {
    expect(statsOf(type, min, max, false)).toEqual(noBounds);
  });

  it('tells bounds of floating point only when no NaN is among the values', () => {
    expect(statsOf('double', '-1.5', '1e+300', false)).toEqual(bounds(-1.5, 1e300));
    expect(statsOf('float', '1.5', '2.0', true)).toEqual(noBounds);
    expect(statsOf('float', '1.5', '2.0')).toEqual(noBounds);
    expect(statsOf('double', '-1.5', 'inf', false)).toEqual({ ...noBounds, minValues: { c: -1.5 } });
  });

  it('nests fields of structs, leaves out bounds of nothing but NULL, and columns that are not wanted', () => {
    const point: DataType = schemaOf(
      Object.fromEntries([
        ['x', 'integer'],
        ['constructor', 'string'],
      ] satisfies [string, DataType][]),
    );
    const columns = {
      'p.x': { nullCount: 0, min: '1', max: '2' },
      'p.constructor': { nullCount: 0, min: 'a', max: 'b' },
      other: { nullCount: 0, min: '1', max: '2' },
      none: { nullCount: 5, min: '1', max: '2' },
    };
    const schema = schemaOf({ p: point, none: 'integer', other: 'integer' });
    const all: unknown = JSON.parse(buildStats(schema, { rows: 5, columns }));
    expect(all).toMatchObject({ minValues: { p: { x: 1, constructor: 'a' }, other: 1 }, nullCount: { none: 5 } });
    expect(all).not.toHaveProperty('minValues.none');
    const some: unknown = JSON.parse(buildStats(schema, { rows: 5, columns }, [['p', 'x'], ['none']]));
    expect(some).toEqual({
      numRecords: 5,
      minValues: { p: { x: 1 } },
      maxValues: { p: { x: 2 } },
      nullCount: { p: { x: 0 }, none: 5 },
    });
  });

  it('tells nothing of two columns that share a path', () => {
    const schema = schemaOf({ 's.x': 'integer', s: schemaOf({ x: 'integer' }) });
    const stats: unknown = JSON.parse(
      buildStats(schema, { rows: 5, columns: { 's.x': { nullCount: 0, min: '1', max: '2' } } }),
    );
    expect(stats).toEqual({ numRecords: 5, minValues: {}, maxValues: {}, nullCount: {} });
  });
});
