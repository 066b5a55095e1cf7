import { describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import type { EngineBench } from './bench.test-suite.ts';
import { rowsOf } from './bench.test-suite.ts';

const many = 'select count(*) from range(100000000) a(x), range(100000) b(y) where (a.x * b.y) % 7 = 3';

/** How it fails, is stopped and is closed. */
export function failuresContract(bench: EngineBench): void {
  describe('failures', () => {
    it.each([
      ['select * from nothing', 'LS2101'],
      ["select error('boom')", 'LS2101'],
      ['select 9223372036854775807 + 1::bigint', 'LS2105'],
      ['drop table x', 'LS4004'],
      ["copy (select 1) to '/tmp/x'", 'LS4004'],
      ['select 1; select 2', 'LS4004'],
      ["attach 'x.db'", 'LS4004'],
    ])('%s is %s', async (sql, code) => {
      await expect(bench.rows({ sql })).rejects.toMatchObject({ name: 'LakeError', code });
    });

    it('stops a runaway query, before and after it began', async () => {
      const early = new AbortController();
      early.abort();
      await expect(
        bench.engine.query({ sql: 'select 1', relations: [], timezone: 'UTC' }, { signal: early.signal }),
      ).rejects.toMatchObject({ code: 'LS2103' });
      const late = new AbortController();
      setTimeout(() => late.abort(), 100);
      const runaway = bench.engine.stage(
        {
          sql: many,
          relations: [],
          timezone: 'UTC',
          folder: bench.folder,
          fileName: 'never.parquet',
          columns: [{ name: 'n', type: 'long' }],
          fieldIds: {},
        },
        { signal: late.signal },
      );
      await expect(runaway).rejects.toMatchObject({ code: 'LS2103', retry: 'safe' });
      expect(await bench.rows({ sql: 'select 1' })).toEqual([[1]]);
    });

    it('stops a query whose rows are no longer wanted', async () => {
      const { batches } = await bench.engine.query({
        sql: 'select * from range(1000000000)',
        relations: [],
        timezone: 'UTC',
      });
      for await (const batch of batches) {
        expect(batch.rowCount).toBeGreaterThan(0);
        break;
      }
      expect(await bench.rows({ sql: 'select 2' })).toEqual([[2]]);
    });

    it('tells progress', async () => {
      const columns: readonly Column[] = [{ name: 'a', type: 'long' }];
      const staged = await bench.stage({ sql: 'select range as a from range(3000000)', columns });
      const fractions: number[] = [];
      const controller = new AbortController();
      const slow = 'select count(*) as n from t where list_sum(list_transform(range(2000), lambda x: x * a)) > 0';
      const work = bench.engine.stage(
        {
          sql: slow,
          relations: [bench.parquet('t', columns, staged)],
          timezone: 'UTC',
          folder: bench.folder,
          fileName: 'p.parquet',
          columns: [{ name: 'n', type: 'long' }],
          fieldIds: {},
        },
        {
          signal: controller.signal,
          onProgress: (fraction) => {
            fractions.push(fraction);
            controller.abort();
          },
        },
      );
      await expect(work).rejects.toMatchObject({ code: 'LS2103' });
      expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
    });

    it('says when memory does not suffice', async () => {
      const small = await bench.open({ memoryBytes: 30_000_000, threads: 1 });
      try {
        const sql = 'select count(*) from (select distinct hash(range), range from range(20000000))';
        await expect(rowsOf(small, { sql })).rejects.toMatchObject({ code: 'LS2102' });
        expect(await rowsOf(small, { sql: 'select 1' })).toEqual([[1]]);
      } finally {
        await small.close();
      }
    });

    it('is closed once and for all', async () => {
      const other = await bench.open({});
      await other.close();
      await other.close();
      await expect(other.parse(['select 1'])).rejects.toMatchObject({ code: 'LS2104' });
    });
  });
}
