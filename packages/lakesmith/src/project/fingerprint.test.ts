import { expect, it } from 'vitest';
import { fingerprint, fingerprintOfTrees } from './fingerprint.ts';

it('stays what it was: lakes keep fingerprints, and another one makes a table anew', () => {
  const value = {
    b: 1,
    a: [undefined, null, 'x"\n\u2028é', { z: -0, y: 1e21, query_location: 3 }],
    m: new Map([
      ['k', 1n],
      ['c', undefined],
    ]),
    u: undefined,
    10: true,
    9: false,
    big: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${39 - i}`, i])),
    nan: Number.NaN,
  };
  expect([fingerprint(value), fingerprintOfTrees(value)]).toEqual(['5ac21cfc1e108176', '165cf955fb55065e']);
});

it('does not depend on the order of keys', () => {
  const keys = ['ab', 'a', 'B', 'é', '10', '9', 'b'];
  const objectOf = (names: readonly string[]): unknown => Object.fromEntries(names.map((name) => [name, name]));
  const made = fingerprint(objectOf(keys));
  for (let i = 1; i < keys.length; i++)
    expect(fingerprint(objectOf([...keys.slice(i), ...keys.slice(0, i)].toReversed()))).toBe(made);
});
