import { describe, expect, it } from 'vitest';
import type { Check, ModelTable } from '../project/model.ts';
import type { QualityTrend } from '../run/quality-trend.ts';
import { ruleLines } from './rule-lines.ts';

const place = { file: 'silver/a.sql', line: 5, column: 1 };
const check = (parts: object): Check => ({ name: 'c', severity: 'warn', place, ...parts }) as Check;
const model = (parts: Partial<ModelTable>): ModelTable =>
  ({ kind: 'model', name: 'silver.a', key: [], rules: [], checks: [], history: undefined, ...parts }) as ModelTable;
const trend = (name: string, broken: number, message = ''): QualityTrend => ({
  table: 'silver.a',
  newest: { name, kind: 'rule', severity: 'warn', broken, rows: 10, message },
  run: 3,
  brokenSince: broken === 0 ? undefined : 2,
  broken: [{ run: 3, broken }],
});
const lines = (table: ModelTable, found: readonly QualityTrend[] = [], masked: readonly string[] = []) =>
  ruleLines(table, found, { at: 7, masked: new Set(masked) });

describe('what is told of a rule', () => {
  it('is what it asks, where it stands, and what it found', () => {
    const rules = [
      {
        name: 'r',
        severity: 'warn' as const,
        limit: { most: 5, unit: 'percent' as const },
        sql: 'a > 0',
        tree: {},
        place,
      },
    ];
    expect(lines(model({ rules }), [trend('r', 2, 'r: 2 of 10 rows break the rule')])).toEqual([
      {
        table: 7,
        name: 'r',
        severity: 'warn up to 5 %',
        kind: 'rule',
        text: 'a > 0',
        place: 'silver/a.sql:5',
        found: {
          run: 3,
          broken: 2,
          rows: 10,
          message: '2 of 10 rows break the rule',
          since: 2,
          trend: [{ run: 3, broken: 2 }],
        },
      },
    ]);
  });

  it.each([
    [{ kind: 'unique', columns: ['a', 'b'] }, 'each a, b stands in one row'],
    [{ kind: 'not_null', columns: ['a'] }, 'a is never null'],
    [{ kind: 'references', columns: ['a'], table: 'silver.b', toColumns: ['id'] }, 'a → silver.b.id'],
    [{ kind: 'row_count', min: 3, max: 9 }, 'at least 3 and at most 9 rows'],
    [{ kind: 'row_count', min: 3, max: 3 }, '3 rows'],
    [{ kind: 'row_count', max: 9 }, 'at most 9 rows'],
    [{ kind: 'row_count', usual: true }, 'as many rows as usual'],
    [{ kind: 'row_count', withinPercent: 30, of: 'last week' }, 'rows within 30% of last week'],
    [{ kind: 'fresh', column: 'at', withinMs: 1, text: 'at within 2 days' }, 'at within 2 days'],
    [{ kind: 'drift', column: 'a', withinPercent: 5, of: 'last release' }, 'a within 5% of last release'],
    [{ kind: 'sql', sql: 'select 1' }, 'select 1'],
  ])('of a check is what must hold: %j', (parts, text) => {
    expect(lines(model({ checks: [check(parts)] }))).toEqual([
      { table: 7, name: 'c', severity: 'warn', kind: parts.kind, text, place: 'silver/a.sql:5' },
    ]);
  });

  it('hides how old a masked column is', () => {
    const checks = [check({ kind: 'fresh', column: 'born', withinMs: 1, text: 'born within 2 days' })];
    const found = [trend('c', 1, 'c: the newest is 3 days old')];
    expect(lines(model({ checks }), found)[0]?.found?.message).toBe('the newest is 3 days old');
    expect(lines(model({ checks }), found, ['born'])[0]?.found?.message).toBe('');
  });

  it('has the key of a table that was asked for it; of a history with the moment of a version', () => {
    const found = [trend('key_unique', 0), trend('key_not_null', 0)];
    const history = { validFrom: undefined, track: undefined, firstValidFrom: undefined };
    expect(lines(model({ key: ['id'] }), found).map(({ text }) => text)).toEqual([
      'id is never null',
      'each id stands in one row',
    ]);
    expect(lines(model({ key: ['id'], history }), found)[1]?.text).toBe('each id, valid_from stands in one row');
    expect(lines(model({ key: ['id'] }))).toEqual([]);
  });
});
