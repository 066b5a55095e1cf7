import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineExpression } from '../../packages/lakesmith/src/sql/spark-expression.ts';
import { openDuckDb } from '../../packages/lakesmith/src/engine/duckdb/engine.ts';
import { removeFolder, temporaryFolder } from '../support/command.ts';
import { runHere } from '../support/in-process.ts';
import { Spark } from '../support/spark.ts';

let folder = '';
let spark: Spark;
let count = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
  spark = await Spark.start();
}, 900_000);
afterAll(async () => {
  await spark.stop();
  await removeFolder(folder);
});

async function table(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runHere(['table', ...args, '--json']);
  if (code !== 0) throw new Error(stderr + stdout);
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}

/** Rows as a file to append. */
async function rows(...some: readonly Readonly<Record<string, unknown>>[]): Promise<string> {
  const file = join(folder, `rows${count++}.ndjson`);
  await writeFile(file, some.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

describe('a table of ours that Spark writes to as well', () => {
  it('keeps its promises, whoever writes', async () => {
    const path = join(folder, 'promises');
    const schema = `n BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5), at TIMESTAMP,
      day DATE GENERATED ALWAYS AS (CAST(at AS DATE)), amount DECIMAL(9,2) DEFAULT 1.50, s STRUCT(a INTEGER, l VARCHAR[])`;
    const mapped = 'delta.columnMapping.mode=name';
    await table(
      'create',
      path,
      '--schema',
      schema,
      '--partition-by',
      'day',
      '--property',
      mapped,
      '--constraint',
      'positive: amount > 0',
    );
    await table('append', path, '--from', await rows({ at: '2024-01-01T10:00:00Z', s: { a: 1, l: ['x', null] } }));
    await table('append', path, '--from', await rows({ amount: 2 }));
    expect(await spark.sql('select n, day, amount, s from {t} order by n', path)).toEqual([
      { n: 10, day: '2024-01-01', amount: 1.5, s: { a: 1, l: ['x', null] } },
      { n: 15, day: null, amount: 2, s: null },
    ]);
    await spark.sql(
      "insert into {t} (at, s) values (timestamp '2024-02-02 00:00:00', named_struct('a', 2, 'l', array('y')))",
      path,
    );
    await expect(spark.sql('insert into {t} (amount) values (-1)', path)).rejects.toThrow('DELTA_VIOLATE_CONSTRAINT');
    await table('append', path, '--from', await rows({ at: '2024-02-02T23:59:59.999999Z', amount: 3 }));
    await expect(table('append', path, '--from', await rows({ amount: -1 }))).rejects.toThrow('LS2107');
    const seen = await spark.sql('select n, day, amount, s.a as a from {t} order by n', path);
    expect(seen).toMatchObject([
      { n: 10 },
      { n: 15 },
      { day: '2024-02-02', amount: 1.5, a: 2 },
      { day: '2024-02-02', amount: 3, a: null },
    ]);
    expect(new Set(seen.map((row) => row['n'])).size).toBe(4);
    expect(seen.every((row) => Number(row['n']) % 5 === 0)).toBe(true);
  });

  it('changes its columns, whoever changes them', async () => {
    const path = join(folder, 'columns');
    await table(
      'create',
      path,
      '--schema',
      'id INTEGER, name VARCHAR, s STRUCT(a INTEGER)',
      '--property',
      'delta.enableTypeWidening=true',
    );
    await table('append', path, '--from', await rows({ id: 1, name: 'a', s: { a: 1 } }));
    await table('alter', path, 'property', 'delta.columnMapping.mode=name');
    await table('alter', path, 'rename', 's.a', 'alpha');
    await table('alter', path, 'add', 's.b DOUBLE');
    await table('alter', path, 'type', 'id', 'BIGINT');
    await table('alter', path, 'comment', 'name', "it's");
    await spark.sql('alter table {t} rename column name to title', path);
    await spark.sql('alter table {t} add column (more string)', path);
    await spark.sql("insert into {t} values (3000000000, 'b', named_struct('alpha', 2, 'b', 0.5D), 'm')", path);
    await table('alter', path, 'drop', 'title');
    await table('append', path, '--from', await rows({ id: 4, s: { alpha: 4, b: 1.5 }, more: 'n' }));
    const expected = [
      { id: 1, s: { alpha: 1, b: null }, more: null },
      { id: 4, s: { alpha: 4, b: 1.5 }, more: 'n' },
      { id: 3_000_000_000, s: { alpha: 2, b: 0.5 }, more: 'm' },
    ];
    expect(await spark.sql('select * from {t} order by id', path)).toEqual(expected);
    const out = join(folder, 'columns.ndjson');
    await runHere(['query', 'select * from t order by id', '--table', `t=${path}`, '--out', out]);
    expect(await spark.sql(`select * from json.\`${out}\` order by id`)).toEqual(
      expected.map(({ id, s, more }) => ({ id, more, s })),
    );
  });
});

describe('a table of Spark that we write to', () => {
  it('gets numbers, computed values and defaults as from Spark', async () => {
    const path = join(folder, 'theirs');
    await spark.python(`
from delta.tables import DeltaTable
(DeltaTable.create(spark).location("${path}").addColumn("id", "BIGINT").addColumn("at", "TIMESTAMP")
 .addColumn("y", "INT", generatedAlwaysAs="year(at)").addColumn("m", "STRING", generatedAlwaysAs="date_format(at, 'yyyy-MM')")
 .partitionedBy("y").property("delta.feature.allowColumnDefaults", "supported").property("delta.columnMapping.mode", "id").execute())`);
    await spark.sql('alter table {t} add column (d string)', path);
    await spark.sql("alter table {t} alter column d set default 'none'", path);
    await spark.sql('alter table {t} add constraint known check (id is not null and id < 1000)', path);
    await spark.sql("insert into {t} (id, at) values (1, timestamp '2023-12-31 23:59:59')", path);
    await table('append', path, '--from', await rows({ id: 2, at: '2024-01-01T00:00:00Z' }));
    await table('append', path, '--from', await rows({ id: 3, at: null, d: null }));
    await expect(table('append', path, '--from', await rows({ id: null }))).rejects.toThrow('known');
    expect(await spark.sql('select id, y, m, d from {t} order by id', path)).toEqual([
      { id: 1, y: 2023, m: '2023-12', d: 'none' },
      { id: 2, y: 2024, m: '2024-01', d: 'none' },
      { id: 3, y: null, m: null, d: null },
    ]);
  });
});

describe('expressions that tables keep', () => {
  it('give here what they give in Spark', async () => {
    const engine = await openDuckDb();
    const given = `select cast(a as integer) a, cast(b as bigint) b, cast(x as double) x, cast(p as decimal(9,2)) p, cast(t as timestamp) t, cast(d as date) d, s from (values
      (1, -7, 2.5, 1.25, '2024-02-29 23:59:59.999999', '2024-02-29', ' aB%_ü '), (0, 9000000000000000000, -2.5, -3.99, '1999-12-31 00:00:00', '1900-03-01', ''),
      (-13, 3, 0.0, 0.5, '2038-01-19 03:14:08', '2024-12-30', 'a''b'), (null, null, null, null, null, null, null)) as v(a, b, x, p, t, d, s)`;
    const field = (
      name: string,
      type: 'integer' | 'long' | 'double' | 'decimal(9,2)' | 'timestamp' | 'date' | 'string',
    ) => ({ name, type, nullable: true, metadata: {} }) as const;
    const fields = [
      field('a', 'integer'),
      field('b', 'long'),
      field('x', 'double'),
      field('p', 'decimal(9,2)'),
      field('t', 'timestamp'),
      field('d', 'date'),
      field('s', 'string'),
    ];
    const expressions = [
      'a > 0',
      'a <> 1 or b < 5',
      'not (a = 1 and x >= 2.5)',
      'a <=> null',
      'a in (1, null)',
      'a between -20 and 0',
      'b % 4',
      'a % 5',
      '-a',
      'a * 2 + 1 - 3',
      'p * 2 + a',
      'abs(a)',
      'abs(x)',
      'ceil(x)',
      'floor(x)',
      'ceiling(p)',
      'cast(x as int)',
      'cast(p as bigint)',
      'cast(a as double)',
      'cast(a as decimal(12,3))',
      'cast(a as string)',
      'cast(d as string)',
      'cast(t as date)',
      'to_date(t)',
      'cast(d as timestamp)',
      'year(t)',
      'quarter(d)',
      'month(t)',
      'day(t)',
      'dayofmonth(d)',
      'dayofyear(d)',
      'dayofweek(d)',
      'hour(t)',
      'minute(t)',
      "date_trunc('MONTH', t)",
      "date_trunc('week', t)",
      "date_trunc('hour', t)",
      "date_format(t, 'yyyy-MM-dd HH:mm:ss')",
      "date_format(d, 'yyyy/MM')",
      'lower(s)',
      'upper(s)',
      'trim(s)',
      'ltrim(s)',
      'rtrim(s)',
      'length(s)',
      "s like ' a%'",
      "s not like '%b%'",
      "s || '-' || cast(a as string)",
      'substring(s, 2, 3)',
      'substr(s, 1, 1)',
      "startswith(s, ' a')",
      "endswith(s, ' ')",
      "contains(s, 'B')",
      'md5(s)',
      "coalesce(s, 'none')",
      "nvl(s, 'x')",
      'nullif(a, 1)',
      'isnull(a)',
      'isnotnull(a)',
      'if(a > 0, 1, 2)',
      "case when a > 0 then 'p' when a = 0 then 'z' end",
      "case a when 1 then 'one' else 'other' end",
      "d >= date '2024-01-01'",
      "t < timestamp '2024-01-01 00:00:00'",
      "s > 'a'",
      "s = ''",
      'x = 2.5',
      'p >= 0.5',
      'a is not distinct from 1',
    ];
    const wrong: Record<string, unknown> = {};
    for (const expression of expressions) {
      const theirs = await spark.sql(`select (${expression}) as v from (${given}) order by a nulls last`);
      const { sql: ours } = await engineExpression(engine, expression, { fields });
      const here = given.replaceAll('cast(t as timestamp)', "cast(t || '+00' as timestamptz)");
      // Compared by the engine, as values of the type that Spark has printed.
      const { batches } = await engine.query({
        sql: `select (${ours}) as v from (${here}) order by a nulls last`,
        relations: [],
        timezone: 'UTC',
      });
      const values: unknown[] = [];
      for await (const { columns } of batches) values.push(...(columns[0] ?? []));
      const plain = (value: unknown): unknown => {
        if (typeof value === 'bigint') return Number(value);
        if (typeof value !== 'string') return value;
        if (/^-?\d+(?:\.\d+)?$/.test(value)) return Number(value);
        const moment = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value) ? Date.parse(value) : Number.NaN;
        return Number.isNaN(moment) ? value : moment;
      };
      const [a, b] = [values.map(plain), theirs.map((row) => plain(row['v'] ?? null))];
      if (JSON.stringify(a) !== JSON.stringify(b)) wrong[expression] = { ours: a, spark: b };
    }
    await engine.close();
    expect(wrong).toEqual({});
  });
});
