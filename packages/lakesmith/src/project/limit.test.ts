import { describe, expect, it } from 'vitest';
import { isBeyond, limitText, parseLimit } from './limit.ts';

const beyond = (text: string, broken: number, judged: number): boolean | undefined => {
  const limit = parseLimit(text);
  return limit === undefined ? undefined : isBeyond(limit, broken, judged);
};

describe('a limit', () => {
  it.each([
    ['5 %', 5, 100, false],
    ['5%', 6, 100, true],
    ['5%', 1, 19, true],
    ['5%', 1, 20, false],
    ['0.1%', 1, 1000, false],
    ['0.1 %', 1, 999, true],
    ['5 %', 0, 0, false],
    ['0%', 1, 1000, true],
    ['3', 3, 3, false],
    ['3', 4, 1_000_000, true],
    ['1_000 rows', 1001, 1_000_000, true],
    ['1 row', 1, 1, false],
  ])('of %s is passed by %i of %i: %s', (text, broken, judged, expected) => {
    expect(beyond(text, broken, judged)).toBe(expected);
  });

  it.each(['', 'many', '5 percent', '-1', '1.5', '101%', '5 % of rows'])('is none: %j', (text) => {
    expect(parseLimit(text)).toBeUndefined();
  });

  it('says itself as it is written', () => {
    expect(
      ['5%', '0.5 %', '1', '20 rows'].map((text) => limitText(parseLimit(text) ?? { most: -1, unit: 'rows' })),
    ).toEqual(['5 %', '0.5 %', '1 row', '20 rows']);
  });
});
