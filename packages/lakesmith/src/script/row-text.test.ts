import { describe, expect, it } from 'vitest';
import type { DataType } from '../core/schema.ts';
import { parseUserType } from '../core/type-policy.ts';
import { BadValue, rowWriter } from './row-text.ts';

function written(type: string, value: unknown): unknown {
  const parsed: DataType = parseUserType(type);
  return (JSON.parse(rowWriter([{ name: 'a', type: parsed }])({ a: value })) as { a?: unknown }).a;
}

const refusal = (type: string, value: unknown): string => {
  try {
    written(type, value);
    return '';
  } catch (error) {
    if (error instanceof BadValue) return error.message;
    throw error;
  }
};

describe('a value that its column can hold', () => {
  it.each([
    ['bigint', 9223372036854775807n, '9223372036854775807'],
    ['bigint', -9223372036854775808n, '-9223372036854775808'],
    ['bigint', 7, '7'],
    ['tinyint', -128, '-128'],
    ['integer', 2147483647n, '2147483647'],
    ['double', 0.1, '0.1'],
    ['double', Number.NaN, 'NaN'],
    ['double', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['double', 2n ** 53n, '9007199254740992'],
    ['decimal(12,2)', '12345678.90', '12345678.90'],
    ['decimal(38,2)', '123456789012345678901234567890123456.78', '123456789012345678901234567890123456.78'],
    ['decimal(4,2)', 12.5, '12.5'],
    ['decimal(4,2)', '-00012.5000', '-00012.5000'],
    ['decimal(4,2)', '1e1', '10'],
    ['decimal(10,8)', 1e-7, '0.0000001'],
    ['decimal(30,2)', 1.5e21, '1500000000000000000000'],
    ['decimal(38,0)', 10n ** 37n, `1${'0'.repeat(37)}`],
    ['varchar', 'a "b"\n\u0000\u{1F600}', 'a "b"\n\u0000\u{1F600}'],
    ['boolean', false, false],
    ['date', '2024-02-29', '2024-02-29'],
    ['date', new Date(Date.UTC(2024, 1, 29)), '2024-02-29'],
    ['timestamp', '2026-03-10T12:00:00.123456Z', '2026-03-10T12:00:00.123456Z'],
    ['timestamp', '2026-03-10 12:00', '2026-03-10 12:00'],
    ['timestamp', new Date(Date.UTC(2026, 2, 10)), '2026-03-10T00:00:00.000Z'],
    ['timestamp_ntz', '2026-03-10T12:00:00', '2026-03-10T12:00:00'],
    ['blob', new Uint8Array([0, 255]), '00ff'],
    ['bigint[]', [1n, null, 2], ['1', null, '2']],
    ['map(varchar, integer)', new Map([['x', 1]]), { x: '1' }],
    ['map(varchar, integer)', { y: null }, { y: null }],
    ['struct(a integer, b varchar[])', { b: ['c'] }, { a: null, b: ['c'] }],
  ])('%s %s', (type, value, text) => {
    expect(written(type, value)).toEqual(text);
  });

  it('is NULL when it is null, undefined or left out', () => {
    const write = rowWriter([{ name: 'a', type: 'long' }]);
    expect([write({ a: null }), write({ a: undefined }), write({})]).toEqual(['{}\n', '{}\n', '{}\n']);
  });
});

describe('a value that its column cannot hold', () => {
  it.each([
    ['bigint', 2n ** 63n, '9223372036854775808 as BIGINT'],
    ['bigint', 2 ** 53, 'lost digits'],
    ['bigint', 1.5, '1.5 as BIGINT'],
    ['bigint', '1', '"1" as BIGINT'],
    ['tinyint', 128, '128 as TINYINT'],
    ['double', '1', '"1" as DOUBLE'],
    ['double', 2n ** 53n + 1n, '9007199254740993 as DOUBLE'],
    ['float', 1e300, '1e+300 as FLOAT'],
    ['decimal(4,2)', 0.1 + 0.2, '0.30000000000000004 as DECIMAL(4,2)'],
    ['decimal(4,2)', '123.4', '"123.4" as DECIMAL(4,2)'],
    ['decimal(4,2)', '1.234', '"1.234"'],
    ['decimal(4,2)', '', '""'],
    ['decimal(4,2)', '.', '"."'],
    ['decimal(4,2)', Number.POSITIVE_INFINITY, 'Infinity'],
    ['varchar', 1, '1 as VARCHAR: give it as text'],
    ['varchar', '\ud83d', 'half of a character'],
    ['boolean', 1, '1 as BOOLEAN'],
    ['date', '2023-02-29', '"2023-02-29" as DATE'],
    ['date', '10.3.2026', 'write it as 2026-03-10'],
    ['date', new Date(Date.UTC(2026, 2, 10, 1)), 'it has a time'],
    ['date', new Date(Number.NaN), 'an instance of Date as DATE'],
    ['timestamp', '2026-03-10T25:00:00Z', '"2026-03-10T25:00:00Z" as TIMESTAMP'],
    ['timestamp', '2026-03-10T12:00:00.1234567Z', '1234567Z" as TIMESTAMP'],
    ['timestamp', 1_700_000_000, '1700000000 as'],
    ['timestamp_ntz', '2026-03-10T12:00:00Z', 'as TIMESTAMP_NTZ'],
    ['blob', 'ff', '"ff" as BLOB'],
    ['bigint[]', 1n, '1 as BIGINT[]'],
    ['struct(a integer)', { b: 1 }, 'no field b'],
    ['struct(a integer)', new Map(), 'an instance of Map'],
    ['map(varchar, integer)', [1], 'a list as MAP(VARCHAR, INTEGER)'],
  ])('%s %s', (type, value, told) => {
    expect(refusal(type, value)).toContain(told);
  });

  it('is named by its column, inside of others too', () => {
    const write = rowWriter([{ name: 'a', type: parseUserType('struct(b bigint[])') }]);
    expect(() => write({ a: { b: ['x'] } })).toThrow(expect.objectContaining({ column: 'a.b.element' }));
  });

  it('is a row that is none, or has a column more', () => {
    const write = rowWriter([{ name: 'amount', type: 'long' }]);
    expect(() => write([1])).toThrow('is a list');
    expect(() => write(new Map())).toThrow('is an instance of Map');
    expect(() => write({ amuont: 1 })).toThrow('has amuont, which is no column: did you mean amount?');
  });
});
