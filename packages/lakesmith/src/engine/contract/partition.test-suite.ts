import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Column, DataType } from '../../core/schema.ts';
import type { StageRequest } from '../engine.ts';
import type { EngineBench } from './bench.test-suite.ts';

/** Rows that differ in columns by which tables are divided lie in files of their own, and what cannot be written leaves none. */
export function partitionContract(bench: EngineBench): void {
  describe('stage, by partitions', () => {
    it('puts rows that differ in partition columns into different files, which do not hold them', async () => {
      const partitioned: readonly Column[] = [
        { name: 'id', type: 'long' },
        { name: 'place', type: 'string' },
        { name: 'at', type: 'timestamp' },
        { name: 'rate', type: 'double' },
      ];
      const staged = await bench.stage({
        sql: `select * from (values (1, 'a b/ü', timestamptz '2024-01-01 00:30:00.000001+01', 1.5), (2, null, null, 'nan'::double),
          (3, 'a b/ü', timestamptz '2024-01-01 00:30:00.000001+01', 1.5))`,
        columns: partitioned,
        partitionColumns: ['place', 'at', 'rate'],
        timezone: 'America/New_York',
        folder: join(bench.folder, 'partitioned'),
      });
      expect(
        staged.map(({ rows, partitionValues }) => ({ rows, partitionValues })).sort((a, b) => b.rows - a.rows),
      ).toEqual([
        { rows: 2, partitionValues: { place: 'a b/ü', at: '2023-12-31T23:30:00.000001Z', rate: '1.5' } },
        { rows: 1, partitionValues: { place: null, at: null, rate: 'NaN' } },
      ]);
      expect(staged.map(({ name }) => name.replace(/\/[^/]*$/, '')).sort()).toEqual([
        'place=__HIVE_DEFAULT_PARTITION__/at=__HIVE_DEFAULT_PARTITION__/rate=NaN',
        'place=a%20b%2F%C3%BC/at=2023-12-31T23%3A30%3A00.000001Z/rate=1.5',
      ]);
      const files = staged.map(({ name, partitionValues }) => ({
        location: join(bench.folder, 'partitioned', name),
        partitionValues,
      }));
      const relation = {
        name: 't',
        kind: 'parquet' as const,
        columns: partitioned,
        partitionColumns: ['place', 'at', 'rate'],
        files,
      };
      const rows = await bench.rows({ sql: 'select * from t order by id', relations: [relation], timezone: 'UTC' });
      expect(rows).toEqual([
        [1n, 'a b/ü', '2023-12-31T23:30:00.000001Z', 1.5],
        [2n, null, null, Number.NaN],
        [3n, 'a b/ü', '2023-12-31T23:30:00.000001Z', 1.5],
      ]);
    });

    it('puts them side by side when asked to, and leaves no folders', async () => {
      const staged = await bench.stage({
        sql: "select range as id, 'a/' || range as place from range(3)",
        columns: [
          { name: 'id', type: 'long' },
          { name: 'place', type: 'string' },
        ],
        partitionColumns: ['place'],
        flat: true,
        folder: join(bench.folder, 'flat'),
      });
      expect(new Set(staged.map(({ partitionValues }) => partitionValues['place']))).toEqual(
        new Set(['a/0', 'a/1', 'a/2']),
      );
      expect((await readdir(join(bench.folder, 'flat'))).sort()).toEqual(staged.map(({ name }) => name).sort());
    });

    it('refuses an empty text in a partition column, which tables cannot tell from NULL', async () => {
      const work = bench.stage({
        sql: "select 1 as id, '' as place",
        columns: [
          { name: 'id', type: 'long' },
          { name: 'place', type: 'string' },
        ],
        partitionColumns: ['place'],
        folder: join(bench.folder, 'empty-text'),
      });
      await expect(work).rejects.toMatchObject({ code: 'LS2106', message: expect.stringContaining('place') });
    });

    it.each<[Column['type'], string]>([
      ['date', "date 'infinity'"],
      ['date', "date '0044-03-15 (BC)'"],
      ['date', "date '12000-01-01'"],
      ['timestamp', "timestamptz '-infinity'"],
      ['timestamp', "timestamptz '9999-12-31 23:59:59.999999+00' + interval 1 microsecond"],
      ['timestamp_ntz', "timestamp '0001-01-01' - interval 1 microsecond"],
    ])('refuses in a partition column the %s %s, which the log has no text for', async (type, sql) => {
      const columns: readonly Column[] = [
        { name: 'id', type: 'long' },
        { name: 'at', type },
      ];
      const folder = join(bench.folder, 'no-day');
      const work = bench.stage({ sql: `select 1 as id, ${sql} as at`, columns, partitionColumns: ['at'], folder });
      await expect(work).rejects.toMatchObject({ code: 'LS2106', message: expect.stringContaining('1 to 9999') });
    });

    it.each<[Column['type'], string, string]>([
      ['date', "date '0001-01-01'", '0001-01-01'],
      ['timestamp', "timestamptz '9999-12-31 23:59:59.999999+00'", '9999-12-31T23:59:59.999999Z'],
      ['timestamp_ntz', "timestamp '1500-02-28 00:00:00'", '1500-02-28 00:00:00.000000'],
    ])('writes the %s %s of a partition as %s', async (type, sql, text) => {
      const columns: readonly Column[] = [
        { name: 'id', type: 'long' },
        { name: 'at', type },
      ];
      const [file] = await bench.stage({
        sql: `select 1 as id, ${sql} as at`,
        columns,
        partitionColumns: ['at'],
        folder: join(bench.folder, `day-${text.length}`),
      });
      expect(file?.partitionValues).toEqual({ at: text });
    });

    it.each<[DataType, string]>([
      ['date', "date '-infinity'"],
      ['timestamp', "timestamptz 'infinity'"],
      ['timestamp_ntz', "timestamp 'infinity'"],
      [{ type: 'array', elementType: 'date', containsNull: true }, "[date 'infinity']"],
      [
        { type: 'struct', fields: [{ name: 'b', type: 'timestamp', nullable: true, metadata: {} }] },
        "{'b': timestamptz '-infinity'}",
      ],
    ])('refuses in a column of the type %j the infinite %s', async (type, sql) => {
      const folder = join(bench.folder, 'endless');
      const work = bench.stage({ sql: `select ${sql} union all select null`, columns: [{ name: 'a', type }], folder });
      await expect(work).rejects.toMatchObject({ code: 'LS2106', message: expect.stringContaining('infinite') });
      expect(await readdir(folder)).toEqual([]);
    });

    it.each<[string, Partial<StageRequest>]>([
      ['cut by size', { fileBytes: 100_000 }],
      ['of partitions', { partitionColumns: ['p'] }],
    ])('leaves no files %s of rows that could not all be written', async (name, options) => {
      const folder = join(bench.folder, `failed-${name}`);
      const columns: readonly Column[] = [
        { name: 'a', type: 'string' },
        { name: 'p', type: 'long' },
      ];
      const fileName = 'part-00000-one-c000.parquet';
      await bench.stage({ sql: "select 'x' as a, 0 as p", columns, folder, fileName, ...options });
      const before = await readdir(folder, { recursive: true });
      const sql =
        "select case when range = 599999 then error('late') else hash(range)::varchar end as a, range % 3 as p from range(600000)";
      const other = { columns, folder, fileName: 'part-00000-two-c000.parquet', ...options };
      await expect(bench.stage({ sql, ...other })).rejects.toMatchObject({ code: 'LS2101' });
      const left = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.parquet'));
      expect(left).toEqual(before.filter((file) => file.endsWith('.parquet')));
    });
  });
}
