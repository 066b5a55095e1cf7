import { describe, expect, it } from 'vitest';
import { parseMerge } from './merge-text.ts';

describe('parseMerge', () => {
  it('reads every clause, in order', () => {
    const sql = `MERGE INTO db.people AS p -- the table
      USING \`new people\` n ON p.id = n.id AND p.note <> 'WHEN MATCHED'
      WHEN MATCHED AND case when n.gone then true else (p.x > 1) end THEN DELETE
      WHEN MATCHED THEN UPDATE SET p.name = concat(n.name, ', THEN'), "a b" = n.x /* WHEN */
      WHEN NOT MATCHED BY TARGET AND n.x IS NOT NULL THEN INSERT (id, \`a b\`) VALUES (n.id, f(n.x, 1))
      WHEN NOT MATCHED THEN INSERT *
      WHEN NOT MATCHED BY SOURCE AND p.day < date '2024-01-01' THEN UPDATE SET x = p.x - 1
      WHEN NOT MATCHED BY SOURCE THEN DELETE ;`;
    expect(parseMerge(sql)).toEqual({
      target: 'p',
      source: 'n',
      on: "p.id = n.id AND p.note <> 'WHEN MATCHED'",
      evolves: false,
      clauses: [
        { side: 'matched', when: 'case when n.gone then true else (p.x > 1) end', action: { kind: 'delete' } },
        {
          side: 'matched',
          action: {
            kind: 'update',
            set: [
              { column: 'name', value: " concat(n.name, ', THEN')" },
              { column: 'a b', value: ' n.x' },
            ],
          },
        },
        {
          side: 'not matched',
          when: 'n.x IS NOT NULL',
          action: {
            kind: 'insert',
            values: [
              { column: 'id', value: 'n.id' },
              { column: 'a b', value: ' f(n.x, 1)' },
            ],
          },
        },
        { side: 'not matched', action: { kind: 'insert', values: '*' } },
        {
          side: 'not matched by source',
          when: "p.day < date '2024-01-01'",
          action: { kind: 'update', set: [{ column: 'x', value: ' p.x - 1' }] },
        },
        { side: 'not matched by source', action: { kind: 'delete' } },
      ],
    });
  });

  it('calls the tables by their names when they have no other', () => {
    const { target, source, evolves } = parseMerge(
      'merge with schema evolution into a.b.people using "x y" on true when matched then update set *',
    );
    expect([target, source, evolves]).toEqual(['people', 'x y', true]);
  });

  it('takes a query in place of the source', () => {
    const { source, query, on } = parseMerge(
      'merge into t using (select id, \')\' as b from source where (id > 1)) as "S 1" on t.id = "S 1".id when matched then delete',
    );
    expect({ source, query, on }).toEqual({
      source: 'S 1',
      query: "select id, ')' as b from source where (id > 1)",
      on: 't.id = "S 1".id',
    });
  });

  it.each([
    ['delete from t', 'MERGE is expected'],
    ['merge into t using s on t.id = s.id', 'no WHEN clause'],
    ['merge into t using (select 1) on true when matched then delete', 'the query has no name'],
    ['merge into t using t on true when matched then delete', 'both tables are called t'],
    ['merge into t using s on when matched then delete', 'an expression is expected'],
    ['merge into t using s on (true when matched then delete', 'does not fit'],
    ['merge into t using s on true when matched then insert *', 'UPDATE is expected'],
    ['merge into t using s on true when not matched then delete', 'INSERT is expected'],
    ['merge into t using s on true when not matched by source then update set *', 'there is none'],
    ['merge into t using s on true when matched then delete when matched and a then delete', 'never reached'],
    ['merge into t using s on true when not matched then insert (a, b) values (1)', '2 columns and gives 1 values'],
    ['merge into t using s on true when not matched then insert (a.b) values (1)', 'is no column'],
    ['merge into t using s on true when matched then delete returning *', 'WHEN is expected'],
    ['merge into t using s on true when matched then update set a', 'sets no column'],
  ])('refuses %s', (sql, why) => {
    expect(() => parseMerge(sql)).toThrow(
      expect.objectContaining({ code: 'LS4001', message: expect.stringContaining(why) }),
    );
  });
});
