import type { Constant } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataType } from '../core/schema.ts';
import { constantFor } from './constants.ts';
import { openSqlBench } from './real-engine.test-suite.ts';
import type { SqlBench } from './real-engine.test-suite.ts';
import { nodeAt, queryOf } from './tree.ts';

let bench: SqlBench;
beforeAll(async () => {
  bench = await openSqlBench();
});
afterAll(() => bench.engine.close());

/** What a column of the type is compared with in `x = …`; undefined when that cannot be told. */
async function constant(sql: string, type: DataType, timezone = 'UTC'): Promise<Constant | undefined> {
  const where = nodeAt(queryOf(await bench.parse(`select * from t where x = ${sql}`)), 'where_clause');
  const right = where === undefined ? undefined : nodeAt(where, 'right');
  if (right === undefined) throw new Error(`no comparison: ${sql}`);
  return constantFor(right, type, timezone);
}

describe('constants', () => {
  it.each<[string, DataType, Constant | undefined]>([
    // Whole numbers, of any width.
    ['5', 'long', 5],
    ['-5', 'byte', -5],
    ['9223372036854775807', 'long', 9223372036854775807n],
    ['9223372036854775808', 'long', 9223372036854775808n],
    ['-170141183460469231731687303715884105727', 'long', -170141183460469231731687303715884105727n],
    ['3::tinyint', 'integer', 3],
    ['3::hugeint', 'short', 3],
    ['3::integer::bigint', 'long', 3],
    ["'12'", 'long', 12n],
    ["'-12'", 'integer', -12n],
    ["'012'", 'integer', 12n],
    ["'1.5'", 'long', undefined],
    ["' 12 '", 'long', undefined],
    ["'1234567890123456789'", 'long', undefined],
    ['2.5', 'long', '2.5'],
    ['1e0', 'long', undefined],
    ['true', 'long', undefined],
    ['3.5::integer', 'long', undefined],
    ["'3'::integer", 'long', undefined],
    // Decimals keep their digits.
    ['0.10', 'decimal(10,2)', '0.10'],
    ['-0.05', 'decimal(10,2)', '-0.05'],
    ['-12345678901234567890.123456789', 'decimal(38,9)', '-12345678901234567890.123456789'],
    ['7', 'decimal(10,2)', 7],
    ["'0.10'", 'decimal(10,2)', undefined],
    ['0.1::double', 'decimal(10,2)', undefined],
    // Floating point.
    ['0.5', 'double', '0.5'],
    ['1e3', 'double', 1000],
    ['1e3', 'float', 1000],
    ['-1.5e-10', 'double', -1.5e-10],
    ['7', 'double', 7],
    ["'0.5'", 'double', undefined],
    ["'NaN'::double", 'double', undefined],
    ["'inf'::float", 'float', undefined],
    // Text.
    ["'it''s'", 'string', "it's"],
    ["''", 'string', ''],
    ["'x'::varchar", 'string', 'x'],
    ['5', 'string', undefined],
    ["DATE '2020-01-01'", 'string', undefined],
    // Truth values.
    ['true', 'boolean', true],
    ['false', 'boolean', false],
    ["'t'", 'boolean', undefined],
    ["'true'::boolean", 'boolean', undefined],
    ['1', 'boolean', undefined],
    // Days.
    ["DATE '2020-02-29'", 'date', '2020-02-29'],
    ["'2020-02-29'", 'date', '2020-02-29'],
    ["'2020-02-29'::date", 'date', '2020-02-29'],
    ["'2020-2-29'", 'date', undefined],
    ["'infinity'::date", 'date', undefined],
    ["TIMESTAMP '2020-02-29 00:00:00'", 'date', undefined],
    // Instants.
    ["TIMESTAMPTZ '2020-01-01 00:00:00.000001+02'", 'timestamp', '2020-01-01 00:00:00.000001+02'],
    ["TIMESTAMPTZ '2020-01-01 00:00:00'", 'timestamp', '2020-01-01 00:00:00+00'],
    ["'2020-01-01'", 'timestamp', '2020-01-01 00:00:00+00'],
    ["'2020-01-01 01:02:03Z'", 'timestamp', '2020-01-01 01:02:03Z'],
    ["TIMESTAMP '2020-01-01 00:00:00'", 'timestamp', undefined],
    ["DATE '2020-01-01'", 'timestamp', undefined],
    // Times without zone.
    ["TIMESTAMP '2020-01-01 00:00:00.000001'", 'timestamp_ntz', '2020-01-01 00:00:00.000001'],
    ["'2020-01-01'", 'timestamp_ntz', '2020-01-01 00:00:00'],
    ["'2020-01-01 00:00:00+01'", 'timestamp_ntz', undefined],
    ["TIMESTAMPTZ '2020-01-01 00:00:00+00'", 'timestamp_ntz', undefined],
    ["DATE '2020-01-01'", 'timestamp_ntz', undefined],
    // NULL is a constant of every type with one value.
    ['NULL', 'long', null],
    ['NULL', 'string', null],
    ['NULL', { type: 'array', elementType: 'long', containsNull: true }, undefined],
    // Types that nothing is compared with, and what is no constant.
    ["'x'", 'binary', undefined],
    ['1', 'variant', undefined],
    ['1 + 1', 'long', undefined],
    ['y', 'long', undefined],
    ["try_cast('2020-01-01' as date)", 'date', undefined],
    ['[1]', 'long', undefined],
  ])('%s for a column of type %s', async (sql, type, expected) => {
    expect(await constant(sql, type)).toEqual(expected);
  });

  it('without a zone are instants only where it is UTC', async () => {
    for (const sql of ["'2020-07-01'", "'2020-07-01 12:00:00'", "TIMESTAMPTZ '2020-07-01 12:00:00'"])
      expect(await constant(sql, 'timestamp', 'Europe/Berlin'), sql).toBeUndefined();
    const zoned = "TIMESTAMPTZ '2020-07-01 12:00:00+02'";
    expect(await constant(zoned, 'timestamp', 'Europe/Berlin')).toBe('2020-07-01 12:00:00+02');
  });
});
