import { compactLog, readSnapshot, writeCheckpoint } from '@lakesmith/delta';
import { bindChange } from '../serve/table-change.ts';
import { bindMerge, mergeByKey } from '../serve/table-merge.ts';
import { bindOverwrite } from '../serve/table-overwrite.ts';
import { alterTable } from './alter-table.ts';
import { askRows } from './ask-rows.ts';
import { bindChanges } from './bind-changes.ts';
import { bindTable } from './bind-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { downgradeTable } from './downgrade-table.ts';
import { optimizeTable } from './optimize-table.ts';
import { restoreTable } from './restore-table.ts';
import { changeRows } from './rewrite-table.ts';
import type { InputRow, TableBench } from './table-bench.test-suite.ts';
import { vacuumTable } from './vacuum-table.ts';
import { appendRows, overwriteRows } from './write-table.ts';

/** Something that is done to a table, of which it must not matter when it is interrupted. */
export interface TableOperation {
  readonly name: string;
  /** Kinds of tables on which it takes another way. */
  readonly kinds: readonly TableKind[];
  readonly act: (bench: TableBench, table: DeltaTable) => Promise<unknown>;
}

/** files: files are written anew, in partitions. vectors: rows are marked, and the next commit makes a checkpoint. */
export type TableKind = 'files' | 'vectors';

const columns = 'id BIGINT NOT NULL, part VARCHAR, n INTEGER';
const rowsOf = (first: number, count: number): InputRow[] =>
  Array.from({ length: count }, (_, i) => ({ id: first + i, part: i % 2 === 0 ? 'a' : 'b', n: 0 }));

/** A table at version 4, with several files and some that left it; in one whose rows are marked, two are deleted. */
export async function newOperated(bench: TableBench, kind: TableKind): Promise<DeltaTable> {
  const own = {
    files: { 'delta.checkpoint.writeStatsAsStruct': 'true' },
    vectors: {
      'delta.enableDeletionVectors': 'true',
      'delta.enableRowTracking': 'true',
      'delta.checkpointPolicy': 'v2',
      'delta.checkpointInterval': '5',
    },
  };
  const table = await bench.newTable(
    columns,
    { 'delta.enableChangeDataFeed': 'true', ...own[kind] },
    kind === 'files' ? ['part'] : [],
  );
  // So many that it pays to mark a few.
  await bench.append(table, rowsOf(100, 60));
  await bench.append(table, rowsOf(0, 4));
  await writeCheckpoint(table.io, await readSnapshot(table.io));
  if (kind === 'files') {
    // Whole files go, so that nothing is told yet: the next operation makes the folder of changes.
    await bench.append(table, [{ id: 20, part: 'z' }]);
    await change(table, { where: "part = 'z'" });
  } else {
    await change(table, { where: 'id in (2, 109)' });
    await bench.append(table, rowsOf(20, 2));
  }
  return table;
}

async function change(table: DeltaTable, text: { where?: string; set?: string }): Promise<unknown> {
  const base = await readSnapshot(table.io);
  return await changeRows(table, base, await bindChange(table, base, text));
}

/** All that is done to tables. */
export const tableOperations: readonly TableOperation[] = [
  {
    name: 'append',
    kinds: ['files', 'vectors'],
    act: async (bench, table) =>
      appendRows(table, await readSnapshot(table.io), await bench.input(rowsOf(30, 3)), {
        txn: { appId: 'loader', version: 7 },
      }),
  },
  {
    name: 'overwrite',
    kinds: ['files'],
    act: async (bench, table) => overwriteRows(table, await readSnapshot(table.io), await bench.input(rowsOf(40, 3))),
  },
  {
    name: 'overwrite where',
    kinds: ['files', 'vectors'],
    act: async (bench, table) => {
      const base = await readSnapshot(table.io);
      const input = await bench.input([{ id: 104, part: 'a', n: 9 }]);
      return await changeRows(table, base, await bindOverwrite(table, base, input, { where: 'id in (3, 104)' }));
    },
  },
  { name: 'delete', kinds: ['files', 'vectors'], act: async (_, table) => change(table, { where: 'id in (3, 108)' }) },
  { name: 'delete whole files', kinds: ['files'], act: async (_, table) => change(table, { where: "part = 'a'" }) },
  {
    name: 'update',
    kinds: ['files', 'vectors'],
    act: async (_, table) => change(table, { where: 'id in (3, 108)', set: 'n = n + 1' }),
  },
  {
    name: 'merge',
    kinds: ['files', 'vectors'],
    act: async (bench, table) => {
      const base = await readSnapshot(table.io);
      const input = await bench.input([
        { id: 3, part: 'b', n: 5 },
        { id: 104, part: 'a', n: -1 },
        { id: 50, part: 'c', n: 5 },
      ]);
      const text = mergeByKey(base, input, {
        key: ['id'],
        deleteWhen: 'source.n < 0',
        insertOnly: false,
        evolves: false,
      });
      return await changeRows(table, base, await bindMerge(table, base, input, text));
    },
  },
  {
    name: 'optimize',
    kinds: ['files', 'vectors'],
    act: async (_, table) => optimizeTable(table, await readSnapshot(table.io), {}),
  },
  {
    name: 'vacuum',
    kinds: ['files', 'vectors'],
    act: async (_, table) => vacuumTable(table, await readSnapshot(table.io), { retainMs: -1000, force: true }),
  },
  {
    name: 'restore',
    kinds: ['files', 'vectors'],
    act: async (_, table) =>
      restoreTable(table, await readSnapshot(table.io), await readSnapshot(table.io, { version: 2 })),
  },
  {
    name: 'checkpoint',
    kinds: ['files', 'vectors'],
    act: async (_, table) => writeCheckpoint(table.io, await readSnapshot(table.io)),
  },
  {
    name: 'compact the log',
    kinds: ['files', 'vectors'],
    act: async (_, table) => compactLog(table.io),
  },
  {
    name: 'downgrade',
    kinds: ['vectors'],
    act: async (_, table) => downgradeTable(table, await readSnapshot(table.io), 'v2Checkpoint'),
  },
  {
    name: 'alter',
    kinds: ['files'],
    act: async (_, table) =>
      alterTable(table, await readSnapshot(table.io), {
        kind: 'add',
        path: ['note'],
        field: { type: 'string', nullable: true, metadata: {} },
      }),
  },
];

/** What a table says of itself. */
export interface TableState {
  readonly version: number;
  readonly txns: unknown;
  readonly columns: readonly string[];
  readonly rows: unknown;
  /** What it tells of the versions after one. */
  readonly changes: unknown;
}

/** Reads everything that a reader can. */
export async function stateOf(
  table: DeltaTable,
  { changesAfter }: { readonly changesAfter: number },
): Promise<TableState> {
  const snapshot = await readSnapshot(table.io);
  const { relation } = await bindTable(table, 't', snapshot);
  const told =
    snapshot.version > changesAfter ? (await bindChanges(table, 'c', { from: changesAfter + 1 })).relations : undefined;
  return {
    version: snapshot.version,
    txns: [...snapshot.txns.values()].map(({ appId, version }) => `${appId} ${version}`),
    columns: snapshot.schema.fields.map(({ name }) => name),
    rows: await askRows(table, { sql: 'select * from t order by all', relations: [relation] }),
    changes:
      told &&
      (await askRows(table, { sql: 'select * exclude (_commit_timestamp) from c order by all', relations: told })),
  };
}
