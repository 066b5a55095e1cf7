import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryIo } from '../testing/memory-io.ts';
import { readDeletionVector } from './read.ts';
import type { RowSet } from './row-set.ts';
import { rowSetOfBitmap } from './row-set.ts';
import { deletionVectorFile, writesDeletionVectors } from './write.ts';

function setOf(rows: Iterable<number>): RowSet {
  const list = [...rows];
  const bitmap = new Uint8Array(list.length === 0 ? 0 : (Math.max(...list) >> 3) + 1);
  for (const row of list) bitmap[row >> 3] = (bitmap[row >> 3] ?? 0) | (1 << (row & 7));
  return rowSetOfBitmap(bitmap);
}

/** Few rows anywhere, and every so many of a stretch: lists, bitmaps and several containers. */
const rows: fc.Arbitrary<ReadonlySet<number>> = fc
  .tuple(
    fc.array(fc.nat({ max: 500_000 }), { minLength: 1, maxLength: 30 }),
    fc.record({ from: fc.nat({ max: 200_000 }), step: fc.integer({ min: 1, max: 40 }) }),
    fc.boolean(),
  )
  .map(([few, { from, step }, many]) => {
    const some = new Set(few);
    if (many) for (let row = from; row < from + 90_000; row += step) some.add(row);
    return some;
  });

const uuid = 'd2c639aa-8816-431a-aaf6-d3fe2512ff61';

describe('deletionVectorFile', () => {
  it('holds every set as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 3 }), async (lists) => {
        const io = new MemoryIo();
        const { path, bytes, vectors } = deletionVectorFile(lists.map(setOf), uuid);
        await io.store.put(path, bytes);
        for (const [i, list] of lists.entries()) {
          const sorted = [...list].sort((a, b) => a - b);
          const vector = vectors[i];
          if (vector === undefined) throw new Error('no vector');
          expect(vector.cardinality).toBe(list.size);
          const read = await readDeletionVector(io, vector, { numRecords: (sorted.at(-1) ?? 0) + 1 });
          expect([...read.rows()]).toEqual(sorted);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is named and laid out as the specification says', () => {
    const { path, bytes, vectors } = deletionVectorFile([setOf([3, 4, 7, 11, 18, 29]), setOf([0])], uuid);
    expect(path).toBe(`deletion_vector_${uuid}.bin`);
    // The sample of the specification, without its prefix.
    expect(vectors[0]).toEqual({
      storageType: 'u',
      pathOrInlineDv: '^-aqEH.-t@S}K{vb[*k^',
      offset: 1,
      sizeInBytes: 44,
      cardinality: 6,
    });
    expect(vectors[1]?.offset).toBe(1 + 4 + 44 + 4);
    expect(bytes[0]).toBe(1);
    expect([...bytes.subarray(1, 9)]).toEqual([0, 0, 0, 44, 0xd1, 0xd3, 0x39, 0x64]);
  });
});

describe('a set of rows', () => {
  it('is joined with another, row by row', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const [x, y] = [setOf(a), setOf(b)];
        expect([...x.plus(y).rows()]).toEqual([...new Set([...a, ...b])].sort((p, q) => p - q));
        expect(x.plus(y).minus(y).cardinality).toBe([...a].filter((row) => !b.has(row)).length);
      }),
      { numRuns: 20 },
    );
  });
});

describe('writesDeletionVectors', () => {
  it.each([
    [['deletionVectors'], 'true', true],
    [['deletionVectors'], undefined, false],
    [['deletionVectors'], 'false', false],
    [[], 'true', false],
  ] as const)('with the features %j and the property %s: %s', (features, property, expected) => {
    const protocol = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: features, writerFeatures: features };
    const configuration: Record<string, string> =
      property === undefined ? {} : { 'delta.enableDeletionVectors': property };
    const metadata = {
      id: 'x',
      format: { provider: 'parquet' },
      schemaString: '',
      partitionColumns: [],
      configuration,
    };
    expect(writesDeletionVectors({ protocol, metadata })).toBe(expected);
  });
});
