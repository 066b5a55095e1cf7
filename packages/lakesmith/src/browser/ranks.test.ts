import { describe, expect, it } from 'vitest';
import { ranksOf } from './ranks.ts';

describe('ranks', () => {
  it('stand behind all inputs and all lower floors', () => {
    const edges = [
      [0, 1],
      [1, 2],
      [0, 3],
    ] as const;
    expect(ranksOf([1, 2, 2, 3], edges)).toEqual([0, 1, 2, 3]);
  });

  it('put what is made from a higher floor there', () => {
    expect(ranksOf([2, 1, 1], [[0, 1]])).toEqual([1, 2, 0]);
  });

  it('come to an end with a circle', () => {
    const edges = [
      [0, 1],
      [1, 2],
      [2, 0],
    ] as const;
    expect(ranksOf([0, 0, 0], edges)).toEqual([0, 1, 2]);
  });
});
