import { describe, expect, it } from 'vitest';
import { checkLog } from '../check/log.ts';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { copiedPaths, stageCopy } from './clone.ts';
import { commitStaged } from './commit.ts';
import { stageCreate } from './create.ts';
import type { NewFile } from './details.ts';
import { stageRewrite } from './rewrite.ts';
import { stageAppend } from './write.ts';

const details = { nowMs: 1, engineInfo: 'test', keeps: ['rowTracking'] };
const file = (path: string, rows: number): NewFile => ({
  path,
  sizeBytes: rows,
  modifiedMs: 1,
  rows,
  stats: `{"numRecords":${rows}}`,
});
const vector = {
  storageType: 'u' as const,
  pathOrInlineDv: 'ab^-aqEH.-t@S}K{vb[*k^',
  offset: 1,
  sizeInBytes: 34,
  cardinality: 1,
};

async function commit(io: MemoryIo, stage: (base: Snapshot) => StagedCommit): Promise<Snapshot> {
  expect(await commitStaged(io, stage(await readSnapshot(io)))).toMatchObject({ kind: 'committed' });
  return await readSnapshot(io);
}

/** A table of two files, of which one has lost a row, with ids, times, a marker and a domain. */
async function source(): Promise<Snapshot> {
  const io = new MemoryIo();
  const columns = [{ name: 'id', type: 'long' as const }];
  const configuration = {
    'delta.enableRowTracking': 'true',
    'delta.enableDeletionVectors': 'true',
    'delta.enableInCommitTimestamps': 'true',
  };
  await commitStaged(io, stageCreate({ ...details, columns, configuration, files: [file('a.parquet', 5)] }));
  await commit(io, (base) =>
    stageAppend(base, {
      ...details,
      files: [file('b.parquet', 3)],
      txns: [{ appId: 'load', version: 7 }],
      domains: { set: { 'lakesmith.load.1': '{"n":1}' } },
    }),
  );
  return await commit(io, (base) =>
    stageRewrite(base, {
      ...details,
      operation: 'DELETE',
      replaced: new Set(),
      files: [],
      vectors: new Map([['a.parquet', vector]]),
    }),
  );
}

describe('stageCopy', () => {
  it('goes on where the other table is: rows, ids, markers and domains, under an id of its own', async () => {
    const old = await source();
    const io = new MemoryIo();
    expect(await commitStaged(io, stageCopy(old, details))).toMatchObject({ kind: 'committed' });
    const copy = await readSnapshot(io);
    expect(copy.version).toBe(0);
    const told = ({ files }: Snapshot): unknown =>
      [...files.values()].map(({ path, size, stats, baseRowId, deletionVector }) => ({
        path,
        size,
        stats,
        baseRowId,
        deletionVector,
      }));
    expect(told(copy)).toEqual(told(old));
    expect([...copy.files.values()].map((add) => add.defaultRowCommitVersion)).toEqual([0, 0]);
    expect(copy.schema).toEqual(old.schema);
    expect(copy.protocol).toEqual(old.protocol);
    expect([...copy.domains]).toEqual([...old.domains]);
    expect([...copy.txns.values()].map(({ appId, version }) => [appId, version])).toEqual([['load', 7]]);
    expect(copy.metadata.id).not.toBe(old.metadata.id);
    expect(await checkLog(io)).toEqual([]);
  });

  it('gives rows that come later ids that no row of the other had', async () => {
    const old = await source();
    const io = new MemoryIo();
    await commitStaged(io, stageCopy(old, details));
    const next = await commit(io, (base) => stageAppend(base, { ...details, files: [file('c.parquet', 2)] }));
    expect([...next.files.values()].map(({ path, baseRowId }) => [path, baseRowId])).toContainEqual(['c.parquet', 8]);
  });

  it('names the files that must be there first, and refuses those outside of the folder', async () => {
    const old = await source();
    const paths = copiedPaths(old);
    expect(paths.toSorted()).toEqual([
      'a.parquet',
      expect.stringMatching(/^ab\/deletion_vector_.*\.bin$/),
      'b.parquet',
    ]);
    const outside = new Map(old.files);
    const [one] = outside.values();
    if (one === undefined) throw new Error('The table has no file.');
    outside.set('x', { ...one, path: 'file:///elsewhere/x.parquet' });
    expect(() => copiedPaths({ ...old, files: outside })).toThrow(expect.objectContaining({ code: 'unsafe-path' }));
  });

  it('needs a committed version', async () => {
    const staged: Snapshot = { ...(await source()), state: 'staged' };
    expect(() => stageCopy(staged, details)).toThrow('is only staged');
  });
});
