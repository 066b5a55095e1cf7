import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TableBench } from './table-bench.test-suite.ts';

let bench: TableBench;
beforeAll(async () => {
  bench = await TableBench.open();
});
afterAll(() => bench.close());

describe('what is inside of a column of a file', () => {
  const columns = 'id BIGINT, s STRUCT(a INTEGER, b STRUCT(c INTEGER)), l STRUCT(x INTEGER)[], m MAP(VARCHAR, INTEGER)';

  it.each<[object, string]>([
    [{ s: { a: 1, zz: 2 } }, 's.zz'],
    [{ s: { b: { d: 1 } } }, 's.b.d'],
    [{ l: [{ x: 1, y: 2 }] }, 'l.element.y'],
  ])('is not left out when the table lacks it: %j', async (row, name) => {
    const table = await bench.newTable(columns);
    const work = bench.append(table, [{ id: 1 }, { id: 2, ...row }]);
    await expect(work).rejects.toMatchObject({ code: 'LS2002', message: expect.stringContaining(name) });
  });

  it('is found in any case, and may be absent', async () => {
    const table = await bench.newTable(columns);
    await bench.append(table, [
      { id: 1, S: { A: 1, b: { C: 2 } }, l: [{ X: 3 }, {}], m: { K: 4 } },
      { id: 2, S: {} },
    ]);
    expect(await bench.rows(table, 'id, s, l')).toEqual([
      [1n, { a: 1, b: { c: 2 } }, [{ x: 3 }, { x: null }]],
      [2n, { a: null, b: null }, null],
    ]);
  });
});
