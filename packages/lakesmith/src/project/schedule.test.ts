import { describe, expect, it } from 'vitest';
import { isCron, isNever, isSpan } from './schedule.ts';

describe('the five fields of cron', () => {
  it.each(['* * * * *', '*/5 * * * *', '0 5 * * mon-fri', '0,30 8-18/2 1 JAN,jul 0', '59 23 31 12 7', ' 0  5 * * *'])(
    'are %s',
    (text) => {
      expect(isCron(text)).toBe(true);
    },
  );

  it.each([
    '',
    '0 5 * *',
    '0 0 5 * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '1-2-3 * * * *',
    '*/0 * * * *',
    '5/2 * * * *',
    '1, * * * *',
    'mon * * * *',
    '-1 * * * *',
    '@daily',
  ])('are not %s', (text) => {
    expect(isCron(text)).toBe(false);
  });
});

it('some days never come', () => {
  expect(
    ['0 5 31 2 *', '0 0 30,31 2 *', '0 0 31 4,6-6,9 *', '0 0 31 feb-feb *'].filter((text) => !isNever(text)),
  ).toEqual([]);
  expect(
    ['0 5 29 2 *', '0 5 31 2 mon', '0 0 31 2-3 *', '0 0 1-31 2 *', '0 0 31 * *', '* * * * *'].filter(isNever),
  ).toEqual([]);
});

it('a span is a number with a unit, and not nothing', () => {
  expect(['30s', '5m', '4 h', '1d', '2w'].every(isSpan)).toBe(true);
  expect(['0m', 'soon', '5', 'm', '-5m', '1.5h', '5 minutes'].some(isSpan)).toBe(false);
});
