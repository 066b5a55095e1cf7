import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, asyncProperty, constantFrom, option, stringMatching, tuple } from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { suspectNumbers } from './suspect-numbers.ts';

const folder = mkdtempSync(join(tmpdir(), 'lakesmith-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function suspectsOf(text: string): Promise<readonly string[]> {
  const file = join(folder, 'numbers.json');
  writeFileSync(file, text);
  const found: string[] = [];
  for await (const number of suspectNumbers(file)) found.push(number);
  return found;
}

/** What is looked for, said as a pattern. */
const suspect = /(?<![\d.])(?:[\d.]{16,}(?:e[+-]?\d+)?|[\d.]+e[+-]?\d{3,})/gi;

describe('numbers that a DOUBLE may not hold', () => {
  it.each([
    ['1234567890123456', ['1234567890123456']],
    ['-0.12345678901234', ['0.12345678901234']],
    ['0.1234567890123', []],
    ['1e100', ['1e100']],
    ['-1.5E-310', ['1.5E-310']],
    ['1e99', []],
    ['{"a":1.234567890123456789e-5,"b":2e400}', ['1.234567890123456789e-5', '2e400']],
    ['"2026-01-01T00:00:00.123456789Z"', []],
  ])('%s holds %j', async (text, found) => {
    expect(await suspectsOf(text)).toEqual(found);
  });

  it('are the ones that a pattern finds, wherever they stand', async () => {
    const digits = stringMatching(/^\d{1,20}$/);
    const number = tuple(
      constantFrom('', '-'),
      digits,
      option(digits),
      option(stringMatching(/^[eE][+-]?\d{1,4}$/)),
    ).map(
      ([sign, whole, fraction, exponent]) =>
        `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent ?? ''}`,
    );
    await assert(
      asyncProperty(array(tuple(number, constantFrom(',', ' ,', '":', '\n'))), async (parts) => {
        const text = parts.flat().join('');
        expect(await suspectsOf(text)).toEqual(text.match(suspect) ?? []);
      }),
      { numRuns: 300 },
    );
  });

  it.each([0, 1, 2, 5, 17, 30])(
    'are found whole %i characters before the end of a piece that is read',
    async (before) => {
      const number = `${'9'.repeat(20)}.${'8'.repeat(500)}e-123`;
      const text = `${' '.repeat((1 << 20) - before)}${number},${' '.repeat(40)}1e200`;
      expect(await suspectsOf(text)).toEqual([number, '1e200']);
    },
  );
});
