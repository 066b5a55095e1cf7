import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import { parseUserType } from '../../core/type-policy.ts';
import { rowsOf } from '../contract/bench.test-suite.ts';
import type { CellValue, Engine, TextFormat } from '../engine.ts';
import { openDuckDb } from './engine.ts';

const ndjson: TextFormat = { type: 'ndjson' };
const json: TextFormat = { type: 'json' };
const csv: TextFormat = { type: 'csv', header: true };

let engine: Engine;
let folder: string;
let count = 0;
beforeAll(async () => {
  engine = await openDuckDb();
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-text-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function file(text: string | Uint8Array): Promise<string> {
  const location = join(folder, `it's ${count++}.txt`);
  await writeFile(location, text);
  return location;
}

function columns(types: Readonly<Record<string, string>>): readonly Column[] {
  return Object.entries(types).map(([name, type]) => ({ name, type: parseUserType(type) }));
}

async function read(
  format: TextFormat,
  types: Readonly<Record<string, string>>,
  ...texts: readonly (string | Uint8Array)[]
): Promise<CellValue[][]> {
  const files = await Promise.all(
    texts.map(async (text, index) => ({ location: await file(text), label: `landing/f${index}` })),
  );
  return await rowsOf(engine, {
    sql: 'select * from s',
    relations: [{ name: 's', kind: 'text-files', format, columns: columns(types), files }],
  });
}

describe('newline-delimited JSON', () => {
  it('skips blank lines, a byte order mark and carriage returns, and ignores keys that are no columns', async () => {
    expect(
      await read(
        ndjson,
        { a: 'BIGINT', b: 'VARCHAR' },
        '\uFEFF{"a":1,"x":{"y":2}}\r\n\r\n\n{"b":"ü","a":null}',
        '',
        '\n\n',
      ),
    ).toEqual([
      [1n, null, 'landing/f0'],
      [null, 'ü', 'landing/f0'],
    ]);
  });

  it.each([ndjson, json])(
    'reads one file with a byte order mark (%j), also where numbers need more care',
    async (format) => {
      for (const number of ['1.5', '0.12345678901234567890']) {
        const row = `{"a":"ü","n":${number}}`;
        const text = `\uFEFF${format === json ? `[${row}]` : `${row}\n`}`;
        expect(await read(format, { a: 'VARCHAR', n: 'VARCHAR' }, text)).toEqual([['ü', number, 'landing/f0']]);
        expect(await read(format, { n: 'DECIMAL(38,20)' }, text)).toMatchObject([
          [expect.stringContaining(number), 'landing/f0'],
        ]);
      }
    },
  );

  it.each<[string, string, CellValue]>([
    ['9223372036854775807', 'BIGINT', 9223372036854775807n],
    ['-9223372036854775808', 'BIGINT', -9223372036854775808n],
    ['9007199254740993', 'DECIMAL(38,0)', '9007199254740993'],
    ['123456789012345678901234567890', 'DECIMAL(38,0)', '123456789012345678901234567890'],
    ['0.12345678901234567890', 'DECIMAL(38,20)', '0.12345678901234567890'],
    ['12345678901234567.89', 'DECIMAL(38,2)', '12345678901234567.89'],
    ['12345678901234567.89', 'VARCHAR', '12345678901234567.89'],
    ['1.10', 'DECIMAL(12,2)', '1.10'],
    ['1e2', 'DECIMAL(12,2)', '100.00'],
    ['1e-7', 'DECIMAL(12,7)', '0.0000001'],
    ['"1.10"', 'DECIMAL(12,2)', '1.10'],
    ['12.0', 'BIGINT', 12n],
    ['9007199254740993.0', 'BIGINT', 9007199254740993n],
    ['{"q":9007199254740993.0}', 'STRUCT(q BIGINT)', { q: 9007199254740993n }],
    ['26488531173969524.00', 'DECIMAL(38,2)', '26488531173969524.00'],
    ['"12"', 'INTEGER', 12],
    ['0.1', 'DOUBLE', 0.1],
    ['9007199254740992', 'DOUBLE', 9007199254740992],
    ['true', 'BOOLEAN', true],
    ['"00417"', 'VARCHAR', '00417'],
    ['{"z":[1,"x"]}', 'VARCHAR', '{"z":[1,"x"]}'],
    ['"2026-03-10T12:00:00.123456Z"', 'TIMESTAMP', '2026-03-10T12:00:00.123456Z'],
    ['"2026-03-10T12:00:00.123456000Z"', 'TIMESTAMP', '2026-03-10T12:00:00.123456Z'],
    ['"2026-03-10 12:00:00+02:00"', 'TIMESTAMP', '2026-03-10T10:00:00Z'],
    ['"2026-03-10T12:00:00"', 'TIMESTAMP_NTZ', '2026-03-10T12:00:00'],
    ['"2026-03-10"', 'DATE', '2026-03-10'],
    ['[1,null]', 'BIGINT[]', [1n, null]],
    ['[{"q":1.50},{"q":null},null]', 'STRUCT(q DECIMAL(5,2))[]', [{ q: '1.50' }, { q: null }, null]],
    ['{"k":1}', 'MAP(VARCHAR, BIGINT)', { k: 1n }],
    ['{"7":"a"}', 'MAP(INTEGER, VARCHAR)', { 7: 'a' }],
    ['null', 'STRUCT(q BIGINT)', null],
    ['""', 'VARCHAR', ''],
  ])('%s is a %s', async (value, type, expected) => {
    expect(await read(ndjson, { a: type }, `{"a":${value}}\n`)).toEqual([[expected, 'landing/f0']]);
  });

  it.each<[string, string]>([
    ['1.5', 'BIGINT'],
    ['1.0000000000000001', 'BIGINT'],
    ['9.007199254740993e15', 'BIGINT'],
    ['1e-400', 'BIGINT'],
    ['1e-400', 'DECIMAL(38,10)'],
    ['1e-400', 'DOUBLE'],
    ['"0.000001e-320"', 'DOUBLE'],
    ['"1e-50"', 'FLOAT'],
    ['9223372036854775808', 'BIGINT'],
    ['300', 'TINYINT'],
    ['"x"', 'BIGINT'],
    ['""', 'BIGINT'],
    ['"0x1F"', 'BIGINT'],
    ['"1_000"', 'BIGINT'],
    ['true', 'BIGINT'],
    ['1.005', 'DECIMAL(12,2)'],
    ['0.12345678901234567891', 'DECIMAL(38,19)'],
    ['"a  b"', 'BIGINT'],
    ['12345.00', 'DECIMAL(4,2)'],
    ['9007199254740993', 'DOUBLE'],
    ['"x"', 'DOUBLE'],
    ['16777217', 'FLOAT'],
    ['1', 'BOOLEAN'],
    ['"yes"', 'BOOLEAN'],
    ['"2026-03-10T12:00:00Z"', 'DATE'],
    ['20260310', 'DATE'],
    ['"2026-03-10T12:00:00.1234567Z"', 'TIMESTAMP'],
    ['1773144000', 'TIMESTAMP'],
    ['"2026-03-10T12:00:00Z"', 'TIMESTAMP_NTZ'],
    ['[1,"x"]', 'BIGINT[]'],
    ['{"q":1.234}', 'STRUCT(q DECIMAL(5,2))'],
    ['{"k":"x"}', 'MAP(VARCHAR, BIGINT)'],
    ['{"x":1}', 'MAP(INTEGER, BIGINT)'],
    ['7', 'STRUCT(q BIGINT)'],
    ['7', 'BIGINT[]'],
  ])('%s is no %s: the error names file and line', async (value, type) => {
    const text = `{"a":null}\n\n{"a":${value}}\n{"a":null}\n`;
    await expect(read(ndjson, { a: type }, '{"a":null}\n', text)).rejects.toMatchObject({
      code: 'LS2004',
      context: { file: 'landing/f1' },
    });
    const cast = !/^(?:STRUCT\(q BIGINT|BIGINT\[\]$)/.test(type) || value.startsWith('[');
    if (cast)
      await expect(read(ndjson, { a: type }, '{"a":null}\n', text)).rejects.toMatchObject({
        context: { line: 3 },
        message: expect.stringContaining('landing/f1:3: column a'),
      });
  });

  it.each([
    ['{"a":1}\n\n{"a":', 3],
    ['{"a":1}\nnot json\n{"a":2}', 2],
    ['\n\n{"a" 1}\n', 3],
    ['\uFEFF{"a":1}\n{', 2],
  ])('malformed JSON is told by file and line: %j', async (text, line) => {
    await expect(read(ndjson, { a: 'BIGINT' }, text)).rejects.toMatchObject({
      code: 'LS2001',
      context: { file: 'landing/f0', line },
    });
  });

  it.each(['1', '"text"', '[1]'])('a row must be an object: %s', async (text) => {
    await expect(read(ndjson, { a: 'BIGINT' }, `${text}\n`)).rejects.toMatchObject({
      name: 'LakeError',
      context: { file: 'landing/f0' },
    });
  });

  it('a file that is gone is LS2001', async () => {
    const relations = [
      {
        name: 's',
        kind: 'text-files',
        format: ndjson,
        columns: columns({ a: 'BIGINT' }),
        files: [{ location: join(folder, 'gone.json'), label: 'gone.json' }],
      } as const,
    ];
    await expect(rowsOf(engine, { sql: 'select * from s', relations })).rejects.toMatchObject({ code: 'LS2001' });
  });

  it('keeps the order of files and lines when staged in order', async () => {
    const line = (n: number): string => `{"a":${n},"pad":"${'x'.repeat(200)}"}\n`;
    const texts = [0, 1, 2].map((part) =>
      Array.from({ length: 40_000 }, (_, index) => line(part * 40_000 + index)).join(''),
    );
    const files = await Promise.all(
      texts.map(async (text, index) => ({ location: await file(text), label: `f${index}` })),
    );
    const staged = await engine.stage({
      sql: 'select a, _source from s',
      relations: [{ name: 's', kind: 'text-files', format: ndjson, columns: columns({ a: 'BIGINT' }), files }],
      timezone: 'UTC',
      folder,
      fileName: 'ordered.parquet',
      columns: columns({ a: 'BIGINT', s: 'VARCHAR' }),
      fieldIds: {},
      ordered: true,
    });
    expect(staged).toMatchObject([{ rows: 120_000 }]);
    const wrong = `select count(*) from read_parquet('${join(folder, 'ordered.parquet')}', file_row_number = true) where a <> file_row_number or s <> 'f' || (a // 40000)`;
    expect(await rowsOf(engine, { sql: wrong })).toEqual([[0n]]);
  });
});

describe('a JSON array', () => {
  it('gives its elements, also from an empty file or array', async () => {
    expect(await read(json, { a: 'BIGINT' }, '[{"a":1},\n {"a":2}]', '', '[]')).toEqual([
      [1n, 'landing/f0'],
      [2n, 'landing/f0'],
    ]);
  });

  it('keeps every digit', async () => {
    expect(
      await read(
        json,
        { a: 'DECIMAL(38,20)' },
        '[\n{"a":0.12345678901234567890, "s": "0.12345678901234567890, \\"1.2"}\n]',
      ),
    ).toEqual([['0.12345678901234567890', 'landing/f0']]);
  });

  it('names the record that does not fit', async () => {
    await expect(read(json, { a: 'BIGINT' }, '[{"a":1},{"a":1.5}]')).rejects.toMatchObject({
      code: 'LS2004',
      context: { file: 'landing/f0', record: 2 },
    });
  });
});

describe('CSV', () => {
  it('matches columns by header, not by position; empty cells are NULL, quoted ones are texts', async () => {
    const texts = ['a,b\r\n1,"x, ""y""\nz"\r\n,\r\n', '\uFEFFB;A\n"";3\n', 'a,c\n4,5\n', 'a,b\n', '', 'a,b\n6,f'];
    expect(await read(csv, { a: 'BIGINT', b: 'VARCHAR' }, ...texts)).toEqual([
      [1n, 'x, "y"\nz', 'landing/f0'],
      [null, null, 'landing/f0'],
      [3n, '', 'landing/f1'],
      [4n, null, 'landing/f2'],
      [6n, 'f', 'landing/f5'],
    ]);
  });

  it('takes columns by position when there is no header', async () => {
    expect(await read({ type: 'csv', header: false }, { a: 'BIGINT', b: 'VARCHAR' }, '1,x\n2,y\n')).toEqual([
      [1n, 'x', 'landing/f0'],
      [2n, 'y', 'landing/f0'],
    ]);
  });

  it('takes the delimiter and quote it is told', async () => {
    expect(
      await read(
        { type: 'csv', header: true, delimiter: '\t', quote: "'" },
        { a: 'VARCHAR', b: 'VARCHAR' },
        "a\tb\n'x\ty'\t1,2\n",
      ),
    ).toEqual([['x\ty', '1,2', 'landing/f0']]);
  });

  it.each<[string, string, CellValue]>([
    ['NO', 'VARCHAR', 'NO'],
    ['00417', 'VARCHAR', '00417'],
    ['0.12345678901234567890', 'DECIMAL(38,20)', '0.12345678901234567890'],
    ['TRUE', 'BOOLEAN', true],
    ['9223372036854775807', 'BIGINT', 9223372036854775807n],
    ['2026-03-10T12:00:00Z', 'TIMESTAMP', '2026-03-10T12:00:00Z'],
  ])('%s is a %s', async (cell, type, expected) => {
    expect(await read(csv, { a: type }, `a\n${cell}\n`)).toEqual([[expected, 'landing/f0']]);
  });

  it.each<[string, string, number]>([
    ['1.5', 'BIGINT', 4],
    ['t', 'BOOLEAN', 4],
    ['1.005', 'DECIMAL(12,2)', 4],
    ['2026-02-30', 'DATE', 4],
  ])('%s is no %s: the error names file and line', async (cell, type, line) => {
    await expect(read(csv, { a: type, t: 'VARCHAR' }, `t,a\n"x\ny",\nz,${cell}\n`)).rejects.toMatchObject({
      code: 'LS2004',
      context: { file: 'landing/f0', line },
    });
  });

  it.each<[string, string | Uint8Array, number]>([
    ['too few cells', 'a,b\n1,x\n2\n', 3],
    ['too many cells', 'a,b\n1,x\n2,y,z\n', 3],
    ['not UTF-8', Uint8Array.from([97, 44, 98, 10, 49, 44, 255, 10]), 2],
  ])('%s', async (_, text, line) => {
    await expect(read(csv, { a: 'BIGINT', b: 'VARCHAR' }, 'a,b\n1,x\n', text)).rejects.toMatchObject({
      code: 'LS2001',
      context: { file: 'landing/f1', line },
    });
  });

  it('refuses two columns of one name, and lists', async () => {
    await expect(read(csv, { a: 'BIGINT' }, 'a,A\n1,2\n')).rejects.toMatchObject({ code: 'LS2001' });
    await expect(read(csv, { a: 'BIGINT[]' }, 'a\n1\n')).rejects.toMatchObject({ code: 'LS2004' });
  });
});

it('keeps the order of CSV files with different headers when staged in order', async () => {
  const part = (header: string, from: number, row: (n: number) => string): string =>
    `${header}\n${Array.from({ length: 60_000 }, (_, index) => row(from + index)).join('\n')}\n`;
  const texts = [
    part('a,b', 0, (n) => `${n},x`),
    part('b,a', 60_000, (n) => `x,${n}`),
    part('a,b', 120_000, (n) => `${n},x`),
  ];
  const files = await Promise.all(
    texts.map(async (text, index) => ({ location: await file(text), label: `f${index}` })),
  );
  await engine.stage({
    sql: 'select a, _source from s',
    relations: [{ name: 's', kind: 'text-files', format: csv, columns: columns({ a: 'BIGINT' }), files }],
    timezone: 'UTC',
    folder,
    fileName: 'csv-ordered.parquet',
    columns: columns({ a: 'BIGINT', s: 'VARCHAR' }),
    fieldIds: {},
    ordered: true,
  });
  const wrong = `select count(*), count(*) filter (where a <> file_row_number or s <> 'f' || (a // 60000)) from read_parquet('${join(folder, 'csv-ordered.parquet')}', file_row_number = true)`;
  expect(await rowsOf(engine, { sql: wrong })).toEqual([[180_000n, 0n]]);
});

it('no files are no rows', async () => {
  expect(await read(csv, { a: 'BIGINT' })).toEqual([]);
});
