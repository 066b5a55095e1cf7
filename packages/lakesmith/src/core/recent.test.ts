import { expect, it } from 'vitest';
import { Recent } from './recent.ts';

it('knows the last of what was put in, and not all of it', () => {
  const recent = new Recent<number>(10);
  for (let i = 0; i < 100; i++) {
    recent.set(`${i}`, i);
    for (let j = Math.max(0, i - 9); j <= i; j++) expect(recent.get(`${j}`)).toBe(j);
  }
  expect(Array.from({ length: 80 }, (_, i) => recent.get(`${i}`))).toEqual(Array.from({ length: 80 }, () => undefined));
});

it('gives what was put in last', () => {
  const recent = new Recent<number>(2);
  for (const [key, value] of [
    ['a', 1],
    ['b', 2],
    ['a', 3],
    ['c', 4],
  ] as const)
    recent.set(key, value);
  expect(recent.get('a')).toBe(3);
});
