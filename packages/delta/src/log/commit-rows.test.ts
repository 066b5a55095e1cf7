import { describe, expect, it } from 'vitest';
import type { Action } from '../actions.ts';
import { parseCommit } from './commit-file.ts';
import { readCommitRows } from './commit-rows.ts';
import { PendingAdd, addOf, partitionOf, sizeOf, statsOf } from './pending-add.ts';
import { plainText } from '../scan/stats-text.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Numbers that look random and are the same each time. */
function dice(seed: number): (sides: number) => number {
  let state = seed + 1;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * sides);
  };
}

const stats = JSON.stringify({
  numRecords: 3,
  minValues: { id: 1, note: 'a "quoted" \\ ü\n' },
  maxValues: { id: 9, note: 'z' },
  nullCount: { id: 0, note: 1 },
});
const usual = (i: number): string =>
  JSON.stringify({
    add: {
      path: `day=2024-01-01/part-${i}.parquet`,
      partitionValues: { day: '2024-01-01', other: i % 2 === 0 ? null : 'x' },
      size: i,
      modificationTime: 1_700_000_000_000 + i,
      dataChange: true,
      ...(i % 3 === 0 ? {} : { stats }),
    },
  });
/** So many that the file is looked through and not read. */
const many = Array.from({ length: 400 }, (_, i) => usual(i));

/** What the file says, read in full; or the message of its error. */
function told(read: () => readonly (Action | PendingAdd)[]): unknown {
  try {
    return read().map((row) => (row instanceof PendingAdd ? { add: row.read() } : row));
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

/** What is told when as little as possible is read at first, and when all is. */
function bothWays(bytes: Uint8Array): { readonly lazily: unknown; readonly whole: unknown } {
  return { lazily: told(() => readCommitRows(bytes, 'c')), whole: told(() => parseCommit(bytes, 'c')) };
}

describe('a large commit', () => {
  it('is not read where it is usual, and says the same', () => {
    const bytes = encode(`${many.join('\n')}\n`);
    const rows = readCommitRows(bytes, 'c');
    expect(rows.filter((row) => row instanceof PendingAdd)).toHaveLength(many.length);
    const { lazily, whole } = bothWays(bytes);
    expect(lazily).toEqual(whole);
    for (const row of rows) {
      if (!(row instanceof PendingAdd)) continue;
      const text = statsOf(row);
      const before = {
        size: sizeOf(row),
        partitionValues: partitionOf(row),
        stats: text === undefined ? undefined : plainText(text),
      };
      const { size, partitionValues, stats: ofAdd } = addOf(row);
      expect(before).toEqual({ size, partitionValues, stats: ofAdd });
      expect([sizeOf(row), partitionOf(row), statsOf(row)?.text]).toEqual([size, partitionValues, ofAdd]);
    }
  });

  it.each([
    ['a deletion vector', '"deletionVector":{"storageType":"i","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1}'],
    [
      'a deletion vector under an escaped name',
      String.raw`"deletionV\u0065ctor":{"storageType":"i","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1}`,
    ],
    ['another path', '"path":"other"'],
    ['tags', '"tags":{"a":"b"}'],
    ['nulls', '"tags":null,"deletionVector":null'],
    ['a row id', '"baseRowId":9007199254740993'],
    ['a field of the wrong kind', '"stats":5'],
  ])('says of an add with %s what reading it tells', (_, field) => {
    for (const gap of ['', ' ', '\t']) {
      const line = `${usual(1).slice(0, -2)},${gap}${field}}}`;
      const { lazily, whole } = bothWays(encode([...many.slice(2), line].join('\n')));
      expect(lazily).toEqual(whole);
    }
  });

  it.each([
    ['a path with escapes', usual(1).replace('part-', String.raw`p\u0061rt-`)],
    ['an empty path', usual(1).replace(/"path":"[^"]*"/, '"path":""')],
    ['a negative size', usual(1).replace('"size":1', '"size":-1')],
    ['a size with a zero before it', usual(1).replace('"size":1', '"size":01')],
    ['a large size', usual(1).replace('"size":1', '"size":9007199254740993')],
    ['a fraction', usual(1).replace('"size":1', '"size":1.5')],
    ['two objects', usual(1) + usual(2)],
    ['another kind beside it', `${usual(1).slice(0, -1)},"remove":{"path":"x","dataChange":true}}`],
    ['a byte order mark', `\uFEFF${usual(1)}`],
    ['a line end of Windows', `${usual(1)}\r`],
    ['space around it', ` ${usual(1)} `],
    ['a trailing comma among values', usual(1).replace('"other":"x"}', '"other":"x",}')],
    ['a cut end', usual(1).slice(0, -1)],
    ['an unknown escape', usual(1).replace(String.raw`\"numRecords`, String.raw`\qnumRecords`)],
    ['a broken code', usual(1).replace(String.raw`\"numRecords`, String.raw`\u00g0numRecords`)],
    ['a tab in a text', usual(1).replace('numRecords', 'num\tRecords')],
    ['text of other letters', usual(1).replace('part-', 'pärt-日本-').replace('numRecords', 'ñ')],
    ['nothing', ''],
  ])('with %s says what reading it tells', (_, line) => {
    for (const lines of [
      [line, ...many],
      [...many, line, usual(500)],
      [...many, line],
    ]) {
      const { lazily, whole } = bothWays(encode(lines.join('\n')));
      expect(lazily).toEqual(whole);
    }
  });

  it('without a row is refused, like a small one', () => {
    const { lazily, whole } = bothWays(encode('\n'.repeat(70_000)));
    expect(lazily).toEqual(whole);
    expect(lazily).toEqual(expect.stringContaining('is empty'));
  });

  it('is the same wherever a byte is wrong', () => {
    const roll = dice(7);
    for (let i = 0; i < 400; i += 1) {
      const bytes = encode(`${many.slice(0, 200).join('\n')}\n`);
      for (let k = roll(3); k >= 0; k -= 1) {
        const odd = [0, 9, 10, 13, 32, 34, 44, 48, 58, 92, 93, 117, 123, 125, 0x80, 0xc3, 0xff][roll(17)] ?? 0;
        bytes[roll(bytes.length)] = roll(2) === 0 ? odd : roll(256);
      }
      const { lazily, whole } = bothWays(roll(4) === 0 ? bytes.subarray(0, bytes.length - roll(900)) : bytes);
      expect(lazily).toEqual(whole);
    }
  });
});
