import { describe, expect, it } from 'vitest';
import { durationText, isUsual, usualChange, usualLag, usualText } from './usual.ts';

const rows = (...counts: readonly number[]): { rows: number }[] => counts.map((count) => ({ rows: count }));
const lags = (...values: readonly number[]): { rows: number; value: number }[] =>
  values.map((value) => ({ rows: 1, value }));

describe('the usual change of rows', () => {
  it('is told from five runs on', () => {
    expect(usualChange(rows(10, 9, 8, 7))).toBeUndefined();
    expect(usualChange(rows(1000, 997, 1001, 995, 990))).toEqual({ rows: 1000, change: 5 });
  });

  it.each([
    // Five times the usual change is 500; a tenth of the rows would be 100.
    [{ rows: 1000, change: 100 }, 1500, true],
    [{ rows: 1000, change: 100 }, 1501, false],
    [{ rows: 1000, change: 100 }, 500, true],
    [{ rows: 1000, change: 100 }, 499, false],
    // A table that never changed may change by a tenth.
    [{ rows: 1000, change: 0 }, 1100, true],
    [{ rows: 1000, change: 0 }, 899, false],
    [{ rows: 0, change: 0 }, 0, true],
    [{ rows: 0, change: 0 }, 1, false],
  ])('of %j takes %i rows: %s', (usual, count, expected) => {
    expect(isUsual(count, usual)).toBe(expected);
  });

  it('is told', () => {
    expect(usualText({ rows: 1000, change: 7 })).toBe('there were 1000, and mostly 7 come or go');
  });
});

describe('the usual age of the newest row', () => {
  it.each([
    // Five times the median, where it was never older than that.
    [lags(7200, 7200, 7200, 3600, 7200), 36_000],
    [lags(7200, 90_000, 7200, 3600, 7200), 90_000],
    [lags(1, 2, 1, 1, 3), 3600],
  ])('of %j is at most %i seconds', (findings, expected) => {
    expect(usualLag(findings)?.seconds).toBe(expected);
  });

  it('is not known of what was not measured', () => {
    expect(usualLag([...lags(1, 2, 3, 4), { rows: 5 }])).toBeUndefined();
  });

  it.each([
    [40, '40 seconds'],
    [119, '119 seconds'],
    [120, '2 minutes'],
    [7200, '2 hours'],
    [260_000, '3 days'],
    [-86_400 * 2, '-2 days'],
  ])('of %i seconds is told as %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
