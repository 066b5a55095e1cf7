import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeletionVector } from '../actions.ts';
import { DeltaError } from '../errors.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { encodeNative, encodeRowSet } from '../testing/row-set-encoder.ts';
import { encodeVectorFile } from './write.ts';
import { encodeZ85 } from './z85.ts';
import { crc32 } from './crc32.ts';
import { readDeletionVector } from './read.ts';
import type { RowSet } from './row-set.ts';
import { decodeZ85 } from './z85.ts';

const io = new MemoryIo();

function inline(bytes: Uint8Array, cardinality: number): DeletionVector {
  return { storageType: 'i', pathOrInlineDv: encodeZ85(bytes), sizeInBytes: bytes.length, cardinality };
}

/** Few rows, many rows, long runs, full containers, and several containers at once. */
const rowLists: fc.Arbitrary<number[]> = fc
  .array(
    fc.oneof(
      fc.array(fc.nat({ max: 400_000 }), { maxLength: 20 }),
      fc
        .record({ from: fc.nat({ max: 300_000 }), count: fc.nat({ max: 140_000 }) })
        .map(({ from, count }) => range(from, from + count, 1)),
      fc
        .record({ from: fc.nat({ max: 200_000 }), step: fc.integer({ min: 2, max: 9 }) })
        .map(({ from, step }) => range(from, from + 70_000, step)),
    ),
    { maxLength: 3 },
  )
  .map((parts) => [...new Set(parts.flat())].sort((a, b) => a - b));

function range(from: number, to: number, step: number): number[] {
  const rows: number[] = [];
  for (let row = from; row < to; row += step) rows.push(row);
  return rows;
}

function rowsOfBitmap(bitmap: Uint8Array): number[] {
  const rows: number[] = [];
  for (let row = 0; row < bitmap.length * 8; row += 1) if (((bitmap[row >> 3] ?? 0) >> (row & 7)) & 1) rows.push(row);
  return rows;
}

describe('readDeletionVector', () => {
  it('reads back every set in every form', async () => {
    await fc.assert(
      fc.asyncProperty(rowLists, fc.constantFrom('plain', 'runs'), fc.boolean(), async (rows, style, native) => {
        const bytes = (native ? encodeNative : encodeRowSet)(rows, style);
        const numRecords = (rows.at(-1) ?? 0) + 1;
        const set = await readDeletionVector(io, inline(bytes, rows.length), { numRecords });
        expect(set.cardinality).toBe(rows.length);
        expect([...set.rows()]).toEqual(rows);
        const bitmap = set.toBitmap();
        expect(rowsOfBitmap(bitmap)).toEqual(rows);
        expect(bitmap.length).toBe(rows.length === 0 ? 0 : (rows.at(-1) ?? 0) / 8 - ((rows.at(-1) ?? 0) % 8) / 8 + 1);
        const wanted = new Set(rows);
        for (const row of [-1, 0, 1, 65_535, 65_536, 3.5, ...rows.slice(0, 5)])
          expect(set.has(row)).toBe(wanted.has(row));
      }),
      { numRuns: 25 },
    );
  });

  it('subtracts sets', async () => {
    const setOf = (rows: number[]): Promise<RowSet> => readDeletionVector(io, inline(encodeRowSet(rows), rows.length));
    await fc.assert(
      fc.asyncProperty(rowLists, rowLists, async (a, b) => {
        const difference = (await setOf(a)).minus(await setOf(b));
        const taken = new Set(b);
        const left = a.filter((row) => !taken.has(row));
        expect([...difference.rows()]).toEqual(left);
        expect(difference.cardinality).toBe(left.length);
        expect(rowsOfBitmap(difference.toBitmap())).toEqual(left);
      }),
      { numRuns: 10 },
    );
  });

  it('reads the example of the protocol, which is in the older format', async () => {
    const pathOrInlineDv = 'wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L';
    const set = await readDeletionVector(io, { storageType: 'i', pathOrInlineDv, sizeInBytes: 40, cardinality: 6 });
    expect([...set.rows()]).toEqual([3, 4, 7, 11, 18, 29]);
  });

  it('reads text whose last group is marked as short', async () => {
    const pathOrInlineDv = '^Bg9^0rr910000000000iXQKl0rr91000005c8Xg##093';
    const set = await readDeletionVector(io, { storageType: 'i', pathOrInlineDv, sizeInBytes: 34, cardinality: 1 });
    expect([...set.rows()]).toEqual([3]);
  });

  it('finds vectors in files by UUID, prefix and offset, fetching only their bytes', async () => {
    const store = new MemoryIo();
    const lists = [[1, 5], range(0, 80_000, 2), range(7, 300_000, 3)];
    const encoded = lists.map((rows) => encodeRowSet(rows));
    const { bytes, offsets } = encodeVectorFile(encoded);
    store.objects.set('ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin', { bytes, modifiedMs: 1 });
    for (const [index, rows] of lists.entries()) {
      const vector = {
        storageType: 'u' as const,
        pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
        offset: offsets[index] ?? 0,
        sizeInBytes: encoded[index]?.length ?? 0,
        cardinality: rows.length,
      };
      expect([...(await readDeletionVector(store, vector)).rows()]).toEqual(rows);
    }
  });

  it('finds absolute ones only in the table or where it is allowed', async () => {
    const { bytes, offsets } = encodeVectorFile([encodeRowSet([4])]);
    const store = new MemoryIo();
    store.objects.set('a%b c/v.bin', { bytes, modifiedMs: 1 });
    const at = (pathOrInlineDv: string): DeletionVector => ({
      storageType: 'p',
      pathOrInlineDv,
      offset: offsets[0] ?? 0,
      sizeInBytes: bytes.length - 9,
      cardinality: 1,
    });
    const table = { store: store.store, location: '/lake/t', allowed: ['/other'] };
    expect([...(await readDeletionVector(table, at('file:/lake/t/a%25b%20c/v.bin'))).rows()]).toEqual([4]);
    const outside = {
      ...table,
      getOutside: async (url: string, start: number, end: number) =>
        url === '/other/v' ? bytes.subarray(start, end) : undefined,
    };
    expect([...(await readDeletionVector(outside, at('/other/v'))).rows()]).toEqual([4]);
    for (const place of [table, { store: store.store, location: '/lake/t' }]) {
      await expect(readDeletionVector(place, at('/other/v'))).rejects.toMatchObject({ code: 'unsafe-path' });
    }
  });

  it.each<[string, Partial<DeletionVector>, { numRecords?: number }]>([
    ['another cardinality', { cardinality: 3 }, {}],
    ['a smaller cardinality', { cardinality: 1 }, {}],
    ['rows that the file lacks', {}, { numRecords: 9 }],
    ['another size', { sizeInBytes: 35 }, {}],
    ['an absurd size', { sizeInBytes: 2 ** 52 }, {}],
    ['text that is not base 85', { pathOrInlineDv: '"""""' }, {}],
    ['a missing file', { storageType: 'u', pathOrInlineDv: '^-aqEH.-t@S}K{vb[*k^' }, {}],
    ['an absurd offset', { storageType: 'u', pathOrInlineDv: '^-aqEH.-t@S}K{vb[*k^', offset: 2 ** 53 - 1 }, {}],
    ['no UUID', { storageType: 'u', pathOrInlineDv: 'abc' }, {}],
  ])('refuses %s', async (_, change, dataFile) => {
    const vector = { ...inline(encodeRowSet([2, 9]), 2), ...change };
    await expect(readDeletionVector(io, vector, dataFile)).rejects.toMatchObject({ code: 'deletion-vector-corrupt' });
  });

  it.each<[string, Uint8Array, number, Readonly<Record<number, number>>, string]>([
    ['an unknown format', encodeRowSet([2, 9]), 2, { 0: 1 }, 'a format that is not known'],
    ['more parts than bytes', encodeRowSet([2, 9]), 2, { 11: 16 }, 'ends too early'],
    ['an unknown kind of part', encodeRowSet([2, 9]), 2, { 16: 1 }, 'no Roaring bitmap'],
    ['more containers than bytes', encodeRowSet([2, 9]), 2, { 23: 255 }, 'more containers than bytes'],
    ['an offset that is wrong', encodeRowSet([2, 9]), 2, { 28: 17 }, 'not where its header says'],
    ['a row twice', encodeRowSet([2, 9]), 2, { 32: 9 }, 'rows are out of order'],
    ['a container twice', encodeRowSet([2, 70_000]), 2, { 28: 0 }, 'containers are out of order'],
    ['a bit too few', encodeRowSet(range(0, 5000, 1)), 5000, { 32: 254 }, 'another number of rows'],
    ['runs that overlap', encodeRowSet([1, 2, 3, 10, 11], 'runs'), 5, { 31: 3 }, 'runs are out of order'],
    ['runs of another length', encodeRowSet([1, 2, 3, 10, 11], 'runs'), 5, { 33: 2 }, 'another number of rows'],
    ['bytes after the end', Uint8Array.of(...encodeRowSet([2, 9]), 0, 0, 0, 0), 2, {}, 'bytes follow'],
    [
      'bytes after the end of a part',
      Uint8Array.of(...encodeNative([2, 9]), 0, 0, 0, 0),
      2,
      { 11: 24 },
      'bytes follow',
    ],
  ])('refuses %s', async (_, seed, cardinality, edits, message) => {
    const bytes = seed.slice();
    for (const [at, value] of Object.entries(edits)) bytes[Number(at)] = value;
    await expect(readDeletionVector(io, inline(bytes, cardinality))).rejects.toThrow(message);
  });

  it('refuses a name that leads out of the table', async () => {
    const vector = {
      ...inline(encodeRowSet([2]), 1),
      storageType: 'u' as const,
      pathOrInlineDv: '../..^-aqEH.-t@S}K{vb[*k^',
    };
    await expect(readDeletionVector(io, vector)).rejects.toMatchObject({ code: 'unsafe-path' });
  });

  it('refuses rows beyond 2^31', async () => {
    for (const row of [2 ** 31, 2 ** 32 + 5]) {
      await expect(readDeletionVector(io, inline(encodeRowSet([row]), 1))).rejects.toMatchObject({
        code: 'deletion-vector-corrupt',
      });
    }
    const last = await readDeletionVector(io, inline(encodeRowSet([2 ** 31 - 1]), 1));
    expect([...last.rows()]).toEqual([2 ** 31 - 1]);
  });

  it('answers any damage of the file with its one error', async () => {
    const { bytes, offsets } = encodeVectorFile([
      encodeRowSet([1, 2, 3, 70_000]),
      encodeRowSet(range(0, 6000, 1), 'runs'),
    ]);
    const store = new MemoryIo();
    const path = 'deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin';
    const size = (offsets[1] ?? 0) - 9;
    const vector = {
      storageType: 'u' as const,
      pathOrInlineDv: '^-aqEH.-t@S}K{vb[*k^',
      offset: 1,
      sizeInBytes: size,
      cardinality: 4,
    };
    store.objects.set(path, { bytes, modifiedMs: 1 });
    expect([...(await readDeletionVector(store, vector)).rows()]).toEqual([1, 2, 3, 70_000]);
    for (let at = 0; at < 1 + 4 + size + 4; at += 1) {
      for (const flip of [1, 128]) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        store.objects.set(path, { bytes: damaged, modifiedMs: 1 });
        await expect(readDeletionVector(store, vector)).rejects.toMatchObject({ code: 'deletion-vector-corrupt' });
      }
      store.objects.set(path, { bytes: bytes.slice(0, at), modifiedMs: 1 });
      await expect(readDeletionVector(store, vector)).rejects.toMatchObject({ code: 'deletion-vector-corrupt' });
    }
  });

  it('gives rows or its one error for any bytes without a checksum', async () => {
    const seeds = [
      encodeRowSet([1, 70_000]),
      encodeNative([5, 6], 'runs'),
      encodeRowSet(range(0, 5000, 1)),
      encodeRowSet([3, 4, 9], 'runs'),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...seeds),
        fc.array(fc.record({ at: fc.nat({ max: 60 }), value: fc.nat({ max: 255 }) }), { minLength: 1, maxLength: 4 }),
        fc.nat({ max: 5000 }),
        async (seed, edits, cardinality) => {
          const bytes = seed.slice();
          for (const { at, value } of edits) bytes[at % bytes.length] = value;
          try {
            const set = await readDeletionVector(io, inline(bytes, cardinality));
            expect([...set.rows()]).toHaveLength(cardinality);
          } catch (error) {
            if (!(error instanceof DeltaError)) throw error;
            expect(error.code).toBe('deletion-vector-corrupt');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('decodeZ85', () => {
  it('undoes the encoding, with both ways to end', () => {
    expect([...(decodeZ85('HelloWorld') ?? [])]).toEqual([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b]);
    expect([...(decodeZ85('Hello##093') ?? [])]).toEqual([0x86, 0x4f, 0xd2, 0x6f, 3, 0]);
    for (const text of ['Hell', '#####', '%nSc1', 'Hello ####$', 'Hell~']) expect(decodeZ85(text)).toBeUndefined();
    expect([...(decodeZ85('%nSc0') ?? [])]).toEqual([255, 255, 255, 255]);
  });
});

describe('crc32', () => {
  it('is that of zlib', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });
});
