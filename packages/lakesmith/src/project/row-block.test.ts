import { describe, expect, it } from 'vitest';
import { readRowBlock } from './row-block.ts';
import type { YamlScalar } from './yaml.ts';

const block = (value: string): YamlScalar => ({
  kind: 'scalar',
  value,
  block: { indent: 4, isFolded: false },
  commentFollows: false,
  place: { file: 'tests/t.test.yml', line: 3, column: 11 },
});

function rowsOf(value: string): unknown {
  const { block: read, diagnostics } = readRowBlock(block(value));
  return read === undefined
    ? diagnostics.map(({ message, place }) => `${place?.line ?? 0}: ${message}`)
    : [read.columns.map(({ name }) => name), ...read.rows.map(({ cells }) => cells)];
}

describe('rows of a test', () => {
  it('are cut at commas, without the blanks around, and empty is null', () => {
    expect(rowsOf('a, b,   c\n1,  , x y \n')).toEqual([
      ['a', 'b', 'c'],
      ['1', null, 'x y'],
    ]);
  });

  it('keep what stands in quotes of either kind', () => {
    expect(rowsOf(`a, b, c, d\n' Paid ', "[{sku: P1, qty: 2}]", '', "say ""hi"""\n'it''s', x'y, "a'b", 1`)).toEqual([
      ['a', 'b', 'c', 'd'],
      [' Paid ', '[{sku: P1, qty: 2}]', '', 'say "hi"'],
      ["it's", "x'y", "a'b", '1'],
    ]);
  });

  it('may be none', () => {
    expect(rowsOf('a, b\n\n')).toEqual([['a', 'b']]);
  });

  it.each([
    ['a, b\n1, 2\n\n3\n', '7: This row has 1 value'],
    ['a, b\n1, 2, 3', '5: This row has 3 values'],
    ['a, , b\n', '4: A column has no name'],
    ['a, A\n', '4: Column A stands here twice'],
    ['  \n', '3: There are no rows here'],
  ])('%j are refused at their line', (text, message) => {
    expect(rowsOf(text)).toEqual([message]);
  });
});
