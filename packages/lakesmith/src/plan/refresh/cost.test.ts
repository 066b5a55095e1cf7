import { describe, expect, it } from 'vitest';
import type { StepSize } from './cost.ts';
import { expectedMs, mayBeMost, tellsRows, whyAllRows, whyAtOnce } from './cost.ts';

const inFull = (ms: number): Pick<StepSize, 'took'> => ({ took: { full: { ms, inputRows: 10_000_000 } } });

/** Ten million rows in a million groups, of which a hundredth changed. */
const size: StepSize = { inputRows: 10_000_000, targetRows: 1_000_000, changes: 200_000, ...inFull(5000) };
const twentyGroups = { ...size, targetRows: 20, ...inFull(700) };

describe('all of it at once', () => {
  it('is not cheaper than a few changes', () => {
    expect(whyAtOnce(size, 'fold')).toBeUndefined();
    expect(whyAtOnce(size, 'keyed')).toBeUndefined();
    expect(whyAtOnce(twentyGroups, 'fold')).toBeUndefined();
  });

  it('is cheaper than many, and the more so the less it takes', () => {
    const many = { ...twentyGroups, changes: 8_000_000 };
    expect(whyAtOnce(many, 'fold')).toBe('about 8000000 rows came or went: all at once is cheaper');
    expect(whyAtOnce({ ...many, ...inFull(20_000) }, 'fold')).toBeUndefined();
    expect(whyAtOnce(many, 'keyed')).toBeDefined();
    expect(whyAtOnce({ ...twentyGroups, changes: 1234, ...inFull(100) }, 'keyed')).toMatch(/^about 1200 rows/);
  });

  it('is cheaper than rows of keys that go through twice, where these are many', () => {
    const few = { ...twentyGroups, changes: 1000 };
    expect(whyAtOnce(few, 'fold', 0)).toBeUndefined();
    expect(whyAtOnce({ ...few, ...inFull(3000) }, 'fold', 0.1)).toBeUndefined();
    expect(whyAtOnce({ ...few, ...inFull(3000) }, 'fold', 0.5)).toBeDefined();
  });

  it('is not cheaper than rows that are found by all their columns, where these are few', () => {
    const rows = { ...size, targetRows: 10_000_000 };
    expect(whyAtOnce({ ...rows, changes: 1000 }, 'bag')).toBeUndefined();
    expect(whyAtOnce({ ...rows, changes: 4_000_000 }, 'bag')).toBeDefined();
  });

  it('is weighed by the number of rows where nobody knows what it takes', () => {
    expect(whyAtOnce({ ...size, took: {} }, 'fold')).toBeUndefined();
    expect(
      whyAtOnce({ ...size, inputRows: 100_000, targetRows: 100, changes: 100_000, took: {} }, 'keyed'),
    ).toBeDefined();
  });

  it('is cheaper where a way took much longer than it should have', () => {
    const slow = { ...size, took: { ...inFull(3000).took, keyed: 10 } };
    expect(whyAtOnce(slow, 'keyed')).toBeDefined();
    expect(whyAtOnce(slow, 'fold')).toBeUndefined();
    expect(whyAllRows(slow, 0.1)).toMatch(/^10 %/);
    expect(whyAllRows({ ...size, took: { ...size.took, keyed: 0.5 } }, 0.5)).toBeUndefined();
    expect(whyAllRows(size, 0.5)).toBeDefined();
  });

  it('is weighed by what a way is expected to take, whatever it took', () => {
    const slow = { ...size, took: { ...size.took, keyed: 10, fold: 10 } };
    expect(expectedMs(slow, 'keyed', 0.1)).toBe(expectedMs(size, 'keyed', 0.1));
    expect(expectedMs(slow, 'fold', 0)).toBe(expectedMs(size, 'fold', 0));
    expect(expectedMs(size, 'keyed', 0.1)).toBeLessThan(expectedMs(size, 'keyed', 0.2));
  });

  it('is cheaper where too many rows are concerned, and earlier where it takes little', () => {
    expect(whyAllRows(size, 0.1)).toBeUndefined();
    expect(whyAllRows({ ...size, ...inFull(20_000) }, 0.47)).toBeUndefined();
    expect(whyAllRows({ ...size, ...inFull(3000) }, 0.47)).toBe(
      '47 % of its rows are concerned: all at once is cheaper',
    );
    // No SELECT is so dear.
    expect(whyAllRows({ ...size, ...inFull(10_000_000) }, 0.61)).toMatch(/^61 %/);
  });

  it('never becomes cheaper because less changed', () => {
    const changes = Array.from({ length: 40 }, (_, i) => i * 50_000);
    for (const way of ['bag', 'fold', 'keyed'] as const)
      for (const one of [size, twentyGroups]) {
        const first = changes.findIndex((some) => whyAtOnce({ ...one, changes: some }, way) !== undefined);
        const verdicts = changes.map((some) => whyAtOnce({ ...one, changes: some }, way) !== undefined);
        expect(verdicts).toEqual(changes.map((_, i) => first >= 0 && i >= first));
      }
  });
});

it('counts keys before rows are read only where they may be most of the table', () => {
  expect(mayBeMost(size)).toBe(false);
  expect(mayBeMost({ ...size, changes: 200_001 })).toBe(true);
});

it('takes keys for rows only where no two rows of the table have the same', () => {
  const keys = [0, 1].map((column) => ({ column, at: [], plain: [] }));
  const pass = { keys, leaves: [] };
  expect(tellsRows([pass], [[1]])).toBe(true);
  expect(tellsRows([pass], [[0, 1]])).toBe(true);
  expect(tellsRows([pass], [[0, 2]])).toBe(false);
  expect(tellsRows([pass, { keys: keys.slice(0, 1), leaves: [] }], [[1]])).toBe(false);
  expect(tellsRows([{ ...pass, between: { low: '1' } }], [[1]])).toBe(false);
  expect(tellsRows([pass], [])).toBe(false);
});
