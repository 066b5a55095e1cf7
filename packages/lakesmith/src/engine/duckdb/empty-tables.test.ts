import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engine.ts';
import { openDuckDb } from './engine.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDb({});
});
afterAll(() => engine.close());

const relations = [{ name: 'silver.t', kind: 'empty', columns: [{ name: 'id', type: 'long' }] }] as const;
const describeSql = (sql: string): ReturnType<Engine['describe']> =>
  engine.describe({ sql, relations, timezone: 'UTC' });

describe('tables without rows', () => {
  it('have their columns, and none that only tables of the engine have', async () => {
    expect(await describeSql('select * from silver.t')).toEqual({ ok: true, columns: [{ name: 'id', type: 'long' }] });
    for (const name of ['rowid', 'RowId', '"rowid"', 't.rowid'])
      expect(await describeSql(`select ${name} from silver.t`)).toMatchObject({ ok: false, problem: 'column' });
  });
});
