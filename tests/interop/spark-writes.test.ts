import { readFile, writeFile } from 'node:fs/promises';
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

/** Who the rows of a table are, as Spark tells and as we do. */
async function identities(path: string): Promise<readonly Record<string, unknown>[]> {
  const sql = 'select id, v, _metadata.row_id as row, _metadata.row_commit_version as since from {t} order by id';
  const told = await spark.sql(sql, path);
  const out = join(folder, `identities${count++}.ndjson`);
  await runHere(['table', 'read', path, '--row-ids', '--columns', 'id,v,_row_id,_row_commit_version', '--out', out]);
  const own = (await readFile(out, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
    .map(({ id, v, _row_id: row, _row_commit_version: since }) => ({ id, v, row, since }))
    .sort((a, b) => Number(a.id) - Number(b.id));
  expect(own).toEqual(told);
  return told;
}

/** Who each row is, and since when, by its number. */
const known = (told: readonly Record<string, unknown>[]): Record<string, readonly [unknown, unknown]> =>
  Object.fromEntries(told.map(({ id, row, since }) => [String(id), [row, since]]));

describe('rows that keep who they are', () => {
  it.each(['plain', 'with deletion vectors', 'with columns by their ids'])('in a table of ours: %s', async (kind) => {
    const path = join(folder, `tracked ${kind}`);
    const more: Record<string, readonly string[]> = {
      'with deletion vectors': ['delta.enableDeletionVectors=true'],
      'with columns by their ids': ['delta.columnMapping.mode=id'],
    };
    const properties = ['delta.enableRowTracking=true', ...(more[kind] ?? [])];
    await table('create', path, '--schema', 'id BIGINT, v VARCHAR', '--property', ...properties);
    const many = Array.from({ length: 30 }, (_, i) => ({ id: i, v: 'a' }));
    await table('append', path, '--from', await rows(...many));
    await table('update', path, '--set', "v = 'b'", '--where', 'id = 3');
    await table('merge', path, '--key', 'id', '--from', await rows({ id: 4, v: 'c' }, { id: 100, v: 'new' }));
    await table('delete', path, '--where', 'id = 5');
    const before = await identities(path);
    expect(known(before)).toMatchObject({ 2: [2, 1], 3: [3, 2], 4: [4, 3] });
    await table('optimize', path, '--zorder', 'v');
    expect(await identities(path)).toEqual(before);
    // Spark goes on from where we are, and we from there.
    await spark.sql("update {t} set v = 'spark' where id in (6, 3)", path);
    await spark.sql("insert into {t} values (200, 'spark')", path);
    const theirs = await identities(path);
    expect(known(theirs)).toMatchObject({ 3: [3, 6], 6: [6, 6], 7: [7, 1] });
    await spark.sql('optimize {t}', path);
    await table('update', path, '--set', "v = 'ours'", '--where', 'id in (7, 200)');
    await table('append', path, '--from', await rows({ id: 300, v: 'x' }));
    await table('checkpoint', path);
    const after = known(await identities(path));
    expect(after).toMatchObject({ 3: [3, 6], 6: [6, 6], 7: [7, 9], 8: [8, 1], 200: [known(theirs)['200']?.[0], 9] });
    expect(new Set(Object.values(after).map(([row]) => row)).size).toBe(Object.keys(after).length);
    expect(await table('check', path, '--deep')).toMatchObject({ findings: [] });
  });

  it('in a table of Spark, also when it begins late', async () => {
    const path = join(folder, 'tracked theirs');
    await spark.sql(
      "create table {t} (id bigint, v string) using delta tblproperties ('delta.enableRowTracking' = 'true')",
      path,
    );
    await spark.sql("insert into {t} select id, 'a' from range(10)", path);
    const first = known(await identities(path));
    await table('update', path, '--set', "v = 'b'", '--where', 'id = 3');
    await table('append', path, '--from', await rows({ id: 10, v: 'x' }));
    await table('optimize', path);
    await table('restore', path, '--version', '2');
    await spark.sql(
      "merge into {t} t using (select 4L as id) s on t.id = s.id when matched then update set v = 'm'",
      path,
    );
    await table('optimize', path);
    const after = known(await identities(path));
    expect({ ...after, 3: first['3'], 4: first['4'] }).toEqual(first);
    expect([after['3']?.[0], after['4']?.[0]]).toEqual([first['3']?.[0], first['4']?.[0]]);

    const late = join(folder, 'tracked late');
    await table('create', late, '--schema', 'id BIGINT, v VARCHAR');
    await table('append', late, '--from', await rows({ id: 1, v: 'a' }, { id: 2, v: 'b' }));
    await table('alter', late, 'property', 'delta.enableRowTracking=true');
    await spark.sql("update {t} set v = 'c' where id = 2", late);
    await spark.sql("insert into {t} values (3, 'd')", late);
    expect(known(await identities(late))).toMatchObject({ 1: [0, 2], 2: [1, 3] });
    await table('downgrade', late, '--feature', 'rowTracking');
    await spark.sql("alter table {t} set tblproperties ('delta.enableRowTracking' = 'true')", late);
    await table('update', late, '--set', "v = 'e'", '--where', 'id = 1');
    await identities(late);
    expect(await table('check', late, '--deep')).toMatchObject({ findings: [] });
  });
});

describe('fields inside of columns', () => {
  it('are set as Spark sets them, also where there was no struct', async () => {
    const set = "s.b.c = id + 1, s.a = 'x'";
    const told: unknown[] = [];
    for (const who of ['ours', 'theirs']) {
      const path = join(folder, `fields ${who}`);
      await table(
        'create',
        path,
        '--schema',
        'id BIGINT, s STRUCT(a VARCHAR, b STRUCT(c BIGINT, d VARCHAR), e INTEGER)',
      );
      await table(
        'append',
        path,
        '--from',
        await rows({ id: 1, s: { a: 'a', b: { d: 'd' }, e: 5 } }, { id: 2, s: null }),
      );
      if (who === 'ours') await table('update', path, '--set', set);
      else await spark.sql(`update {t} set ${set}`, path);
      told.push(await spark.sql('select * from {t} order by id', path));
    }
    expect(told[0]).toEqual(told[1]);
  });
});

describe('commits that we put together in one file', () => {
  it('are read by Spark, which goes on', async () => {
    const path = join(folder, 'compacted');
    await table('create', path, '--schema', 'id BIGINT', '--property', 'delta.enableDeletionVectors=true');
    await table('append', path, '--from', await rows(...Array.from({ length: 30 }, (_, id) => ({ id }))));
    await table('checkpoint', path);
    await table('append', path, '--from', await rows({ id: 100 }));
    await table('delete', path, '--where', 'id = 3');
    await table('update', path, '--set', 'id = id + 1000', '--where', 'id = 100');
    expect(await table('checkpoint', path, '--compact')).toMatchObject({ compacted: { from: 2, to: 4 } });
    // Were it not read, this would be missed: the last of the commits has nothing to say any more.
    const log = join(path, '_delta_log');
    const [info = ''] = (await readFile(join(log, '00000000000000000004.json'), 'utf8')).split('\n');
    await writeFile(join(log, '00000000000000000004.json'), `${info}\n`);
    expect(await spark.sql('select count(*) as n, max(id) as top from {t}', path)).toEqual([{ n: 30, top: 1100 }]);
    await spark.sql('insert into {t} values (5000)', path);
    expect(await table('read', path, '--where', 'id > 1000')).toEqual([{ id: 1100 }, { id: 5000 }]);
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
