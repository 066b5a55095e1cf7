import { readSnapshot } from '@lakesmith/delta';
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindChange } from '../serve/table-change.ts';
import { bindMerge, mergeByKey } from '../serve/table-merge.ts';
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
      message: expect.stringMatching(/numbered rows meanwhile \(version 2\)/),
      context: { reason: 'rows-numbered' },
    });
    expect(await bench.rows(table, 'n')).toEqual([[1n], [2n], [3n]]);
  });

  it.each([
    ['9223372036854775806', '1', '9223372036854775807'],
    ['-9223372036854775806', '-2', '-9223372036854775808'],
  ])('end where a BIGINT ends, before anything is written (%s by %s)', async (start, step, end) => {
    const table = await bench.newTable(
      `n BIGINT GENERATED ALWAYS AS IDENTITY (START WITH ${start} INCREMENT BY ${step}), a INTEGER`,
    );
    const files = async (): Promise<number> => (await readdir(table.locate(''), { recursive: true })).length;
    const append = async (...rows: number[]): Promise<unknown> =>
      appendRows(table, await readSnapshot(table.io), await bench.input(rows.map((a) => ({ a }))));
    const merge = async (a: number): Promise<unknown> => {
      const [base, input] = [await readSnapshot(table.io), await bench.input([{ a }])];
      const text = mergeByKey(base, input, { key: ['a'], insertOnly: false, evolves: false });
      return await changeRows(table, base, await bindMerge(table, base, input, text));
    };
    const ended = { code: 'LS2106', message: expect.stringContaining(`a BIGINT ends at ${end}`) };
    const before = await files();
    await expect(append(1, 2, 3)).rejects.toMatchObject(ended);
    expect(await files()).toBe(before);
    await append(1);
    await merge(2);
    const after = await files();
    for (const act of [() => append(3), () => merge(3)]) {
      await expect(act()).rejects.toMatchObject(ended);
      expect(await files()).toBe(after);
    }
    await merge(2);
    const given = (await bench.rows(table, 'n')).flat();
    expect(new Set(given)).toEqual(new Set([start, end].map(BigInt)));
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
