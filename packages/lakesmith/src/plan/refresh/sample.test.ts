import { describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import type { ProvenKey, RefreshProof } from '../../sql/refresh/proof.ts';
import { chosenCounts, samplePass } from './sample.ts';

const key = (column: number, ...leaves: readonly number[]): ProvenKey => ({
  column,
  at: leaves.map((leaf) => [leaf, `t.k${column}`]),
  plain: [],
});

function proofOf(keys: readonly ProvenKey[], occurrences: readonly string[]): RefreshProof {
  const leaves = occurrences.map((_, occurrence) => ({ occurrence, columns: [], unique: [] }));
  return {
    sql: '',
    occurrences,
    inputs: [...new Set(occurrences)],
    leaves,
    keys,
    unshown: [],
    linear: [],
    unique: [],
    obstacles: [],
    ties: [],
    fold: { ok: false, why: '' },
  };
}

const columns: readonly Column[] = ['a', 'b', 'c'].map((name) => ({ name, type: 'long' }));
const table = { model: { key: [], refresh: 'auto' as const }, columns };
const rows = (input: string): number => (input === 'bronze.orders' ? 1000 : 10);

describe('what a table is sampled by', () => {
  it('is what the largest input has, and every input that has all of it tells of keys', () => {
    const proof = proofOf([key(0, 0), key(1, 0, 1), key(2, 1)], ['bronze.orders', 'bronze.customers']);
    const pass = samplePass(proof, table, rows);
    expect(pass?.keys.map(({ column }) => column)).toEqual([0, 1]);
    expect(pass?.inputs).toEqual(['bronze.orders']);
    const joined = samplePass(proofOf([key(1, 0, 1)], ['bronze.orders', 'bronze.customers']), table, rows);
    expect(joined?.inputs).toEqual(['bronze.orders', 'bronze.customers']);
  });

  it('is the key of the table where that is followed', () => {
    const proof = proofOf([key(0, 0), key(1, 0)], ['bronze.orders']);
    const pass = samplePass(proof, { ...table, model: { key: ['b'], refresh: 'auto' } }, rows);
    expect(pass?.keys.map(({ column }) => column)).toEqual([1]);
  });

  it('is nothing where nothing is followed', () => {
    expect(samplePass(proofOf([], ['bronze.orders']), table, rows)).toBeUndefined();
  });
});

describe('how many keys are looked at', () => {
  it('is a number of each kind, or a share that is never none', () => {
    expect(chosenCounts({ keys: 5, seed: 1 }, { here: 100, elsewhere: 3 })).toEqual({ here: 5, elsewhere: 3 });
    expect(chosenCounts({ share: 0.01, seed: 1 }, { here: 101, elsewhere: 0 })).toEqual({ here: 2, elsewhere: 0 });
    expect(chosenCounts({ share: 1, seed: 1 }, { here: 100, elsewhere: 7 })).toEqual({ here: 100, elsewhere: 7 });
  });
});
