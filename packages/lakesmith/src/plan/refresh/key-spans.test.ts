import { describe, expect, it } from 'vitest';
import type { Column } from '../../core/schema.ts';
import type { ProvenKey } from '../../sql/refresh/proof.ts';
import type { KeySpan } from './key-spans.ts';
import { rangeAtLeaf, rangeOfColumn, rangePredicate, rangeSql, spanOf } from './key-spans.ts';

const columns: readonly Column[] = [
  { name: 'id', type: 'long' },
  { name: 'at', type: 'timestamp' },
];
const byDay: ProvenKey = {
  column: 0,
  at: [[0, 'cast(t."at" as DATE)']],
  plain: [],
  near: [[0, { column: 1, before: 1, after: 2 }]],
};
const days: KeySpan = { nulls: false, min: '2026-02-27', max: '2026-02-28' };

describe('what keys lie between', () => {
  it('is told of a column of times that they are made of, in whole days', () => {
    const range = rangeAtLeaf(byDay, 0, { span: days, columns, made: 'date' });
    expect(range && rangeSql(range, 't')).toBe(
      `t."at" between cast('2026-02-26 00:00:00+00' as TIMESTAMP WITH TIME ZONE) and cast('2026-03-02 00:00:00+00' as TIMESTAMP WITH TIME ZONE)`,
    );
    expect(range && rangePredicate(range)).toMatchObject({
      kind: 'and',
      operands: [{ operator: '>=' }, { operator: '<=', value: '2026-03-02 00:00:00+00' }],
    });
  });

  it.each<[string, KeySpan]>([
    ['where a key is NULL, since it lies nowhere', { ...days, nulls: true }],
    ['before the year 1', { nulls: false, min: '0044-03-15 (BC)', max: '2026-01-01' }],
    ['after the year 9999', { nulls: false, min: '2026-01-01', max: '9999-12-31' }],
    ['where it was not written down', { nulls: false }],
  ])('is not told %s', (_, span) => {
    expect(rangeAtLeaf(byDay, 0, { span, columns, made: 'date' })).toBeUndefined();
  });

  it('is not told of a column whose values are in another order than the keys', () => {
    const key: ProvenKey = { column: 0, at: [[0, 't."id"']], plain: [[0, 'id']] };
    const span: KeySpan = { nulls: false, min: '10', max: '9' };
    expect(rangeAtLeaf(key, 0, { span, columns, made: 'string' })).toBeUndefined();
    expect(rangeAtLeaf(key, 0, { span: { ...span, min: '9', max: '10' }, columns, made: 'long' })).toMatchObject({
      column: 'id',
      low: '9',
      high: '10',
    });
    expect(rangeOfColumn({ name: 'd', type: 'double' }, span)).toBeUndefined();
  });

  it('is taken for NULL where the engine knows no bounds', () => {
    expect(spanOf({ nullCount: 0 })).toEqual({ nulls: true });
    expect(spanOf({ nullCount: 1, min: '1', max: '2' })).toEqual({ nulls: true, min: '1', max: '2' });
  });
});
