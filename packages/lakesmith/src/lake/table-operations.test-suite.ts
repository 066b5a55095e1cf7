import { compactLog, latestVersion, readSnapshot, writeCheckpoint } from '@lakesmith/delta';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { bindMerge, mergeByKey } from '../serve/table-merge.ts';
import { bindOverwrite } from '../serve/table-overwrite.ts';
import { alterTable } from './alter-table.ts';
import { askRows } from './ask-rows.ts';
import { bindChanges } from './bind-changes.ts';
import { bindTable } from './bind-table.ts';
import { cloneTable } from './clone-table.ts';
import { convertFolder } from './convert-folder.ts';
import type { DeltaTable } from './delta-table.ts';
import { downgradeTable } from './downgrade-table.ts';
import { optimizeTable } from './optimize-table.ts';
import { restoreTable } from './restore-table.ts';
import { changeRows } from './rewrite-table.ts';
import type { TableKind } from './operated-table.test-suite.ts';
import { change, cloned, rowsOf } from './operated-table.test-suite.ts';
import type { TableBench } from './table-bench.test-suite.ts';
import { vacuumTable } from './vacuum-table.ts';
import { appendRows, overwriteRows } from './write-table.ts';

/** Something that is done to a table, of which it must not matter when it is interrupted. */
export interface TableOperation {
  readonly name: string;
  /** Kinds of tables on which it takes another way. */
  readonly kinds: readonly TableKind[];
  readonly act: (bench: TableBench, table: DeltaTable) => Promise<unknown>;
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
    name: 'update',
    kinds: ['groups'],
    act: async (_, table) => change(table, { where: 'id in (3, 5000)', set: 'n = n + 1' }),
  },
  {
    name: 'merge, changing rows alone',
    kinds: ['groups'],
    act: async (bench, table) => {
      const base = await readSnapshot(table.io);
      const input = await bench.queried("select range as id, 'a' as part, 7 as n from range(2047, 2050)");
      const text = mergeByKey(base, input, { key: ['id'], insertOnly: false, evolves: false });
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
    act: async (_, table) => compactLog(table.io, await readSnapshot(table.io)),
  },
  {
    name: 'downgrade',
    kinds: ['vectors'],
    act: async (_, table) => downgradeTable(table, await readSnapshot(table.io), 'v2Checkpoint'),
  },
  {
    name: 'clone',
    kinds: ['folder'],
    act: async (bench, table) => {
      const source = await cloned(bench);
      return await cloneTable(table, { table: source, snapshot: await readSnapshot(source.io) });
    },
  },
  {
    name: 'convert',
    kinds: ['folder'],
    act: async (_, table) => convertFolder(table, parseColumnDefinitions('part INTEGER')),
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
  /** -1: there is none. */
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
  if ((await latestVersion(table.io)) === undefined)
    return { version: -1, txns: [], columns: [], rows: [], changes: undefined };
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
