import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import { quoteName } from '../../core/sql-text.ts';
import { toEngineType } from '../../core/type-policy.ts';
import { openEngineCompiler } from '../../project/engine-compiler.test-suite.ts';
import type { Rule } from '../../project/model.ts';
import { proveRefresh } from '../../sql/refresh/proof.ts';
import { brokenRows } from '../../sql/rules-in-tree.ts';
import { considerRefused, rowsOfOtherKeys } from './refused.ts';

let compiler: Awaited<ReturnType<typeof openEngineCompiler>>;
let connection: DuckDBConnection;
beforeAll(async () => {
  compiler = await openEngineCompiler();
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run("set timezone = 'UTC'");
});
afterAll(async () => {
  connection.closeSync();
  await compiler.engine.close();
});

const kinds: readonly (readonly [type: Extract<Column['type'], string>, ...values: readonly string[]])[] = [
  ['long', '9223372036854775807', '9223372036854775806', '-9223372036854775808', '0', 'null'],
  ['integer', '1', '2', 'null'],
  ['boolean', 'true', 'false', 'null'],
  ['decimal(15,4)', '99999999999.9999', '99999999999.9998', '1.1', '1.1001', '0', 'null'],
  ['date', "date '2026-03-29'", "date '2026-03-28'", "date '0044-03-15 (BC)'", 'null'],
  ['timestamp', "'1890-01-01 00:00:00.000001+00'::timestamptz", "'1890-01-01 00:00:00.000002+00'::timestamptz", 'null'],
  ['timestamp_ntz', "'2026-03-01 00:00:00.000001'::timestamp", "'2026-03-01 00:00:00'::timestamp", 'null'],
  ['string', "''", "'null'", "'a\"b\\c'", "'é' || chr(10) || chr(7)", "'1'", "'1.0'", '\'{"k": 1}\'', 'null'],
];

describe('rows of quarantine that have none of some keys', () => {
  const names = ['the."k[0]\\', '*', 'a/b~1', '0', '$.other'];
  it.each(kinds.flatMap(([type, ...all]) => names.map((name) => ({ type, all, name }))))(
    'are all but those that have it: $type, in a column $name',
    async ({ type, all, name }) => {
      const column: Column = { name, type };
      const engineType = toEngineType(type);
      const rows = all.map(
        (value, i) =>
          `select ${i} as id, to_json(struct_pack(other := 1, ${quoteName(column.name)} := cast(${value} as ${engineType})))::varchar as "row"`,
      );
      for (const [i, value] of all.entries()) {
        await connection.run(
          `create or replace temp table __keys0 as select cast(${value} as ${engineType}) as k0 from range(2)`,
        );
        const sql = rowsOfOtherKeys(rows.join(' union all '), [{ keys: [{ column: 0, at: [], plain: [] }] }], [column]);
        const found = await connection.runAndReadAll(`select id from (${sql}) order by id`);
        expect(
          found.getRows().map(([id]) => Number(id)),
          value,
        ).toEqual(all.flatMap((_, n) => (n === i ? [] : [n])));
      }
    },
  );
});

const columns = (names: string): readonly Column[] =>
  names.split(' ').map((name) => ({
    name,
    type:
      name === 'd'
        ? 'decimal(30,2)'
        : name === 'e'
          ? 'decimal(15,2)'
          : name === 's'
            ? 'string'
            : name === 't'
              ? 'timestamp'
              : 'long',
  }));
const inputs = new Map([
  ['s.o', { columns: columns('id k n d e s t'), unique: [['id']] }],
  ['s.c', { columns: columns('k n s'), unique: [['k']] }],
  ['s.b', { columns: columns('id k n'), unique: [] }],
]);

/** What is told of rows that break `n > 0` when tables change. */
async function told(
  sql: string,
  changed: readonly string[],
  key: readonly string[] = [],
  timezone = 'UTC',
): Promise<string> {
  const tables = new Map([...inputs].map(([name, input]) => [name, input.columns]));
  const bound = await compiler.bind(sql, tables, 'UTC');
  const [parsed, rule] = await compiler.parse([sql, 'select n > 0']);
  if (!bound.ok || parsed === undefined || rule === undefined || !parsed.ok || !rule.ok) throw new Error(sql);
  const tree = brokenRows(parsed.tree, [{ name: 'right', tree: rule.tree }]);
  const result = await proveRefresh(compiler, { tree, inputs, timezone: 'UTC' });
  const rules = [{ severity: 'quarantine' } as Rule];
  const { ok, text } = considerRefused(result, changed, {
    model: { key, refresh: 'incremental', rules },
    columns: bound.columns,
    timezone,
  });
  return `${ok ? 'yes' : 'no'}: ${text}`;
}

describe('rows that rules put aside', () => {
  it('follow changes by keys that they have as texts', async () => {
    expect(await told('select k, sum(n) as n from s.o group by k', ['s.o'])).toBe('yes: rows by k');
    expect(await told('select e, sum(n) as n from s.o group by e', ['s.o'])).toBe('yes: rows by e');
    expect(await told('select d, sum(n) as n from s.o group by d', ['s.o'])).toBe(
      'no: rows by d do not tell which of them stay in quarantine',
    );
    const times = 'select t, sum(n) as n from s.o group by t';
    expect(await told(times, ['s.o'])).toBe('yes: rows by t');
    // There, 1890 has an offset of 53 minutes and 28 seconds, of which the text has no seconds.
    expect(await told(times, ['s.o'], [], 'Europe/Berlin')).toContain('no: rows by t do not tell which');
  });

  it('follow them by other keys than the own only where each has a key of its own', async () => {
    const joined = (from: string): string => `select o.id, o.k, o.n, c.s from ${from} o left join s.c c on c.k = o.k`;
    expect(await told(joined('s.o'), ['s.c'], ['id'])).toBe('yes: rows by k');
    expect(await told(joined('s.b'), ['s.c'], ['id'])).toBe(
      'no: rows by k do not tell which of them stay in quarantine',
    );
    expect(await told(joined('s.b'), ['s.b'], ['id'])).toBe('yes: rows by id');
    expect(await told(joined('s.b'), ['s.c'])).toBe('yes: rows by k');
  });

  it('do not follow what the proof does not know', async () => {
    expect(await told('select sum(n) as n from s.o', ['s.o'])).toContain('no: no column says which rows of s.o');
    expect(await told('select id, n + random() as n from s.o', ['s.o'])).toContain('no: random');
    expect(await told('select n, row_number() over (order by k) as nth from s.o', ['s.o'])).toContain('no: row_number');
  });
});
