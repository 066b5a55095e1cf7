import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeltaTable } from '../lake/delta-table.ts';
import { changeRows } from '../lake/rewrite-table.ts';
import { TableBench } from '../lake/table-bench.test-suite.ts';
import { parseAssignments } from './assignments.ts';
import { parseMerge } from './merge-text.ts';
import { bindChange } from './table-change.ts';
import { bindMerge } from './table-merge.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

async function update(table: DeltaTable, set: string, where?: string): Promise<unknown> {
  const base = await readSnapshot(table.io);
  return await changeRows(table, base, await bindChange(table, base, { set, where }));
}

const newTable = async (): Promise<DeltaTable> => {
  const table = await bench.newTable(
    'id BIGINT, s STRUCT("A b" DECIMAL(9,2), inner STRUCT(x BIGINT, y VARCHAR)), u STRUCT(x INTEGER), l INTEGER[]',
  );
  await bench.append(table, [
    { id: 1, s: { 'A b': 1.25, inner: { x: 7, y: 'y' } }, u: { x: 1 }, l: [1] },
    { id: 2, s: null, u: null, l: null },
  ]);
  return table;
};

describe('parseAssignments', () => {
  it('finds columns, fields inside of them, and their values', () => {
    expect(
      parseAssignments(`a = b + 1, T."x, y" = 'q=1', s.f."g.h" = case when a = 1 then 2 end, t.s.f = 1`, 't'),
    ).toEqual([
      { column: 'a', value: ' b + 1' },
      { column: 'x, y', value: " 'q=1'" },
      { column: 's', fields: ['f', 'g.h'], value: ' case when a = 1 then 2 end' },
      { column: 's', fields: ['f'], value: ' 1' },
    ]);
    expect(parseAssignments('"." = 1', 't')).toEqual([{ column: '.', value: ' 1' }]);
  });

  it.each(['a', 'a =', '= 1', 'a. = 1', '.a = 1', 'a b = 1', 'a[1] = 1', "'a' = 1"])('refuses %s', (text) => {
    expect(() => parseAssignments(text, 't')).toThrow('sets no column');
  });
});

describe('a field inside of a column', () => {
  it('is set, and those beside it stay as they are', async () => {
    const table = await newTable();
    await update(table, `s.inner.y = 'z' || s.inner.y, S."a B" = s."A b" * 2, t.u.x = id + 6`, 'id = 1');
    await update(table, `s.inner.x = 5`, 'id = 2');
    expect(await bench.rows(table, 's, u, l')).toEqual([
      [{ 'A b': '2.50', inner: { x: 7n, y: 'zy' } }, { x: 7 }, [1]],
      [{ 'A b': null, inner: { x: 5n, y: null } }, null, null],
    ]);
  });

  it('is set by a merge too', async () => {
    const table = await newTable();
    const base = await readSnapshot(table.io);
    const input = await bench.input([{ id: 1, v: 'new' }]);
    const text = parseMerge(
      'MERGE INTO t USING r ON t.id = r.id WHEN MATCHED THEN UPDATE SET t.s.inner.y = r.v, u.x = t.u.x + 1',
    );
    await changeRows(table, base, await bindMerge(table, base, input, text));
    expect(await bench.rows(table, 's, u, l')).toEqual([
      [{ 'A b': '1.25', inner: { x: 7n, y: 'new' } }, { x: 2 }, [1]],
      [null, null, null],
    ]);
    for (const [set, why] of [
      ['r.v = 1', 'no column r'],
      ['id = 1, ID = 2', 'id is set twice'],
    ] as const) {
      const wrong = parseMerge(`MERGE INTO t USING r ON t.id = r.id WHEN MATCHED THEN UPDATE SET ${set}`);
      await expect(bindMerge(table, base, input, wrong)).rejects.toThrow(why);
    }
  });

  it.each([
    ['id = 1, ID = 2', 'id is set twice'],
    ['s.inner.x = 1, s.inner = null', 's.inner is set twice'],
    ['s.inner.x = 1, s.inner.X = 2', 's.inner.x is set twice'],
    ['s.nope = 1', 'no column nope'],
    ['id.x = 1', 'id has no fields'],
    ['l.element = 1', 'l has no fields'],
  ])('is refused where it is none: %s', async (set, why) => {
    await expect(update(await newTable(), set)).rejects.toThrow(why);
  });

  it('is refused when its value does not fit', async () => {
    await expect(update(await newTable(), 'u.x = 3000000000')).rejects.toMatchObject({ code: 'LS2105' });
  });
});
