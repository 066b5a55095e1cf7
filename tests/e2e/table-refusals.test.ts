import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderBytes } from '../support/folder-bytes.ts';
import { runHere, succeedHere } from '../support/in-process.ts';
import type { End } from '../support/refusal-bench.ts';
import { endHere, good, RefusalBench, refused } from '../support/refusal-bench.ts';

let bench: RefusalBench;
let engine: DuckDBConnection;
beforeAll(async () => {
  bench = await RefusalBench.open();
  engine = await (await DuckDBInstance.create(':memory:')).connect();
  await engine.run("SET TimeZone = 'UTC'");
});
afterAll(async () => {
  engine.closeSync();
  await bench.close();
});

async function parquet(select: string): Promise<string> {
  const file = bench.newPath('.parquet');
  await engine.run(`COPY (SELECT ${select}) TO '${file}' (FORMAT parquet)`);
  return file;
}

/** All ways in which rows of a file come to a table. */
const ways: readonly (readonly string[])[] = [
  ['append'],
  ['overwrite'],
  ['overwrite', '--where', 'id >= 0'],
  ['overwrite', '--partitions'],
  ['merge', '--key', 'id'],
];

describe('rows that a table cannot take', () => {
  it.each<[string, () => Promise<string>, End]>([
    ['a text where a number is wanted', () => bench.ndjson(good, { ...good, id: 'ten' }), refused('LS2004', /id/)],
    [
      'a text of Parquet where a number is wanted',
      () => parquet(`'ten' AS id, 1 AS amount`),
      refused('LS2105', /id cannot hold ten as BIGINT/),
    ],
    [
      'a number that would be rounded',
      () => bench.ndjson({ ...good, amount: 1.005 }),
      refused('LS2004', /amount.*1\.005/),
    ],
    [
      'a number of Parquet that would be rounded',
      () => parquet(`1 AS id, 1.005 AS amount`),
      refused('LS2105', /amount cannot hold 1\.005 as DECIMAL/),
    ],
    [
      'a number that is too large',
      () => parquet(`9223372036854775808::UBIGINT AS id, 1 AS amount`),
      refused('LS2105', /id cannot hold 9223372036854775808/),
    ],
    [
      'a column that the table has not',
      () => bench.ndjson({ ...good, nme: 'z' }),
      refused('LS2002', /nme.*Leave them out/),
    ],
    ['a field that the table has not', () => bench.ndjson({ ...good, s: { a: 1, b: 2 } }), refused('LS2002', /s\.b/)],
    [
      'no value where one must be',
      () => bench.ndjson(good, { ...good, id: null }),
      refused('LS2', /\bid\b.*\bnull\b/i),
    ],
    ['no column where a value must be', () => bench.ndjson({ name: 'z', amount: 1 }), refused('LS', /id/)],
    ['a row that breaks a constraint', () => bench.ndjson({ ...good, id: 100 }), refused('LS2107', /small.*"id":100/)],
    [
      'a row of which it is not known whether it keeps a constraint',
      () => bench.ndjson({ ...good, amount: null }),
      refused('LS2107', /small/),
    ],
    ['a day that there is not', () => bench.ndjson({ ...good, day: '2023-02-29' }), refused('LS2004', /day/)],
    [
      'a time without an end',
      () => parquet(`3 AS id, 1 AS amount, 'infinity'::TIMESTAMPTZ AS at`),
      refused('LS2106', /at.*infinite/),
    ],
    ['two columns of one name in CSV', () => bench.text('id,ID,amount\n3,3,1\n', 'csv'), refused('LS2001', /ID/)],
    [
      'two keys of one name in JSON',
      () => bench.text('{"id":3,"Id":3,"amount":1}\n', 'ndjson'),
      refused('LS2001', /[iI]d/),
    ],
    ['what is no JSON', () => bench.text('{"id":3\n', 'ndjson'), refused('LS2001', /new\d+\.ndjson/)],
    ['what is no Parquet', () => bench.text('id\n1\n', 'parquet'), refused('LS2001', /new\d+\.parquet/)],
    [
      'what no table can hold',
      () => parquet(`3 AS id, 1 AS amount, INTERVAL 3 DAYS AS name`),
      refused('LS1401', /name.*INTERVAL.*store a number/),
    ],
    ['a file that is not there', async () => bench.at('missing.csv'), refused('LS2001', /There is no file/)],
    [
      'a file whose name tells no format',
      () => bench.text('id\n1\n', 'xlsx'),
      refused('LS4001', /\.parquet, \.csv, \.ndjson/),
    ],
  ])('are refused, whatever is done with them: %s', async (_, file, refusal) => {
    const [path, from] = [await bench.newTable(), await file()];
    for (const [command = '', ...options] of ways)
      expect(await endHere(path, [command, path, '--from', from, ...options])).toEqual(refusal);
  });
});

describe('values that a change cannot give', () => {
  it.each<[string, readonly string[], End]>([
    [
      'that breaks a constraint',
      ['update', '--set', 'id = id + 98', '--where', 'id = 2'],
      refused('LS2107', /"id":100/),
    ],
    ['NULL where none may be', ['update', '--set', 'id = NULL'], refused('LS2107', /"id":null/)],
    [
      'NULL where none may be, and no constraint says it',
      ['alter', 'nullable', 'at', 'false'],
      refused('LS2107', /that at is not NULL/),
    ],
    ['that would be rounded', ['update', '--set', 'amount = 1.005'], refused('LS2105', /amount.*1\.005/)],
    ['for a column that is not there', ['update', '--set', 'nme = 1'], refused('LS3003', /nme/)],
    ['by a condition that cannot be understood', ['delete', '--where', 'id =='], refused('LS', /id ==|syntax/)],
    ['of another type', ['alter', 'type', 'id', 'VARCHAR'], refused('LS4001', /delta\.enableTypeWidening=true first/)],
    ['twice in one column', ['update', '--set', 'id = 1, ID = 2'], refused('LS4001', /id is set twice/)],
  ])('are refused: one %s', async (_, [command = '', ...options], refusal) => {
    const path = await bench.newTable();
    expect(await endHere(path, [command, path, ...options])).toEqual(refusal);
  });

  it('shows five of the rows that break a constraint, and no more', async () => {
    const path = await bench.newTable();
    const rows = Array.from({ length: 7 }, (_, i) => ({ ...good, id: 100 + i }));
    const args = ['append', path, '--from', await bench.ndjson(...rows)];
    expect(await endHere(path, args)).toEqual(refused('LS2107', /rows such as/));
    expect((await runHere(['table', ...args])).stderr.match(/"id":10\d/g)).toHaveLength(5);
  });
});

describe('a table that cannot be made', () => {
  it.each<[string, string, End]>([
    ['two columns of one name', 'id INT, ID INT', refused('LS4001', /ID is defined twice/)],
    ['two fields of one name', 's STRUCT(a INT, A INT)', refused('LS3004', /rename one/)],
    ['no column', '', refused('LS4001', /write a name and a type/)],
    ['a column that tells of changes', '_change_type INT', refused('LS3004', /_change_type.*rename it/)],
    ['a choice of texts', "id ENUM('a', 'b')", refused('LS1401', /VARCHAR/)],
    ['a length of time', 'id INTERVAL', refused('LS1401', /store a number/)],
    ['nanoseconds', 'id TIMESTAMP_NS', refused('LS1401', /cast it to TIMESTAMP/)],
    ['a type that there is not', 'id VARCHR', refused('LS1402', /did you mean VARCHAR/)],
    ['a default that is no value of its column', "id INT DEFAULT 'x'", refused('LS', /x/)],
  ])('leaves nothing behind: with %s', async (_, schema, refusal) => {
    const path = bench.newPath();
    const feed = ['--property', 'delta.enableChangeDataFeed=true'];
    expect(await endHere(path, ['create', path, '--schema', schema, ...feed])).toEqual(refusal);
    expect(await folderBytes(path)).toBeUndefined();
  });

  it.each([
    ['HUGEINT', 'decimal(38,0)'],
    ['UBIGINT', 'decimal(20,0)'],
    ['UINTEGER', 'long'],
    ['USMALLINT', 'integer'],
    ['UTINYINT', 'short'],
    ['TIME', 'string'],
    ['UUID', 'string'],
  ])('has its own type instead, where that holds every value: %s is %s', async (type, stored) => {
    const path = bench.newPath();
    await succeedHere(['table', 'create', path, '--schema', `v ${type}, other INT`]);
    expect(JSON.parse(await succeedHere(['table', 'show', path, '--json']))).toMatchObject({
      columns: [{ name: 'v', type: stored }, {}],
    });
  });
});
