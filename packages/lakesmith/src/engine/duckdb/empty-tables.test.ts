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

  it('answer many questions at the same time as they answer each alone', async () => {
    const type = (i: number): 'long' | 'string' => (i % 7 === 0 ? 'long' : 'string');
    const questions = Array.from({ length: 450 }, (_, i) => {
      // Names that come again with other columns, aliases that are names of tables, and now and then one that is wrong.
      const name = `silver.t${i % 50}`;
      const alias = `t${(i * 3) % 50}`;
      const wanted = i % 11 === 0 ? 'gone' : 'v';
      return {
        sql: `select ${alias}.${wanted}, ${i} as n from ${name} as ${alias}`,
        relations: [{ name, kind: 'empty', columns: [{ name: 'v', type: type(i) }] }],
        timezone: 'UTC',
      } as const;
    });
    const together = await Promise.all(questions.map((question) => engine.describe(question)));
    for (const [i, answer] of together.entries()) {
      if (i % 11 === 0) expect(answer).toMatchObject({ ok: false, problem: 'column', name: 'gone' });
      else
        expect(answer).toEqual({
          ok: true,
          columns: [
            { name: 'v', type: type(i) },
            { name: 'n', type: 'integer' },
          ],
        });
    }
  });

  it('are not taken for what another question means', async () => {
    const [ours, others] = await Promise.all([
      engine.describe({
        sql: 'select * from silver.mine',
        relations: [{ ...relations[0], name: 'silver.mine' }],
        timezone: 'UTC',
      }),
      describeSql('select * from silver.mine'),
    ]);
    expect(ours).toMatchObject({ ok: true });
    expect(others).toMatchObject({ ok: false, problem: 'table' });
    expect(await describeSql('select * from silver.mine')).toMatchObject({ ok: false, problem: 'table' });
  });
});
