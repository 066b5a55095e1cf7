import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { openDuckDb } from './engine.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openDuckDb({ threads: 2 });
  folder = await mkdtemp(join(tmpdir(), 'lakesmith-rows-'));
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

async function write(sql: string): Promise<string> {
  const file = join(folder, `${crypto.randomUUID()}.parquet`);
  await engine.export({ sql, relations: [], timezone: 'UTC', file, format: 'parquet' });
  return file;
}

describe('rows of a Parquet file', () => {
  it('keep every digit, at any depth', async () => {
    const file = await write(
      `select {'l': 9007199254740993, 's': 9007199254740991, 'i': -1::integer, 'd': 1.10::decimal(38,2), 'f': 'NaN'::double, 'g': 0.5::float, 'b': false,
        'day': date '2020-02-29', 'at': timestamptz '2020-01-01 00:00:00.000001+00', 'loc': timestamp '1969-12-31 23:59:59.5',
        'm': map {'a"': null, 'b': ''}, 'e': ['x', null], 'in': {'x': null::varchar, 'y': {'z': 5}}, 'none': null::struct(q bigint)} as add, null::struct(p varchar) as txn`,
    );
    expect(await engine.readParquet(file)).toEqual([
      {
        add: {
          l: 9007199254740993n,
          s: 9007199254740991,
          i: -1,
          d: '1.10',
          f: Number.NaN,
          g: 0.5,
          b: false,
          day: '2020-02-29',
          at: '2020-01-01T00:00:00.000001Z',
          loc: '1969-12-31T23:59:59.500000',
          m: { 'a"': null, b: '' },
          e: ['x', null],
          in: { y: { z: 5 } },
        },
      },
    ]);
  });

  it.each([
    'chr(28)',
    'chr(29)',
    'chr(30)',
    "'a' || chr(30)",
    "'a' || chr(30) || 'b'",
    'chr(28) || chr(30) || chr(31)',
    "''",
    'chr(31)',
  ])('may hold any text (%s)', async (text) => {
    const file = await write(`select {'a': ${text}, 'n': range, 's': null::struct(x varchar)} as add from range(3)`);
    const rows = await engine.readParquet(file);
    const codes = text === "''" ? '' : textOf(text);
    expect(rows.map((row) => row['add'])).toEqual([0, 1, 2].map((n) => ({ a: codes, n })));
  });

  it('are the same with several actions in a row, nulls among values, and rows that say nothing', async () => {
    const file = await write(
      `select case when range % 3 = 0 then {'a': case when range % 2 = 0 then range end, 's': case when range = 3 then {'x': 'y'} end} end as add,
        case when range % 3 <> 1 then {'p': 'x' || range} end as txn from range(6)`,
    );
    expect(await engine.readParquet(file)).toEqual([
      { add: { a: 0 }, txn: { p: 'x0' } },
      {},
      { txn: { p: 'x2' } },
      { add: { s: { x: 'y' } }, txn: { p: 'x3' } },
      {},
      { txn: { p: 'x5' } },
    ]);
    const apart = await write(
      `select * from read_parquet('${file}') where add is null or txn is null union all select {'a': 7, 's': null}, null`,
    );
    const rows = await engine.readParquet(apart);
    expect(rows).toHaveLength(5);
    expect(rows).toEqual(expect.arrayContaining([{}, { txn: { p: 'x2' } }, { txn: { p: 'x5' } }, { add: { a: 7 } }]));
  });

  it('come all, of many blocks, also where a type has no text of its own', async () => {
    const file = await write(
      "select {'n': range} as a, case when range % 5000 = 0 then 'x'::blob end as b from range(20000)",
    );
    expect(await engine.readParquet(file)).toHaveLength(20000);
    const plain = await write("select {'n': range} as a from range(20000)");
    const numbers = (await engine.readParquet(plain)).map((row) => JSON.stringify(row['a'], (_, v) => String(v)));
    expect(numbers).toHaveLength(20000);
    const none = await write("select {'n': range} as a from range(0)");
    expect(await engine.readParquet(none)).toEqual([]);
  });

  it('of a damaged file are an error that names it', async () => {
    const file = join(folder, 'bad.parquet');
    await writeFile(file, 'PAR1 and then nothing PAR1');
    await expect(engine.readParquet(file)).rejects.toMatchObject({
      code: 'LS3004',
      message: expect.stringContaining(file),
    });
  });
});

describe('packed rows of a Parquet file', () => {
  const asked = {
    column: 'add',
    texts: [
      { name: 'path', type: 'string' },
      {
        name: 'partitionValues',
        type: { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true },
      },
      { name: 'size', type: 'long' },
    ],
    bytes: 'stats',
  } as const;
  const packed = async (add: string, others = 'null::struct(p varchar) as txn', from = 'range(20000)') => {
    const file = await write(`select ${add} as add, ${others} from ${from}`);
    return await engine.readPackedParquet({ location: file, ...asked });
  };
  const plain = "'path': 'ü' || range, 'partitionValues': map {'a\"': null, 'b': range::varchar}, 'size': range";

  it('are the texts of all of them, and the other rows beside', async () => {
    const add = `case when range <> 9 then {${plain}, 'stats': '{"numRecords":' || range || '}', 'tags': null::map(varchar, varchar)} end`;
    const found = await packed(add, "case when range = 9 then {'p': 'x'} end as txn");
    expect(found?.rows).toEqual([{ txn: { p: 'x' } }]);
    const rows = (found?.packed ?? []).flatMap(({ texts, bytes, count }) => {
      const fields = [...texts, new TextDecoder().decode(bytes)].map((text) => text.split('\u001C'));
      for (const values of fields) expect(values).toHaveLength(count);
      return (fields[0] ?? []).map((_, i) => fields.map((values) => values[i]));
    });
    const numbers = Array.from({ length: 20_000 }, (_, i) => i).filter((i) => i !== 9);
    expect(rows.sort((a, b) => Number(a[2]) - Number(b[2]))).toEqual(
      numbers.map((i) => [`ü${i}`, `{"a\\"":null,"b":"${i}"}`, `${i}`, `{"numRecords":${i}}`]),
    );
  });

  it('without the field of bytes have none', async () => {
    const found = await packed(`{${plain}, 'stats': null::varchar}`);
    expect(found?.packed.map(({ count, bytes }) => [count, bytes])).toEqual(
      expect.arrayContaining([
        [8192, undefined],
        [3616, undefined],
      ]),
    );
  });

  it.each([
    ['another field', `{${plain}, 'stats': 'x', 'tags': case when range = 7 then 'x' end}`],
    [
      'a struct of nulls in another field',
      `{${plain}, 'stats': 'x', 'dv': case when range = 7 then {'a': null::int} end}`,
    ],
    ['a field missing in one', `{${plain.replace("'size': range", "'size': nullif(range, 7)")}, 'stats': 'x'}`],
    [
      'a row of other fields only',
      `case when range = 7 then {'path': null, 'partitionValues': map {}, 'size': 1, 'stats': 'x'} else {${plain}, 'stats': 'x'} end`,
    ],
    ['a number of another type', `{${plain.replace("'size': range", "'size': range::double")}, 'stats': 'x'}`],
    ['a field missing in all', "{'path': 'x', 'stats': 'x'}"],
    ['bytes missing in one', `{${plain}, 'stats': case when range <> 7 then 'x' end}`],
    ['bytes that hold the mark', `{${plain}, 'stats': case when range = 7 then chr(28) else 'x' end}`],
  ])('are not given with %s', async (_, add) => {
    expect(await packed(add)).toBeUndefined();
  });

  it('are not given when a row says something else too', async () => {
    expect(await packed(`{${plain}, 'stats': 'x'}`, "case when range = 7 then {'p': 'x'} end as txn")).toBeUndefined();
    expect(await packed("'x'")).toBeUndefined();
  });
});

/** The text that the SQL stands for. */
function textOf(sql: string): string {
  return sql
    .split(' || ')
    .map((part) => (part.startsWith('chr') ? String.fromCharCode(Number(part.slice(4, -1))) : part.slice(1, -1)))
    .join('');
}
