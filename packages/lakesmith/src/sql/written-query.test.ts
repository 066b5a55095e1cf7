import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queryAt, readWrittenSql } from './written-query.ts';

function read(marked: string): ReturnType<typeof queryAt> {
  const offset = marked.indexOf('|');
  return queryAt(readWrittenSql(marked.replace('|', '')), offset < 0 ? 0 : offset);
}
const relations = (marked: string): unknown => read(marked)?.relations.map(({ alias, table }) => [alias, ...table]);

describe('SQL as it is written', () => {
  it.each([
    [
      'select | from silver.orders o join bronze.x as "B b" using (id)',
      [
        ['o', 'silver', 'orders'],
        ['B b', 'bronze', 'x'],
      ],
    ],
    ['select a from silver.orders where |', [['orders', 'silver', 'orders']]],
    ['select a from silver.orders, t left join lateral (select 1 |', []],
    ['select a, (select max(b) from u where |) from t', [['u', 'u']]],
    ['with c as (select a from t |) select * from c', [['t', 't']]],
    ['with c as (select a from t) select * from c |', [['c', 'c']]],
    ['select a from t union all select | from u', [['u', 'u']]],
    ['from t select |', [['t', 't']]],
    ['select a from unnest(x) as i (item) cross join t |', [['i'], ['t', 't']]],
    ['select a from |', []],
    ['select a from t join | where', [['t', 't']]],
    ['select extract(year from d) | from t -- from u', [['t', 't']]],
  ])('%s', (sql, expected) => {
    expect(relations(sql)).toEqual(expected);
  });

  it('names the columns', () => {
    const items = read(
      'select distinct a, o.b, c::date as d, max(e) f, case when x then 1 end, o.* exclude (g), h + i, "J" from t',
    )?.items;
    expect(items?.map(({ name, reference }) => [name, reference])).toEqual([
      ['a', ['a']],
      ['b', ['o', 'b']],
      ['d', undefined],
      ['f', undefined],
      ['', undefined],
      ['*', ['o']],
      ['', undefined],
      ['J', ['J']],
    ]);
    expect([...(items?.[5]?.excluded ?? [])]).toEqual(['g']);
  });

  it('sees the names of WITH where they are visible', () => {
    const seen = (sql: string): unknown => [...(read(sql)?.ctes.keys() ?? [])];
    expect(seen('with a as (select 1), b as (select 2 |) select 3')).toEqual(['a']);
    expect(seen('with a as (select 1), b as (select 2) select (select | ) ')).toEqual(['a', 'b']);
  });

  it('reads anything without failing', () => {
    const piece = fc.constantFrom(
      'select',
      'from',
      'with',
      'as',
      '(',
      ')',
      ',',
      '.',
      '*',
      'a',
      '"b"',
      "'",
      'join',
      'union',
      '😀',
      'case',
      'end',
      '--',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const sql = pieces.join(' ');
        for (const { start, end } of readWrittenSql(sql).queries) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeLessThanOrEqual(sql.length);
        }
      }),
      { numRuns: 500 },
    );
  });
});
