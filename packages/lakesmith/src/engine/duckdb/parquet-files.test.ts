import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column, DataType, StructField } from '../../core/schema.ts';
import { toEngineType } from '../../core/type-policy.ts';
import { rowsOf } from '../contract/bench.test-suite.ts';
import type { CellValue, Engine, Relation, RelationFile } from '../engine.ts';
import { openDuckDb } from './engine.ts';
import { readShapes } from './parquet-shape.ts';
import { Session } from './session.ts';

let engine: Engine;
let raw: DuckDBConnection;
let folder: string;
let count = 0;

beforeAll(async () => {
  engine = await openDuckDb({ threads: 2 });
  raw = await (await DuckDBInstance.create(':memory:')).connect();
  await raw.run("SET TimeZone = 'UTC'");
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-parquet-'));
});
afterAll(async () => {
  raw.closeSync();
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** A file as any other program may have written it. */
async function write(sql: string, options = ''): Promise<string> {
  const location = join(folder, `f${count++}.parquet`);
  await raw.run(`COPY (${sql}) TO '${location}' (FORMAT parquet${options})`);
  return location;
}

function field(name: string, type: DataType, id?: number): StructField {
  return { name, type, nullable: true, metadata: id === undefined ? {} : { 'delta.columnMapping.id': id } };
}
const struct = (...fields: StructField[]): DataType => ({ type: 'struct', fields });
const list = (elementType: DataType): DataType => ({ type: 'array', elementType, containsNull: true });
const map = (keyType: DataType, valueType: DataType): DataType => ({
  type: 'map',
  keyType,
  valueType,
  valueContainsNull: true,
});

interface Table {
  readonly fields: readonly StructField[];
  readonly stored?: readonly StructField[];
  readonly resolve?: 'name' | 'id';
  readonly partitionColumns?: readonly string[];
  readonly rowPositions?: boolean;
}

function relationOf(table: Table, files: readonly (string | RelationFile)[]): Relation {
  return {
    name: 't',
    kind: 'parquet',
    columns: table.fields.map(({ name, type }) => ({ name, type })),
    stored: { resolve: table.resolve ?? 'name', fields: table.stored ?? table.fields },
    ...(table.partitionColumns === undefined ? {} : { partitionColumns: table.partitionColumns }),
    ...(table.rowPositions === undefined ? {} : { rowPositions: table.rowPositions }),
    files: files.map((file) => (typeof file === 'string' ? { location: file, partitionValues: {} } : file)),
  };
}

async function read(
  table: Table,
  files: readonly (string | RelationFile)[],
  { sql = 'select * from t', timezone = 'UTC' } = {},
): Promise<CellValue[][]> {
  return await rowsOf(engine, { sql, relations: [relationOf(table, files)], timezone });
}

describe('columns of files', () => {
  const nested = (name: (text: string) => string): StructField[] => [
    field(name('s'), struct(field(name('a'), 'long', 2), field(name('gone'), 'string', 3)), 1),
    field(name('l'), list(struct(field(name('a'), 'long', 5))), 4),
    field(name('m'), map('string', struct(field(name('a'), 'long', 7))), 6),
    field(name('none'), struct(field(name('x'), 'integer', 9)), 8),
  ];

  it('are found by their stored names at every depth, and read where fields are missing', async () => {
    const file = await write(
      `SELECT {'c-a': 1::INTEGER, 'other': 'x'} AS "c-s", [{'c-a': 2::INTEGER}, NULL] AS "c-l",
       MAP {'k': {'c-a': 3::INTEGER}, 'n': NULL} AS "c-m", {'y': 4} AS "c-none"
       UNION ALL SELECT NULL, NULL, NULL, NULL`,
    );
    expect(await read({ fields: nested((n) => n), stored: nested((n) => `c-${n}`) }, [file])).toEqual([
      [{ a: 1n, gone: null }, [{ a: 2n }, null], { k: { a: 3n }, n: null }, { x: null }],
      [null, null, null, null],
    ]);
  });

  it('are not guessed when two have names that the engine cannot tell apart', async () => {
    const file = await write('SELECT 1 AS column_a, 2 AS column_b');
    const bytes = await readFile(file);
    await writeFile(file, Buffer.from(bytes.toString('latin1').replaceAll('column_a', 'COLUMN_B'), 'latin1'));
    await expect(read({ fields: [field('column_b', 'integer')] }, [file])).rejects.toMatchObject({
      code: 'LS3004',
      message: expect.stringContaining('more than one of its columns is called column_b'),
    });
  });

  it('are found by their ids at every depth, whatever the names', async () => {
    const ids =
      ', FIELD_IDS {s: {__duckdb_field_id: 1, gone: 2}, l: {__duckdb_field_id: 4, element: {__duckdb_field_id: 40, x: 5}}, m: {__duckdb_field_id: 6, key: 60, value: {__duckdb_field_id: 61, y: 7}}, other: 10}';
    const file = await write(
      "SELECT {'gone': 1::INTEGER} AS s, [{'x': 2}] AS l, MAP {'k': {'y': 3}} AS m, 4 AS none, 5 AS other",
      ids,
    );
    expect(await read({ fields: nested((n) => n), resolve: 'id' }, [file])).toEqual([
      [{ a: 1n, gone: null }, [{ a: 2n }], { k: { a: 3n } }, null],
    ]);
  });

  it('are found by their ids inside of lists of lists, keys of maps and structs of structs, where names mislead', async () => {
    // Every pair of fields is called as the other one was: by name, all values would change their places.
    const ids = `, FIELD_IDS {
      ll: {__duckdb_field_id: 1, element: {__duckdb_field_id: 20, element: {__duckdb_field_id: 21, b: 2, a: 3}}},
      m: {__duckdb_field_id: 4, key: {__duckdb_field_id: 22, b: 5, a: 6}, value: {__duckdb_field_id: 23, element: {__duckdb_field_id: 24, b: 7, a: 8}}},
      s: {__duckdb_field_id: 9, b: {__duckdb_field_id: 10, b: 11, a: 12}, a: 13}}`;
    const pair = (a: number, b: number): string => `{'b': ${a}, 'a': ${b}}`;
    const file = await write(
      `SELECT [[${pair(2, 3)}, NULL], NULL] AS ll, MAP {${pair(5, 6)}: [${pair(7, 8)}]} AS m, {'b': ${pair(11, 12)}, 'a': 13} AS s`,
      ids,
    );
    const two = (a: number, b: number): DataType => struct(field('a', 'long', a), field('b', 'long', b));
    const fields = [
      field('ll', list(list(two(2, 3))), 1),
      field('m', map(two(5, 6), list(two(7, 8))), 4),
      field('s', struct(field('a', two(11, 12), 10), field('b', 'long', 13)), 9),
    ];
    const sql = 'select ll, map_keys(m), map_values(m), s from t';
    expect(await read({ fields, resolve: 'id' }, [file], { sql })).toEqual([
      [[[{ a: 2n, b: 3n }, null], null], [{ a: 5n, b: 6n }], [[{ a: 7n, b: 8n }]], { a: { a: 11n, b: 12n }, b: 13n }],
    ]);
  });

  it('may have any name, also those by which the engine counts files and rows', async () => {
    const names = [
      'file_row_number',
      'FILE_INDEX',
      '_files',
      'a.b',
      'we"ird`\'n',
      'Ünï',
      '_v0',
      '_column1',
      'filename',
    ];
    const items = names.map((name, i) => `range * 10 + ${i} AS "${name.replace('"', '""')}"`);
    const file = await write(`SELECT ${items.join(', ')} FROM range(3)`);
    const other = await write(`SELECT ${items.join(', ')} FROM range(5, 7)`);
    const fields = [...names.map((name) => field(name, 'long')), field('p', 'string')];
    const rows = { kind: 'without' as const, bitmap: Uint8Array.of(0b101) };
    const values = (n: number): bigint[] => names.map((_, i) => BigInt(n * 10 + i));
    expect(
      await read(
        { fields, partitionColumns: ['p'], rowPositions: true },
        [
          { location: file, partitionValues: { p: 'x' }, rows },
          { location: other, partitionValues: { p: 'y' }, rows },
        ],
        { sql: 'select * from t order by __ls_file' },
      ),
    ).toEqual([
      [...values(1), 'x', 0n, 1n],
      [...values(6), 'y', 1n, 1n],
    ]);
  });

  it('may differ in every file, and rows keep their places', async () => {
    const files = [
      await write('SELECT range AS a FROM range(3)'),
      await write('SELECT range::INTEGER + 10 AS a, 7 AS b FROM range(3)'),
      await write('SELECT 20::TINYINT AS A'),
      await write('SELECT 30 AS zzz'),
      await write('SELECT range + 40 AS a FROM range(2)'),
    ];
    const found = await read(
      { fields: [field('a', 'long'), field('b', 'long')], rowPositions: true },
      files.map((location, i) => ({
        location,
        partitionValues: {},
        ...(i === 1 || i === 4 ? { rows: { kind: 'without' as const, bitmap: Uint8Array.of(1) } } : {}),
      })),
      { sql: 'select * from t order by __ls_file, __ls_position' },
    );
    expect(found).toEqual([
      [0n, null, 0n, 0n],
      [1n, null, 0n, 1n],
      [2n, null, 0n, 2n],
      [11n, 7n, 1n, 1n],
      [12n, 7n, 1n, 2n],
      [20n, null, 2n, 0n],
      [null, null, 3n, 0n],
      [41n, null, 4n, 1n],
    ]);
  });

  it('that are void have no values, at any depth; a table may have no stored column at all', async () => {
    const file = await write("SELECT {'a': 1} AS s FROM range(2)");
    const fields = [field('v', 'void'), field('s', struct(field('a', 'long'), field('v', 'void')))];
    expect(await read({ fields }, [file])).toEqual([1, 2].map(() => [null, { a: 1n, v: null }]));
    const alone = { fields: [field('p', 'long')], partitionColumns: ['p'] };
    expect(await read(alone, [{ location: file, partitionValues: { p: '5' } }])).toEqual([[5n], [5n]]);
  });
});

describe('types of files', () => {
  it.each<[string, DataType, CellValue]>([
    ['(-128)::TINYINT', 'long', -128n],
    ['32767::SMALLINT', 'integer', 32767],
    ['5::INTEGER', 'byte', 5],
    ['2147483647::INTEGER', 'double', 2147483647],
    ['3.4::FLOAT', 'double', 3.4000000953674316],
    ['7::INTEGER', 'decimal(12,2)', '7.00'],
    ['9223372036854775807', 'decimal(20,1)', '9223372036854775807.0'],
    ['1.25::DECIMAL(5,2)', 'decimal(38,10)', '1.2500000000'],
    ["DATE '2020-01-02'", 'timestamp_ntz', '2020-01-02T00:00:00'],
    ["DATE '2020-01-02'", 'timestamp', '2020-01-02T00:00:00Z'],
    ["TIMESTAMP '2020-07-01 12:00:00.123456'", 'timestamp', '2020-07-01T12:00:00.123456Z'],
    ["TIMESTAMP_MS '2020-07-01 12:00:00.123'", 'timestamp', '2020-07-01T12:00:00.123000Z'],
    ["TIMESTAMP_NS '2020-07-01 12:00:00.123456'", 'timestamp_ntz', '2020-07-01T12:00:00.123456'],
    ["TIMESTAMPTZ '2020-07-01 12:00:00.5+00'", 'timestamp_ntz', '2020-07-01T12:00:00.500000'],
    ["TIMESTAMPTZ '2020-07-01 12:00:00.5+00'", 'timestamp', '2020-07-01T12:00:00.500000Z'],
    ["encode('grüße')", 'string', 'grüße'],
    ["'ab'", 'binary', Uint8Array.of(97, 98)],
  ])('%s is read as %s, at every depth and in any zone', async (sql, type, value) => {
    const file = await write(`SELECT ${sql} AS x, [${sql}, NULL] AS l, {'f': ${sql}} AS s, MAP {'k': ${sql}} AS m`);
    const fields = [
      field('x', type),
      field('l', list(type)),
      field('s', struct(field('f', type))),
      field('m', map('string', type)),
    ];
    for (const timezone of ['UTC', 'Europe/Berlin'])
      expect(await read({ fields }, [file], { timezone })).toEqual([
        [value, [value, null], { f: value }, { k: value }],
      ]);
  });

  it.each<[string, DataType]>([
    ['1.5::DOUBLE', 'long'],
    ['1.5::DOUBLE', 'decimal(10,2)'],
    ['1.25::DECIMAL(5,2)', 'decimal(5,1)'],
    ['1.25::DECIMAL(5,2)', 'integer'],
    ['1::BIGINT', 'double'],
    ['0.1::DOUBLE', 'float'],
    ["TIMESTAMP '2020-07-01 12:00:00'", 'date'],
    ["'1'", 'integer'],
    ['1', 'string'],
    ['1', 'timestamp'],
    ["'true'", 'boolean'],
    ["{'a': 1}", 'string'],
    ['[1]', 'long'],
    ['1', list('long')],
    ['[1]', struct(field('a', 'long'))],
    ["{'a': 1}", 'variant'],
  ])('%s is no %s, rather than changed', async (sql, type) => {
    const file = await write(`SELECT ${sql} AS x`);
    const refused = { code: 'LS3004', message: expect.stringContaining(file) };
    await expect(read({ fields: [field('x', type)] }, [file])).rejects.toMatchObject(refused);
    await expect(
      read({ fields: [field('l', list(type))] }, [await write(`SELECT [${sql}] AS l`)]),
    ).rejects.toMatchObject({ code: 'LS3004' });
  });

  it('a number that does not fit into a narrower column is an error', async () => {
    const file = await write('SELECT 300 AS x');
    await expect(read({ fields: [field('x', 'byte')] }, [file])).rejects.toMatchObject({ name: 'LakeError' });
  });
});

describe('variants', () => {
  // As programs write them that do not mark them as such, in both orders of the two parts.
  const bytes = (value: string): string => `'${value}'::BLOB`;
  const metadataFirst = (value: string): string =>
    `{'metadata': ${bytes('\\x01\\x00\\x00')}, 'value': ${bytes(value)}}`;
  const valueFirst = (value: string): string => `{'value': ${bytes(value)}, 'metadata': ${bytes('\\x01\\x00\\x00')}}`;

  it.each([
    ['metadata first', metadataFirst],
    ['value first', valueFirst],
  ])('that are null are told from values that are missing, at every depth (%s)', async (_, pair) => {
    const [none, truth] = [pair('\\x00'), pair('\\x04')];
    const file = await write(
      `SELECT ${none} AS v, {'w': ${none}} AS s, [${none}, NULL, ${truth}] AS l, MAP {'k': ${none}, 'n': NULL} AS m
       UNION ALL SELECT NULL, {'w': NULL}, [], MAP {}`,
    );
    const fields = [
      field('v', 'variant'),
      field('s', struct(field('w', 'variant'))),
      field('l', list('variant')),
      field('m', map('string', 'variant')),
    ];
    expect(await read({ fields }, [file])).toEqual([
      ['null', { w: 'null' }, ['null', null, 'true'], { k: 'null', n: null }],
      [null, { w: null }, [], {}],
    ]);
  });

  it('that are marked are put together by the engine', async () => {
    const file = await write(
      `SELECT v::JSON::VARIANT AS v FROM (VALUES ('{"b":[1,null],"a":9007199254740993}'), ('true'), (NULL)) t(v)`,
    );
    expect(await read({ fields: [field('v', 'variant')] }, [file])).toEqual([
      ['{"a":9007199254740993,"b":[1,null]}'],
      ['true'],
      [null],
    ]);
  });
});

describe('partition values', () => {
  it.each<[DataType, string, CellValue]>([
    ['double', '1.0E21', 1e21],
    ['double', '-0.0', -0],
    ['double', 'NaN', Number.NaN],
    ['double', '-Infinity', -Infinity],
    ['double', '-inf', -Infinity],
    ['float', 'inf', Infinity],
    ['float', '3.4028235E38', 3.4028234663852886e38],
    ['binary', 'grüße', new Uint8Array(Buffer.from('grüße'))],
    ['decimal(38,18)', '0E-18', '0.000000000000000000'],
    ['decimal(5,2)', '-1.5', '-1.50'],
    ['long', '-9223372036854775808', -9223372036854775808n],
    ['boolean', 'true', true],
    ['date', '+12345-01-02', '12345-01-02'],
    ['date', '-0044-03-15', '0045-03-15 (BC)'],
    ['timestamp', '2020-01-01 00:00:00.123456', '2020-01-01T00:00:00.123456Z'],
    ['timestamp', '2020-01-01T02:00:00.5+02:00', '2020-01-01T00:00:00.500000Z'],
    ['timestamp', '2020-01-01', '2020-01-01T00:00:00Z'],
    ['timestamp', '+10000-01-01 00:00:00.000001', '+010000-01-01T00:00:00.000001Z'],
    ['timestamp_ntz', '2020-01-01 00:00:00', '2020-01-01T00:00:00'],
    ['string', "it's [x]", "it's [x]"],
    ['string', '', null],
  ])('a %s %s', async (type, text, value) => {
    const location = await write('SELECT 1 AS a');
    const table = { fields: [field('p', type), field('a', 'long')], partitionColumns: ['p'] };
    const file = (p: string | null): RelationFile => ({ location, partitionValues: { p } });
    for (const timezone of ['UTC', 'Europe/Berlin']) {
      expect(await read(table, [file(text)], { timezone })).toEqual([[value, 1n]]);
      const all = await read(table, [file(null), file(text)], {
        timezone,
        sql: 'select * from t order by p is not null',
      });
      expect(all).toEqual([
        [null, 1n],
        [value, 1n],
      ]);
    }
  });

  it.each<[DataType, string]>([
    ['long', '1.5'],
    ['integer', 'x'],
    ['decimal(5,1)', '1.25'],
    ['decimal(5,1)', '1e-2'],
    ['boolean', 'yes'],
    ['date', '2020-01-01 12:00:00'],
    ['timestamp', '2020-01-01 00:00:00.1234567'],
    ['timestamp_ntz', '2020-01-01 00:00:00+01'],
    ['double', '1,5'],
  ])('that are no %s (%s) are refused', async (type, p) => {
    const location = await write('SELECT 1 AS a');
    await expect(
      read({ fields: [field('p', type)], partitionColumns: ['p'] }, [{ location, partitionValues: { p } }]),
    ).rejects.toMatchObject({ code: 'LS3004' });
  });
});

describe('rows of files', () => {
  it('only those of the bitmap, or those not of it, however long it is', async () => {
    const location = await write('SELECT range AS a FROM range(20)');
    const of = (kind: 'without' | 'only', ...bytes: number[]): RelationFile => ({
      location,
      partitionValues: {},
      rows: { kind, bitmap: Uint8Array.from(bytes) },
    });
    const table = { fields: [field('a', 'long')], rowPositions: true };
    const sums = 'select __ls_file, count(*), sum(a)::bigint from t group by 1 order by 1';
    const files = [
      of('without', 0b11),
      of('only', 0b11),
      of('only'),
      of('without'),
      of('without', 0, 0, 0xff, 0xff, 0xff),
      of('only', 0, 0, 0xff, 0xff, 0xff),
      { location, partitionValues: {} },
    ];
    expect(await read(table, files, { sql: sums })).toEqual([
      [0n, 18n, 189n],
      [1n, 2n, 1n],
      [3n, 20n, 190n],
      [4n, 16n, 120n],
      [5n, 4n, 70n],
      [6n, 20n, 190n],
    ]);
  });

  it('of a thousand files, each with its own bitmap', async () => {
    const location = await write('SELECT range AS a FROM range(40)');
    const files = Array.from({ length: 1000 }, (_, i): RelationFile => {
      // Long ones stand in values of their own.
      const bitmap = new Uint8Array(i % 7 === 0 ? 100_000 : 1 + (i % 5));
      bitmap[(i % 40) >> 3] = 1 << (i % 8);
      return { location, partitionValues: {}, rows: { kind: 'without', bitmap } };
    });
    const wrong = await read({ fields: [field('a', 'long')], rowPositions: true }, files, {
      sql: `select __ls_file from range(1000) as files(i) left join t on __ls_file = i group by i, __ls_file having
        coalesce(sum(a), 0) <> 780 - case when (__ls_file % 40) // 8 < 1 + __ls_file % 5 or __ls_file % 7 = 0 then __ls_file % 40 else 0 end`,
    });
    expect(wrong).toEqual([]);
  });

  it('of a large file, wherever its bitmap is cut, and beyond its end', async () => {
    const [small, large] = [
      await write('SELECT range AS a FROM range(20)'),
      await write('SELECT range AS a FROM range(2_500_000)'),
    ];
    const marked = [0, 7, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 9, 2 ** 21 - 1, 2 ** 21, 2_200_001];
    const bitmap = new Uint8Array(275_001);
    for (const row of marked) bitmap[row >> 3] = (bitmap[row >> 3] ?? 0) | (1 << (row & 7));
    const of = (kind: 'without' | 'only', location: string): RelationFile => ({
      location,
      partitionValues: {},
      rows: { kind, bitmap },
    });
    const files = [of('only', small), of('without', large), of('only', large)];
    const sums = 'select __ls_file, count(*), sum(a)::bigint from t group by 1 order by 1';
    const sum = marked.reduce((all, row) => all + row, 0);
    expect(await read({ fields: [field('a', 'long')], rowPositions: true }, files, { sql: sums })).toEqual([
      [0n, 2n, 7n],
      [1n, BigInt(2_500_000 - marked.length), BigInt((2_500_000 * 2_499_999) / 2 - sum)],
      [2n, BigInt(marked.length), BigInt(sum)],
    ]);
  });
});

describe('a file that was written here', () => {
  it('holds what looking at it tells', async () => {
    const types = [
      'boolean',
      'byte',
      'short',
      'integer',
      'long',
      'float',
      'double',
      'decimal(38,5)',
      'string',
      'binary',
      'date',
      'timestamp',
      'timestamp_ntz',
    ] as const;
    const columns = types.map((type, i): Column => ({ name: `c ${i}`, type }));
    const items = columns.map(({ type }) => `CAST(NULL AS ${toEngineType(type)})`);
    const [file] = await engine.stage({
      sql: `SELECT ${items.join(', ')}`,
      relations: [],
      timezone: 'UTC',
      folder,
      fileName: 'written.parquet',
      columns,
      fieldIds: Object.fromEntries(columns.map(({ name }, i) => [name, i + 7])),
    });
    const location = join(folder, file?.name ?? '');
    const copy = join(folder, 'looked-at.parquet');
    await copyFile(location, copy);
    // One call reads both only when they are of one shape.
    const instance = await DuckDBInstance.create();
    const session = await Session.open(instance, 'UTC', {});
    const shapes = await readShapes(session, [location, copy]);
    await session.close();
    instance.closeSync();
    expect(shapes.get(copy)?.fields).toHaveLength(types.length);
    expect(shapes.get(location)).toBe(shapes.get(copy));
  });
});

describe('a file that was replaced', () => {
  it('is read as what it is now', async () => {
    const location = await write('SELECT 1::BIGINT AS a');
    const table = { fields: [field('a', 'long'), field('b', 'string')] };
    expect(await read(table, [location])).toEqual([[1n, null]]);
    await writeFile(location, await readFile(await write("SELECT 'x' AS b, 2::INTEGER AS a")));
    expect(await read(table, [location])).toEqual([[2n, 'x']]);
    await writeFile(location, 'PAR1 nothing PAR1');
    await expect(read(table, [location])).rejects.toMatchObject({ code: 'LS3004' });
  });

  it('is read as what it is now, as often as it is replaced by one of its size in the same second', async () => {
    const wide = Array.from({ length: 30 }, (_, i) => `${i} AS ${'c'.repeat(70)}${i}`).join(', ');
    const [one, two] = await Promise.all(
      ['a', 'b'].map(async (name) => await readFile(await write(`SELECT 1::BIGINT AS ${name}, ${wide}`))),
    );
    const location = join(folder, 'replaced.parquet');
    const table = { fields: [field('a', 'long'), field('b', 'long')] };
    for (let i = 0; i < 20; i += 1) {
      await rm(location, { force: true });
      await writeFile(location, (i % 2 === 0 ? one : two) ?? '');
      expect(await read(table, [location])).toEqual([i % 2 === 0 ? [1n, null] : [null, 1n]]);
    }
  });
});

describe('damaged files', () => {
  it('are named, whatever is wrong with them', async () => {
    const whole = await write("SELECT range AS a, 'text ' || range AS b FROM range(5000)");
    const bytes = await readFile(whole);
    const bad = async (content: Uint8Array): Promise<string> => {
      const location = join(folder, `bad${count++}.parquet`);
      await writeFile(location, content);
      return location;
    };
    const holed = Uint8Array.from(bytes);
    holed.fill(0x5a, 4, 2000);
    const files = [
      join(folder, 'missing.parquet'),
      await bad(new Uint8Array()),
      await bad(bytes.subarray(0, bytes.length - 100)),
      await bad(Buffer.from('this is no Parquet file at all')),
    ];
    for (const file of files) {
      await expect(
        read({ fields: [field('a', 'long'), field('b', 'string')] }, [whole, file]),
        file,
      ).rejects.toMatchObject({ code: 'LS3004', message: expect.stringContaining(file) });
    }
    // Behind a whole footer the engine does not say where it was.
    for (const content of [bytes.subarray(200), holed]) {
      const file = await bad(content);
      await expect(read({ fields: [field('a', 'long'), field('b', 'string')] }, [file])).rejects.toMatchObject({
        code: 'LS3004',
        message: expect.stringContaining(file),
      });
    }
  });

  it('are not blamed for a query that fails by itself', async () => {
    const file = await write('SELECT 1 AS a');
    const table = { fields: [field('a', 'long')] };
    await expect(read(table, [file], { sql: "select error('this parquet is corrupt') from t" })).rejects.toMatchObject({
      code: 'LS2101',
    });
  });
});
