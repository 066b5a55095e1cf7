import type { Snapshot } from '@lakesmith/delta';
import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Relation } from '../engine/engine.ts';
import { bindChange } from '../serve/table-change.ts';
import { askRows } from './ask-rows.ts';
import type { DeltaTable } from './delta-table.ts';
import { cloneTable } from './clone-table.ts';
import { optimizeTable } from './optimize-table.ts';
import { restoreTable } from './restore-table.ts';
import { bindRowsApart } from './rows-apart.ts';
import { changeRows } from './rewrite-table.ts';
import { TableBench } from './table-bench.test-suite.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

/** A table of which rows are marked as deleted; they lie in two files. */
async function markedTable(partitions: readonly string[] = []): Promise<DeltaTable> {
  const marks = { 'delta.enableDeletionVectors': 'true' };
  const table = await bench.newTable('id BIGINT, n BIGINT', marks, partitions);
  const rows = Array.from({ length: 400 }, (_, id) => ({ id, n: 0 }));
  await bench.append(table, rows.slice(0, 200));
  await bench.append(table, rows.slice(200));
  return table;
}

const now = (table: DeltaTable): Promise<Snapshot> => readSnapshot(table.io);

async function remove(table: DeltaTable, where: string): Promise<void> {
  const base = await now(table);
  await changeRows(table, base, await bindChange(table, base, { where }));
}

const idsOf = async (table: DeltaTable, relation: Relation): Promise<number[]> =>
  (await askRows(table, { sql: `select id from ${relation.name} order by id`, relations: [relation] })).map(([id]) =>
    Number(id),
  );

/** The rows of each of two versions that are looked at. */
async function apart(
  table: DeltaTable,
  [before, after]: readonly [Snapshot, Snapshot],
  other = table,
): Promise<readonly number[][]> {
  const relations = await bindRowsApart(
    [
      { table, snapshot: before },
      { table: other, snapshot: after },
    ],
    ['side_before', 'side_after'],
  );
  return await Promise.all(relations.map((relation) => idsOf(table, relation)));
}

describe('rows of one version that the other does not have for sure', () => {
  it('are those that were deleted meanwhile, and those that came', async () => {
    const table = await markedTable();
    await remove(table, 'id in (1, 2, 300)');
    const before = await now(table);
    await remove(table, 'id in (3, 301)');
    await bench.append(table, [{ id: 1000, n: 1 }]);
    expect(await apart(table, [before, await now(table)])).toEqual([[3, 301], [1000]]);
    expect(await apart(table, [await now(table), before])).toEqual([[1000], [3, 301]]);
  });

  it('are those that are back since a restore', async () => {
    const table = await markedTable();
    await remove(table, 'id in (1, 300)');
    const old = await now(table);
    await remove(table, 'id in (2, 301)');
    const before = await now(table);
    await restoreTable(table, before, old);
    await remove(table, 'id = 3');
    expect(await apart(table, [before, await now(table)])).toEqual([[3], [2, 301]]);
  });

  it('are none of the same version, nor of a clone of it', async () => {
    const table = await markedTable();
    await remove(table, 'id = 1');
    const own = await now(table);
    expect(await apart(table, [own, own])).toEqual([[], []]);
    const place = await bench.newFolder([bench.folder]);
    await cloneTable(place, { table, snapshot: own });
    expect(await apart(table, [own, await now(place)], place)).toEqual([[], []]);
  });

  it('are all rows of files that were written anew, and of a table whose schema changed', async () => {
    const table = await markedTable();
    await remove(table, 'id < 150 and id % 2 = 0 or id = 300');
    const before = await now(table);
    await optimizeTable(table, before, {});
    const [left, right] = await apart(table, [before, await now(table)]);
    expect(left).toEqual(right);
    expect(left?.length).toBeGreaterThan(100);
    const other = { ...before, metadata: { ...before.metadata, schemaString: `${before.metadata.schemaString} ` } };
    expect((await apart(table, [other, before])).map((rows) => rows.length)).toEqual([324, 324]);
  });
});
