import { describe, expect, it } from 'vitest';
import type { CellValue } from '../engine.ts';
import type { EngineBench } from './bench.test-suite.ts';

/** What values come out as: nothing rounded, nothing re-typed. */
export function valuesContract(bench: EngineBench): void {
  describe('values', () => {
    it.each<[string, CellValue]>([
      ['9223372036854775807', 9223372036854775807n],
      ['(-9223372036854775808)::bigint', -9223372036854775808n],
      ['127::tinyint', 127],
      ['4294967295::uinteger', 4294967295n],
      ['18446744073709551615::ubigint', '18446744073709551615'],
      ["'1234567890123456789012345678.0123456789'::decimal(38,10)", '1234567890123456789012345678.0123456789'],
      ['1.50::decimal(12,2)', '1.50'],
      ['0.1::double', 0.1],
      ["timestamptz '2026-03-10 12:00:00.123456+00'", '2026-03-10T12:00:00.123456Z'],
      ["timestamptz '1969-12-31 23:59:59.999999+00'", '1969-12-31T23:59:59.999999Z'],
      ["timestamptz '2026-03-10 12:00:00+00'", '2026-03-10T12:00:00Z'],
      ["timestamp '2026-03-10 12:00:00.000001'", '2026-03-10T12:00:00.000001'],
      ["date '2026-03-10'", '2026-03-10'],
      ["date '0044-03-15 (BC)'", '0044-03-15 (BC)'],
      ['true', true],
      ["'grüße \u{1F600}'", 'grüße \u{1F600}'],
      ["'ab'::blob", Uint8Array.from([97, 98])],
      ['null', null],
      ["uuid '12345678-1234-1234-1234-123456789abc'", '12345678-1234-1234-1234-123456789abc'],
      ["time '12:34:56.000001'", '12:34:56.000001'],
      ['[1::bigint, null]', [1n, null]],
      ["{'a': 1.10::decimal(5,2), 'b': [date '2026-01-01']}", { a: '1.10', b: ['2026-01-01'] }],
      ["map {'k': 9007199254740993}", { k: 9007199254740993n }],
      ['interval 3 day', '3 days'],
    ])('%s', async (sql, value) => {
      expect(await bench.rows({ sql: `select ${sql} as x` })).toEqual([[value]]);
    });

    it('announces columns after the type policy', async () => {
      const { columns, batches } = await bench.engine.query({
        sql: "select 1 as a, sum(1::bigint) as b, '1'::json as c, interval 1 day as d",
        relations: [],
        timezone: 'UTC',
      });
      for await (const _ of batches);
      expect(columns.map((column) => column.type)).toEqual(['integer', 'long', 'string', 'string']);
    });

    it('takes parameters, exactly', async () => {
      const parameters = { big: 9007199254740993n, text: "it's", none: null, yes: true, fraction: 0.5 };
      expect(await bench.rows({ sql: 'select $big + 0::bigint, $text, $none, $yes, $fraction', parameters })).toEqual([
        [9007199254740993n, "it's", null, true, 0.5],
      ]);
    });

    it('gives an empty result with its columns', async () => {
      const { columns, batches } = await bench.engine.query({
        sql: 'select 1::bigint as a where false',
        relations: [],
        timezone: 'UTC',
      });
      let rows = 0;
      for await (const batch of batches) rows += batch.rowCount;
      expect([columns, rows]).toEqual([[{ name: 'a', type: 'long' }], 0]);
    });

    it('reads and cuts days in the time zone of the request', async () => {
      const sql =
        "select timestamptz '2026-03-09 23:30:00+00'::date::varchar, timestamp '2026-07-01 00:00:00'::timestamptz";
      expect(await bench.rows({ sql, timezone: 'Europe/Berlin' })).toEqual([['2026-03-10', '2026-06-30T22:00:00Z']]);
    });
  });
}
