import { describe, expect, it } from 'vitest';
import type { Snapshot, StagedCommit } from '../snapshot.ts';
import type { Predicate } from '../scan/predicate.ts';
import { planScan } from '../scan/plan.ts';
import { writeCheckpoint } from '../log/checkpoint.ts';
import { vacuumTest } from '../maintenance/vacuum.ts';
import { readSnapshot } from '../table.ts';
import { MemoryIo } from '../testing/memory-io.ts';
import type { TableIo, TableStore } from '../store.ts';
import { commitStaged } from './commit.ts';
import { stageCreate } from './create.ts';
import type { CommitDetails, NewFile } from './details.ts';
import { stageRestore } from './restore.ts';
import { stageRewrite } from './rewrite.ts';
import { stageAppend, stageOverwrite } from './write.ts';

/** A row: its key, its partition, a number. */
type Row = readonly [key: number, part: string, n: number];
type Rows = readonly Row[];

/** A table in memory whose data files are lists of rows. */
interface World {
  readonly io: MemoryIo;
  readonly rows: Map<string, Rows>;
}

const columns = [
  { name: 'key', type: 'long' as const },
  { name: 'part', type: 'string' as const },
];
const first: Rows = [
  [1, 'a', 10],
  [2, 'a', 20],
  [3, 'b', 30],
  [4, 'b', 40],
];

/** The row that version 1 has and version 0 has not. */
const added: Row = [7, 'b', 70];
const begin: Rows = [...first, added];

const versions0 = new WeakMap<World, Snapshot>();
function restored(world: World): Snapshot {
  const old = versions0.get(world);
  if (old === undefined) throw new Error('Version 0 was not kept.');
  return old;
}

let fresh = 0;

/** Writes rows as files, one for each partition. */
function writeRows({ rows, io }: World, some: Rows): NewFile[] {
  const parts = new Map<string, Row[]>();
  for (const row of some) parts.set(row[1], [...(parts.get(row[1]) ?? []), row]);
  return [...parts].map(([part, inPart]) => {
    fresh += 1;
    const path = `part=${part}/f${fresh}`;
    rows.set(path, inPart);
    const keys = inPart.map(([key]) => key);
    const stats = {
      numRecords: inPart.length,
      minValues: { key: Math.min(...keys) },
      maxValues: { key: Math.max(...keys) },
      nullCount: { key: 0 },
    };
    io.write(path, 'x');
    return { path, sizeBytes: 1, modifiedMs: io.nowMs, partitionValues: { part }, stats: JSON.stringify(stats) };
  });
}

function rowsOf({ rows }: World, paths: Iterable<string>): Rows {
  return [...paths].flatMap((path) => {
    const some = rows.get(path);
    if (some === undefined) throw new Error(`The file ${path} is gone.`);
    return some;
  });
}

async function newWorld(level: string): Promise<World> {
  const world: World = { io: new MemoryIo(), rows: new Map() };
  const half = Math.floor(first.length / 2);
  const files = [first.slice(0, 1), first.slice(1, half), first.slice(half)].flatMap((some) => writeRows(world, some));
  const configuration = { 'delta.isolationLevel': level, 'delta.checkpointInterval': '2' };
  const staged = stageCreate({
    ...detailsOf(world),
    columns,
    partitionColumns: ['part'],
    configuration,
    files,
  });
  await commitStaged(world.io, staged);
  versions0.set(world, await readSnapshot(world.io));
  const more = stageAppend(restored(world), { ...detailsOf(world), files: writeRows(world, [added]) });
  await commitStaged(world.io, more);
  return world;
}

function detailsOf({ io }: World): CommitDetails {
  return { nowMs: io.now(), engineInfo: 'test' };
}

/** What an operation does to the rows of a table when it is alone, and how it is staged on a snapshot; undefined: no commit. */
interface Operation {
  readonly alone: (rows: Rows) => Rows;
  readonly stage?: (world: World, base: Snapshot) => StagedCommit | undefined;
  /** Does something else than a commit. */
  readonly act?: (world: World, io: TableIo, base: Snapshot) => Promise<void>;
}

/** Files that hold a row to be changed are written anew, as DELETE, UPDATE and MERGE do. */
function rewriting(
  operation: string,
  change: {
    readonly predicate?: Predicate;
    readonly next: (row: Row) => Row | undefined;
    readonly added?: (rows: Rows) => Rows;
  },
): Operation {
  const changes = (row: Row): boolean => change.next(row) !== row;
  const after = (rows: Rows): Rows => rows.map(change.next).filter((row) => row !== undefined);
  return {
    alone: (rows) => [...after(rows), ...(change.added?.(rows) ?? [])],
    stage(world, base) {
      const read = planScan(base, change.predicate).files.map(({ key }) => key);
      const replaced = read.filter((path) => rowsOf(world, [path]).some(changes));
      const added = change.added?.(rowsOf(world, read)) ?? [];
      if (replaced.length + added.length === 0) return undefined;
      return stageRewrite(base, {
        ...detailsOf(world),
        operation,
        replaced: new Set(replaced),
        read: new Set(read),
        predicate: change.predicate,
        files: [
          ...replaced.flatMap((path) => writeRows(world, after(rowsOf(world, [path])))),
          ...writeRows(world, added),
        ],
      });
    },
  };
}

const key = (operator: '=' | '>', value: number): Predicate => ({ kind: 'compare', column: ['key'], operator, value });
const inA: Predicate = { kind: 'compare', column: ['part'], operator: '=', value: 'a' };

const operations: Readonly<Record<string, Operation>> = {
  append: {
    alone: (rows) => [...rows, [5, 'a', 50]],
    stage: (world, base) => stageAppend(base, { ...detailsOf(world), files: writeRows(world, [[5, 'a', 50]]) }),
  },
  'append what it counts': {
    alone: (rows) => [...rows, [100 + rows.length, 'c', 0]],
    stage(world, base) {
      const count = rowsOf(world, base.files.keys()).length;
      const files = writeRows(world, [[100 + count, 'c', 0]]);
      return stageAppend(base, { ...detailsOf(world), files, reads: { wholeTable: true } });
    },
  },
  overwrite: {
    alone: () => [[6, 'b', 60]],
    stage: (world, base) => stageOverwrite(base, { ...detailsOf(world), files: writeRows(world, [[6, 'b', 60]]) }),
  },
  'delete in a': rewriting('DELETE', { predicate: inA, next: (row) => (row[1] === 'a' ? undefined : row) }),
  'update by n': rewriting('UPDATE', { next: (row) => (row[2] >= 20 ? [row[0], row[1], row[2] + 1] : row) }),
  'update of key 3': rewriting('UPDATE', {
    predicate: key('=', 3),
    next: (row) => (row[0] === 3 ? [3, 'a', row[2] * 2] : row),
  }),
  'merge of key 5': rewriting('MERGE', {
    predicate: key('=', 5),
    next: (row) => (row[0] === 5 ? [5, row[1], 500] : row),
    added: (rows) => (rows.some((row) => row[0] === 5) ? [] : [[5, 'b', 500]]),
  }),
  'merge of key 1': rewriting('MERGE', {
    predicate: key('=', 1),
    next: (row) => (row[0] === 1 ? [1, row[1], 100] : row),
    added: (rows) => (rows.some((row) => row[0] === 1) ? [] : [[1, 'a', 100]]),
  }),
  optimize: {
    alone: (rows) => rows,
    stage(world, base) {
      const replaced = [...base.files].filter(([, add]) => add.partitionValues['part'] === 'a').map(([path]) => path);
      if (replaced.length < 2) return undefined;
      const files = writeRows(world, rowsOf(world, replaced));
      const rewrite = { operation: 'OPTIMIZE', dataChange: false, replaced: new Set(replaced), files };
      return stageRewrite(base, { ...detailsOf(world), ...rewrite });
    },
  },
  restore: {
    alone: () => first,
    stage: (world, base) => stageRestore(base, restored(world), detailsOf(world)),
  },
  'set a property': {
    alone: (rows) => rows,
    stage: (world, base) =>
      stageAppend(base, { ...detailsOf(world), files: [], change: { configuration: { x: String((fresh += 1)) } } }),
  },
  vacuum: {
    alone: (rows) => rows,
    async act(world, io, base) {
      const isUnneeded = vacuumTest(base, io, io.now() - 7 * 86_400_000);
      for (const [path, { modifiedMs }] of world.io.objects) {
        if (path.startsWith('_') || !isUnneeded({ path, modifiedMs })) continue;
        world.rows.delete(path);
        await io.store.delete(path);
      }
    },
  },
  checkpoint: { alone: (rows) => rows, act: (_, io, base) => writeCheckpoint(io, base) },
};

type Outcome = 'done' | 'nothing' | { readonly conflict: string };

/**
 * Runs an operation that asks before each phase whether it is its turn: before it reads, before it writes files, before its
 * commit is put, and before what is done for the log after that.
 */
async function runPhases(world: World, operation: Operation, turn: () => Promise<void>): Promise<Outcome> {
  let puts = 0;
  const { store } = world.io;
  const putIfAbsent: TableStore['putIfAbsent'] = async (path, bytes) => {
    puts += 1;
    if (puts === 1) await turn();
    const result = await store.putIfAbsent(path, bytes);
    if (puts === 1) await turn();
    return result;
  };
  const io: TableIo = {
    store: {
      ...store,
      putIfAbsent,
      // Written before the turn in which it gets a name, perhaps another one.
      draft: async (_, bytes) => ({ putIfAbsent: (path) => putIfAbsent(path, bytes), drop: () => undefined }),
    },
    checkpoints: world.io.checkpoints,
    now: () => world.io.now(),
  };
  await turn();
  const base = await readSnapshot(io);
  await turn();
  if (operation.act !== undefined) {
    await operation.act(world, io, base);
    return 'nothing';
  }
  const staged = operation.stage?.(world, base);
  if (staged === undefined) return 'nothing';
  const plain: StagedCommit = JSON.parse(JSON.stringify(staged));
  const result = await commitStaged(io, plain, { base });
  return result.kind === 'committed' ? 'done' : { conflict: result.reason };
}

/** Runs two operations whose phases come in this order ('0' and '1'); what is left over follows. */
async function interleave(world: World, pair: readonly [Operation, Operation], order: string): Promise<Outcome[]> {
  const waiting: ((() => void) | undefined)[] = [undefined, undefined];
  const outcomes: (Outcome | undefined)[] = [undefined, undefined];
  const failures: unknown[] = [];
  for (const [i, operation] of pair.entries()) {
    const turn = (): Promise<void> =>
      new Promise((resolve) => {
        waiting[i] = resolve;
      });
    runPhases(world, operation, turn).then(
      (outcome) => {
        outcomes[i] = outcome;
      },
      (error: unknown) => {
        failures.push(error);
        outcomes[i] = 'nothing';
      },
    );
  }
  for (const who of `${order}${'0'.repeat(8)}${'1'.repeat(8)}`) {
    const go = waiting[Number(who)];
    waiting[Number(who)] = undefined;
    if (go === undefined) continue;
    go();
    // It goes on until it asks again or is done; nothing here takes time.
    while (waiting[Number(who)] === undefined && outcomes[Number(who)] === undefined) {
      await Promise.resolve();
    }
  }
  expect(failures).toEqual([]);
  return outcomes.map((outcome) => outcome ?? 'nothing');
}

const sorted = (rows: Rows): string => JSON.stringify([...rows].map((row) => JSON.stringify(row)).sort());

/** All orders of four phases of one and four of the other. */
function orders(zeros: number, ones: number): string[] {
  if (zeros === 0 || ones === 0) return ['0'.repeat(zeros) + '1'.repeat(ones)];
  return [...orders(zeros - 1, ones).map((rest) => `0${rest}`), ...orders(zeros, ones - 1).map((rest) => `1${rest}`)];
}

/**
 * By which conflicts the second of two to commit may fail (A: rows were added, R: a file that was read is gone, D: both remove a
 * file, M: properties), whichever of them it is. Rows and columns in the order of the operations.
 */
const matrix = {
  append: '- - - - - - - - - A - - -',
  'append what it counts': '. A A R A A A A R AR - - -',
  overwrite: '. . A D A AD A AD D AD - - -',
  'delete in a': '. . . D AD A - AD D R - - -',
  'update by n': '. . . . A A A A D AD - - -',
  'update of key 3': '. . . . . A - - - A - - -',
  'merge of key 5': '. . . . . . A - - A - - -',
  'merge of key 1': '. . . . . . . A D A - - -',
  optimize: '. . . . . . . . D R - - -',
  restore: '. . . . . . . . . D - - -',
  'set a property': '. . . . . . . . . . M - -',
  vacuum: '. . . . . . . . . . . - -',
  checkpoint: '. . . . . . . . . . . . -',
};

/** The first row where rows that were added without reading anything count too. */
const serializable = {
  'append what it counts': 'A',
  overwrite: 'A',
  'delete in a': 'A',
  'update by n': 'A',
  'update of key 3': '-',
  'merge of key 5': 'A',
  'merge of key 1': '-',
  optimize: '-',
};

const names = Object.keys(operations);
const pairs = Object.values(matrix).flatMap((row, i) =>
  row.split(' ').flatMap((expected, j) => (j < i ? [] : [[names[i] ?? '', names[j] ?? '', expected] as const])),
);
const reasons: Readonly<Record<string, string>> = {
  'concurrent-append': 'A',
  'concurrent-delete-read': 'R',
  'concurrent-delete-delete': 'D',
  'metadata-changed': 'M',
};

/** Runs two operations in every order of their phases, and says which conflicts there were. */
async function meet(level: string, a: string, b: string): Promise<string> {
  const [one, other] = [operations[a], operations[b]];
  if (one === undefined || other === undefined) throw new Error('There is no such operation.');
  const conflicts = new Set<string>();
  for (const order of orders(4, 4)) {
    const world = await newWorld(level);
    const outcomes = await interleave(world, [one, other], order);
    for (const outcome of outcomes) if (typeof outcome === 'object') conflicts.add(reasons[outcome.conflict] ?? '?');
    const done = [one, other].filter((_, i) => typeof outcomes[i] !== 'object');
    const serial = [done, [...done].reverse()].map((some) =>
      sorted(some.reduce((rows, operation) => operation.alone(rows), begin)),
    );
    const { files } = await readSnapshot(world.io);
    const found = sorted(rowsOf(world, files.keys()));
    expect(serial, `${order} ${JSON.stringify(outcomes)}`).toContain(found);
    // Whoever waits for the other sees what it did: no conflict.
    if (/^0000|^1111/.test(order)) expect(done).toHaveLength(2);
  }
  return [...conflicts].sort().join('') || '-';
}

describe('two operations at once', () => {
  it('are each pair of those that there are', () => expect(Object.keys(matrix)).toEqual(names));

  it.each(pairs)('%s and %s are as if one had come after the other, whenever they meet', async (a, b, expected) => {
    expect(await meet('WriteSerializable', a, b)).toBe(expected);
  });

  it.each(Object.entries(serializable))(
    'an append and %s as well, where the table asks for more',
    async (b, expected) => {
      expect(await meet('Serializable', 'append', b)).toBe(expected);
    },
  );
});
