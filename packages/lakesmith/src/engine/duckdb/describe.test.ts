import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnTypes } from './describe.ts';
import { openInstance } from './instance.ts';
import { Session } from './session.ts';

let instance: Awaited<ReturnType<typeof openInstance>>;
let session: Session;
beforeAll(async () => {
  instance = await openInstance({ threads: 1 });
  session = await Session.open(instance, 'UTC', {});
});
afterAll(async () => {
  await session.close();
  instance.closeSync();
});

describe('the types of columns', () => {
  it('are those that the engine writes down, for every type', async () => {
    const simple = await session.rows(
      "select distinct upper(type_name) as name from duckdb_types() where database_name = 'system' and logical_type not in ('LIST', 'STRUCT', 'MAP', 'UNION', 'ENUM', 'ARRAY', 'DECIMAL', 'SQLNULL', 'TYPE')",
    );
    const nested = [
      'DECIMAL(12,2)',
      'JSON[]',
      'INTEGER[3]',
      `ENUM('a', 'b''c')`,
      'STRUCT(a INTEGER, "b c" JSON)',
      'MAP(JSON, DECIMAL(3,1))',
      'UNION(a INTEGER, b VARCHAR)',
    ];
    const types = [...simple.map(({ name }) => `"${String(name)}"`), ...nested];
    expect(types.length).toBeGreaterThan(30);
    for (const type of types) {
      const sql = `select cast(null as ${type}) as c, 1::bigint as n`;
      const written = (await session.rows(`describe ${sql}`)).map((row) => row['column_type']);
      expect([type, await columnTypes(session, sql, {})]).toEqual([type, written]);
    }
  });

  it('of parameters are those of their values', async () => {
    expect(await columnTypes(session, 'select $a as a, $b as b', { a: 1, b: 'x' })).toEqual(['BIGINT', 'VARCHAR']);
  });

  it('of a query that is wrong are what is wrong with it', async () => {
    await expect(columnTypes(session, 'select nothing_like_it', {})).rejects.toMatchObject({ code: 'LS2101' });
  });
});
