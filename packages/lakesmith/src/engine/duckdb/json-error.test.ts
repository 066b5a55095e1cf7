import { expect, it } from 'vitest';
import { jsonErrorOffset } from './json-error.ts';

it.each<[string, number | undefined]>([
  ['[]', undefined],
  [' [{"a":[1,-2.5e3,{}],"b":"x\\"\\u00e9"}, null, true] \n', undefined],
  ['[{"a":NaN}]', 6],
  ['[{"a":-Infinity}]', 6],
  ['[1,]', 3],
  ['{"a":1,}', 7],
  ['[1 2]', 3],
  ['[1}', 2],
  ['[1] [2]', 4],
  ['[{"a":1}', 8],
  ['["a\nb"]', 1],
  ['', 0],
])('%j ceases to be JSON at %s', (text, offset) => {
  expect(jsonErrorOffset(text)).toBe(offset);
});
