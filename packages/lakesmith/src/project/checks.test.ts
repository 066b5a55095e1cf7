import { describe, expect, it } from 'vitest';
import { readChecks } from './checks.ts';
import { parseYaml } from './yaml.ts';

function bodyOf(line: string): unknown {
  const { value } = parseYaml({ text: `warn:\n  ${line}\n`, file: 'x.yml' });
  const { checks, diagnostics } = readChecks('silver.t', value);
  if (diagnostics.length > 0) return diagnostics.map(({ code }) => code);
  return checks.map(({ place: _, severity: __, ...body }) => body);
}

const day = 86_400_000;

describe('a check', () => {
  it.each([
    ['unique: sku', [{ name: 'unique', kind: 'unique', columns: ['sku'] }]],
    ['unique: [sku, warehouse]', [{ name: 'unique', kind: 'unique', columns: ['sku', 'warehouse'] }]],
    ['not_null: [a, b]', [{ name: 'not_null', kind: 'not_null', columns: ['a', 'b'] }]],
    [
      'references: a -> silver.t.b',
      [{ name: 'references', kind: 'references', columns: ['a'], table: 'silver.t', toColumns: ['b'] }],
    ],
    [
      'references: (a, b) -> silver.t.(c, d)',
      [{ name: 'references', kind: 'references', columns: ['a', 'b'], table: 'silver.t', toColumns: ['c', 'd'] }],
    ],
    [
      'references: [a -> silver.t.b, c -> gold.u.d]',
      [
        { name: 'references', kind: 'references', columns: ['a'], table: 'silver.t', toColumns: ['b'] },
        { name: 'references_2', kind: 'references', columns: ['c'], table: 'gold.u', toColumns: ['d'] },
      ],
    ],
    [
      'customer_is_known: a -> silver.t.b',
      [{ name: 'customer_is_known', kind: 'references', columns: ['a'], table: 'silver.t', toColumns: ['b'] }],
    ],
    [
      "accepted: status in ('a', 'b')",
      [
        {
          name: 'accepted',
          kind: 'sql',
          sql: "select * from silver.t where (status in ('a', 'b')\n) is false",
          each: "status in ('a', 'b')",
        },
      ],
    ],
    [
      'range: [a > 0, b between 1 and 2]',
      [
        { name: 'range', kind: 'sql', sql: 'select * from silver.t where (a > 0\n) is false', each: 'a > 0' },
        {
          name: 'range_2',
          kind: 'sql',
          sql: 'select * from silver.t where (b between 1 and 2\n) is false',
          each: 'b between 1 and 2',
        },
      ],
    ],
    ['row_count: as usual', [{ name: 'row_count', kind: 'row_count', usual: true }]],
    [
      'fresh: seen as usual',
      [{ name: 'fresh', kind: 'fresh', column: 'seen', withinMs: 'usual', text: 'seen as usual' }],
    ],
    [
      'drift: [a within 5 % of last week, b  within 0.5% of last release]',
      [
        { name: 'drift', kind: 'drift', column: 'a', withinPercent: 5, of: 'last week' },
        { name: 'drift_2', kind: 'drift', column: 'b', withinPercent: 0.5, of: 'last release' },
      ],
    ],
    [
      'kinds_stay: kind within 5 % of last week',
      [{ name: 'kinds_stay', kind: 'drift', column: 'kind', withinPercent: 5, of: 'last week' }],
    ],
    ['drift: a within 5 of last week', ['LS1105']],
    ['drift: a within 5 % of yesterday', ['LS1105']],
    ['row_count: "> 0"', [{ name: 'row_count', kind: 'row_count', min: 1 }]],
    ['row_count: at least 1_000', [{ name: 'row_count', kind: 'row_count', min: 1000 }]],
    ['row_count: "<= 5"', [{ name: 'row_count', kind: 'row_count', max: 5 }]],
    ['row_count: less than 5', [{ name: 'row_count', kind: 'row_count', max: 4 }]],
    ['row_count: 7', [{ name: 'row_count', kind: 'row_count', min: 7, max: 7 }]],
    ['row_count: between 1 and 5', [{ name: 'row_count', kind: 'row_count', min: 1, max: 5 }]],
    [
      'row_count: within 30% of last week',
      [{ name: 'row_count', kind: 'row_count', withinPercent: 30, of: 'last week' }],
    ],
    [
      'row_count: within 2.5 % of last release',
      [{ name: 'row_count', kind: 'row_count', withinPercent: 2.5, of: 'last release' }],
    ],
    [
      'fresh: at within 2 days',
      [{ name: 'fresh', kind: 'fresh', column: 'at', withinMs: 2 * day, text: 'at within 2 days' }],
    ],
    [
      'fresh: at within 90m',
      [{ name: 'fresh', kind: 'fresh', column: 'at', withinMs: 5_400_000, text: 'at within 90m' }],
    ],
    ['no_gaps: select 1 as a;', [{ name: 'no_gaps', kind: 'sql', sql: 'select 1 as a' }]],
    ['row_count: between 5 and 1', ['LS1105']],
    ['row_count: "< 0"', ['LS1105']],
    ['row_count: about 5', ['LS1105']],
    ['references: a, b -> silver.t.c', ['LS1105']],
    ['references: a -> t.c', ['LS1105']],
    ['fresh: at within 2 fortnights', ['LS1105']],
    ['unique: a, b', ['LS1105']],
    ['unique: { a: b }', ['LS1105']],
    ['something: 5', ['LS1105']],
  ])('%s', (line, expected) => {
    expect(bodyOf(line)).toEqual(expected);
  });
});
