import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SqlBench } from '../sql/real-engine.test-suite.ts';
import { openSqlBench } from '../sql/real-engine.test-suite.ts';
import { openMemoryStore } from '../storage/memory.ts';
import { ensureSalt, erasureOfRelease, hashOf, putErasure, putRemoval, subjectSql } from './erasure.ts';
import { forgottenRows } from './forgotten-rows.ts';
import { readRelease } from './release.ts';

let bench: SqlBench;
beforeAll(async () => {
  bench = await openSqlBench();
});
afterAll(() => bench.engine.close());

const columns = [
  { name: 'a', type: 'string' },
  { name: 'b', type: 'string' },
  { name: 'n', type: 'long' },
] as const;
const rows = [
  ['1', '2:x', 17n],
  ['12:', 'x', 17n],
  ['ä\u{1F600}', "o'", -9007199254740993n],
  [null, 'x', null],
] as const;
const relations = [{ name: 't', kind: 'rows', columns, rows }] as const;
const found = (where: string): Promise<readonly string[]> => bench.bag(`select a from t where ${where}`, relations);

describe('the hash of values', () => {
  it('is that of the rows which have them, whatever is in them, and of no others', async () => {
    const sql = (names: readonly string[], values: readonly string[]): string =>
      subjectSql('salt', { table: 't', columns: names, hash: hashOf('salt', values) });
    expect(await found(sql(['a', 'b'], ['1', '2:x']))).toEqual(['["1"]']);
    expect(await found(sql(['a', 'b'], ['ä\u{1F600}', "o'"]))).toEqual(['["ä\u{1F600}"]']);
    expect(await found(sql(['n'], ['17']))).toHaveLength(2);
    expect(await found(sql(['n'], ['-9007199254740993']))).toHaveLength(1);
    expect(await found(`not ${sql(['n'], ['17'])}`)).toHaveLength(2);
    expect(hashOf('salt', ['x'])).not.toBe(hashOf('other', ['x']));
  });
});

describe('what a lake was told to forget', () => {
  it('is left out of loads by its hash, and refused where nobody can tell any more', async () => {
    const store = openMemoryStore();
    expect(await forgottenRows(store, 'bronze.t', columns)).toBeUndefined();
    const salt = await ensureSalt(store);
    expect(await ensureSalt(store)).toBe(salt);
    const subject = { table: 'bronze.t', columns: ['n'], hash: hashOf(salt, ['17']) };
    expect(await putErasure(store, { at: '2026-03-10', subjects: [subject], found: [] })).toMatchObject({ erasure: 1 });
    expect(await forgottenRows(store, 'bronze.other', columns)).toBeUndefined();
    expect(await found((await forgottenRows(store, 'bronze.t', columns)) ?? '')).toHaveLength(2);
    await expect(forgottenRows(store, 'bronze.t', columns.slice(0, 2))).rejects.toMatchObject({ code: 'LS3305' });
  });

  it('says which releases went with it', async () => {
    const store = openMemoryStore();
    await putErasure(store, { at: '2026-03-10', subjects: [], found: [] });
    await putRemoval(store, 1, { releases: [3], files: [] });
    expect(await erasureOfRelease(store, 4)).toBeUndefined();
    await expect(readRelease(store, 3)).rejects.toMatchObject({ code: 'LS3011' });
    await expect(readRelease(store, 4)).rejects.toMatchObject({ code: 'LS3003' });
  });
});
