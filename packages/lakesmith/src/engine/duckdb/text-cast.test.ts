import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quoteText } from '../../core/sql-text.ts';
import { leafCast } from './text-cast.ts';

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  // What is refused becomes NULL here, so that one query can try many texts.
  await connection.run('CREATE MACRO error(message) AS NULL');
});
afterAll(() => connection.closeSync());

/** What the cast makes of texts: the value, or undefined when it refuses. */
async function castAll(texts: readonly string[], type: 'long' | 'short'): Promise<(bigint | undefined)[]> {
  const rows = texts.map((text, i) => `(${i}, ${quoteText(text)})`).join(', ');
  const cast = leafCast('v', type, 'SOURCE', 'v');
  const reader = await connection.runAndReadAll(
    `SELECT CAST(${cast} AS BIGINT) AS c FROM (VALUES ${rows}) AS t(i, v) ORDER BY i`,
  );
  return reader.getRowObjects().map(({ c }) => (c === null ? undefined : BigInt(String(c))));
}

/** The whole number that a decimal text means, to the last digit. */
function meaningOf(text: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const shift = Number(exponent) - fraction.length;
  const digits = BigInt(`${whole}${fraction}` || '0') * (sign === '-' ? -1n : 1n);
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const unit = 10n ** BigInt(-shift);
  return digits % unit === 0n ? digits / unit : undefined;
}

describe('a text as a whole number', () => {
  it('is exactly what it says, or refused', async () => {
    const digits = fc.string({ unit: fc.constantFrom('0', '1', '9', '5'), maxLength: 4 });
    const number = fc
      .tuple(
        fc.constantFrom('', '-', '+'),
        fc.string({ unit: fc.constantFrom('0', '1', '9', '5'), minLength: 1, maxLength: 19 }),
        fc.option(digits),
        fc.option(fc.integer({ min: -4, max: 4 })),
      )
      .map(
        ([sign, whole, fraction, exponent]) =>
          `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`,
      );
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(number, { minLength: 200, maxLength: 400 }), async (texts) => {
        const values = await castAll(texts, 'long');
        for (const [i, text] of texts.entries()) {
          if (values[i] === undefined) refused += 1;
          const isPlain = /^-?\d{1,18}$/.test(text);
          if (values[i] !== undefined || isPlain) expect([text, values[i]]).toEqual([text, meaningOf(text)]);
        }
      }),
      { numRuns: 40 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  it('has no other form than digits', async () => {
    const hexadecimal = Array.from({ length: 16 }, (_, digits) => `0x${'F'.repeat(digits + 1)}`);
    const texts = [...hexadecimal, '0b1', '0b1111111', '1_0', '1_000_000', '0xffffffff'];
    expect(await castAll(texts, 'long')).toEqual(texts.map(() => undefined));
  });

  it('keeps to the range of its type', async () => {
    const texts = ['32767', '32768', '-32768', '-32769', '9.5', '99.5', '15e-1', '1e1', ' 7', '0', '-0', ''];
    expect(await castAll(texts, 'short')).toEqual([
      32767n,
      undefined,
      -32768n,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      7n,
      0n,
      0n,
      undefined,
    ]);
  });
});

describe('a text as a fraction', () => {
  it('may be endless or no number, among others that are', async () => {
    const texts = ['nan', '1.5', 'inf', '10000000000000000000', '-Infinity', '9007199254740993', '1e400', '0'];
    const rows = texts.map((text, i) => `(${i}, ${quoteText(text)})`).join(', ');
    const cast = leafCast('v', 'double', 'SOURCE', 'v');
    // The engine orders conditions by what it saw them cost, so that it takes many rows to see all orders.
    const reader = await connection.runAndReadAll(
      `SELECT i, any_value(c), count(*) FROM (SELECT i, ${cast} AS c FROM (VALUES ${rows}) AS t(i, v), range(3000)) GROUP BY i ORDER BY i`,
    );
    expect(reader.getRows()).toEqual(
      [Number.NaN, 1.5, Infinity, 1e19, -Infinity, null, null, 0].map((value, i) => [i, value, 3000n]),
    );
  });
});

describe('a text as a number with a fraction', () => {
  const fractions = async (texts: readonly string[], type: 'double' | 'float'): Promise<readonly unknown[]> => {
    const rows = texts.map((text, i) => `(${i}, ${quoteText(text)})`).join(', ');
    const reader = await connection.runAndReadAll(
      `SELECT CAST(${leafCast('v', type, 'SOURCE', 'v')} AS VARCHAR) AS c FROM (VALUES ${rows}) AS t(i, v) ORDER BY i`,
    );
    return reader.getRowObjects().map(({ c }) => c);
  };

  it('loses no digit of a whole number, however many it has', async () => {
    const ones = (length: number): string => '1'.repeat(length);
    const lengths = Array.from({ length: 22 }, (_, i) => i + 1);
    const exact = (length: number, as: (value: number) => number): boolean =>
      BigInt(as(Number(ones(length)))) === BigInt(ones(length));
    const kept = (texts: readonly unknown[]): readonly boolean[] => texts.map((text) => text !== null);
    expect(kept(await fractions(lengths.map(ones), 'double'))).toEqual(lengths.map((length) => exact(length, Number)));
    expect(kept(await fractions(lengths.map(ones), 'float'))).toEqual(
      lengths.map((length) => exact(length, Math.fround)),
    );
  });

  it('does not become infinite, and keeps what was written so', async () => {
    const texts = ['1e999', '-1e999', '1e308', 'inf', 'nan', '1.5', '', 'x'];
    expect(await fractions(texts, 'double')).toEqual([null, null, '1e+308', 'inf', 'nan', '1.5', null, null]);
    expect(await fractions(['1e39', '16777217', '1e38'], 'float')).toEqual([null, null, '1e+38']);
  });
});
