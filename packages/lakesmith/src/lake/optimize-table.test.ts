import { join } from 'node:path';
import type { Snapshot } from '@lakesmith/delta';
import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseColumnDefinitions } from '../core/column-definitions.ts';
import { checkTable } from './check-table.ts';
import type { DeltaTable } from './delta-table.ts';
import { openInputFile } from './input-file.ts';
import { optimizeTable } from './optimize-table.ts';
import { TableBench } from './table-bench.test-suite.ts';
import { appendRows, createTable } from './write-table.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

/** Points all over a square, in no order, in three files. */
async function fill(table: DeltaTable, from = 0): Promise<void> {
  for (let i = from; i < from + 3; i += 1) {
    const file = join(bench.folder, `points${i}.parquet`);
    const sql = `select (hash(i) % 1000)::int as x, {'y': (hash(i + 7) % 1000)::int} as s, md5(i::varchar) as t
      from range(${i * 200_000}, ${(i + 1) * 200_000}) as r(i)`;
    await bench.engine.export({ sql, relations: [], timezone: 'UTC', file, format: 'parquet' });
    await appendRows(table, await readSnapshot(table.io), await openInputFile(bench.engine, file));
  }
}

const columns = 'x INTEGER, s STRUCT(y INTEGER), t VARCHAR';

/** The part of the square that a file covers, on average. */
function covered({ files }: Snapshot): number {
  const areas = [...files.values()].map(({ stats }) => {
    const { minValues: low, maxValues: high }: Record<'minValues' | 'maxValues', { x: number; s: { y: number } }> =
      JSON.parse(stats ?? '');
    return ((high.x - low.x) / 1000) * ((high.s.y - low.s.y) / 1000);
  });
  return areas.reduce((sum, area) => sum + area, 0) / areas.length;
}

const tally = 'count(*), sum(x), sum(s.y), count(distinct t)';
/** Files are cut between groups of rows, so that a few of these make a file. */
const targetBytes = 2_000_000;

describe('optimizeTable', () => {
  it('puts rows near each other that have near values in several columns, and changes none', async () => {
    const table = await bench.newTable(columns);
    await fill(table);
    const before = await bench.rows(table, tally);
    expect(covered(await readSnapshot(table.io))).toBeGreaterThan(0.9);
    const options = { zOrderBy: [['X'], ['s', 'y']], targetBytes };
    const report = await optimizeTable(table, await readSnapshot(table.io), options);
    expect(report?.filesAdded).toBeGreaterThan(3);
    expect(report).toMatchObject({ filesRemoved: 3, rowsWritten: 600_000 });
    const after = await readSnapshot(table.io);
    expect(covered(after)).toBeLessThan(0.6);
    expect(after.commitInfo?.operationParameters).toMatchObject({ zOrderBy: '["X","s.y"]' });
    expect([...after.files.values()].every((file) => file.clusteringProvider === undefined)).toBe(true);
    expect(await bench.rows(table, tally)).toEqual(before);
  });

  it('sorts rows by what the table is clustered by, once', async () => {
    const table = await bench.newFolder();
    const configuration = { 'delta.columnMapping.mode': 'name' };
    await createTable(table, {
      columns: parseColumnDefinitions(columns),
      clusterBy: [['x'], ['s', 'y']],
      configuration,
    });
    await fill(table, 10);
    const optimize = async (): ReturnType<typeof optimizeTable> =>
      await optimizeTable(table, await readSnapshot(table.io), { targetBytes });
    const before = await bench.rows(table, tally);
    expect(await optimize()).toMatchObject({ filesRemoved: 3 });
    const { files, version } = await readSnapshot(table.io);
    expect([...files.values()].map((file) => file.clusteringProvider)).toEqual(
      Array.from({ length: files.size }, () => 'lakesmith'),
    );
    expect(await bench.rows(table, tally)).toEqual(before);
    expect(await optimize()).toBeUndefined();
    await bench.append(table, [{ x: 1, s: { y: 2 }, t: 'new' }]);
    expect(await optimize()).toMatchObject({ filesRemoved: 1, filesAdded: 1, version: version + 2 });
  });

  it('sorts texts in which any sign may stand', async () => {
    const table = await bench.newTable(columns);
    for (const texts of [
      ['\0', "a\0'b"],
      ['', 'a'],
      ["'", '\u{10FFFF}\0'],
    ])
      await bench.append(
        table,
        texts.map((t, x) => ({ x, t })),
      );
    const before = await bench.rows(table);
    await optimizeTable(table, await readSnapshot(table.io), { zOrderBy: [['t'], ['x']] });
    expect(await bench.rows(table)).toEqual(before);
    expect(await checkTable(table, { deep: true })).toEqual([]);
  });

  it('refuses what rows cannot be sorted by', async () => {
    const table = await bench.newTable(columns, {}, ['x']);
    const base = await readSnapshot(table.io);
    await expect(optimizeTable(table, base, { zOrderBy: [['x']] })).rejects.toThrow('one value of it');
    await expect(optimizeTable(table, base, { zOrderBy: [['nope']] })).rejects.toThrow('no column nope');
    await bench.append(table, [{ x: 1, s: { y: 1 }, t: 'a' }]);
    const filled = await readSnapshot(table.io);
    await expect(optimizeTable(table, filled, { zOrderBy: [['s']] })).rejects.toThrow('no order');
    expect((await readSnapshot(table.io)).version).toBe(1);
  });
});
