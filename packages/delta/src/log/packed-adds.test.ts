import { expect, it } from 'vitest';
import { partitionOf, sizeOf, statsOf } from './pending-add.ts';
import { unpackAdds } from './packed-adds.ts';

const joined = (values: readonly string[]): string => values.join('\u001C');
const stats = ['{"numRecords":1}', '', '{"ü":"\u0001"}'];
const block = {
  count: 3,
  path: joined(['a', 'b%20c', 'ü']),
  partitionValues: joined(['{}', '{"p":null}', '{"p":"1"}']),
  size: joined(['0', '5', '900000000000000']),
  modificationTime: joined(['1', '2', '3']),
  dataChange: joined(['true', 'false', 'false']),
  stats: new TextEncoder().encode(joined(stats)),
};

it('adds are made of the texts of a block, each when it is asked for', () => {
  const adds = unpackAdds(
    [block, { ...block, stats: undefined }].map(({ stats: bytes, ...rest }) =>
      bytes === undefined ? rest : { ...rest, stats: bytes },
    ),
  );
  const wanted = [
    { path: 'a', partitionValues: {}, size: 0, modificationTime: 1, dataChange: true },
    { path: 'b%20c', partitionValues: { p: null }, size: 5, modificationTime: 2, dataChange: false },
    { path: 'ü', partitionValues: { p: '1' }, size: 900_000_000_000_000, modificationTime: 3, dataChange: false },
  ];
  const whole = [...wanted.map((add, i) => ({ ...add, stats: stats[i] })), ...wanted];
  expect(adds?.map((add) => ({ p: partitionOf(add), s: sizeOf(add), t: statsOf(add)?.text }))).toEqual(
    whole.map((add) => ({ p: add.partitionValues, s: add.size, t: 'stats' in add ? add.stats : undefined })),
  );
  expect(adds?.map((add) => add.read())).toEqual(whole);
});

it.each([
  { path: joined(['a', 'b']) },
  { path: joined(['a', '', 'c']) },
  { size: joined(['1', '-2', '3']) },
  { size: joined(['1', '9007199254740993', '3']) },
  { modificationTime: joined(['1', '2', '9007199254740993']) },
])('a block that may be malformed is not taken: %j', (fields) => {
  expect(unpackAdds([{ ...block, ...fields }])).toBeUndefined();
});
