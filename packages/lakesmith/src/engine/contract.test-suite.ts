import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../core/schema.ts';
import type { CellValue, Engine, QueryRequest, Relation, StagedFile, StageRequest } from './engine.ts';

/** What an engine may use in these tests. */
export interface ContractOptions {
  readonly memoryBytes?: number;
  readonly threads?: number;
}

/** All rows of a query. */
export async function rowsOf(
  engine: Engine,
  request: Partial<QueryRequest> & { readonly sql: string },
): Promise<CellValue[][]> {
  const { batches } = await engine.query({ relations: [], timezone: 'UTC', ...request });
  const rows: CellValue[][] = [];
  for await (const batch of batches) {
    for (let row = 0; row < batch.rowCount; row++) rows.push(batch.columns.map((column) => column[row] ?? null));
  }
  return rows;
}

const many = 'select count(*) from range(100000000) a(x), range(100000) b(y) where (a.x * b.y) % 7 = 3';

/** The promises of `Engine`, kept by every implementation. */
export function engineContract(name: string, open: (options: ContractOptions) => Promise<Engine>): void {
  describe(`engine contract: ${name}`, () => {
    let engine: Engine;
    let folder: string;
    let files = 0;
    beforeAll(async () => {
      engine = await open({});
      folder = await mkdtemp(join(tmpdir(), 'lakesmith-engine-'));
    });
    afterAll(async () => {
      await engine.close();
      await rm(folder, { recursive: true, force: true });
    });

    const stage = async (
      request: Partial<StageRequest> & Pick<StageRequest, 'sql' | 'columns'>,
    ): Promise<readonly StagedFile[]> =>
      await engine.stage({
        relations: [],
        timezone: 'UTC',
        folder,
        fileNames: [`f${files++}.parquet`],
        fieldIds: {},
        ...request,
      });
    const parquet = (relationName: string, columns: readonly Column[], staged: readonly StagedFile[]): Relation => ({
      name: relationName,
      kind: 'parquet',
      columns,
      files: staged.map((file) => ({ location: join(folder, file.name), partitionValues: {} })),
    });

    describe('values', () => {
      it.each<[string, CellValue]>([
        ['9223372036854775807', 9223372036854775807n],
        ['(-9223372036854775808)::bigint', -9223372036854775808n],
        ['127::tinyint', 127],
        ['4294967295::uinteger', 4294967295n],
        ['18446744073709551615::ubigint', '18446744073709551615'],
        ["'1234567890123456789012345678.0123456789'::decimal(38,10)", '1234567890123456789012345678.0123456789'],
        ['1.50::decimal(12,2)', '1.50'],
        ['0.1::double', 0.1],
        ["timestamptz '2026-03-10 12:00:00.123456+00'", '2026-03-10T12:00:00.123456Z'],
        ["timestamptz '1969-12-31 23:59:59.999999+00'", '1969-12-31T23:59:59.999999Z'],
        ["timestamptz '2026-03-10 12:00:00+00'", '2026-03-10T12:00:00Z'],
        ["timestamp '2026-03-10 12:00:00.000001'", '2026-03-10T12:00:00.000001'],
        ["date '2026-03-10'", '2026-03-10'],
        ["date '0044-03-15 (BC)'", '0044-03-15 (BC)'],
        ['true', true],
        ["'grüße \u{1F600}'", 'grüße \u{1F600}'],
        ["'ab'::blob", Uint8Array.from([97, 98])],
        ['null', null],
        ["uuid '12345678-1234-1234-1234-123456789abc'", '12345678-1234-1234-1234-123456789abc'],
        ["time '12:34:56.000001'", '12:34:56.000001'],
        ['[1::bigint, null]', [1n, null]],
        ["{'a': 1.10::decimal(5,2), 'b': [date '2026-01-01']}", { a: '1.10', b: ['2026-01-01'] }],
        ["map {'k': 9007199254740993}", { k: 9007199254740993n }],
        ['interval 3 day', '3 days'],
      ])('%s', async (sql, value) => {
        expect(await rowsOf(engine, { sql: `select ${sql} as x` })).toEqual([[value]]);
      });

      it('announces columns after the type policy', async () => {
        const { columns, batches } = await engine.query({
          sql: "select 1 as a, sum(1::bigint) as b, '1'::json as c, interval 1 day as d",
          relations: [],
          timezone: 'UTC',
        });
        for await (const _ of batches);
        expect(columns.map((column) => column.type)).toEqual(['integer', 'long', 'string', 'string']);
      });

      it('takes parameters, exactly', async () => {
        const parameters = { big: 9007199254740993n, text: "it's", none: null, yes: true, fraction: 0.5 };
        expect(
          await rowsOf(engine, { sql: 'select $big + 0::bigint, $text, $none, $yes, $fraction', parameters }),
        ).toEqual([[9007199254740993n, "it's", null, true, 0.5]]);
      });

      it('gives an empty result with its columns', async () => {
        const { columns, batches } = await engine.query({
          sql: 'select 1::bigint as a where false',
          relations: [],
          timezone: 'UTC',
        });
        let rows = 0;
        for await (const batch of batches) rows += batch.rowCount;
        expect([columns, rows]).toEqual([[{ name: 'a', type: 'long' }], 0]);
      });

      it('reads and cuts days in the time zone of the request', async () => {
        const sql =
          "select timestamptz '2026-03-09 23:30:00+00'::date::varchar, timestamp '2026-07-01 00:00:00'::timestamptz";
        expect(await rowsOf(engine, { sql, timezone: 'Europe/Berlin' })).toEqual([
          ['2026-03-10', '2026-06-30T22:00:00Z'],
        ]);
      });
    });

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
        expect(
          await rowsOf(engine, { sql: 'select * from silver.rows order by id nulls last', relations: [rows] }),
        ).toEqual([
          [9223372036854775807n, '0.0000000001', '2026-03-10T12:00:00.123456Z'],
          [null, null, null],
        ]);
      });

      it('an empty relation has columns and no rows', async () => {
        expect(
          await rowsOf(engine, {
            sql: 'select count(*), count(id) from x',
            relations: [{ name: 'x', kind: 'empty', columns }],
          }),
        ).toEqual([[0n, 0n]]);
      });

      it('a query over relations before it, cast by position', async () => {
        const view: Relation = {
          name: 'v',
          kind: 'sql',
          columns: [{ name: 'n', type: 'integer' }],
          sql: 'select count(*) from silver.rows',
        };
        expect(await rowsOf(engine, { sql: 'select n, typeof(n) from v', relations: [rows, view] })).toEqual([
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
          await rowsOf(engine, {
            sql: 'select "ü" as u from (select "a""b" as "ü" from system."o""d d")',
            relations: [odd],
          }),
        ).toEqual([["it's"]]);
        const nested =
          'with r as (select * from system."o""d d") select count(*) from r where exists (select 1 from system."o""d d" x)';
        expect(await rowsOf(engine, { sql: nested, relations: [odd] })).toEqual([[1n]]);
      });

      it('the same name means different rows in requests at the same time', async () => {
        const ask = (n: number): Promise<CellValue[][]> =>
          rowsOf(engine, {
            sql: 'select max(a) from silver.t, range(200000)',
            relations: [{ name: 'silver.t', kind: 'rows', columns: [{ name: 'a', type: 'integer' }], rows: [[n]] }],
          });
        expect(await Promise.all([ask(1), ask(2), ask(3)])).toEqual([[[1]], [[2]], [[3]]]);
      });

      it('files of different schemas: missing columns are NULL, narrower types widened, names without case', async () => {
        const old = await stage({
          sql: "select 1::integer as ID, {'x': 1::integer} as s",
          columns: [
            { name: 'ID', type: 'integer' },
            {
              name: 's',
              type: { type: 'struct', fields: [{ name: 'x', type: 'integer', nullable: true, metadata: {} }] },
            },
          ],
        });
        const fresh = await stage({
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
        const relation = parquet('t', contract, [...old, ...fresh]);
        expect(await rowsOf(engine, { sql: 'select * from t order by id', relations: [relation] })).toEqual([
          [null, 1n, { x: 1n, y: null }],
          ['n', 2n, null],
        ]);
        expect(await rowsOf(engine, { sql: 'select id from t where name is null', relations: [relation] })).toEqual([
          [1n],
        ]);
      });

      it('partition values, deleted rows and positions', async () => {
        const part = await stage({
          sql: 'select range as a from range(5)',
          columns: [{ name: 'a', type: 'long' }],
          ordered: true,
        });
        const other = await stage({
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
              location: join(folder, part[0]?.name ?? ''),
              partitionValues: { day: '2026-03-10', at: '2026-03-10 12:00:00' },
              deletedRows: [0, 2, 3],
            },
            {
              location: join(folder, other[0]?.name ?? ''),
              partitionValues: { day: null, at: '2026-03-10T12:00:00.5Z' },
            },
          ],
        };
        expect(
          await rowsOf(engine, { sql: 'select * from t order by a', relations: [relation], timezone: 'Europe/Berlin' }),
        ).toEqual([
          ['2026-03-10', 1n, '2026-03-10T12:00:00Z', 0n, 1n],
          ['2026-03-10', 4n, '2026-03-10T12:00:00Z', 0n, 4n],
          [null, 10n, '2026-03-10T12:00:00.500000Z', 1n, 0n],
          [null, 11n, '2026-03-10T12:00:00.500000Z', 1n, 1n],
        ]);
      });

      it('times without a zone in files of other writers are UTC', async () => {
        const file = join(folder, 'local-times.parquet');
        await engine.export({
          sql: "select 1 as id, timestamp '2026-07-01 00:00:00.000001' as seen",
          relations: [],
          timezone: 'UTC',
          file,
          format: 'parquet',
        });
        const own = await stage({
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
            { location: join(folder, own[0]?.name ?? ''), partitionValues: {} },
          ],
        };
        for (const timezone of ['UTC', 'America/New_York']) {
          expect(
            await rowsOf(engine, { sql: 'select id, seen, _file from t order by id', relations: [relation], timezone }),
          ).toEqual([
            [1n, '2026-07-01T00:00:00.000001Z', 0n],
            [2n, '2026-07-01T12:00:00Z', 1n],
          ]);
        }
      });

      it('a parquet relation without files is empty', async () => {
        expect(
          await rowsOf(engine, {
            sql: 'select count(*), count(_file) from t',
            relations: [{ name: 't', kind: 'parquet', columns, files: [], rowPositions: true }],
          }),
        ).toEqual([[0n, 0n]]);
      });
    });

    describe('stage', () => {
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
        const [file] = await stage({ sql, columns, fieldIds, timezone: 'America/New_York' });
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
        const location = join(folder, file?.name ?? '');
        const ids = await rowsOf(engine, {
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
          await rowsOf(engine, {
            sql: 'select id, "at", tags, m from t order by id',
            relations: [parquet('t', columns, file === undefined ? [] : [file])],
          }),
        ).toEqual([
          [-1n, '2025-01-01T00:00:00Z', null, { j: null }],
          [9223372036854775807n, '2026-01-01T00:00:00.123456Z', ['a', null], { k: 1 }],
        ]);
        expect(file?.sizeBytes).toBeGreaterThan(100);
      });

      it('makes no file for no rows', async () => {
        const columns: readonly Column[] = [{ name: 'a', type: 'long' }];
        expect(await stage({ sql: 'select 1 as a where false', columns, fileNames: ['none.parquet'] })).toEqual([]);
        expect(await readdir(folder)).not.toContain('none.parquet');
      });

      it('keeps the order of rows in one file when asked to', async () => {
        const sql = 'select range as a, hash(range) as h from range(1000000) where hash(range) % 3 = 0';
        const staged = await stage({
          sql,
          columns: [
            { name: 'a', type: 'long' },
            { name: 'h', type: 'decimal(20,0)' },
          ],
          ordered: true,
        });
        expect(staged).toHaveLength(1);
        const relation = { ...parquet('t', [{ name: 'a', type: 'long' }], staged), rowPositions: true };
        const wrong =
          'select count(*), count(*) filter (where a < before) from (select a, lag(a) over (order by _position) as before from t)';
        expect(await rowsOf(engine, { sql: wrong, relations: [relation] })).toEqual([
          [BigInt(staged[0]?.rows ?? 0), 0n],
        ]);
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
        const done = stage({ sql: `select ${sql}`, columns: [{ name: 'total', type }] });
        if (fits) expect(await done).toHaveLength(1);
        else await expect(done).rejects.toMatchObject({ code: 'LS2105', context: { column: 'total' } });
      });

      it('takes columns by position and refuses another number of them', async () => {
        await expect(
          stage({ sql: 'select 1 as a, 2 as b', columns: [{ name: 'a', type: 'long' }] }),
        ).rejects.toMatchObject({ code: 'LS2101' });
      });

      it('reads a time without zone in the time zone of the request', async () => {
        const columns: readonly Column[] = [{ name: 'a', type: 'timestamp' }];
        const staged = await stage({
          sql: "select timestamp '2026-07-01 00:00:00'",
          columns,
          timezone: 'Europe/Berlin',
        });
        expect(await rowsOf(engine, { sql: 'select a from t', relations: [parquet('t', columns, staged)] })).toEqual([
          ['2026-06-30T22:00:00Z'],
        ]);
      });
    });

    describe('export', () => {
      it.each(['parquet', 'csv', 'ndjson'] as const)('%s', async (format) => {
        const file = join(folder, `export.${format}`);
        expect(
          await engine.export({
            sql: 'select 9007199254740993 as a, \'x,"y"\' as b union all select 2, null order by a',
            relations: [],
            timezone: 'UTC',
            file,
            format,
          }),
        ).toEqual({ rows: 2 });
        const read = { parquet: 'read_parquet', csv: 'read_csv', ndjson: 'read_json' }[format];
        expect(await rowsOf(engine, { sql: `select a, b from ${read}('${file}')` })).toEqual([
          [2n, null],
          [9007199254740993n, 'x,"y"'],
        ]);
      });
    });

    describe('columns of a query', () => {
      const relations: readonly Relation[] = [
        {
          name: 'reference.regions',
          kind: 'empty',
          columns: [
            { name: 'country', type: 'string' },
            { name: 'region', type: 'string' },
          ],
        },
      ];
      const ask = async (sql: string): ReturnType<Engine['describe']> =>
        await engine.describe({ sql, relations, timezone: 'UTC' });

      it('types after the policy', async () => {
        expect(
          await ask(
            "select country, sum(1::bigint) as n, date_trunc('month', date '2026-01-02') as m, timestamp '2026-01-01' as t from reference.regions group by 1",
          ),
        ).toEqual({
          ok: true,
          columns: [
            { name: 'country', type: 'string' },
            { name: 'n', type: 'long' },
            { name: 'm', type: 'timestamp' },
            { name: 't', type: 'timestamp' },
          ],
        });
      });

      it.each<[string, object]>([
        ['select r.regoin from reference.regions r', { problem: 'column', name: 'regoin', offset: 7 }],
        [
          "select 'ü', regoin from reference.regions",
          { problem: 'column', name: 'regoin', offset: 12, candidates: ['region', 'country'] },
        ],
        ['select 1 from reference.region', { problem: 'table', name: 'region' }],
        ['select 1 from nothing', { problem: 'table', name: 'nothing', offset: 14 }],
        ['select country, count(*) from reference.regions', { problem: 'bind', offset: 7 }],
        ['select country + [1] from reference.regions', { problem: 'bind' }],
        ['select frob(1)', { problem: 'bind', offset: 7 }],
        ['select 1 frm x from', { problem: 'parse', offset: 13 }],
        ['select interval 1 day as age', { problem: 'type', name: 'age' }],
        ["select {'a': [timestamp_ns '2026-01-01']} as s", { problem: 'type', name: 's.a.element' }],
        ['delete from reference.regions', { problem: 'parse' }],
        ['select 1; select 2', { problem: 'parse' }],
      ])('%s', async (sql, expected) => {
        const result = await ask(sql);
        expect(result).toMatchObject({ ok: false, ...expected });
        if (!result.ok) expect(result.message).not.toMatch(/LINE 1|\n/);
      });
    });

    describe('parse and print', () => {
      it('gives errors as values with offsets in characters', async () => {
        expect(await engine.parse(['select 1', "select 'üü' frm x from", 'select', 'drop table x'])).toMatchObject([
          { ok: true },
          { ok: false, offset: 16 },
          { ok: false },
          { ok: false },
        ]);
      });

      it('refuses a number that no type holds', async () => {
        expect(await engine.parse(['select 1e999'])).toMatchObject([{ ok: false }]);
      });
    });

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
        await expect(rowsOf(engine, { sql })).rejects.toMatchObject({ name: 'LakeError', code });
      });

      it('stops a runaway query, before and after it began', async () => {
        const early = new AbortController();
        early.abort();
        await expect(
          engine.query({ sql: 'select 1', relations: [], timezone: 'UTC' }, { signal: early.signal }),
        ).rejects.toMatchObject({ code: 'LS2103' });
        const late = new AbortController();
        setTimeout(() => late.abort(), 100);
        const runaway = engine.stage(
          {
            sql: many,
            relations: [],
            timezone: 'UTC',
            folder,
            fileNames: ['never.parquet'],
            columns: [{ name: 'n', type: 'long' }],
            fieldIds: {},
          },
          { signal: late.signal },
        );
        await expect(runaway).rejects.toMatchObject({ code: 'LS2103', retry: 'safe' });
        expect(await rowsOf(engine, { sql: 'select 1' })).toEqual([[1]]);
      });

      it('stops a query whose rows are no longer wanted', async () => {
        const { batches } = await engine.query({
          sql: 'select * from range(1000000000)',
          relations: [],
          timezone: 'UTC',
        });
        for await (const batch of batches) {
          expect(batch.rowCount).toBeGreaterThan(0);
          break;
        }
        expect(await rowsOf(engine, { sql: 'select 2' })).toEqual([[2]]);
      });

      it('tells progress', async () => {
        const columns: readonly Column[] = [{ name: 'a', type: 'long' }];
        const staged = await stage({ sql: 'select range as a from range(3000000)', columns });
        const fractions: number[] = [];
        const controller = new AbortController();
        const slow = 'select count(*) as n from t where list_sum(list_transform(range(2000), lambda x: x * a)) > 0';
        const work = engine.stage(
          {
            sql: slow,
            relations: [parquet('t', columns, staged)],
            timezone: 'UTC',
            folder,
            fileNames: ['p.parquet'],
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
        const small = await open({ memoryBytes: 30_000_000, threads: 1 });
        try {
          const sql = 'select count(*) from (select distinct hash(range), range from range(20000000))';
          await expect(rowsOf(small, { sql })).rejects.toMatchObject({ code: 'LS2102' });
          expect(await rowsOf(small, { sql: 'select 1' })).toEqual([[1]]);
        } finally {
          await small.close();
        }
      });

      it('is closed once and for all', async () => {
        const other = await open({});
        await other.close();
        await other.close();
        await expect(other.parse(['select 1'])).rejects.toMatchObject({ code: 'LS2104' });
      });
    });

    describe('parquet rows', () => {
      it('come back as they were written', async () => {
        const location = join(folder, 'rows.parquet');
        const columns: readonly Column[] = [
          {
            name: 'add',
            type: {
              type: 'struct',
              fields: [
                { name: 'size', type: 'long', nullable: true, metadata: {} },
                {
                  name: 'tags',
                  type: { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true },
                  nullable: true,
                  metadata: {},
                },
              ],
            },
          },
          {
            name: 'txn',
            type: { type: 'struct', fields: [{ name: 'appId', type: 'string', nullable: true, metadata: {} }] },
          },
        ];
        const lines = [
          '{"add":{"size":9007199254740993,"tags":{"a":null,"b":"x"}}}\n',
          '{"txn":{"appId":"ü"},"unknown":1}\n',
        ];
        expect(await engine.writeParquet({ location, columns, lines })).toEqual({ rows: 2 });
        expect(await engine.readParquet(location)).toEqual([
          { add: { size: 9007199254740993n, tags: { a: null, b: 'x' } }, txn: null },
          { add: null, txn: { appId: 'ü' } },
        ]);
      });
    });

    it('works in folders with odd names', async () => {
      const odd = join(folder, "it's ä [x]*?");
      await mkdir(odd);
      const columns: readonly Column[] = [{ name: 'a', type: 'integer' }];
      const [file] = await stage({ sql: 'select 1 as a', columns, folder: odd });
      const relation: Relation = {
        name: 't',
        kind: 'parquet',
        columns,
        files: [{ location: join(odd, file?.name ?? ''), partitionValues: {} }],
      };
      expect(await rowsOf(engine, { sql: 'select a from t', relations: [relation] })).toEqual([[1]]);
    });
  });
}
