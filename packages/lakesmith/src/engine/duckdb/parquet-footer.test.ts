import { describe, expect, it } from 'vitest';
import { footerFault } from './parquet-footer.ts';

/** Values in the compact protocol of Thrift. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
const zigzag = (value: number): number[] => varint(value < 0 ? -2 * value - 1 : 2 * value);
const stop = [0];

interface Made {
  readonly rows?: number;
  readonly groups?: readonly number[];
  /** How many children each element of the schema has. */
  readonly children?: readonly number[];
  /** What the lists say of their lengths. */
  readonly schemaCount?: number;
  readonly groupCount?: number;
  /** More fields, and the number of the first of them, when it is not the next. */
  readonly rest?: readonly number[];
  readonly field?: number;
}

function footer({
  rows = 3,
  groups = [3],
  children = [1, 0],
  schemaCount,
  groupCount,
  rest = [],
  field,
}: Made): Uint8Array {
  // A name, then the number of children.
  const element = (count: number): number[] => [0x48, 1, 97, ...(count === 0 ? [] : [0x15, ...zigzag(count)]), ...stop];
  // Columns (none), bytes, rows.
  const group = (count: number): number[] => [0x19, 0x0c, 0x16, 8, 0x16, ...zigzag(count), ...stop];
  const list = (count: number, items: readonly number[][]): number[] => [0xfc, ...varint(count), ...items.flat()];
  return Uint8Array.from([
    ...[0x15, 2],
    ...[0x19, ...list(schemaCount ?? children.length, children.map(element))],
    ...[0x16, ...zigzag(rows)],
    ...[0x19, ...list(groupCount ?? groups.length, groups.map(group))],
    ...(field === undefined ? rest : [(rest[0] ?? 0) & 15, ...zigzag(field), ...rest.slice(1)]),
    ...stop,
  ]);
}

describe('footerFault', () => {
  it.each<[string, Made]>([
    ['one part', {}],
    ['no parts', { rows: 0, groups: [] }],
    ['several parts', { rows: 2 ** 40 + 1, groups: [2 ** 40, 1] }],
    ['groups in groups', { children: [2, 1, 2, 0, 0, 1, 0] }],
    // A text, a list of flags, a map of texts to numbers, a field far on, a double, a UUID.
    ['fields of all kinds', { rest: [0x18, 2, 97, 98, 0x19, 0x31, 1, 2, 1, 0x1b, 1, 0x85, 1, 97, 4, 0x0c, 80, 0] }],
    ['an empty map and numbers', { rest: [0x1b, 0, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0x13, 7, 0x11, 0x12, 0x14, 3] }],
    ['a UUID', { rest: [0x1d, ...Array.from({ length: 16 }, () => 255)] }],
  ])('finds nothing wrong with %s', (_, made) => expect(footerFault(footer(made))).toBeUndefined());

  it.each<[string, Made, string]>([
    ['more elements than bytes', { schemaCount: 2 ** 31 - 1 }, 'more than there is room for'],
    ['more elements than there are', { schemaCount: 5 }, 'ends too early'],
    ['a schema of numbers', { rest: [0x19, 0x35, 2, 2, 2], field: 2 }, 'something else'],
    ['more parts than bytes', { groupCount: 50_000_000 }, 'more than there is room for'],
    ['a text that is too long', { rest: [0x18, ...varint(2 ** 31 - 1)] }, 'more than there is room for'],
    ['a map that is too long', { rest: [0x1b, ...varint(2 ** 28), 0x88] }, 'more than there is room for'],
    ['a list in a list that is too long', { rest: [0x19, 0x19, 0xf5, ...varint(1e6)] }, 'more than there is room for'],
    ['a number without end', { rest: [0x16, ...Array.from({ length: 12 }, () => 255)] }, 'never ends'],
    ['an unknown kind of value', { rest: [0x1e] }, 'no known kind'],
    ['structs in structs', { rest: Array.from({ length: 5_000 }, () => 0x1c) }, 'nested too deep'],
    ['lists in lists', { rest: Array.from({ length: 5_000 }, () => 0x19) }, 'nested too deep'],
    ['groups in groups in groups', { children: [...Array.from({ length: 600 }, () => 1), 0] }, '500 levels'],
    ['fewer than no fields', { children: [1, -1] }, 'fewer than no fields'],
    ['a schema that ends too early', { children: [3, 0, 0] }, 'ends too early'],
    ['parts with other rows', { rows: 4 }, '4 rows, and its parts of 3'],
    ['parts with fewer than no rows', { rows: 3, groups: [-1, 4] }, 'its parts'],
  ])('refuses %s', (_, made, message) => expect(footerFault(footer(made))).toContain(message));

  it('refuses what is cut, wherever it is', () => {
    const whole = footer({ children: [2, 1, 0, 0], rest: [0x18, 3, 97, 98, 99] });
    for (let length = 0; length < whole.length; length += 1)
      expect(footerFault(whole.subarray(0, length))).toEqual(expect.any(String));
  });
});
