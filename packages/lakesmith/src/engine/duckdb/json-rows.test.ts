import type { Arbitrary } from 'fast-check';
import { array, assert, asyncProperty, constantFrom, oneof, option, shuffledSubarray, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InferredColumn } from '../engine.ts';
import { columnsOf } from './json-columns.test-suite.ts';

/** A row as others are, each value as it is written. */
const usual = {
  id: '1',
  day: '"2026-01-01"',
  paid: 'true',
  price: '1.5',
  note: '"x"',
  of: '{"a": 1}',
  items: '[{"sku": "p", "n": 2}]',
  tags: '["t"]',
};

/** 'id: 7' is the usual row with that id; what begins with { is the row itself. */
function rowWith(change: string): string {
  if (change.startsWith('{')) return change;
  const [, name = '', value = ''] = /^(\w+): (.*)$/.exec(change) ?? [];
  const values = Object.entries(name === '' ? usual : { ...usual, [name]: value });
  return `{${values.map(([key, text]) => `"${key}": ${text}`).join(', ')}}`;
}

/** What is read of the usual row and of one that is changed. */
async function besideUsual(change: string): Promise<readonly InferredColumn[] | undefined> {
  return await columnsOf([`${rowWith('')}\n${rowWith(change)}`]);
}

describe('a row beside the usual one leaves the columns as they are', () => {
  it.each([
    'id: 9223372036854775807',
    'id: null',
    'day: "2026-12-31"',
    'paid: false',
    'price: 2',
    'price: 1e30',
    'note: "a \\"b\\" 1"',
    'of: null',
    'of: {}',
    'of: {"a": null}',
    'items: []',
    'items: null',
    'items: [null, {"sku": null, "n": -3}]',
    'tags: ["x", null]',
  ])('with %s', async (change) => {
    expect(await besideUsual(change)).toEqual(await columnsOf([rowWith('')]));
  });

  it.each([
    'id: 9223372036854775808',
    'id: 1.5',
    'id: "1"',
    'id: true',
    'id: [1]',
    'day: "2026-02-30"',
    'day: "2026-01-01T00:00:00Z"',
    'day: 20260101',
    'paid: "true"',
    'paid: 1',
    'price: "1.5"',
    'price: 12345678901234567',
    'note: 1',
    'note: {"a": 1}',
    'of: {"b": 1}',
    'of: {"a": "1"}',
    'of: [1]',
    'of: "a"',
    'items: {"sku": "p"}',
    'items: "p"',
    'items: [{"sku": "p", "m": 2}]',
    'items: [{"sku": 1, "n": 2}]',
    'items: [{"sku": "p", "n": 2.5}]',
    'items: ["p"]',
    'items: [[{"sku": "p", "n": 2}]]',
    'tags: [1]',
    'tags: "t"',
    '{"id": 1, "other": 1}',
    '{"id": 1, "id": "x"}',
    '{"ID": 1}',
  ])('but not with %s', async (change) => {
    expect(await besideUsual(change)).not.toEqual(await columnsOf([rowWith('')]));
  });
});

const leaf = constantFrom(
  ...['1', '-20', '1.5', '-0.0', '1E5', '2e-7', '123456789012345678', '0.1', '1234567890.123456', 'null', 'null'],
  ...[
    '"x"',
    '""',
    '"2026-01-01"',
    '"2026-01-01T10:00:00Z"',
    '"2026-01-01 10:00"',
    '"2026-13-01"',
    '"é"',
    '"a\\nb"',
    '"\\u0041"',
  ],
  ...['true', 'false', '[]', '{}'],
);
const space = constantFrom('', '', '', ' ', '\t');

/** Objects of few keys, so that rows meet at the same places. */
function objectOf(value: Arbitrary<string>, kinds: number): Arbitrary<string> {
  return tuple(
    shuffledSubarray(['a', 'b', 'ab', 'é', 'long name'].slice(0, kinds)),
    array(value, { minLength: 5, maxLength: 5 }),
    space,
  ).map(
    ([keys, values, gap]) => `{${keys.map((key, i) => `${gap}"${key}"${gap}:${gap}${values[i]}${gap}`).join(',')}}`,
  );
}

/** Rows of which each place holds one of few values, so that many of them are plain. */
const values = oneof(
  { weight: 4, arbitrary: leaf },
  { weight: 1, arbitrary: objectOf(leaf, 2) },
  { weight: 1, arbitrary: array(leaf, { maxLength: 2 }).map((items) => `[${items.join(', ')}]`) },
);
const rowsOf = tuple(
  array(values, { minLength: 1, maxLength: 2 }).chain((few) =>
    array(objectOf(constantFrom(...few), 4), { minLength: 1, maxLength: 6 }),
  ),
  option(constantFrom('x', ' ', ',', '}', '1'), { freq: 2 }),
  constantFrom('lines', 'array'),
).map(([rows, more, form]) =>
  form === 'lines' ? `${rows.join('\n')}${more ?? ''}` : `[${rows.join(`${more ?? ''},\n`)}]`,
);

it('says of any rows what the engine says of them', async () => {
  let read = 0;
  await assert(
    asyncProperty(rowsOf, async (text) => {
      if ((await columnsOf([text])) !== undefined) read++;
    }),
    { numRuns: 400 },
  );
  expect(read).toBeGreaterThan(100);
});
