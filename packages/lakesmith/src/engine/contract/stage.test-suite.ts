import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Column, DataType, StructField } from '../../core/schema.ts';
import type { Relation } from '../engine.ts';
import { noticeFunction } from '../engine.ts';
import type { EngineBench } from './bench.test-suite.ts';

/** Rows become data files that say what is in them. */
export function stageContract(bench: EngineBench): void {
  describe('stage', () => {
    it('tells whether a row came to the function that is asked to', async () => {
      const columns: readonly Column[] = [{ name: 'a', type: 'long' }];
      const noticed = async (condition: string): Promise<readonly [rows: number, notices: number]> => {
        let notices = 0;
        const sql = `select a from (select range as a from range(100000)) where case when ${condition} then true else ${noticeFunction}() end`;
        const files = await bench.stage({ sql, columns }, { onNotice: () => (notices += 1) });
        return [files.reduce((sum, { rows }) => sum + rows, 0), notices];
      };
      expect(await noticed('a >= 0')).toEqual([100_000, 0]);
      expect(await noticed('a <> 99999')).toEqual([99_999, 1]);
      expect(await noticed('nullif(a, 7) >= 0')).toEqual([99_999, 1]);
      expect(await noticed('a < 0')).toEqual([0, 1]);
    });

    it('makes values of a row, and checks rows as they will be', async () => {
      const columns: readonly Column[] = [
        { name: 'a', type: 'integer' },
        { name: 'b', type: 'long' },
      ];
      const sql = "select * from (values ('3', null), ('4', null)) as t(x, y)";
      const computed = { b: 'CAST(a + 1 AS BIGINT)' };
      const [file] = await bench.stage({ sql, columns, computed, checks: [{ name: 'more', sql: 'b > a' }] });
      expect(file).toMatchObject({
        rows: 2,
        stats: { a: { min: '3', max: '4' }, b: { min: '4', max: '5', nullCount: 0 } },
      });
      const checks = [
        { name: 'more', sql: 'b > a' },
        { name: 'that a is small', sql: 'CASE WHEN a > 3 THEN NULL ELSE true END' },
      ];
      await expect(bench.stage({ sql, columns, computed, checks })).rejects.toMatchObject({
        code: 'LS2107',
        message: 'Nothing was written: that a is small does not hold for {"a":4,"b":5}.',
      });
    });

    it('calls columns and what is in them by other names in files', async () => {
      const x = (name: string): StructField => ({ name, type: 'integer', nullable: true, metadata: {} });
      const list = (name: string): DataType => ({
        type: 'array',
        containsNull: true,
        elementType: { type: 'struct', fields: [x(name)] },
      });
      const map = (name: string): DataType => ({
        type: 'map',
        keyType: 'string',
        valueContainsNull: true,
        valueType: { type: 'struct', fields: [x(name)] },
      });
      const columns = [
        x('a'),
        { ...x('l'), type: list('x') },
        { ...x('m'), type: map('x') },
        { ...x('p'), type: 'string' as const },
      ];
      const stored = [
        x('c1'),
        { ...x('c2'), type: list('c3') },
        { ...x('c4'), type: map('c5') },
        { ...x('c6'), type: 'string' as const },
      ];
      const sql = `select * from (values (1, [{'x': 2}, null], map {'k': {'x': 3}}, 'v'), (4, null, null, 'v')) as t(a, l, m, p)`;
      const request = { sql, columns, stored, required: ['a'], fieldIds: { c1: 7 }, partitionColumns: ['c6'] };
      const [file] = await bench.stage(request);
      expect(file).toMatchObject({ partitionValues: { c6: 'v' }, stats: { c1: { min: '1', max: '4' } } });
      const location = join(bench.folder, file?.name ?? '');
      const rows = await bench.rows({
        sql: `select * from read_parquet('${location}', hive_partitioning = false) order by c1`,
      });
      expect(rows).toEqual([
        [1, [{ c3: 2 }, null], { k: { c5: 3 } }],
        [4, null, null],
      ]);
      expect(await bench.rows({ sql: `select field_id from parquet_schema('${location}') where name = 'c1'` })).toEqual(
        [[7n]],
      );
    });

    it('writes what the query gave, with statistics and field ids', async () => {
      const columns: readonly Column[] = [
        { name: 'id', type: 'long' },
        { name: 'price', type: 'decimal(12,2)' },
        { name: 'at', type: 'timestamp' },
        { name: 'ok', type: 'boolean' },
        { name: 'tags', type: { type: 'array', elementType: 'string', containsNull: true } },
        { name: 'x', type: 'double' },
        { name: 'm', type: { type: 'map', keyType: 'string', valueType: 'integer', valueContainsNull: true } },
        { name: 'd', type: 'date' },
        { name: 't', type: 'string' },
      ];
      const sql = `select * from (values
        (9223372036854775807, 1.5, timestamptz '2026-01-01 00:00:00.123456+00', true, ['a', null], 'nan'::double, map {'k': 1}, date '2026-01-02', 'b'),
        (-1, null, timestamptz '2025-01-01 00:00:00+00', false, null, 1.0, map {'j': null}, null, 'a'))`;
      const fieldIds = {
        id: 1,
        price: 2,
        at: 3,
        ok: 4,
        tags: 5,
        'tags.element': 6,
        x: 7,
        m: 8,
        'm.key': 9,
        'm.value': 10,
        d: 11,
        t: 12,
      };
      const [file] = await bench.stage({ sql, columns, fieldIds, timezone: 'America/New_York' });
      expect(file).toMatchObject({ rows: 2 });
      expect(file?.stats).toMatchObject({
        id: { nullCount: 0, min: '-1', max: '9223372036854775807' },
        price: { nullCount: 1, min: '1.50', max: '1.50' },
        at: { nullCount: 0, min: '2025-01-01 00:00:00+00', max: '2026-01-01 00:00:00.123456+00' },
        ok: { nullCount: 0, min: 'false', max: 'true' },
        x: { nullCount: 0, hasNan: true },
        d: { nullCount: 1, min: '2026-01-02', max: '2026-01-02' },
        t: { nullCount: 0, min: 'a', max: 'b' },
        'tags.element': { min: 'a', max: 'a' },
        'm.key': { min: 'j', max: 'k' },
      });
      const location = join(bench.folder, file?.name ?? '');
      const ids = await bench.rows({
        sql: `select name, field_id from parquet_schema('${location}') where field_id is not null order by field_id`,
      });
      expect(ids).toEqual([
        ['id', 1n],
        ['price', 2n],
        ['at', 3n],
        ['ok', 4n],
        ['tags', 5n],
        ['element', 6n],
        ['x', 7n],
        ['m', 8n],
        ['key', 9n],
        ['value', 10n],
        ['d', 11n],
        ['t', 12n],
      ]);
      expect(
        await bench.rows({
          sql: 'select id, "at", tags, m from t order by id',
          relations: [bench.parquet('t', columns, file === undefined ? [] : [file])],
        }),
      ).toEqual([
        [-1n, '2025-01-01T00:00:00Z', null, { j: null }],
        [9223372036854775807n, '2026-01-01T00:00:00.123456Z', ['a', null], { k: 1 }],
      ]);
      expect(file?.sizeBytes).toBeGreaterThan(100);
    });

    it('tells the bounds of a column whatever some of its groups of rows hold, and of none with NaN', async () => {
      const values: readonly (readonly [type: DataType, sql: string])[] = [
        ['long', 'range - 5000'],
        ['byte', '(range % 200 - 100)::tinyint'],
        ['string', "concat('v', range)"],
        ['date', "date '2020-01-01' + range::integer"],
        ['timestamp', "timestamptz '2020-01-01 00:00:00.123456+00' + to_minutes(range)"],
        ['timestamp_ntz', "timestamp '2020-01-01 00:00:00.1' + to_minutes(range)"],
        ['decimal(12,2)', '(range - 300)::decimal(12, 2)'],
        ['double', 'range * 1e30'],
        ['float', '(range / 3)::float'],
      ];
      const nullIn = { first: 'range < 2048', middle: 'range between 2048 and 4095', last: 'range >= 4096' };
      const items = values.flatMap(([type, sql], i) =>
        Object.entries(nullIn).map(([where, condition]) => ({
          column: { name: `${where}${i}`, type },
          sql: `case when ${condition} then null else ${sql} end`,
        })),
      );
      const nan = (at: number): string => `case when range = ${at} then 'nan'::double else range end`;
      const more: readonly { column: Column; sql: string }[] = [
        { column: { name: 'nanFirst', type: 'double' }, sql: nan(7) },
        { column: { name: 'nanLast', type: 'double' }, sql: nan(4000) },
        {
          column: { name: 'nanAlone', type: 'double' },
          sql: "case when range < 2048 then 'nan'::double when range < 4096 then null else range end",
        },
        {
          column: {
            name: 's',
            type: { type: 'struct', fields: [{ name: 'x', type: 'long', nullable: true, metadata: {} }] },
          },
          sql: 'case when range < 4096 then null else {x: range} end',
        },
      ];
      const all = [...items, ...more];
      const columns = all.map(({ column }) => column);
      const selected = all.map(({ column, sql }) => `${sql} as ${column.name}`).join(', ');
      const [file, ...others] = await bench.stage({
        sql: `select ${selected} from range(6144) order by range`,
        columns,
        ordered: true,
        rowGroupSize: 2048,
      });
      expect(others).toEqual([]);
      const asked = items.flatMap(({ column: { name } }) => [`min(${name})::varchar`, `max(${name})::varchar`]);
      const location = join(bench.folder, file?.name ?? '');
      const [bounds = []] = await bench.rows({ sql: `select ${asked.join(', ')} from read_parquet('${location}')` });
      for (const [i, { column }] of items.entries())
        expect(file?.stats[column.name], column.name).toMatchObject({
          nullCount: 2048,
          min: bounds[2 * i],
          max: bounds[2 * i + 1],
        });
      for (const name of ['nanFirst', 'nanLast', 'nanAlone']) expect(file?.stats[name]?.max, name).toBeUndefined();
      expect(file?.stats['s.x']).toMatchObject({ nullCount: 4096, min: '4096', max: '6143' });
    });

    it('makes no file for no rows', async () => {
      const columns: readonly Column[] = [{ name: 'a', type: 'long' }];
      expect(await bench.stage({ sql: 'select 1 as a where false', columns, fileName: 'none.parquet' })).toEqual([]);
      expect(await readdir(bench.folder)).not.toContain('none.parquet');
    });

    it('keeps the order of rows in one file when asked to', async () => {
      const sql = 'select range as a, hash(range) as h from range(1000000) where hash(range) % 3 = 0';
      const staged = await bench.stage({
        sql,
        columns: [
          { name: 'a', type: 'long' },
          { name: 'h', type: 'decimal(20,0)' },
        ],
        ordered: true,
      });
      expect(staged).toHaveLength(1);
      const relation = { ...bench.parquet('t', [{ name: 'a', type: 'long' }], staged), rowPositions: true };
      const wrong =
        'select count(*), count(*) filter (where a < before) from (select a, lag(a) over (order by __ls_position) as before from t)';
      expect(await bench.rows({ sql: wrong, relations: [relation] })).toEqual([[BigInt(staged[0]?.rows ?? 0), 0n]]);
    });

    it.each<[string, string, Column['type'], boolean]>([
      ['a sum beyond int64', 'sum(x) from (values (9223372036854775807::hugeint), (1)) v(x)', 'long', false],
      ['a sum of integers', 'sum(x) from (values (9223372036854775806), (1)) v(x)', 'long', true],
      ['a number beyond int32', '3000000000', 'integer', false],
      ['a fraction into an integer', '1.5::double', 'long', false],
      ['a whole double into an integer', '2.0::double', 'long', true],
      ['too many digits for a decimal', '1.005::decimal(10,3)', 'decimal(10,2)', false],
      ['fitting digits', '1.500::decimal(10,3)', 'decimal(10,2)', true],
      ['a time into a date', "timestamptz '2026-01-01 12:00:00+00'", 'date', false],
      ['a text that is a number', "'12'", 'long', true],
      ['a text that is no number', "'x'", 'long', false],
      ['a text with fewer digits than the decimal', "'-1'", 'decimal(38,20)', true],
      ['a text with more digits than the decimal', "'1.005'", 'decimal(10,2)', false],
      ['uint64 beyond int64', '18446744073709551615::ubigint', 'decimal(20,0)', true],
      ['a double into a float', '0.1::double', 'float', false],
    ])('casts to the contract exactly or not at all: %s', async (_, sql, type, fits) => {
      const done = bench.stage({ sql: `select ${sql}`, columns: [{ name: 'total', type }] });
      if (fits) expect(await done).toHaveLength(1);
      else await expect(done).rejects.toMatchObject({ code: 'LS2105', context: { column: 'total' } });
    });

    it('tells that new files cannot be made, and not that the files which it reads are damaged', async () => {
      const columns: readonly Column[] = [
        { name: 'a', type: 'long' },
        { name: 'p', type: 'long' },
      ];
      const relation = bench.parquet('t', columns, await bench.stage({ sql: 'select 1 as a, 2 as p', columns }));
      const folder = join(bench.folder, 'in-the-way');
      await mkdir(folder);
      await writeFile(join(folder, 'p=2'), '');
      const work = bench.stage({
        sql: 'select * from t',
        relations: [relation],
        columns,
        partitionColumns: ['p'],
        folder,
      });
      await expect(work).rejects.toMatchObject({ code: 'LS3101', message: expect.stringContaining(folder) });
    });

    it('cuts rows into files of about a size', async () => {
      const staged = await bench.stage({
        sql: 'select hash(range)::varchar as a from range(400000)',
        columns: [{ name: 'a', type: 'string' }],
        fileBytes: 1_000_000,
        folder: join(bench.folder, 'cut'),
      });
      expect(staged.length).toBeGreaterThan(2);
      expect(staged.reduce((sum, file) => sum + file.rows, 0)).toBe(400_000);
      expect(new Set(staged.map((file) => file.name)).size).toBe(staged.length);
    });

    it('keeps the whole of a name in which zeros stand by chance', async () => {
      const folder = join(bench.folder, 'zeros');
      const columns: readonly Column[] = [{ name: 'a', type: 'long' }];
      const fileName = 'part-00000-00000a1b-c00000d-c000.zstd.parquet';
      const [file] = await bench.stage({ sql: 'select 1 as a', columns, fileBytes: 1_000_000, folder, fileName });
      expect(file?.name).toBe('part-0-00000a1b-c00000d-c000.zstd.parquet');
    });

    it('takes columns by position and refuses another number of them', async () => {
      await expect(
        bench.stage({ sql: 'select 1 as a, 2 as b', columns: [{ name: 'a', type: 'long' }] }),
      ).rejects.toMatchObject({ code: 'LS2101' });
    });

    it('reads a time without zone in the time zone of the request', async () => {
      const columns: readonly Column[] = [{ name: 'a', type: 'timestamp' }];
      const staged = await bench.stage({
        sql: "select timestamp '2026-07-01 00:00:00'",
        columns,
        timezone: 'Europe/Berlin',
      });
      expect(await bench.rows({ sql: 'select a from t', relations: [bench.parquet('t', columns, staged)] })).toEqual([
        ['2026-06-30T22:00:00Z'],
      ]);
    });
  });

  it('works in folders with odd names', async () => {
    const odd = join(bench.folder, "it's ä [x]*?");
    await mkdir(odd);
    const columns: readonly Column[] = [{ name: 'a', type: 'integer' }];
    const [file] = await bench.stage({ sql: 'select 1 as a', columns, folder: odd });
    const relation: Relation = {
      name: 't',
      kind: 'parquet',
      columns,
      files: [{ location: join(odd, file?.name ?? ''), partitionValues: {} }],
    };
    expect(await bench.rows({ sql: 'select a from t', relations: [relation] })).toEqual([[1]]);
  });
}
