import { describe, expect, it } from 'vitest';
import { NotPlain, plainRecord } from './plain-value.ts';

describe('settings as plain data', () => {
  it('are the same without what is undefined', () => {
    const shared = ['a'];
    expect(plainRecord({ a: 1, b: undefined, c: { d: [true, null, 'x'] }, e: shared, f: shared })).toEqual({
      a: 1,
      c: { d: [true, null, 'x'] },
      e: ['a'],
      f: ['a'],
    });
  });

  const circle: Record<string, unknown> = {};
  circle['in'] = [circle];
  it.each([
    [{ a: { b: () => 1 } }, 'a.b', 'a function'],
    [{ a: [1, new Date(0)] }, 'a.1', 'an instance of Date'],
    [{ a: Symbol('x') }, 'a', 'a symbol'],
    [{ a: 1n }, 'a', 'a bigint'],
    [{ a: Number.NaN }, 'a', 'the number NaN'],
    [{ a: Promise.resolve(1) }, 'a', 'a promise'],
    [circle, 'in.0', 'an object that holds itself'],
  ])('%s are refused', (value, path, what) => {
    let refused: unknown;
    try {
      plainRecord(value);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(NotPlain);
    expect(refused).toMatchObject({ path: path.split('.'), message: what });
  });
});
