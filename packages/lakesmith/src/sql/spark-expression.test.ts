import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataType, StructField } from '../core/schema.ts';
import { openDuckDb } from '../engine/duckdb/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { engineExpression } from './spark-expression.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDb();
});
afterAll(() => engine.close());

const field = (name: string, type: DataType): StructField => ({ name, type, nullable: true, metadata: {} });
const fields = [
  field('a', 'integer'),
  field('at', 'timestamp'),
  field('Name', 'string'),
  field('odd `name"', 'long'),
  field('date', 'date'),
  field('x', 'double'),
  field('s', { type: 'struct', fields: [field('At', 'double')] }),
];
const given = `select * from (values (7::integer, timestamptz '2024-02-29 23:59:59.5+00', 'Ünal', 5::bigint, date '2024-02-29', -2.75::double,
  {'At': 1.5::double})) as t(a, "at", "Name", "odd \`name""", "date", x, s)`;

async function value(spark: string): Promise<unknown> {
  const { sql } = await engineExpression(engine, spark, { fields });
  const { batches } = await engine.query({ sql: `select ${sql} from (${given})`, relations: [], timezone: 'UTC' });
  for await (const { columns } of batches) return columns[0]?.[0];
  return undefined;
}

describe('engineExpression', () => {
  it.each<[string, unknown]>([
    ['a > 3 AND NOT (`odd ``name"` <=> 6) OR a IS NULL', true],
    ["NAME = 'Ünal' and name like 'Ü%' and length(name) == 4", true],
    ["name IN ('it''s', 'Ünal') AND a BETWEEN 7 AND 8", true],
    ["at >= TIMESTAMP '2024-02-29 23:59:59' AND date = DATE '2024-02-29'", true],
    ['s.at * 2 + a % 4 - 1', 5],
    ['CAST(at AS DATE) = date AND to_date(at) = date', true],
    ['year(at) * 10000 + month(date) * 100 + dayofmonth(date)', 20_240_229n],
    ['dayofweek(date)', 5n],
    ["date_format(at, 'yyyy-MM-dd HH:mm:ss')", '2024-02-29 23:59:59'],
    ["date_trunc('MONTH', date) = DATE '2024-02-01'", true],
    ["substring(name, 1, 2) || upper('x') || cast(a as string)", 'ÜnX7'],
    ['cast(x as int)', -2],
    ['if(a > 7, 1, CASE WHEN a = 7 THEN 2 ELSE 3 END)', 2],
    ['coalesce(nvl(null, a), 1)', 7],
    ['isnull(a) or isnotnull(x)', true],
    ["md5(name) = md5('Ünal') and startswith(name, 'Ü') and endswith(name, 'l') and contains(name, 'na')", true],
    ['ceil(x) + floor(x) + abs(x)', -2.25],
  ])('%s', async (spark, expected) => {
    expect(await value(spark)).toEqual(expected);
  });

  it.each([
    ['a / 2 > 1', 'function /'],
    ['rand() > 0', 'function rand'],
    ["concat(name, 'x') = 'x'", 'function concat'],
    ["name RLIKE 'x'", 'syntax error'],
    ['hash(a) = 1', 'function hash'],
    ['2 ^ 3 = 1', 'function ^'],
    ['a & 1 = 1', 'function &'],
    ['current_date() > date', 'reads the clock'],
    ['"Name" = 1', 'double quotes'],
    ["name = 'a\\'b'", 'backslash'],
    ["name like concat('a', '\\\\_')", 'backslash'],
    ['a > 1 -- x', '--'],
    ['a > 1; drop table t', ';'],
    ['nope > 1', 'no column nope'],
    ['s.nope > 1', 'no column s.nope'],
    ['sum(a) > 1', 'function sum'],
    ['row_number() over () > 1', 'not known to mean the same'],
    ['(select max(a) from t) > 1', 'not known to mean the same'],
    ['a in (select 1)', 'not known to mean the same'],
    ['cast(name as int) = 1', 'cast to INTEGER'],
    ['cast(x as string) = 1', 'cast to VARCHAR'],
    ['cast(at as string) = 1', 'cast to VARCHAR'],
    ['substring(name, 0, 2)', 'function substring'],
    ['substring(name, a, 2)', 'function substring'],
    ["date_format(at, 'EEE')", 'function date_format'],
    ['a > 1) or (1 = 1', 'brackets'],
    ['(a > 1', 'brackets'],
    ['a, x', 'function row'],
    ['', 'cannot be computed here'],
  ])('refuses %s', async (spark, why) => {
    await expect(engineExpression(engine, spark, { fields })).rejects.toThrow(why);
  });

  it('tells which columns it speaks of', async () => {
    expect((await engineExpression(engine, "NAME = 'x' and s.at > x and s.AT < 1", { fields })).columns).toEqual([
      'Name',
      's',
      'x',
    ]);
  });

  it('reads the clock where it may', async () => {
    const scope = { fields: [], nowIso: '2026-01-01T10:00:00Z' };
    expect((await engineExpression(engine, 'current_timestamp()', scope)).sql).toContain('2026-01-01T10:00:00Z');
    expect((await engineExpression(engine, 'current_date', scope)).sql).toContain('2026-01-01');
  });
});
