import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindChange } from '../serve/table-change.ts';
import type { DeltaTable } from './delta-table.ts';
import { restoreTable } from './restore-table.ts';
import { changeRows } from './rewrite-table.ts';
import { TableBench } from './table-bench.test-suite.ts';
import { appendRows, overwriteRows } from './write-table.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

async function newTable(): Promise<DeltaTable> {
  const table = await bench.newTable('n BIGINT GENERATED ALWAYS AS IDENTITY, a INTEGER');
  await bench.append(table, [{ a: 1 }, { a: 2 }]);
  return table;
}

describe('numbers that a table gives its rows', () => {
  it('are given once, though two writers want some at the same time', async () => {
    const table = await newTable();
    const base = await readSnapshot(table.io);
    await bench.append(table, [{ a: 3 }]);
    await expect(appendRows(table, base, await bench.input([{ a: 4 }]))).rejects.toMatchObject({
      code: 'LS3301',
      context: { reason: 'metadata-changed' },
    });
    expect(await bench.rows(table, 'n')).toEqual([[1n], [2n], [3n]]);
  });

  it('are in the way of nobody who gives none', async () => {
    const table = await newTable();
    const base = await readSnapshot(table.io);
    await bench.append(table, [{ a: 3 }]);
    // Rows that were added blindly count as added later.
    await changeRows(table, base, await bindChange(table, base, { where: 'a = 1' }));
    await bench.append(table, [{ a: 5 }]);
    expect(await bench.rows(table)).toEqual([
      [2n, 2],
      [3n, 3],
      [4n, 5],
    ]);
  });

  it.each([
    ['the table went on', async () => undefined],
    [
      'the column went in between',
      async (table: DeltaTable) => {
        const input = await bench.input([{ a: 7 }]);
        await overwriteRows(table, await readSnapshot(table.io), input, { schemaChange: true });
      },
    ],
  ])('are not given again when an older version is brought back, and %s', async (_, meanwhile) => {
    const table = await newTable();
    await bench.append(table, [{ a: 3 }]);
    await meanwhile(table);
    await restoreTable(table, await readSnapshot(table.io), await readSnapshot(table.io, { version: 1 }));
    await bench.append(table, [{ a: 4 }]);
    expect(await bench.rows(table)).toEqual([
      [1n, 1],
      [2n, 2],
      [4n, 4],
    ]);
  });
});
