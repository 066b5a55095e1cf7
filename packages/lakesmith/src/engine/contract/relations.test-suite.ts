import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import type { CellValue, Relation } from '../engine.ts';
import type { EngineBench } from './bench.test-suite.ts';

/** What the names in a query stand for. */
export function relationsContract(bench: EngineBench): void {
  describe('relations', () => {
    const columns: readonly Column[] = [
      { name: 'id', type: 'long' },
      { name: 'price', type: 'decimal(38,10)' },
      { name: 'at', type: 'timestamp' },
    ];
    const rows: Relation = {
      name: 'silver.rows',
      kind: 'rows',
      columns,
      rows: [
        [9223372036854775807n, '0.0000000001', '2026-03-10T12:00:00.123456Z'],
        [null, null, null],
      ],
    };

    it('rows given as values', async () => {
      expect(await bench.rows({ sql: 'select * from silver.rows order by id nulls last', relations: [rows] })).toEqual([
        [9223372036854775807n, '0.0000000001', '2026-03-10T12:00:00.123456Z'],
        [null, null, null],
      ]);
    });

    it('an empty relation has columns and no rows', async () => {
      expect(
        await bench.rows({
          sql: 'select count(*), count(id) from x',
          relations: [{ name: 'x', kind: 'empty', columns }],
        }),
      ).toEqual([[0n, 0n]]);
    });

    it('no row of an empty relation is the first', async () => {
      const first = 'select id from x qualify row_number() over (order by id) = 1';
      expect(await bench.rows({ sql: first, relations: [{ name: 'x', kind: 'empty', columns }] })).toEqual([]);
    });

    it('a query over relations before it, cast by position', async () => {
      const view: Relation = {
        name: 'v',
        kind: 'sql',
        columns: [{ name: 'n', type: 'integer' }],
        sql: 'select count(*) from silver.rows',
      };
      expect(await bench.rows({ sql: 'select n, typeof(n) from v', relations: [rows, view] })).toEqual([
        [2, 'INTEGER'],
      ]);
    });

    it('names that need quotes, and schemas that are called like catalogs', async () => {
      const odd: Relation = {
        name: 'system.o"d d',
        kind: 'rows',
        columns: [{ name: 'a"b', type: 'string' }],
        rows: [["it's"]],
      };
      expect(
        await bench.rows({
          sql: 'select "ü" as u from (select "a""b" as "ü" from system."o""d d")',
          relations: [odd],
        }),
      ).toEqual([["it's"]]);
      const nested =
        'with r as (select * from system."o""d d") select count(*) from r where exists (select 1 from system."o""d d" x)';
      expect(await bench.rows({ sql: nested, relations: [odd] })).toEqual([[1n]]);
    });

    it('the same name means different rows in requests at the same time', async () => {
      const ask = (n: number): Promise<CellValue[][]> =>
        bench.rows({
          sql: 'select max(a) from silver.t, range(200000)',
          relations: [{ name: 'silver.t', kind: 'rows', columns: [{ name: 'a', type: 'integer' }], rows: [[n]] }],
        });
      expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([[[1]], [[2]], [[3]]]);
    });

    it('a query is cast to its columns, and exactly where that is asked', async () => {
      const half = (exact: boolean): Promise<CellValue[][]> =>
        bench.rows({
          sql: 'select a from q',
          relations: [
            {
              name: 'q',
              kind: 'sql',
              sql: 'select 2.5::double',
              columns: [{ name: 'a', type: 'long' }],
              ...(exact ? { exact } : {}),
            },
          ],
        });
      expect(await half(false)).toEqual([[2n]]);
      await expect(half(true)).rejects.toMatchObject({ code: 'LS2105', message: expect.stringContaining('a') });
    });

    it('questions about the same rows may follow each other, also with others and with wrong ones between', async () => {
      const of = (n: number): Relation => ({
        name: 't',
        kind: 'rows',
        columns: [{ name: 'a', type: 'long' }],
        rows: [[n]],
      });
      const [one, two] = [[of(1)], [of(2)]];
      const ask = (relations: Relation[], timezone = 'UTC'): Promise<CellValue[][]> =>
        bench.rows({ sql: "select a, current_setting('TimeZone') from t", relations, timezone });
      expect(await ask(one)).toEqual([[1n, 'UTC']]);
      expect(await ask(one)).toEqual([[1n, 'UTC']]);
      expect(await ask(two)).toEqual([[2n, 'UTC']]);
      await expect(bench.rows({ sql: 'select b from t', relations: two })).rejects.toMatchObject({ code: 'LS2101' });
      expect(await ask(two, 'Europe/Vienna')).toEqual([[2n, 'Europe/Vienna']]);
      await expect(bench.rows({ sql: 'select a from t', relations: [] })).rejects.toMatchObject({ code: 'LS2101' });
      expect(await Promise.all([ask(one), ask(one), ask(two)])).toEqual([[[1n, 'UTC']], [[1n, 'UTC']], [[2n, 'UTC']]]);
    });

    it('rows that are kept are made once, where they stand in the order', async () => {
      const one = (sql: string, more: { kept?: true } = {}): Relation => ({
        name: 't',
        kind: 'sql',
        sql,
        columns: [{ name: 'a', type: 'long' }],
        ...more,
      });
      const relations: Relation[] = [
        one('select 1'),
        { ...one('select a + 10 from t', { kept: true }), name: 'kept' },
        { ...one('select a + 10 from t'), name: 'asked' },
        one('select 2', { kept: true }),
        one('select 3'),
      ];
      expect(await bench.rows({ sql: 'select t.a, kept.a, asked.a from t, kept, asked', relations })).toEqual([
        [3n, 11n, 13n],
      ]);
    });

    it('the answer of a query is cast to its columns, exactly', async () => {
      const ask = (sql: string): Promise<CellValue[][]> =>
        bench.rows({ sql, relations: [], columns: [{ name: 'n', type: 'long' }] });
      expect(await ask('select sum(x) from (values (9223372036854775806::bigint), (1)) t(x)')).toEqual([
        [9223372036854775807n],
      ]);
      expect(await ask('select 7::bigint')).toEqual([[7n]]);
      await expect(ask('select 2.5::double')).rejects.toMatchObject({
        code: 'LS2105',
        message: expect.stringContaining('n'),
      });
      await expect(ask('select 1; select 2')).rejects.toMatchObject({ code: 'LS4004' });
    });

    it('files of different schemas: missing columns are NULL, narrower types widened, names without case', async () => {
      const old = await bench.stage({
        sql: "select 1::integer as ID, {'x': 1::integer} as s",
        columns: [
          { name: 'ID', type: 'integer' },
          {
            name: 's',
            type: { type: 'struct', fields: [{ name: 'x', type: 'integer', nullable: true, metadata: {} }] },
          },
        ],
      });
      const fresh = await bench.stage({
        sql: "select 2::bigint as id, 'n' as name",
        columns: [
          { name: 'id', type: 'long' },
          { name: 'name', type: 'string' },
        ],
      });
      const field = (
        fieldName: string,
        type: Column['type'],
      ): { name: string; type: Column['type']; nullable: boolean; metadata: Record<string, unknown> } => ({
        name: fieldName,
        type,
        nullable: true,
        metadata: {},
      });
      const contract: readonly Column[] = [
        { name: 'name', type: 'string' },
        { name: 'id', type: 'long' },
        { name: 's', type: { type: 'struct', fields: [field('x', 'long'), field('y', 'string')] } },
      ];
      const relation = bench.parquet('t', contract, [...old, ...fresh]);
      expect(await bench.rows({ sql: 'select * from t order by id', relations: [relation] })).toEqual([
        [null, 1n, { x: 1n, y: null }],
        ['n', 2n, null],
      ]);
      expect(await bench.rows({ sql: 'select id from t where name is null', relations: [relation] })).toEqual([[1n]]);
    });

    it('partition values, deleted rows and positions', async () => {
      const part = await bench.stage({
        sql: 'select range as a from range(5)',
        columns: [{ name: 'a', type: 'long' }],
        ordered: true,
      });
      const other = await bench.stage({
        sql: 'select range + 10 as a from range(2)',
        columns: [{ name: 'a', type: 'long' }],
        ordered: true,
      });
      const relation: Relation = {
        name: 't',
        kind: 'parquet',
        columns: [
          { name: 'day', type: 'date' },
          { name: 'a', type: 'long' },
          { name: 'at', type: 'timestamp' },
        ],
        partitionColumns: ['day', 'at'],
        rowPositions: true,
        files: [
          {
            location: join(bench.folder, part[0]?.name ?? ''),
            partitionValues: { day: '2026-03-10', at: '2026-03-10 12:00:00' },
            rows: { kind: 'without', bitmap: Uint8Array.of(0b1101) },
          },
          {
            location: join(bench.folder, other[0]?.name ?? ''),
            partitionValues: { day: null, at: '2026-03-10T12:00:00.5Z' },
          },
        ],
      };
      expect(
        await bench.rows({ sql: 'select * from t order by a', relations: [relation], timezone: 'Europe/Berlin' }),
      ).toEqual([
        ['2026-03-10', 1n, '2026-03-10T12:00:00Z', 0n, 1n],
        ['2026-03-10', 4n, '2026-03-10T12:00:00Z', 0n, 4n],
        [null, 10n, '2026-03-10T12:00:00.500000Z', 1n, 0n],
        [null, 11n, '2026-03-10T12:00:00.500000Z', 1n, 1n],
      ]);
    });

    it('times without a zone in files of other writers are UTC', async () => {
      const file = join(bench.folder, 'local-times.parquet');
      await bench.engine.export({
        sql: "select 1 as id, timestamp '2026-07-01 00:00:00.000001' as seen",
        relations: [],
        timezone: 'UTC',
        file,
        format: 'parquet',
      });
      const own = await bench.stage({
        sql: "select 2, timestamptz '2026-07-01 12:00:00+00'",
        columns: [
          { name: 'id', type: 'long' },
          { name: 'seen', type: 'timestamp' },
        ],
      });
      const relation: Relation = {
        name: 't',
        kind: 'parquet',
        columns: [
          { name: 'id', type: 'long' },
          { name: 'seen', type: 'timestamp' },
        ],
        rowPositions: true,
        files: [
          { location: file, partitionValues: {} },
          { location: join(bench.folder, own[0]?.name ?? ''), partitionValues: {} },
        ],
      };
      for (const timezone of ['UTC', 'America/New_York']) {
        expect(
          await bench.rows({ sql: 'select id, seen, __ls_file from t order by id', relations: [relation], timezone }),
        ).toEqual([
          [1n, '2026-07-01T00:00:00.000001Z', 0n],
          [2n, '2026-07-01T12:00:00Z', 1n],
        ]);
      }
    });

    it('a parquet relation without files is empty', async () => {
      expect(
        await bench.rows({
          sql: 'select count(*), count(__ls_file) from t',
          relations: [{ name: 't', kind: 'parquet', columns, files: [], rowPositions: true }],
        }),
      ).toEqual([[0n, 0n]]);
    });
  });
}
