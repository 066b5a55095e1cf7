import { expect, it } from 'vitest';
import { parseNameList } from './column-path.ts';

it.each<[string, readonly string[]]>([
  ['id', ['id']],
  [' id ,Day of month', ['id', 'Day of month']],
  ['a.b, "c.d", `e``f`', ['a.b', 'c.d', 'e`f']],
  ['"a, ""b""", c', ['a, "b"', 'c']],
])('finds in %s the names %j', (text, names) => {
  expect(parseNameList(text)).toEqual(names);
});
