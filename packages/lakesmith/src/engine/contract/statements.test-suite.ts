import { describe, expect, it } from 'vitest';
import type { Engine, Relation } from '../engine.ts';
import type { EngineBench } from './bench.test-suite.ts';

/** What is known of a statement without running it. */
export function statementsContract(bench: EngineBench): void {
  describe('columns of a query', () => {
    const relations: readonly Relation[] = [
      {
        name: 'reference.regions',
        kind: 'empty',
        columns: [
          { name: 'country', type: 'string' },
          { name: 'region', type: 'string' },
        ],
      },
    ];
    const ask = async (sql: string): ReturnType<Engine['describe']> =>
      await bench.engine.describe({ sql, relations, timezone: 'UTC' });

    it('types after the policy', async () => {
      expect(
        await ask(
          "select country, sum(1::bigint) as n, date_trunc('month', date '2026-01-02') as m, timestamp '2026-01-01' as t from reference.regions group by 1",
        ),
      ).toEqual({
        ok: true,
        columns: [
          { name: 'country', type: 'string' },
          { name: 'n', type: 'long' },
          { name: 'm', type: 'timestamp' },
          { name: 't', type: 'timestamp' },
        ],
      });
    });

    it.each<[string, object]>([
      ['select r.regoin from reference.regions r', { problem: 'column', name: 'regoin', offset: 7 }],
      [
        "select 'ü', regoin from reference.regions",
        { problem: 'column', name: 'regoin', offset: 12, candidates: ['region', 'country'] },
      ],
      ['select 1 from reference.region', { problem: 'table', name: 'region' }],
      ['select 1 from nothing', { problem: 'table', name: 'nothing', offset: 14 }],
      ['select country, count(*) from reference.regions', { problem: 'bind', offset: 7 }],
      ['select country + [1] from reference.regions', { problem: 'bind' }],
      ['select frob(1)', { problem: 'bind', offset: 7 }],
      ['select 1 frm x from', { problem: 'parse', offset: 13 }],
      ['select interval 1 day as age', { problem: 'type', name: 'age' }],
      ["select {'a': [timestamp_ns '2026-01-01']} as s", { problem: 'type', name: 's.a.element' }],
      ['delete from reference.regions', { problem: 'parse' }],
      ['select 1; select 2', { problem: 'parse' }],
    ])('%s', async (sql, expected) => {
      const result = await ask(sql);
      expect(result).toMatchObject({ ok: false, ...expected });
      if (!result.ok) expect(result.message).not.toMatch(/LINE 1|\n/);
    });
  });

  describe('parse and print', () => {
    it('gives errors as values with offsets in characters', async () => {
      expect(await bench.engine.parse(['select 1', "select 'üü' frm x from", 'select', 'drop table x'])).toMatchObject([
        { ok: true },
        { ok: false, offset: 16 },
        { ok: false },
        { ok: false },
      ]);
    });

    it('refuses a number that no type holds', async () => {
      expect(await bench.engine.parse(['select 1e999'])).toMatchObject([{ ok: false }]);
      // A word of SQL that hardly looks like one.
      for (const sql of ['select * from t where (at > 1)', 'select 1, At from t', 'select at.id from t at'])
        expect(await bench.engine.parse([sql])).toMatchObject([
          { ok: false, message: expect.stringContaining('"at"') },
        ]);
      for (const sql of ['select that from from', 'select "at" > > 1', 'select t.at > > 1'])
        expect(await bench.engine.parse([sql])).toMatchObject([
          { ok: false, message: expect.not.stringContaining('quotes') },
        ]);
    });
  });
}
