import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../actions.ts';
import { checkLog } from '../check/log.ts';
import type { Snapshot } from '../snapshot.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { writeCheckpoint } from './checkpoint.ts';
import { compactLog } from './compact.ts';
import { commitPath, compactedPath } from './names.ts';

const protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ['deletionVectors'],
  writerFeatures: ['deletionVectors', 'domainMetadata'],
};
const metaData = {
  id: 't',
  format: { provider: 'parquet' },
  schemaString: '{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":{}}]}',
  partitionColumns: [],
  configuration: {},
};
const stats = '{"numRecords":9}';
const file = (path: string, vector: number): object => ({
  path,
  ...(vector === 0
    ? {}
    : { deletionVector: { storageType: 'i', pathOrInlineDv: `0000${vector}`, sizeInBytes: 4, cardinality: 1 } }),
});

function put(io: MemoryIo, version: number, rows: readonly object[]): void {
  io.write(commitPath(version), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

/** One thing that a commit does to a small table. */
interface Change {
  readonly path: string;
  /** Of the file, which is another file with each; 0: none. What is there already goes. */
  readonly vector: number;
  readonly domain: string | undefined;
  readonly isRemoved: boolean;
  readonly txn: number | undefined;
  readonly renames: boolean;
}
const change: fc.Arbitrary<Change> = fc.record({
  path: fc.constantFrom('a', 'b', 'c'),
  vector: fc.nat({ max: 2 }),
  domain: fc.constantFrom(undefined, 'x', 'y'),
  isRemoved: fc.boolean(),
  txn: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
  renames: fc.boolean(),
});

function commitOf(
  state: Map<string, number>,
  { path, vector, domain, isRemoved, txn, renames }: Change,
  version: number,
): object[] {
  const before = state.get(path);
  const rows: object[] = [{ commitInfo: { operation: `step ${version}` } }];
  if (before === undefined || before !== vector) {
    state.set(path, vector);
    rows.push({
      add: { ...file(path, vector), partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, stats },
    });
  } else state.delete(path);
  if (before !== undefined) rows.push({ remove: { ...file(path, before), dataChange: true, deletionTimestamp: 1 } });
  if (domain !== undefined) rows.push({ domainMetadata: { domain, configuration: `${version}`, removed: isRemoved } });
  if (txn !== undefined) rows.push({ txn: { appId: 'app', version: txn } });
  if (renames) rows.push({ metaData: { ...metaData, name: `v${version}` } });
  return rows;
}

const contentOf = ({ files, tombstones, txns, domains, metadata, protocol: rules }: Snapshot): unknown => ({
  files: new Map([...files].map(([key, add]) => [key, { ...add, dataChange: false }])),
  tombstones: new Set(tombstones.keys()),
  txns,
  domains,
  metadata,
  rules,
});

describe('compactLog', () => {
  it('says in one file what the commits say, on top of whatever comes before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 3, maxLength: 14 }), fc.nat({ max: 8 }), async (steps, at) => {
        const io = new MemoryIo();
        const state = new Map<string, number>();
        put(io, 0, [{ protocol }, { metaData }]);
        for (const [i, made] of steps.entries()) put(io, i + 1, commitOf(state, made, i + 1));
        const to = steps.length;
        const base = at < to - 1 ? at : undefined;
        if (base !== undefined) await writeCheckpoint(io, await readSnapshot(io, { version: base }));
        const expected = contentOf(await readSnapshot(io));
        const from = base === undefined ? 0 : base + 1;
        expect(await compactLog(io, await readSnapshot(io))).toEqual({ from, to });
        expect(await checkLog(io)).toEqual([]);
        // Without the commits but the last, so that only the file can tell.
        for (let version = from; version < to; version += 1) io.objects.delete(commitPath(version));
        expect(contentOf(await readSnapshot(io))).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps what is taken away, and nothing about the commits themselves', async () => {
    const io = new MemoryIo();
    put(io, 0, [{ protocol }, { metaData }]);
    const add = { path: 'a', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true };
    put(io, 1, [{ commitInfo: {} }, { add }, { domainMetadata: { domain: 'x', configuration: '1', removed: false } }]);
    await writeCheckpoint(io, await readSnapshot(io));
    const gone: Action = { domainMetadata: { domain: 'x', configuration: '1', removed: true } };
    put(io, 2, [{ commitInfo: {} }, { remove: { path: 'a', dataChange: true } }, gone]);
    expect(await compactLog(io, await readSnapshot(io))).toBeUndefined();
    put(io, 3, [{ commitInfo: {} }, { cdc: { path: 'c', partitionValues: {}, size: 1, dataChange: false } }]);
    expect(await compactLog(io, await readSnapshot(io))).toEqual({ from: 2, to: 3 });
    const text = new TextDecoder().decode(io.objects.get(compactedPath(2, 3))?.bytes);
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([gone, { remove: { path: 'a', dataChange: false } }]);
    expect(await compactLog(io, await readSnapshot(io))).toEqual({ from: 2, to: 3 });
  });

  it('refuses a log with a hole', async () => {
    const io = new MemoryIo();
    put(io, 0, [{ protocol }, { metaData }]);
    put(io, 1, [{ commitInfo: {} }]);
    put(io, 2, [{ commitInfo: {} }]);
    const snapshot = await readSnapshot(io);
    io.objects.delete(commitPath(1));
    await expect(compactLog(io, snapshot)).rejects.toThrow('00000000000000000001.json is not there');
  });
});
