import { readSnapshot } from '@lakesmith/delta';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellValue } from '../engine/engine.ts';
import { askRows } from './ask-rows.ts';
import { bindChanges } from './bind-changes.ts';
import type { DeltaTable } from './delta-table.ts';
import { matchColumns } from './input-columns.ts';
import { changeRows } from './rewrite-table.ts';
import type { RowChange } from './row-change.ts';
import type { InputRow } from './table-bench.test-suite.ts';
import { TableBench } from './table-bench.test-suite.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

const columns = `id BIGINT NOT NULL, at TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(at AS DATE)),
  twice BIGINT GENERATED ALWAYS AS (id * 2), kind VARCHAR DEFAULT 'none', n BIGINT GENERATED ALWAYS AS IDENTITY`;
const constraint = { 'delta.constraints.small': 'id < 100' };

async function newTable(more: Record<string, string> = {}): Promise<DeltaTable> {
  const table = await bench.newTable(columns, { ...constraint, ...more });
  await bench.append(table, [
    { id: 1, at: '2024-01-01T00:00:00Z' },
    { id: 2, at: '2024-01-02T00:00:00Z' },
  ]);
  return table;
}

const nothing = { operationParameters: {}, alias: 't', matched: [], unmatched: [], inserts: [] };

async function update(table: DeltaTable, set: Record<string, string>, when = 'id = 1'): Promise<void> {
  const action = { kind: 'update', set: new Map(Object.entries(set)) } as const;
  await changeRows(table, await readSnapshot(table.io), {
    ...nothing,
    operation: 'UPDATE',
    unmatched: [{ when, action }],
  });
}

/** Rows that are added where none has their id, by as many clauses as there are sets of values. */
async function merge(
  table: DeltaTable,
  rows: readonly InputRow[],
  inserts: readonly Readonly<Record<string, string>>[],
  matched: RowChange['matched'] = [],
): Promise<void> {
  const base = await readSnapshot(table.io);
  const input = await bench.input(rows);
  const { types } = matchColumns(base, input);
  const change: RowChange = {
    ...nothing,
    operation: 'MERGE',
    source: {
      relations: [input.relation('rows', types)],
      columns: input.columns.map(({ name, type }) => ({ name, type: types.get(name) ?? type })),
      alias: 's',
      on: 's.id = t.id',
    },
    matched,
    inserts: inserts.map((of, i) => ({
      ...(i < inserts.length - 1 ? { when: `s.id % 2 = ${i}` } : {}),
      values: new Map(Object.entries(of)),
    })),
  };
  await changeRows(table, base, change);
}

const rows = (table: DeltaTable): ReturnType<TableBench['rows']> => bench.rows(table, 'id, day, twice, kind, n');

describe.each([{ name: 'rewritten files' }, { name: 'deletion vectors', vectors: true }])(
  'a change by $name',
  ({ vectors }) => {
    const marks = vectors === true ? { 'delta.enableDeletionVectors': 'true' } : {};

    it('computes again what is computed from a column that is set, and nothing else', async () => {
      const table = await newTable(marks);
      await update(table, { at: '"at" + interval 1 day' });
      expect(await rows(table)).toEqual([
        [1n, '2024-01-02', 2n, 'none', 1n],
        [2n, '2024-01-02', 4n, 'none', 2n],
      ]);
      await update(table, { id: 'id + 10', at: 'null' }, 'id = 2');
      await update(table, { kind: "'x'" }, 'true');
      expect(await rows(table)).toEqual([
        [1n, '2024-01-02', 2n, 'x', 1n],
        [12n, null, 24n, 'x', 2n],
      ]);
    });

    it('gives rows that are added what they lack', async () => {
      const table = await newTable(marks);
      const brought = { id: 's.id', at: 's."when"' };
      await merge(
        table,
        [
          { id: 2, when: '2030-01-01T00:00:00Z' },
          { id: 3, when: '2024-05-06T07:08:09Z' },
          { id: 4, when: null },
        ],
        [brought],
      );
      expect((await rows(table)).slice(2)).toEqual([
        [3n, '2024-05-06', 6n, 'none', expect.any(BigInt)],
        [4n, null, 8n, 'none', expect.any(BigInt)],
      ]);
      await merge(table, [{ id: 5 }], [{ id: 's.id', kind: 'null' }]);
      expect((await rows(table)).slice(4)).toEqual([[5n, null, 10n, null, 5n]]);
      await bench.append(table, [{ id: 6 }]);
      expect((await bench.rows(table, 'n')).map(([n]) => n)).toEqual([1n, 2n, 3n, 4n, 5n, 6n]);
    });

    it('keeps what the table promises', async () => {
      const table = await newTable(marks);
      await expect(update(table, { id: 'id + 99' })).rejects.toMatchObject({ code: 'LS2107' });
      await expect(update(table, { id: 'null' })).rejects.toMatchObject({ code: 'LS2107' });
      await expect(merge(table, [{ id: 100 }], [{ id: 's.id' }])).rejects.toThrow('small');
      await expect(update(table, { day: 'null' })).rejects.toThrow('computes them: leave it out');
      await expect(update(table, { n: '1' })).rejects.toThrow('numbers rows itself: leave it out');
      await expect(merge(table, [{ id: 3 }], [{ id: 's.id', twice: '6' }])).rejects.toThrow('leave it out');
      expect((await readSnapshot(table.io)).version).toBe(1);
    });
  },
);

describe('rows that the table numbers', () => {
  const fresh = [3, 4, 5, 6, 7].map((id) => ({ id }));
  const numbers = (rows: readonly (readonly CellValue[])[]): number[] =>
    rows.map(([n]) => Number(n)).sort((a, b) => a - b);

  it.each([
    { name: 'a table' },
    { name: 'a table with row tracking', more: { 'delta.enableRowTracking': 'true' } },
    { name: 'a table with deletion vectors', more: { 'delta.enableDeletionVectors': 'true' } },
  ])('have one number each, whichever clause adds them: $name', async ({ more = {} }) => {
    const table = await newTable(more);
    await merge(table, fresh, [{ id: 's.id' }, { id: 's.id', kind: "'odd'" }]);
    const added = await bench.rows(table, 'id, kind, n');
    expect(added.slice(2).map(([id, kind]) => [id, kind])).toEqual([
      [3n, 'odd'],
      [4n, 'none'],
      [5n, 'odd'],
      [6n, 'none'],
      [7n, 'odd'],
    ]);
    expect(numbers(await bench.rows(table, 'n'))).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await bench.append(table, [{ id: 8 }]);
    expect((await bench.rows(table, 'max(n)'))[0]).toEqual([8n]);
  });

  it('are told in the feed with the numbers that they have', async () => {
    const table = await newTable({ 'delta.enableChangeDataFeed': 'true' });
    const action = { kind: 'update', set: new Map([['kind', "'met'"]]) } as const;
    await merge(table, [{ id: 1 }, ...fresh], [{ id: 's.id' }, { id: 's.id', kind: "'odd'" }], [{ action }]);
    const { relations } = await bindChanges(table, 'c', { from: 2, to: 2 });
    const told = await askRows(table, { sql: 'select n, id, kind, _change_type from c order by all', relations });
    const added = told.filter(([, , , kind]) => kind === 'insert').map((row) => row.slice(0, 3));
    expect(added).toEqual((await bench.rows(table, 'n, id, kind')).slice(2));
    expect(numbers(added)).toEqual([3, 4, 5, 6, 7]);
    expect(told.filter(([, id]) => id === 1n).map(([n, , kind]) => [n, kind])).toEqual([
      [1n, 'met'],
      [1n, 'none'],
    ]);
  });

  it('keep the numbers that they bring, where that is allowed, and the others get theirs', async () => {
    const table = await bench.newTable(
      'id BIGINT, n BIGINT GENERATED BY DEFAULT AS IDENTITY (START WITH 10 INCREMENT BY -2)',
    );
    await bench.append(table, [{ id: 1 }]);
    await merge(table, fresh, [{ id: 's.id', n: '100 + s.id' }, { id: 's.id' }]);
    const rows = await bench.rows(table, 'id, n');
    expect(rows.filter(([id]) => id === 4n || id === 6n)).toEqual([
      [4n, 104n],
      [6n, 106n],
    ]);
    const given = rows.filter(([id]) => id === 3n || id === 5n || id === 7n).map(([, n]) => Number(n));
    expect(new Set(given).size).toBe(3);
    expect(given.every((n) => n < 10 && n % 2 === 0)).toBe(true);
    await bench.append(table, [{ id: 9 }]);
    const [[last] = []] = await bench.rows(table, 'min(n) filter (where id = 9) < min(n) filter (where id < 9)');
    expect(last).toBe(true);
  });
});
