import { expect, it } from 'vitest';
import { commitPath } from '../log/names.ts';
import type { Snapshot } from '../snapshot.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import { countBytes, countRows, planScan } from './plan.ts';
import type { Predicate } from './predicate.ts';

const fields = ['day', 'n'].map((name) => ({
  name,
  type: name === 'n' ? 'long' : 'string',
  nullable: true,
  metadata: {},
}));
const head = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 't',
      format: { provider: 'parquet', options: {} },
      schemaString: JSON.stringify({ type: 'struct', fields }),
      partitionColumns: ['day'],
      configuration: {},
    },
  },
];
const nameOf = (i: number): string => `part-${i}-${'x'.repeat(60)}.parquet`;
const add = (i: number, n: number): object => ({
  add: {
    path: nameOf(i),
    partitionValues: { day: `d${i % 5}` },
    size: 10 + i,
    modificationTime: 1,
    dataChange: true,
    stats: JSON.stringify({ numRecords: 2, minValues: { n }, maxValues: { n: n + 1 }, nullCount: { n: 0 } }),
  },
});
const remove = (i: number): object => ({ remove: { path: nameOf(i), deletionTimestamp: 1, dataChange: true } });

function write(io: MemoryIo, version: number, actions: readonly object[]): void {
  io.write(commitPath(version), actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}

const questions: readonly Predicate[] = [
  { kind: 'compare', column: ['n'], operator: '=', value: 300n },
  { kind: 'compare', column: ['n'], operator: '<', value: 40n },
  { kind: 'compare', column: ['day'], operator: '=', value: 'd3' },
  {
    kind: 'and',
    operands: [
      { kind: 'compare', column: ['day'], operator: '=', value: 'd0' },
      { kind: 'compare', column: ['n'], operator: '>', value: 700n },
    ],
  },
];

function answers(snapshot: Snapshot): unknown {
  const plans = [undefined, ...questions].map((predicate) => {
    const { files, pruned } = planScan(snapshot, predicate);
    const told = files.map(({ key, path, partitionValues, sizeBytes, rows, add: whole }) => {
      return { key, path, partitionValues, sizeBytes, rows, whole };
    });
    return { pruned, files: told.sort((a, b) => (a.key < b.key ? -1 : 1)) };
  });
  return { plans, rows: countRows(snapshot), bytes: countBytes(snapshot) };
}

it('the next version of a large table is planned like one that is read anew', async () => {
  const io = new MemoryIo();
  write(io, 0, [...head, ...Array.from({ length: 500 }, (_, i) => add(i, i))]);
  let snapshot = await readSnapshot(io);
  expect(planScan(snapshot, questions[0]).files.map(({ path }) => path)).toEqual([nameOf(299), nameOf(300)]);
  const commits = [
    [remove(300), add(1000, 300), remove(20)],
    [add(1001, 39), remove(1000), add(3, 800)],
    [remove(3), remove(4), add(1002, 30), add(4, 900)],
  ];
  for (const [i, commit] of commits.entries()) {
    write(io, i + 1, commit);
    answers(snapshot);
    snapshot = await readSnapshot(io, { base: snapshot });
    expect(answers(snapshot)).toEqual(answers(await readSnapshot(io)));
  }
  expect(planScan(snapshot, questions[0]).files.map(({ path }) => path)).toEqual([nameOf(299)]);
});
