import { describe, expect, it } from 'vitest';
import type { DeletionVector } from '../actions.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import { vacuumTest } from '../maintenance/vacuum.ts';
import { applyStaged } from './apply.ts';
import { stageCreate } from './create.ts';
import { stageRestore } from './restore.ts';
import { stageRewrite } from './rewrite.ts';

const details = { nowMs: 1_700_000_000_000, engineInfo: 'Lakesmith/0.1.0', operation: 'DELETE' };
const stats =
  '{"numRecords":20,"minValues":{"id":9007199254740993},"maxValues":{"id":9007199254740999},"nullCount":{"id":0}}';
const vector = (pathOrInlineDv: string): DeletionVector => ({
  storageType: 'u',
  pathOrInlineDv,
  offset: 1,
  sizeInBytes: 34,
  cardinality: 2,
});
const [first, second] = [vector('^-aqEH.-t@S}K{vb[*k^'), vector('ab^-aqEH.-t@S}K{vb[*k^')];

function committed(snapshot: Snapshot | undefined, staged: StagedCommit): Snapshot {
  return { ...applyStaged(snapshot, staged), state: 'committed' };
}

function table(text: string | undefined): Snapshot {
  const file = { path: 'a.parquet', sizeBytes: 10, modifiedMs: 5, ...(text === undefined ? {} : { stats: text }) };
  const configuration = { 'delta.enableDeletionVectors': 'true' };
  const columns = [{ name: 'id', type: 'long' as const }];
  return committed(undefined, stageCreate({ ...details, columns, configuration, files: [file] }));
}

const rewrite = { ...details, replaced: new Set<string>(), files: [] };

describe('stageRewrite', () => {
  it('gives a file a vector, and keeps what its statistics say', () => {
    const base = table(stats);
    const staged = stageRewrite(base, { ...rewrite, vectors: new Map([['a.parquet', first]]) });
    const [remove, add] = staged.actions.slice(1);
    expect(remove).toMatchObject({ remove: { path: 'a.parquet', dataChange: true } });
    expect(remove).not.toHaveProperty('remove.deletionVector');
    expect(add).toMatchObject({ add: { path: 'a.parquet', deletionVector: first, dataChange: true } });
    expect(add).toHaveProperty('add.stats', `${stats.slice(0, -1)},"tightBounds":false}`);
    expect(staged.reads.files).toEqual(['a.parquet']);
    expect(base.protocol).toEqual({
      minReaderVersion: 3,
      minWriterVersion: 7,
      readerFeatures: ['deletionVectors'],
      writerFeatures: ['appendOnly', 'invariants', 'deletionVectors'],
    });
  });

  it('puts a vector in place of the one before, and goes back', () => {
    const base = table(stats);
    const one = committed(base, stageRewrite(base, { ...rewrite, vectors: new Map([['a.parquet', first]]) }));
    const [key = ''] = one.files.keys();
    const staged = stageRewrite(one, { ...rewrite, vectors: new Map([[key, second]]) });
    expect(staged.actions[1]).toMatchObject({ remove: { path: 'a.parquet', deletionVector: first } });
    const two = committed(one, staged);
    expect([...two.files.values()].map(({ deletionVector }) => deletionVector)).toEqual([second]);
    const back = committed(two, stageRestore(two, one, details));
    expect([...back.files.values()].map(({ deletionVector }) => deletionVector)).toEqual([first]);
    const old = { modifiedMs: 0 };
    const isUnneeded = vacuumTest(two, {}, details.nowMs + 1);
    const name = 'deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin';
    expect(isUnneeded({ ...old, path: name })).toBe(true);
    expect(isUnneeded({ ...old, path: `ab/${name}` })).toBe(false);
    expect(vacuumTest(two, {}, details.nowMs)({ ...old, path: name })).toBe(false);
  });

  it.each([undefined, '', '{"nullCount":{}}'])('gives no vector to a file with the statistics %j', (text) => {
    const act = (): StagedCommit => stageRewrite(table(text), { ...rewrite, vectors: new Map([['a.parquet', first]]) });
    expect(act).toThrow(expect.objectContaining({ name: 'DeltaError' }));
  });
});
