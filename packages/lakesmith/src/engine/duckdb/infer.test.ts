import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column, DataType } from '../../core/schema.ts';
import { toEngineType } from '../../core/type-policy.ts';
import type { Engine, TextFormat } from '../engine.ts';
import { openDuckDb } from './engine.ts';

let engine: Engine;
let folder: string;
let count = 0;
beforeAll(async () => {
  engine = await openDuckDb();
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-infer-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function infer(
  format: TextFormat,
  texts: readonly string[],
  sampleRows?: number,
  known: readonly string[] = [],
): Promise<readonly Column[]> {
  const locations = await Promise.all(
    texts.map(async (text) => {
      const location = join(folder, `${count++}.txt`);
      await writeFile(location, text);
      return location;
    }),
  );
  return await engine.infer({
    format,
    locations,
    timezone: 'UTC',
    known,
    ...(sampleRows === undefined ? {} : { sampleRows }),
  });
}

async function typesOf(format: TextFormat, ...texts: readonly string[]): Promise<Record<string, string>> {
  return Object.fromEntries((await infer(format, texts)).map((column) => [column.name, toEngineType(column.type)]));
}

const ndjson: TextFormat = { type: 'ndjson' };
const csv: TextFormat = { type: 'csv', header: true };

describe('one policy for CSV and JSON', () => {
  it.each<[DataType, readonly string[]]>([
    ['long', ['1', '-2', '0']],
    ['long', ['9223372036854775807', '-9223372036854775808']],
    ['string', ['9223372036854775808']],
    ['string', ['123456789012345678901234567890']],
    ['double', ['1', '2.5', '-3e-2']],
    ['double', ['1.0']],
    ['double', ['0.30000000000000004']],
    ['double', ['1.1000000000000001', '1.50', '0.0', '-0.0', '1e-320']],
    ['string', ['90071992547409.93', '0.5']],
    ['string', ['9007199254740993.0', '0.5']],
    ['string', ['1e-400', '0.5']],
    ['double', ['9007199254740992', '0.5']],
    ['string', ['9007199254740993', '0.5']],
    ['string', ['0.12345678901234567890']],
    ['boolean', ['true', 'false']],
  ])('%s: numbers and booleans %j', async (type, values) => {
    expect(await infer(csv, [`a,b\n${values.map((value) => `${value},x`).join('\n')}\n,x\n`])).toEqual([
      { name: 'a', type },
      { name: 'b', type: 'string' },
    ]);
    expect(await infer(ndjson, [`${values.map((value) => `{"a":${value}}`).join('\n')}\n{"a":null}\n`])).toEqual([
      { name: 'a', type },
    ]);
  });

  it.each([ndjson, csv])('a byte order mark is no part of the first name or row (%j)', async (format) => {
    const text = format === ndjson ? '\uFEFF{"a":1}\n{"a":2}\n' : '\uFEFFa\n1\n2\n';
    expect(await typesOf(format, text)).toEqual({ a: 'BIGINT' });
  });

  it('a number that a DOUBLE cannot hold says nothing of a zero below zero in another column', async () => {
    const text = '{"a":-0.0,"b":0.12345678901234567890}\n{"a":1.5,"b":0.5}\n';
    expect(await typesOf(ndjson, text)).toEqual({ a: 'DOUBLE', b: 'VARCHAR' });
  });

  it.each<[DataType, readonly string[]]>([
    ['string', ['NO', 'DE']],
    ['string', ['yes']],
    ['string', ['00417', 'x']],
    ['date', ['2026-03-10', '2026-02-28']],
    ['string', ['2026-02-30']],
    ['string', ['2026-03-10', 'soon']],
    ['string', ['10/03/2026']],
    ['timestamp', ['2026-03-10T12:00:00Z', '2026-03-10 12:00:00']],
    ['timestamp', ['2026-03-10T12:00:00.123456+02:00']],
    ['timestamp', ['2026-03-10T12:00:00.123456000Z']],
    ['string', ['2026-03-10T12:00:00.1234567Z']],
    ['string', ['2026-03-10T25:00:00Z']],
    ['string', ['2026-03-10', '2026-03-10T12:00:00Z']],
  ])('%s: texts %j', async (type, values) => {
    expect(await infer(csv, [`a,b\n${values.map((value) => `${value},x`).join('\n')}\n,x\n`])).toMatchObject([
      { name: 'a', type },
      {},
    ]);
    expect(await infer(ndjson, [`${values.map((value) => `{"a":"${value}"}`).join('\n')}\n{"a":null}\n`])).toEqual([
      { name: 'a', type },
    ]);
  });

  it('leading zeros, mixed values and nothing at all are text', async () => {
    expect(await typesOf(csv, 'a,b,c\n00417,1,\n12,x,\n')).toEqual({ a: 'VARCHAR', b: 'VARCHAR', c: 'VARCHAR' });
    expect(await typesOf(ndjson, '{"a":"00417","b":1,"c":null}\n{"b":"x"}\n')).toEqual({
      a: 'VARCHAR',
      b: 'VARCHAR',
      c: 'VARCHAR',
    });
  });
});

describe('JSON', () => {
  it('quoted numbers and booleans stay text', async () => {
    expect(await typesOf(ndjson, '{"a":"1","b":"1.5","c":"true"}\n')).toEqual({
      a: 'VARCHAR',
      b: 'VARCHAR',
      c: 'VARCHAR',
    });
  });

  it('sees every row, keeps the order of keys, and looks into lists and structs', async () => {
    const filler = '{"z":1,"a":{"d":"2026-01-01"},"l":[{"q":1},{"p":"x"}]}\n'.repeat(30_000);
    const last = '{"new":true,"a":{"e":[[0.5,1],null]},"l":[{"q":9223372036854775807}]}\n';
    expect(
      await infer(ndjson, [filler, last]).then((columns) =>
        columns.map((column) => [column.name, toEngineType(column.type)]),
      ),
    ).toEqual([
      ['z', 'BIGINT'],
      ['a', 'STRUCT("d" DATE, "e" DOUBLE[][])'],
      ['l', 'STRUCT("q" BIGINT, "p" VARCHAR)[]'],
      ['new', 'BOOLEAN'],
    ]);
    expect((await infer(ndjson, [filler, last], 10)).map((column) => column.name)).toEqual(['z', 'a', 'l']);
  });

  it.each([
    '{"z":2,"d":"2026-01-02","s":null,"l":[]}',
    '{"z":2.5}',
    '{"z":"2"}',
    '{"d":"2026-01-02T10:00:00Z"}',
    '{"d":"no day"}',
    '{"s":"2026-01-02"}',
    '{"s":5}',
    '{"l":[{"q":1,"r":2}]}',
    '{"l":["q"]}',
    '{"l":{"q":1}}',
    '{"o":{"b":[1]}}',
    '{"n":[true]}',
    '{}',
    '{"o":null}',
    '{"o":{}}',
  ])('of twenty thousand rows and %s are those of two', async (odd) => {
    const usual = '{"z":1,"d":"2026-01-01","s":"x","l":[{"q":1}],"o":{"a":true},"n":null}\n';
    const many = usual.repeat(20_000);
    expect(await infer(ndjson, [many, `${odd}\n`])).toEqual(await infer(ndjson, [usual, `${odd}\n`]));
    expect(await infer(ndjson, [`${odd}\n${many}`])).toEqual(await infer(ndjson, [`${odd}\n${usual}`]));
  });

  it('values of several kinds are text, empty lists and objects too', async () => {
    expect(await typesOf(ndjson, '{"a":1,"b":[1,"x"],"c":{},"d":[],"e":{"x":1}}\n{"a":true,"e":5}\n')).toEqual({
      a: 'VARCHAR',
      b: 'VARCHAR[]',
      c: 'VARCHAR',
      d: 'VARCHAR[]',
      e: 'VARCHAR',
    });
  });

  it('looks into a known column for fields, and at its numbers for what is no JSON', async () => {
    const row = '{"a":"2026-01-01","s":{"d":"2026-01-01"},"b":"2026-01-01"}\n';
    expect(await infer(ndjson, [row], undefined, ['A', 's'])).toMatchObject([
      { name: 'a', type: 'string' },
      { name: 's', type: { fields: [{ name: 'd', type: 'date' }] } },
      { name: 'b', type: 'date' },
    ]);
    await expect(infer(ndjson, ['{"a":NaN}\n'], undefined, ['a'])).rejects.toMatchObject({ code: 'LS2001' });
  });

  it('reads arrays alike', async () => {
    expect(await typesOf({ type: 'json' }, '[{"a":1},\n{"a":2.5,"b":"2026-01-01"}]', '', '[]')).toEqual({
      a: 'DOUBLE',
      b: 'DATE',
    });
  });

  it('refuses keys that differ only in case, rows that are no objects, and what is no JSON', async () => {
    const at = (line: number): object => ({ code: 'LS2001', context: { line } });
    await expect(infer(ndjson, ['{"a":1}\n{"A":2}\n'])).rejects.toMatchObject(at(2));
    await expect(infer(ndjson, ['{"l":[{"a":1}]}\n\n{"l":[{"a":1,"":2}]}\n'])).rejects.toMatchObject(at(3));
    await expect(infer(ndjson, ['{"a":1}\n3\n'])).rejects.toMatchObject(at(2));
    await expect(infer(ndjson, ['{"a":1}\nnull\n'])).rejects.toMatchObject(at(2));
    await expect(infer(ndjson, ['{"a":1}\n'.repeat(30_000) + 'null\n'])).rejects.toMatchObject(at(30_001));
    await expect(infer(ndjson, ['{}\n{}\n'])).rejects.toThrow(/\w: no row has a key/);
    await expect(infer({ type: 'json' }, ['[{"a":1},3]'])).rejects.toThrow(
      /, record 2: each row has to be a JSON object/,
    );
    await expect(infer(ndjson, ['{"a":1}\n{"a":1}\n{"a"\n'])).rejects.toMatchObject({
      code: 'LS2001',
      context: { line: 3 },
    });
  });

  it('empty files have no columns', async () => {
    expect(await infer(ndjson, ['', '\n'])).toEqual([]);
    expect(await infer(ndjson, [])).toEqual([]);
  });
});

describe('CSV', () => {
  it('joins the headers of all files, in the order in which columns appear', async () => {
    expect(await typesOf(csv, 'b,a\n1,2026-01-01\n', 'A;c\n2026-01-02;x\n', '')).toEqual({
      b: 'BIGINT',
      a: 'DATE',
      c: 'VARCHAR',
    });
  });

  it('numbers columns without a header', async () => {
    expect(await typesOf({ type: 'csv', header: false }, '1,x\n2,y\n')).toEqual({
      column0: 'BIGINT',
      column1: 'VARCHAR',
    });
  });

  it('a header alone is text', async () => {
    expect(await typesOf(csv, 'a,b\n')).toEqual({ a: 'VARCHAR', b: 'VARCHAR' });
  });

  it('reads no row for a column of a known type, in any case of its name, and judges the others', async () => {
    // A row that cannot be read tells that rows were read.
    const torn = 'Id,seen\n1,2026-01-01\n2,2026-01-02,and,more\n';
    await expect(infer(csv, [torn])).rejects.toMatchObject({ code: 'LS2001' });
    expect(await infer(csv, [torn], undefined, ['iD', 'SEEN', 'gone'])).toEqual([
      { name: 'Id', type: 'string' },
      { name: 'seen', type: 'string' },
    ]);
    expect(await infer(csv, ['a,b,c\n1,,\n'], undefined, ['a', 'b'])).toEqual([
      { name: 'a', type: 'string' },
      { name: 'b', type: 'string' },
      { name: 'c', type: 'string', valueless: true },
    ]);
  });

  it('samples when told to', async () => {
    expect(await infer(csv, ['a\n1\nx\n'], 1)).toEqual([{ name: 'a', type: 'long' }]);
  });
});
